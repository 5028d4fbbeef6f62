# Proxmox VE with systemd-boot.
--- machine
file sys/firmware/acpi/tables/DMAR
remove sys/class/iommu/dmar0
file proc/cmdline
| root=/dev/sda1
file sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
| systemd-boot 252
file etc/kernel/cmdline
| root=ZFS=rpool/ROOT/pve-1 boot=zfs
file usr/sbin/proxmox-boot-tool
file etc/kernel/proxmox-boot-uuids
file usr/bin/kernel-install
--- run
iommu --enable
