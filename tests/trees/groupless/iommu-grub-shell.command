# A line that a shell has to be asked about is left to somebody.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file etc/default/grub
| GRUB_CMDLINE_LINUX="$(cat /etc/words)"
file usr/sbin/update-grub
--- run
iommu --enable
