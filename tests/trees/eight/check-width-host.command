# Nor has this host's processor enough address bits.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file proc/cpuinfo
| processor	: 0
| vendor_id	: GenuineIntel
| flags		: fpu msr pae nx lm vmx
| address sizes	: 39 bits physical, 48 bits virtual
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 0000:87:00.0 0000:88:00.0
file etc/libvirt/qemu/win.xml
| <domain type='kvm'>
|   <name>win</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os firmware='efi'><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x87' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x88' slot='0x00' function='0x0'/></source></hostdev>
|   </devices>
| </domain>
--- installed
--- run
check win
