# AppArmor has denied the hook something, and others something else.
--- machine
directory etc/libvirt/qemu
file dev/kmsg
| 6,900,100,-;audit: type=1400 audit(1700000100.1:9): apparmor="DENIED" operation="open" class="file" profile="libvirtd" name="/etc/gpu-handoff/domains.d/win.ini" pid=900 comm="qemu" requested_mask="r" denied_mask="r" fsuid=0 ouid=0
| 6,900,100,-;audit: type=1400 audit(1700000100.1:9): apparmor="DENIED" operation="open" class="file" profile="libvirtd" name="/etc/gpu-handoff/domains.d/win.ini" pid=901 comm="qemu" requested_mask="r" denied_mask="r" fsuid=0 ouid=0
| 6,901,100,-;audit: type=1400 audit(1700000100.1:9): apparmor="DENIED" operation="exec" class="file" profile="libvirtd" name="/usr/libexec/thing" pid=902 comm="qemu" requested_mask="x" denied_mask="x" fsuid=0 ouid=0
| 6,902,100,-;audit: type=1400 audit(1700000100.1:9): apparmor="DENIED" operation="open" profile="/usr/bin/man" name="/etc/shadow" pid=903 comm="man" requested_mask="r"
--- installed
--- run
check
