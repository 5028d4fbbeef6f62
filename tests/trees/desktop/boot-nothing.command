# Without a [device], and without the way of the kernel's command line.
--- boot.ini
; nothing yet
--- run
boot
boot --cmdline
