# The processor has it, but KVM is not there.
--- machine
file dev/kmsg
directory etc/libvirt/qemu
remove sys/module/kvm
--- installed
--- run
check
check --strict
