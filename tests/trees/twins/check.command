# Two identical cards: check.
--- machine
file dev/kmsg
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 0a:00
file etc/libvirt/qemu/win.xml
| <domain type='kvm'><name>win</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices><video><model type='vga'/></video>
| <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x0a' slot='0x00' function='0x0'/></source></hostdev>
| <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x0a' slot='0x00' function='0x1'/></source></hostdev>
| </devices></domain>
--- installed
--- run
check
check win
