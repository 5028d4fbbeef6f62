# A USB stick is behind the controller: a start is refused, waits, or takes it along.
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
file etc/gpu-handoff/domains.d/wait.ini
| [device gpu]
| address = 02:00
| in-use = wait
file etc/libvirt/qemu/wait.xml
| <domain type='kvm'>
|   <name>wait</name>
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
file etc/gpu-handoff/domains.d/take.ini
| [device gpu]
| address = 02:00
| take-usb = yes
file etc/libvirt/qemu/take.xml
| <domain type='kvm'>
|   <name>take</name>
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
link sys/bus/usb/devices/1-1:1.0 ../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.2/usb1/1-1/1-1:1.0
file sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.2/usb1/1-1/1-1:1.0/bInterfaceClass
| 08
link sys/bus/usb/devices/1-1 ../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.2/usb1/1-1
file sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.2/usb1/1-1/idVendor
| 0781
file sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.2/usb1/1-1/idProduct
| 5567
--- installed
--- run
check win
check --strict win
check wait
check take
