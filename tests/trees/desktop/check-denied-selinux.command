# SELinux has, by the audit daemon's log; before the boot does not count.
--- machine
directory etc/libvirt/qemu
file proc/stat
| btime 1700000000
file var/log/audit/audit.log
| type=AVC msg=audit(1700000100.123:45): avc:  denied  { read open } for  pid=900 comm="qemu" path="/etc/gpu-handoff/domains.d/win.ini" dev="dm-0" ino=7 scontext=system_u:system_r:virtd_t:s0 tcontext=unconfined_u:object_r:user_tmp_t:s0 tclass=file permissive=0
| type=AVC msg=audit(1600000000.123:45): avc:  denied  { read open } for  pid=900 comm="qemu" path="/etc/gpu-handoff/domains.d/old.ini" dev="dm-0" ino=7 scontext=system_u:system_r:virtd_t:s0 tcontext=unconfined_u:object_r:user_tmp_t:s0 tclass=file permissive=0
--- installed
--- run
check
