# Many denials of AppArmor's: the first five are told, once each, and what allows the first.
--- machine
directory etc/libvirt/qemu
file dev/kmsg
| 4,1,1,-;audit: type=1400 audit(2000000000.1:1): apparmor="DENIED" operation="exec" profile="libvirtd" name="/usr/local/bin/gpu-handoff-notify" pid=1 comm="qemu" requested_mask="xcd" denied_mask="xcd" fsuid=0 ouid=0
| 4,2,2,-;audit: type=1400 audit(2000000000.2:2): apparmor="DENIED" operation="exec" profile="libvirtd" name="/usr/local/bin/gpu-handoff-notify" pid=2 comm="qemu" requested_mask="xcd" denied_mask="xcd" fsuid=0 ouid=0
| 4,3,3,-;audit: type=1400 audit(2000000000.3:3): apparmor="DENIED" operation="capable" profile="libvirtd" pid=3 comm="qemu" capability=21
| 4,4,4,-;audit: type=1400 audit(2000000000.4:4): apparmor="DENIED" operation="open" profile="libvirtd" name="/etc/gpu-handoff/a" pid=4 comm="x" requested_mask="r"
| 4,5,5,-;audit: type=1400 audit(2000000000.5:5): apparmor="DENIED" operation="open" profile="libvirtd" name="/etc/gpu-handoff/b" pid=5 comm="x" requested_mask="r"
| 4,6,6,-;audit: type=1400 audit(2000000000.6:6): apparmor="DENIED" operation="open" profile="libvirtd" name="/etc/gpu-handoff/c" pid=6 comm="x" requested_mask="r"
| 4,7,7,-;audit: type=1400 audit(2000000000.7:7): apparmor="DENIED" operation="open" profile="virtqemud" name="/etc/gpu-handoff/d" pid=7 comm="x" requested_mask="r"
| 4,8,8,-;audit: type=1400 audit(2000000000.8:8): apparmor="DENIED" operation="open" profile="virtqemud" name="/etc/libvirt/hooks/qemu" pid=8 comm="x" requested_mask="r"
| 4,9,9,-;audit: type=1400 audit(2000000000.9:9): apparmor="DENIED" operation="open" profile="firefox" name="/etc/gpu-handoff/e" pid=9 comm="x" requested_mask="r"
| 4,10,10,-;audit: type=1400 audit(2000000000.10:10): apparmor="DENIED" operation="open" profile="libvirtd" name="/srv/other" pid=10 comm="rpc-libvirtd" requested_mask="r"
--- installed
--- run
check
