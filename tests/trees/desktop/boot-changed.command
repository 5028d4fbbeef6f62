# No initramfs on this host: boot.ini has changed since the boot.
--- machine
function 0000:00:01.0 1e57:0001/1e57:0001 class=030000 group=0 driver=ast
file run/gpu-handoff/boot-host
| ; nothing yet
--- boot.ini
[device gpu]
address = 02:00.0
--- run
boot
