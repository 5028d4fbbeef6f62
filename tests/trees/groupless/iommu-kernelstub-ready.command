# kernelstub has it.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file usr/bin/kernelstub
file etc/kernelstub/configuration
| { "user": { "kernel_options": ["quiet", "intel_iommu=on", "iommu=pt"] } }
--- run
iommu --enable
