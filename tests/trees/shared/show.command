# A bad group: the GPU shares it with a disk: show.
--- run
show 01:00
