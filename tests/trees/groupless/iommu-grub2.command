# grub2-mkconfig without grubby; the file has no such line, and half of it is there.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file etc/default/grub
| GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on,sm_on"
file usr/sbin/grub2-mkconfig
file boot/grub2/grub.cfg
--- run
iommu --enable
