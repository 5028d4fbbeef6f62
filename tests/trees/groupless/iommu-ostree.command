# rpm-ostree keeps the command line, grubby or not.
--- machine
file sys/firmware/acpi/tables/IVRS
file proc/cmdline
| root=/dev/sda1 amd_iommu=off
file run/ostree-booted
file usr/bin/rpm-ostree
file usr/sbin/grubby
--- run
iommu --enable
