# A server of eight GPUs behind bridges: show.
--- run
show 18:00
