# A desktop: list.
--- run
list
list --all
