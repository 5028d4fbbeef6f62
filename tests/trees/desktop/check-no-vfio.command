# The kernel has no vfio-pci.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file lib/modules/6.1.0-example/modules.dep
| kernel/drivers/net/e1000.ko:
--- installed
--- run
check
