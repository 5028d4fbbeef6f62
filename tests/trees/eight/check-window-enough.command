# The same with room: a larger window, OVMF that knows the width, and OVMF that was told.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file etc/gpu-handoff/domains.d/seabios.ini
| [device gpu]
| address = 0000:87:00.0
file etc/libvirt/qemu/seabios.xml
| <domain type='kvm'>
|   <name>seabios</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <controller type='pci' index='0' model='pcie-root'><pcihole64 unit='GiB'>256</pcihole64></controller>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x87' slot='0x00' function='0x0'/></source></hostdev>
|   </devices>
| </domain>
file etc/gpu-handoff/domains.d/ovmf.ini
| [device gpu]
| address = 0000:88:00.0 0000:ba:00.0
file etc/libvirt/qemu/ovmf.xml
| <domain type='kvm'>
|   <name>ovmf</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os firmware='efi'><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <cpu mode='host-passthrough'><maxphysaddr mode='passthrough'/></cpu>
|   <devices>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x88' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0xba' slot='0x00' function='0x0'/></source></hostdev>
|   </devices>
| </domain>
file etc/gpu-handoff/domains.d/told.ini
| [device gpu]
| address = 0000:bb:00.0
file etc/libvirt/qemu/told.xml
| <domain type='kvm'>
|   <name>told</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <sysinfo type='fwcfg'><entry name='opt/ovmf/X-PciMmio64Mb'>262144</entry></sysinfo>
|   <os firmware='efi'><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0xbb' slot='0x00' function='0x0'/></source></hostdev>
|   </devices>
| </domain>
--- installed
--- run
check seabios
check ovmf
check told
