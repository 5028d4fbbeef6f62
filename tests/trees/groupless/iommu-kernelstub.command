# kernelstub, which is to add words and to remove one.
--- machine
file sys/firmware/acpi/tables/IVRS
file proc/cmdline
| root=/dev/sda1 amd_iommu=off
file usr/bin/kernelstub
file etc/kernelstub/configuration
| {
|   "default": { "kernel_options": ["quiet", "iommu=pt"] },
|   "user": { "kernel_options": ["quiet", "amd_iommu=off"] }
| }
--- run
iommu --enable
