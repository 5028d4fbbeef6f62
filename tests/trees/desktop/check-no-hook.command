# No hook is installed.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
--- run
check
