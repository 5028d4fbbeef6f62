# A card with virtual functions: list.
--- run
list
list --all
