# What is wrong with the usage is told, with the near word.
--- run
lits
list --jsno
list -x
list -o nam
list -o ,
list -c qemu:///system
list what
show
show 1:0
show 44:00
plan
plan nobody
check one two
status
