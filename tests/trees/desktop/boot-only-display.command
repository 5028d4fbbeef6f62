# The only display: refused, and what would be done when it is allowed.
--- machine
file sys/bus/pci/devices/0000:02:00.0/boot_vga
| 1
--- boot.ini
[device gpu]
address = 02:00
--- run
boot
