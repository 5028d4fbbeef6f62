# The initramfs knows nothing of boot.ini; who makes it is dracut.
--- machine
function 0000:00:01.0 1e57:0001/1e57:0001 class=030000 group=0 driver=ast
function 0000:03:00.0 1e57:0020/1e57:b001 class=010802 group=15 driver=vfio-pci override=vfio-pci
file usr/bin/dracut
--- boot.ini
[device disk]
address = 03:00
--- run
boot
