# The IOMMU is there and switched off, on Intel.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
--- installed
--- run
check
