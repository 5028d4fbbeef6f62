# What cannot be looked at is told of, and is no error.
--- machine
remove proc/cpuinfo
remove proc/interrupts
remove lib/modules
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 02:00
--- installed
--- run
check
