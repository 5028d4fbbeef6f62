# The kernel's command line, on a host with GRUB, for two drivers.
--- machine
function 0000:09:00.0 1e57:0021/1e57:b001 class=010601 group=19 driver=ahci
file proc/self/mountinfo
| 22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
link sys/dev/block/8:1 ../../devices/pci0000:00/0000:09:00.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1
directory sys/devices/pci0000:00/0000:09:00.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1
file usr/sbin/update-grub
file etc/default/grub
| GRUB_TIMEOUT=5
| GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"
| GRUB_CMDLINE_LINUX=""
file lib/modules/6.1.0-example/modules.builtin
| kernel/drivers/pci/pci-stub.ko
--- boot.ini
[device gpu]
address = 02:00.0 02:00.1
[device disk]
id = 1e57:0020
driver = pci-stub
[host]
allow-boot-display = yes
--- run
boot --cmdline
