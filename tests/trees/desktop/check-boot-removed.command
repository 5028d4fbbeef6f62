# boot.ini is gone, but the initramfs has one.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file usr/sbin/update-initramfs
file run/gpu-handoff/boot-initramfs
| [device gpu]
| address = 02:00
--- installed
--- run
check
