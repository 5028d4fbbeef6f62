# The disk holds the root file system, below a volume.
--- machine
file proc/self/mountinfo
| 22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw
link sys/dev/block/254:1 ../../devices/virtual/block/dm-1
file sys/devices/virtual/block/dm-1/slaves/nvme0n1p2/dev
| 259:2
link sys/dev/block/259:2 ../../devices/pci0000:00/0000:03:00.0/nvme/nvme0/nvme0n1/nvme0n1p2
directory sys/devices/pci0000:00/0000:03:00.0/nvme/nvme0/nvme0n1/nvme0n1p2
--- boot.ini
[device disk]
id = 1e57:0020
--- run
boot
