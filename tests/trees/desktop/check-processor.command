# The processor has no virtualisation.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file proc/cpuinfo
| processor	: 0
| vendor_id	: GenuineIntel
| flags		: fpu msr pae nx lm
| address sizes	: 39 bits physical, 48 bits virtual
--- installed
--- run
check
