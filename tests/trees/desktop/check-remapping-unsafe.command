# The same, and VFIO is allowed to do without.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file proc/interrupts
|            CPU0
|   0:          9  IO-APIC    2-edge      timer
| 120:       1042  PCI-MSI-0000:02:00.2    0-edge      xhci_hcd
file sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
| Y
--- installed
--- run
check
