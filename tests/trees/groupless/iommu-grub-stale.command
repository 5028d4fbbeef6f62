# /etc/default/grub has it, and grub.cfg was not made anew.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file etc/default/grub
| GRUB_CMDLINE_LINUX="intel_iommu=on iommu=pt"
file usr/sbin/update-grub
file boot/grub/grub.cfg
| linux /vmlinuz quiet
--- run
iommu --enable
