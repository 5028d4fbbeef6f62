# Domains above 0xffff: show.
--- run
show 01:00
