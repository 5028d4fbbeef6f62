# A line of GRUB's that a shell reads otherwise than we do is not written anew.
--- machine
file etc/default/grub
| GRUB_CMDLINE_LINUX_DEFAULT="quiet"
| GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT splash"
--- boot.ini
[device sound]
address = 02:00.1
[device later]
address = 44:00
--- run
boot --cmdline
