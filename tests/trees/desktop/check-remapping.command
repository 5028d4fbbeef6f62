# The IOMMU is on, and remaps no interrupts.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file proc/interrupts
|            CPU0
|   0:          9  IO-APIC    2-edge      timer
| 120:       1042  PCI-MSI-0000:02:00.2    0-edge      xhci_hcd
--- installed
--- run
check
