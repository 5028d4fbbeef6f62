# The initramfs knows nothing of boot.ini, and the host drivers have the device.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
function 0000:00:01.0 1e57:0001/1e57:0001 class=030000 group=0 driver=ast
file usr/sbin/update-initramfs
--- installed
--- boot.ini
[device gpu]
address = 02:00
--- run
check
check --strict
