# An AMD host where it was switched off, in both lines.
--- machine
file sys/firmware/acpi/tables/IVRS
file proc/cmdline
| root=/dev/sda1 amd_iommu=off iommu=off
file etc/default/grub
| GRUB_CMDLINE_LINUX_DEFAULT="quiet amd_iommu=off splash"
| GRUB_CMDLINE_LINUX="iommu=off" # old card
file usr/sbin/update-grub
file boot/grub/grub.cfg
--- run
iommu
iommu --enable
