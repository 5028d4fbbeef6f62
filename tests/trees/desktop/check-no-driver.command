# The VFIO driver that the INI file names is not there.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file lib/modules/6.1.0-example/modules.alias
| alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci
| alias vfio_pci:v00001E57d*sv*sd*bc*sc*i* example_vfio_pci
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 02:00
| driver = example_vfio_pci
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
--- installed
--- run
check win
