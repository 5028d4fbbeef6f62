# Denials of SELinux's in the audit daemon's log: one of an earlier boot, of no domain of libvirt's, and of ours.
--- machine
directory etc/libvirt/qemu
file proc/stat
| btime 1000000000
file var/log/audit/audit.log
| type=AVC msg=audit(999999999.1:1): avc:  denied  { write } for  pid=1 comm="qemu" name="vm" scontext=system_u:system_r:virtd_t:s0 tcontext=system_u:object_r:var_run_t:s0 tclass=dir
| type=AVC msg=audit(1000000001.1:2): avc:  denied  { read open } for  pid=2 comm="qemu" path="/etc/gpu-handoff/domains.d/win.ini" scontext=system_u:system_r:virt_hook_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file
| type=AVC msg=audit(1000000002.1:3): avc:  denied  { read } for  pid=3 comm="gpu-handoff" name="x" scontext=system_u:system_r:httpd_t:s0 tclass=file
| type=AVC msg=audit(1000000003.1:4): avc:  denied  { execute } for  pid=4 comm="qemu" scontext=system_u:system_r:virtqemud_t:s0 tclass=file
| type=AVC msg=audit(1000000004.1:5): avc:  granted  { read } for  pid=5 comm="qemu" scontext=system_u:system_r:virtd_t:s0 tclass=file
--- installed
--- run
check
