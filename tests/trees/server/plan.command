# A card with virtual functions: plan.
--- machine
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 41:00.4
file etc/libvirt/qemu/win.xml
| <domain type='kvm'><name>win</name><devices>
| <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/></source></hostdev>
| </devices></domain>
--- run
plan win
plan --release win
