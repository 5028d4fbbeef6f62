# The hook is there twice; a directory beside it is nothing to libvirt.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
directory etc/libvirt/hooks/qemu.d/old
file etc/libvirt/hooks/qemu.d/50-gpu-handoff
| /usr/lib/gpu-handoff/libgpu-handoff.so
| gpu-handoff build 0.0.9-0123456789ab
mode etc/libvirt/hooks/qemu.d/50-gpu-handoff 0755
--- installed
--- run
check
