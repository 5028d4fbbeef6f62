# A card with virtual functions: check.
--- machine
file dev/kmsg
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 41:00.4
file etc/libvirt/qemu/win.xml
| <domain type='kvm'><name>win</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices><video><model type='vga'/></video>
| <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/></source></hostdev>
| </devices></domain>
--- installed
--- run
check
check win
