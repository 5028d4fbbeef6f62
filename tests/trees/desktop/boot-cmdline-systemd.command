# The same on a host with systemd-boot and with kernelstub, and on one with grubby and grub2.
--- machine
file etc/kernel/cmdline
| root=UUID=1 rw
file usr/bin/kernelstub
file usr/sbin/grubby
file usr/sbin/grub2-mkconfig
--- boot.ini
[device sound]
address = 02:00.1
--- run
boot --cmdline
