# Usage, and the list of all findings.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
--- run
check --list
check -n -o ID --list
check --list win
check a b
check --strickt
