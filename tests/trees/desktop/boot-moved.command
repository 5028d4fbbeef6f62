# The initramfs is up to date, but the root file system has moved to another disk.
--- machine
function 0000:00:01.0 1e57:0001/1e57:0001 class=030000 group=0 driver=ast
function 0000:02:00.0 1e57:0010/1e57:a001 class=030000 group=14 driver=vfio-pci override=vfio-pci
file usr/sbin/update-initramfs
file run/gpu-handoff/boot-initramfs
| [device gpu]
| address = 02:00.0
file run/gpu-handoff/boot-initramfs-storage
| 0000:09:00.0 1e57:0020
file proc/self/mountinfo
| 22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
link sys/dev/block/259:2 ../../devices/pci0000:00/0000:03:00.0/nvme/nvme0/nvme0n1/nvme0n1p2
directory sys/devices/pci0000:00/0000:03:00.0/nvme/nvme0/nvme0n1/nvme0n1p2
--- boot.ini
[device gpu]
address = 02:00.0
--- run
boot
