# A bad group: the GPU shares it with a disk: list.
--- run
list
list --all
