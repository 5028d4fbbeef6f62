# INI files that no domain has: renamed, and removed.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file etc/gpu-handoff/domains.d/win1.ini
| [device gpu]
| address = 02:00
file etc/gpu-handoff/domains.d/it's.ini
| [device gpu]
| address = 02:00
file etc/gpu-handoff/domains.d/lin.ini
| [device gpu]
| address = 02:00
file etc/libvirt/qemu/win11.xml
| <domain type='kvm'>
|   <name>win11</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
| 
|   </devices>
| </domain>
file etc/libvirt/qemu/lin.xml
| <domain type='kvm'>
|   <name>lin</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
| 
|   </devices>
| </domain>
file etc/gpu-handoff/domains.d/notes.txt
| what I wanted to do
--- installed
--- run
check
check --strict
