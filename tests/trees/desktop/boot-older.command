# The initramfs is older than boot.ini, and a host driver was faster.
--- machine
function 0000:00:01.0 1e57:0001/1e57:0001 class=030000 group=0 driver=ast
remove sys/bus/pci/drivers/xhci_hcd/module
file usr/sbin/update-initramfs
file run/gpu-handoff/boot-initramfs
| [device gpu]
| address = 05:00
--- boot.ini
[device gpu]
address = 02:00
--- run
boot
