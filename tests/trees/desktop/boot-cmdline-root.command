# The root file system is on ZFS: no storage controller goes on the kernel's command line.
--- machine
file proc/self/mountinfo
| 22 1 0:30 / / rw,relatime shared:1 - zfs rpool/root rw
--- boot.ini
[device disk]
id = 1e57:0020
--- run
boot
boot --cmdline
