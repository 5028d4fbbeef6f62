# The only display, allowed; switched off for this boot.
--- machine
file proc/cmdline
| root=/dev/vda quiet gpu_handoff=off
--- boot.ini
[device gpu]
address = 02:00
[host]
allow-boot-display = yes
--- run
boot
