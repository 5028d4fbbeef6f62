# Domains above 0xffff: list.
--- run
list
list --all
