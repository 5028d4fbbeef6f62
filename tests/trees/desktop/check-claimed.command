# Another VM has the device.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 02:00
file etc/libvirt/qemu/win.xml
| <domain type='kvm'>
|   <name>win</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x02' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x02' slot='0x00' function='0x2'/></source></hostdev>
|   </devices>
| </domain>
file etc/libvirt/qemu/other.xml
| <domain type='kvm'>
|   <name>other</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
| 
|   </devices>
| </domain>
file run/gpu-handoff/vm/other.claim
| [claim]
| version = 1
| vm = other
| boot-id = b0070000-0000-4000-8000-000000000001
| phase = held
| timeout-ms = 30000
| [function 0000:02:00.0]
| id = 1e57:0010/1e57:a001
| group = 14
| vfio-driver = vfio-pci
| restore = original
| driver = bochs-drm
| [end]
| functions = 1
function 0000:02:00.0 1e57:0010/1e57:a001 class=030000 group=14 driver=vfio-pci override=vfio-pci
function 0000:02:00.1 1e57:0011/1e57:a001 class=040300 group=14 driver=vfio-pci override=vfio-pci
function 0000:02:00.2 1e57:0012/1e57:a001 class=0c0330 group=14 driver=vfio-pci override=vfio-pci
--- installed
--- run
check win
