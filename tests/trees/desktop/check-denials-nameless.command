# A denial that no rule for a file would allow: where to look is told.
--- machine
directory etc/libvirt/qemu
file dev/kmsg
| 4,1,1,-;audit: type=1400 audit(2000000000.1:1): apparmor="DENIED" operation="capable" profile="libvirtd" pid=3 comm="qemu" capability=21
--- installed
--- run
check
