# The daemon was started after the hook came.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file proc/stat
| cpu  1 2 3
| btime 4102444800
| processes 9
file proc/812/comm
| libvirtd
link proc/812/exe /usr/sbin/libvirtd
file proc/812/stat
| 812 (libvirtd) S 1 812 812 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 21 0 500 1 1
--- installed
--- run
check
