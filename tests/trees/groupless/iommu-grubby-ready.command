# grubby, whose entries have it: in their own line, or where Red Hat Enterprise Linux 8 keeps it.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file usr/bin/grubby
file boot/loader/entries/abc-6.1.0.conf
| linux /vmlinuz-6.1.0
| options root=/dev/sda1 ro intel_iommu=on iommu=pt
file boot/loader/entries/abc-6.0.0.conf
| linux /vmlinuz-6.0.0
| options $kernelopts $tuned_params
file boot/grub2/grubenv
| # GRUB Environment Block
| kernelopts=root=/dev/sda1 ro intel_iommu=on iommu=pt
file boot/loader/entries/memtest.conf
| title memtest
| efi /memtest.efi
--- run
iommu --enable
