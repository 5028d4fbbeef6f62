# systemd-boot with entries that kernel-install has made, of kernels as Debian has them and as others do; GRUB was never removed.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
| systemd-boot 252
file etc/kernel/cmdline
| # mine
| root=UUID=1 rw -- single
file usr/bin/kernel-install
file usr/sbin/update-grub
file etc/default/grub
| GRUB_CMDLINE_LINUX=""
directory lib/modules/6.1.0-18
file boot/vmlinuz-6.1.0-18
directory lib/modules/6.9.1
directory lib/modules/6.8.0
file efi/loader/entries/abc-6.1.0-18.conf
| linux /abc/6.1.0-18/linux
| options root=UUID=1 rw
file efi/loader/entries/abc-6.9.1.conf
| linux /abc/6.9.1/linux
| options root=UUID=1 rw
--- run
iommu --enable
