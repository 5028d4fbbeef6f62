# A desktop: what --json prints.
--- machine
function 0000:00:01.0 1e57:0001/1e57:0001 class=030000 group=0 driver=ast
file run/gpu-handoff/vm/a"b\c.claim
| [claim]
| version = 1
| vm = a%22b%5cc
| boot-id = b0070000-0000-4000-8000-000000000001
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
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 02:00
file etc/libvirt/qemu/win.xml
| <domain type='kvm'><name>win</name><devices>
| <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></source></hostdev>
| <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x02' slot='0x00' function='0x1'/></source></hostdev>
| </devices></domain>
--- boot.ini
[device gpu]
address = 02:00.0 02:00.1
--- run
list --json
show --json 02:00.0
plan --json win
boot --json
list --json -o address,vm
