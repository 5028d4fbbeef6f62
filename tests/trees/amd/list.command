# An AMD host: list.
--- run
list
list --all
