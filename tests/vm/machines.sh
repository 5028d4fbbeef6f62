# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2054
# The machines that tests run on, as QEMU options: machine_options NAME sets the array `machine` and
# the string `machine_kernel`, what the kernel's command line has for it.
#
# What lspci shows in all of them (the VMs' own virtio devices are 00:10.0 and 00:11.0):
#
#   address    id         what                driver         IOMMU group
#   01:00.0    1234:1111  VGA, boot_vga is 1  bochs-drm      the three together: the GPU
#   01:00.1    8086:2668  HDA, one card       snd_hda_intel
#   01:00.2    1b36:000d  xHCI                xhci_hcd
#   02:00.0    1af4:1050  virtio GPU          virtio-pci     alone; one of identical twins
#   03:00.0    1af4:1050  virtio GPU          virtio-pci     alone; the other one
#   04:00.0    1b36:0010  NVMe, 4 VFs (off)   nvme           alone; VFs are 04:00.1 to 04:00.4
#   05:00.0    1234:11e8  edu                 none           alone
#   06:00.0    1b36:000e  PCIe-to-PCI bridge  none           the three together
#   07:01.0    8086:100e  e1000               e1000
#   07:02.0    1b36:0005  pci-testdev         none
#
# The root ports of buses 1 to 6 are 00:02.0 to 00:07.0, each in its own group.
#
#   gpu          Intel IOMMU, on
#   gpu-off      Intel IOMMU, switched off by the kernel's command line; its ACPI table is there
#   gpu-nointr   Intel IOMMU, on, without interrupt remapping
#   gpu-noiommu  no IOMMU at all
#   gpu-amd      AMD IOMMU, on (takes 00:01.0)
#   gpu-amd-off  AMD IOMMU, switched off by the kernel's command line

device() {
	machine+=(-device "$1")
}

port() {
	device "pcie-root-port,id=rp$1,chassis=$1,slot=$1,addr=0$(($1 + 1)).0"
}

machine_options() {
	machine=() machine_kernel=
	case $1 in
	gpu)
		device intel-iommu,intremap=on,caching-mode=on
		machine_kernel='intel_iommu=on iommu=pt' ;;
	gpu-off)
		device intel-iommu,intremap=on,caching-mode=on
		machine_kernel='intel_iommu=off' ;;
	gpu-nointr)
		device intel-iommu,intremap=off,caching-mode=on
		machine_kernel='intel_iommu=on iommu=pt' ;;
	gpu-noiommu)
		machine_kernel='intel_iommu=on iommu=pt' ;;
	gpu-amd)
		device amd-iommu,intremap=on
		machine_kernel='iommu=pt' ;;
	gpu-amd-off)
		device amd-iommu,intremap=on
		machine_kernel='amd_iommu=off' ;;
	*)
		return 1 ;;
	esac

	port 1
	device VGA,bus=rp1,addr=00.0,multifunction=on
	device intel-hda,id=hda,bus=rp1,addr=00.1
	machine+=(-audiodev none,id=sound)
	device hda-micro,bus=hda.0,audiodev=sound
	device qemu-xhci,bus=rp1,addr=00.2
	port 2
	device virtio-gpu-pci,bus=rp2
	port 3
	device virtio-gpu-pci,bus=rp3
	port 4
	device nvme-subsys,id=nvme
	device nvme,bus=rp4,serial=lab,subsys=nvme,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=26,msix_qsize=32
	port 5
	device edu,bus=rp5
	port 6
	device pcie-pci-bridge,id=bridge,bus=rp6
	device e1000,bus=bridge,addr=01.0
	device pci-testdev,bus=bridge,addr=02.0
}
