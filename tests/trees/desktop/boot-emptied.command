# boot.ini was emptied, and the initramfs still has the earlier one.
--- machine
file usr/sbin/update-initramfs
file run/gpu-handoff/boot-initramfs
| [device gpu]
| address = 02:00
--- boot.ini
; nothing any more
--- run
boot
