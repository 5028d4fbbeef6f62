# Another hook calls virsh; one that cannot be run does not.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file etc/libvirt/hooks/qemu.d/10-notify
| #!/bin/sh
| # virsh is not called here
| name=$1
| if [ "$2" = prepare ]; then
| 	virsh dominfo "$name"
| fi
mode etc/libvirt/hooks/qemu.d/10-notify 0755
file etc/libvirt/hooks/qemu.d/20-off
| #!/bin/sh
| # virsh is not called here
| name=$1
| if [ "$2" = prepare ]; then
| 	virsh dominfo "$name"
| fi
--- installed
--- run
check
