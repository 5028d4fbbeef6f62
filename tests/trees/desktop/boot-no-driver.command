# No driver: the module is not there, or its probe failed.
--- machine
function 0000:02:00.1 1e57:0011/1e57:a001 class=040300 group=14 override=vfio-pci
function 0000:03:00.0 1e57:0020/1e57:b001 class=010802 group=15 override=pci-stub
driver pci-stub builtin
--- boot.ini
[device sound]
address = 02:00.1
[device disk]
address = 03:00
driver = pci-stub
--- run
boot
