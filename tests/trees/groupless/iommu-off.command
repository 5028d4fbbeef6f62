# Switched off, on a host with GRUB.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1 quiet
file etc/default/grub
| GRUB_TIMEOUT=5
| GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"
| GRUB_CMDLINE_LINUX=""
file usr/sbin/update-grub
file boot/grub/grub.cfg
--- run
iommu
iommu --enable
