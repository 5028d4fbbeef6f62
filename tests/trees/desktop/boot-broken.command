# A broken boot.ini: where, what, and a status of its own.
--- boot.ini
[device gpu]
address = 02:00
allow-boot-display = yes
--- run
boot
boot --cmdline
