# A host without IOMMU groups: show.
--- run
show 01:00
