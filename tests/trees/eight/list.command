# A server of eight GPUs behind bridges: list.
--- run
list
list --all
