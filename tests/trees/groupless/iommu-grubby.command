# grubby, whose entries do not have it.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1 intel_iommu=off
file usr/sbin/grubby
file usr/sbin/grub2-mkconfig
file etc/default/grub
| GRUB_CMDLINE_LINUX="rhgb quiet"
file boot/loader/entries/abc-6.1.0.conf
| title Fedora
| linux /vmlinuz-6.1.0
| options root=/dev/sda1 ro intel_iommu=off
--- run
iommu --enable
