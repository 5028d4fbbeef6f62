# An AMD host, on by default, with grub-mkconfig.
--- machine
file sys/firmware/acpi/tables/IVRS
file proc/cmdline
| root=/dev/sda1
file etc/default/grub
| GRUB_CMDLINE_LINUX_DEFAULT='loglevel=3 quiet'
| GRUB_CMDLINE_LINUX=''
file usr/bin/grub-mkconfig
file boot/grub/grub.cfg
--- run
iommu
iommu --enable
