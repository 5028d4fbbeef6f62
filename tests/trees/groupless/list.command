# A host without IOMMU groups: list.
--- run
list
list --all
