# A loader that nothing here knows, beside a GRUB that is not used.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
| rEFInd 0.14
file etc/default/grub
| GRUB_CMDLINE_LINUX=""
file usr/sbin/update-grub
--- run
iommu --enable
