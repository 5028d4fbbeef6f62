# Unified images that mkinitcpio makes.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
| systemd-stub 255
file etc/kernel/cmdline
| root=UUID=1
file usr/bin/mkinitcpio
file etc/mkinitcpio.d/linux.preset
| PRESETS=('default')
| default_uki="/efi/EFI/Linux/arch-linux.efi"
--- run
iommu --enable
