# The firmware offers none, and the processor is Intel's.
--- machine
file proc/cpuinfo
| vendor_id	: GenuineIntel
--- run
iommu
iommu --enable
