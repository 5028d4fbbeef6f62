# boot.ini is broken.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
--- installed
--- boot.ini
[device gpu]
adress = 02:00
--- run
check
