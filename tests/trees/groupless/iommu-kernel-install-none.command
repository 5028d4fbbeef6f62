# systemd-boot, and kernel-install has made no entry.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file etc/kernel/cmdline
| root=UUID=1 rw
file usr/bin/kernel-install
directory lib/modules/6.9.1
file efi/loader/loader.conf
--- run
iommu --enable
