# A single GPU: show.
--- run
show 01:00
