# The kernel has been told of ids before, by either spelling; a value in single quotes, a comment behind.
--- machine
file proc/cmdline
| root=/dev/sda1 vfio_pci.ids=dead:beef,1e57:0011 quiet
file etc/default/grub
| GRUB_CMDLINE_LINUX_DEFAULT='quiet vfio-pci.ids=dead:beef dyndbg="file dd.c +p"' # it's mine
file etc/kernel/cmdline
| root=UUID=1 rw vfio_pci.ids=dead:beef,dead:cafe
--- boot.ini
[device sound]
address = 02:00.1
--- run
boot --cmdline
