# The window ends above the guest's addresses; and no window of this host is large enough.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 0000:87:00.0
file etc/libvirt/qemu/win.xml
| <domain type='kvm'>
|   <name>win</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <controller type='pci' index='0' model='pcie-root'><pcihole64 unit='KiB'>1073741824</pcihole64></controller>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x87' slot='0x00' function='0x0'/></source></hostdev>
|   </devices>
| </domain>
file etc/gpu-handoff/domains.d/all.ini
| [device gpu]
| address = 0000:87:00.0
file etc/libvirt/qemu/all.xml
| <domain type='kvm'>
|   <name>all</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <cpu mode='host-passthrough'><maxphysaddr mode='passthrough'/></cpu>
|   <devices>
|     <controller type='pci' index='0' model='pcie-root'><pcihole64 unit='TiB'>4096</pcihole64></controller>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x87' slot='0x00' function='0x0'/></source></hostdev>
|   </devices>
| </domain>
--- installed
--- run
check win
check all
