# Wrong usage.
--- machine

--- run
iommu --apply
iommu --enable --apply
iommu on
iommu --enabel
