# The firmware offers no IOMMU.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
remove sys/firmware/acpi/tables/DMAR
--- installed
--- run
check
