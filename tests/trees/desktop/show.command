# A desktop: show.
--- run
show 02:00
