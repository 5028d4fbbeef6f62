# Hook and engine are of another build.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file etc/libvirt/hooks/qemu
| /usr/lib/gpu-handoff/libgpu-handoff.so
| gpu-handoff build 0.0.9-0123456789ab
mode etc/libvirt/hooks/qemu 0755
file usr/lib/gpu-handoff/libgpu-handoff.so
| gpu-handoff build 0.0.9-0123456789ab
--- run
check
check --strict
