# /etc/kernel/cmdline has it.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file etc/kernel/cmdline
| root=UUID=1 rw intel_iommu=on
| iommu=pt
--- run
iommu --enable
