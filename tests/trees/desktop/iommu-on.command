# On, with interrupt remapping, as the parameters say; the loader is not known, and need not be.
--- machine
file proc/cmdline
| root=/dev/sda1 intel_iommu=on iommu=pt quiet
file proc/interrupts
|            CPU0
|  24:    7  IR-PCI-MSI 1536-edge  nvme0q0
directory sys/kernel/iommu_groups/0
directory sys/kernel/iommu_groups/14
--- run
iommu
iommu --enable
