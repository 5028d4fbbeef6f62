# grub-mkconfig, and its grub.cfg is somewhere else.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file etc/default/grub
| GRUB_CMDLINE_LINUX=""
file usr/bin/grub-mkconfig
--- run
iommu --enable
