# A server of eight GPUs behind bridges: plan.
--- machine
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 18:00
file etc/libvirt/qemu/win.xml
| <domain type='kvm'><name>win</name><devices>
| <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x18' slot='0x00' function='0x0'/></source></hostdev>
| </devices></domain>
--- run
plan win
plan --release win
