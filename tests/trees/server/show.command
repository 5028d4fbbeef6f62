# A card with virtual functions: show.
--- run
show 41:00.4
