# More than 64 functions.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
function 0000:40:00.0 1e57:0040/1e57:a002 class=030200 group=100 driver=vfio-pci override=vfio-pci
function 0000:40:00.1 1e57:0040/1e57:a002 class=030200 group=101 driver=vfio-pci override=vfio-pci
function 0000:40:00.2 1e57:0040/1e57:a002 class=030200 group=102 driver=vfio-pci override=vfio-pci
function 0000:40:00.3 1e57:0040/1e57:a002 class=030200 group=103 driver=vfio-pci override=vfio-pci
function 0000:40:00.4 1e57:0040/1e57:a002 class=030200 group=104 driver=vfio-pci override=vfio-pci
function 0000:40:00.5 1e57:0040/1e57:a002 class=030200 group=105 driver=vfio-pci override=vfio-pci
function 0000:40:00.6 1e57:0040/1e57:a002 class=030200 group=106 driver=vfio-pci override=vfio-pci
function 0000:40:00.7 1e57:0040/1e57:a002 class=030200 group=107 driver=vfio-pci override=vfio-pci
function 0000:41:00.0 1e57:0040/1e57:a002 class=030200 group=108 driver=vfio-pci override=vfio-pci
function 0000:41:00.1 1e57:0040/1e57:a002 class=030200 group=109 driver=vfio-pci override=vfio-pci
function 0000:41:00.2 1e57:0040/1e57:a002 class=030200 group=110 driver=vfio-pci override=vfio-pci
function 0000:41:00.3 1e57:0040/1e57:a002 class=030200 group=111 driver=vfio-pci override=vfio-pci
function 0000:41:00.4 1e57:0040/1e57:a002 class=030200 group=112 driver=vfio-pci override=vfio-pci
function 0000:41:00.5 1e57:0040/1e57:a002 class=030200 group=113 driver=vfio-pci override=vfio-pci
function 0000:41:00.6 1e57:0040/1e57:a002 class=030200 group=114 driver=vfio-pci override=vfio-pci
function 0000:41:00.7 1e57:0040/1e57:a002 class=030200 group=115 driver=vfio-pci override=vfio-pci
function 0000:42:00.0 1e57:0040/1e57:a002 class=030200 group=116 driver=vfio-pci override=vfio-pci
function 0000:42:00.1 1e57:0040/1e57:a002 class=030200 group=117 driver=vfio-pci override=vfio-pci
function 0000:42:00.2 1e57:0040/1e57:a002 class=030200 group=118 driver=vfio-pci override=vfio-pci
function 0000:42:00.3 1e57:0040/1e57:a002 class=030200 group=119 driver=vfio-pci override=vfio-pci
function 0000:42:00.4 1e57:0040/1e57:a002 class=030200 group=120 driver=vfio-pci override=vfio-pci
function 0000:42:00.5 1e57:0040/1e57:a002 class=030200 group=121 driver=vfio-pci override=vfio-pci
function 0000:42:00.6 1e57:0040/1e57:a002 class=030200 group=122 driver=vfio-pci override=vfio-pci
function 0000:42:00.7 1e57:0040/1e57:a002 class=030200 group=123 driver=vfio-pci override=vfio-pci
function 0000:43:00.0 1e57:0040/1e57:a002 class=030200 group=124 driver=vfio-pci override=vfio-pci
function 0000:43:00.1 1e57:0040/1e57:a002 class=030200 group=125 driver=vfio-pci override=vfio-pci
function 0000:43:00.2 1e57:0040/1e57:a002 class=030200 group=126 driver=vfio-pci override=vfio-pci
function 0000:43:00.3 1e57:0040/1e57:a002 class=030200 group=127 driver=vfio-pci override=vfio-pci
function 0000:43:00.4 1e57:0040/1e57:a002 class=030200 group=128 driver=vfio-pci override=vfio-pci
function 0000:43:00.5 1e57:0040/1e57:a002 class=030200 group=129 driver=vfio-pci override=vfio-pci
function 0000:43:00.6 1e57:0040/1e57:a002 class=030200 group=130 driver=vfio-pci override=vfio-pci
function 0000:43:00.7 1e57:0040/1e57:a002 class=030200 group=131 driver=vfio-pci override=vfio-pci
function 0000:44:00.0 1e57:0040/1e57:a002 class=030200 group=132 driver=vfio-pci override=vfio-pci
function 0000:44:00.1 1e57:0040/1e57:a002 class=030200 group=133 driver=vfio-pci override=vfio-pci
function 0000:44:00.2 1e57:0040/1e57:a002 class=030200 group=134 driver=vfio-pci override=vfio-pci
function 0000:44:00.3 1e57:0040/1e57:a002 class=030200 group=135 driver=vfio-pci override=vfio-pci
function 0000:44:00.4 1e57:0040/1e57:a002 class=030200 group=136 driver=vfio-pci override=vfio-pci
function 0000:44:00.5 1e57:0040/1e57:a002 class=030200 group=137 driver=vfio-pci override=vfio-pci
function 0000:44:00.6 1e57:0040/1e57:a002 class=030200 group=138 driver=vfio-pci override=vfio-pci
function 0000:44:00.7 1e57:0040/1e57:a002 class=030200 group=139 driver=vfio-pci override=vfio-pci
function 0000:45:00.0 1e57:0040/1e57:a002 class=030200 group=140 driver=vfio-pci override=vfio-pci
function 0000:45:00.1 1e57:0040/1e57:a002 class=030200 group=141 driver=vfio-pci override=vfio-pci
function 0000:45:00.2 1e57:0040/1e57:a002 class=030200 group=142 driver=vfio-pci override=vfio-pci
function 0000:45:00.3 1e57:0040/1e57:a002 class=030200 group=143 driver=vfio-pci override=vfio-pci
function 0000:45:00.4 1e57:0040/1e57:a002 class=030200 group=144 driver=vfio-pci override=vfio-pci
function 0000:45:00.5 1e57:0040/1e57:a002 class=030200 group=145 driver=vfio-pci override=vfio-pci
function 0000:45:00.6 1e57:0040/1e57:a002 class=030200 group=146 driver=vfio-pci override=vfio-pci
function 0000:45:00.7 1e57:0040/1e57:a002 class=030200 group=147 driver=vfio-pci override=vfio-pci
function 0000:46:00.0 1e57:0040/1e57:a002 class=030200 group=148 driver=vfio-pci override=vfio-pci
function 0000:46:00.1 1e57:0040/1e57:a002 class=030200 group=149 driver=vfio-pci override=vfio-pci
function 0000:46:00.2 1e57:0040/1e57:a002 class=030200 group=150 driver=vfio-pci override=vfio-pci
function 0000:46:00.3 1e57:0040/1e57:a002 class=030200 group=151 driver=vfio-pci override=vfio-pci
function 0000:46:00.4 1e57:0040/1e57:a002 class=030200 group=152 driver=vfio-pci override=vfio-pci
function 0000:46:00.5 1e57:0040/1e57:a002 class=030200 group=153 driver=vfio-pci override=vfio-pci
function 0000:46:00.6 1e57:0040/1e57:a002 class=030200 group=154 driver=vfio-pci override=vfio-pci
function 0000:46:00.7 1e57:0040/1e57:a002 class=030200 group=155 driver=vfio-pci override=vfio-pci
function 0000:47:00.0 1e57:0040/1e57:a002 class=030200 group=156 driver=vfio-pci override=vfio-pci
function 0000:47:00.1 1e57:0040/1e57:a002 class=030200 group=157 driver=vfio-pci override=vfio-pci
function 0000:47:00.2 1e57:0040/1e57:a002 class=030200 group=158 driver=vfio-pci override=vfio-pci
function 0000:47:00.3 1e57:0040/1e57:a002 class=030200 group=159 driver=vfio-pci override=vfio-pci
function 0000:47:00.4 1e57:0040/1e57:a002 class=030200 group=160 driver=vfio-pci override=vfio-pci
function 0000:47:00.5 1e57:0040/1e57:a002 class=030200 group=161 driver=vfio-pci override=vfio-pci
function 0000:47:00.6 1e57:0040/1e57:a002 class=030200 group=162 driver=vfio-pci override=vfio-pci
function 0000:47:00.7 1e57:0040/1e57:a002 class=030200 group=163 driver=vfio-pci override=vfio-pci
function 0000:48:00.0 1e57:0040/1e57:a002 class=030200 group=164 driver=vfio-pci override=vfio-pci
file etc/libvirt/qemu/win.xml
| <domain type='kvm'>
|   <name>win</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x48' slot='0x00' function='0x0'/></source></hostdev>
|   </devices>
| </domain>
file etc/libvirt/qemu/less.xml
| <domain type='kvm'>
|   <name>less</name>
|   <uuid>8d1f6c3e-4444-4a5b-9c7d-000000000001</uuid>
|   <memory unit='GiB'>8</memory>
|   <os><type arch='x86_64' machine='pc-q35-9.2'>hvm</type></os>
|   <devices>
|     <video><model type='virtio'/></video>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x40' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x42' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x43' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x44' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x45' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x46' slot='0x00' function='0x7'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x0'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x1'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x2'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x3'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x4'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x5'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x6'/></source></hostdev>
|     <hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x47' slot='0x00' function='0x7'/></source></hostdev>
|   </devices>
| </domain>
--- installed
--- run
check win
check less
