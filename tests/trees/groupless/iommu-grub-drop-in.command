# A file beside it has the last word.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file etc/default/grub
| GRUB_CMDLINE_LINUX=""
file etc/default/grub.d/50-cloud.cfg
| # GRUB_CMDLINE_LINUX="a"
| GRUB_CMDLINE_LINUX="console=ttyS0"
file usr/sbin/update-grub
--- run
iommu --enable
