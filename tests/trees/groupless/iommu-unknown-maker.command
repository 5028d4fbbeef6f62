# The firmware offers none, and whose processor it is cannot be told.
--- machine
file proc/cmdline
| quiet
--- run
iommu
iommu --enable
