# boot.ini, the initramfs and the host agree.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
function 0000:00:01.0 1e57:0001/1e57:0001 class=030000 group=0 driver=ast
file usr/sbin/update-initramfs
function 0000:02:00.0 1e57:0010/1e57:a001 class=030000 group=14 driver=vfio-pci override=vfio-pci
function 0000:02:00.1 1e57:0011/1e57:a001 class=040300 group=14 driver=vfio-pci override=vfio-pci
function 0000:02:00.2 1e57:0012/1e57:a001 class=0c0330 group=14 driver=vfio-pci override=vfio-pci
file run/gpu-handoff/boot-initramfs
| [device gpu]
| address = 02:00
--- installed
--- boot.ini
[device gpu]
address = 02:00
--- run
check
