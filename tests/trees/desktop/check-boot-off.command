# boot.ini was switched off.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
function 0000:00:01.0 1e57:0001/1e57:0001 class=030000 group=0 driver=ast
file proc/cmdline
| ro quiet gpu_handoff=off
--- installed
--- boot.ini
[device gpu]
address = 02:00
--- run
check
