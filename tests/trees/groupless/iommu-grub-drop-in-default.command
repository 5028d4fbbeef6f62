# A file beside it has the last word for ordinary entries: what is in that line does not count.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file etc/default/grub
| GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on iommu=pt"
| GRUB_CMDLINE_LINUX=""
file etc/default/grub.d/50-cloud.cfg
| GRUB_CMDLINE_LINUX_DEFAULT="console=ttyS0"
file usr/sbin/update-grub
--- run
iommu --enable
