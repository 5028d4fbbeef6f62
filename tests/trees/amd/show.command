# An AMD host: show.
--- run
show 0f:00
