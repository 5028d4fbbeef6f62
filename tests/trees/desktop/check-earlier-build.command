# The hook is of a build before builds were told apart, and has no engine.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
file etc/libvirt/hooks/qemu.d/50-gpu-handoff
| /usr/lib/gpu-handoff/libgpu-handoff.so
mode etc/libvirt/hooks/qemu.d/50-gpu-handoff 0755
--- run
check
