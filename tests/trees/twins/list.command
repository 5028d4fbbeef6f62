# Two identical cards: list.
--- run
list
list --all
