# openSUSE with entries that sdbootutil makes.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
| GRUB 2.12
file etc/kernel/cmdline
| root=UUID=1 quiet intel_iommu=off
file usr/bin/sdbootutil
file etc/default/grub
| GRUB_CMDLINE_LINUX=""
file usr/sbin/grub2-mkconfig
--- run
iommu --enable
