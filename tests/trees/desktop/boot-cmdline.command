# The kernel's command line, on a host with GRUB, for two drivers.
--- machine
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
