# boot.ini was removed, and the initramfs still has it.
--- machine
file usr/sbin/update-initramfs
file run/gpu-handoff/boot-initramfs
| [device gpu]
| address = 02:00
--- run
boot
boot --cmdline
