# As a table and JSON, with a name that needs quoting.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file etc/gpu-handoff/domains.d/a"b.ini
| [device gpu]
| address = 02:00
file etc/gpu-handoff/domains.d/win.ini
| [device gpu]
| address = 02:00
file etc/libvirt/qemu/win.xml
| <domain type='kvm'>
|   <name>win</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
| 
|   </devices>
| </domain>
--- installed
--- run
check -o id,about
check -n
check --json
