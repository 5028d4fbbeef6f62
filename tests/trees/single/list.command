# A single GPU: list.
--- run
list
list --all
