# boot.ini would keep the only display.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
--- installed
--- boot.ini
[device gpu]
address = 02:00
--- run
check
