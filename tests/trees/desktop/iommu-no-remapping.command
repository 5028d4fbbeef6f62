# On, and interrupt remapping is not.
--- machine
file proc/cmdline
| root=/dev/sda1 intremap=off
file proc/interrupts
|            CPU0
|  24:    7  PCI-MSI 1536-edge  nvme0q0
--- run
iommu
