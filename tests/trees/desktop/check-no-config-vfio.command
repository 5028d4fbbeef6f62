# An unmanaged hostdev that is on VFIO already needs nobody.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file etc/libvirt/qemu/win.xml
| <domain type='kvm'>
|   <name>win</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></source></hostdev>
|   </devices>
| </domain>
function 0000:02:00.0 1e57:0010/1e57:a001 class=030000 group=14 driver=vfio-pci override=vfio-pci
function 0000:02:00.1 1e57:0011/1e57:a001 class=040300 group=14 driver=vfio-pci override=vfio-pci
function 0000:02:00.2 1e57:0012/1e57:a001 class=0c0330 group=14 driver=vfio-pci override=vfio-pci
--- installed
--- run
check win
