# A claim that is no claim, and one of an earlier boot.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file run/gpu-handoff/vm/win.claim
| garbage
file run/gpu-handoff/vm/old.claim
| [claim]
| version = 1
| vm = old
| boot-id = b0070000-0000-4000-8000-00000000000f
| phase = held
| timeout-ms = 30000
| [function 0000:02:00.0]
| id = 1e57:0010/1e57:a001
| group = 14
| vfio-driver = vfio-pci
| restore = original
| driver = bochs-drm
| [end]
| functions = 1
--- installed
--- run
check
list
