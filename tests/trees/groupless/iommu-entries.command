# systemd-boot, with entries written by hand.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=UUID=1 iommu=off
file sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
| systemd-boot 255
file boot/loader/entries/arch.conf
| title Arch
| linux /vmlinuz-linux
| options root=UUID=1 rw
| options quiet
file boot/loader/entries/old.conf
| title Old
| linux /vmlinuz-old
| options root=UUID=1 rw intel_iommu=on iommu=pt
--- run
iommu --enable
