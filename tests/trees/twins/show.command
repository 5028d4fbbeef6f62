# Two identical cards: show.
--- run
show 0a:00
