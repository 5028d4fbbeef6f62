# What it needs is in the line for ordinary entries already, and grub.cfg has it: a reboot is left.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file etc/default/grub
| GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on iommu=pt"
| GRUB_CMDLINE_LINUX=""
file usr/sbin/update-grub
file boot/grub/grub.cfg
| linux /vmlinuz quiet intel_iommu=on iommu=pt
--- run
iommu --enable
