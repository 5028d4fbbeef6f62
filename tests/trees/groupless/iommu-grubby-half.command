# grubby, and one of two entries does not have it.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file usr/sbin/grubby
file boot/loader/entries/abc-6.1.0.conf
| linux /vmlinuz-6.1.0
| options ro intel_iommu=on iommu=pt
file boot/loader/entries/abc-6.0.0.conf
| linux /vmlinuz-6.0.0
| options ro
--- run
iommu --enable
