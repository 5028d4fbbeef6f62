# One of two identical cards: by its subsystem where that differs; ids alone where it does not.
--- machine
function 0000:0b:00.1 1e57:0011/1e57:a001 class=040300 group=23 driver=snd_hda_intel
--- boot.ini
[device gpu]
address = 0b:00
--- run
boot --cmdline
