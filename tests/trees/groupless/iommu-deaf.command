# The kernel was told to use it, and does not.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| intel_iommu=on iommu=pt
--- run
iommu
iommu --enable
