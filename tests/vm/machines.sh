# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2054
# The machines that tests run on, as QEMU options: machine_options NAME sets
#   machine         the array of options
#   machine_kernel  what the kernel's command line has for it
#   machine_image   the kernel's file: vmlinux, or vmlinuz where it must begin as after a real boot
#   machine_cpus    how many processors, if other than the tier's
#   machine_accel   QEMU's accelerator, if other than LAB_ACCEL
#   machine_disks   an array of NAME=MIB: empty drives that boot.sh makes and throws away
#
# What lspci shows in all of them but `boot` and `many` (the VMs' own virtio devices are 00:10.0 to
# 00:13.0):
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
# The root ports of buses 1 to 6 are 00:02.0 to 00:07.0, each in its own group. `modprobe gh_test` binds
# 05:00.0 and 07:02.0. QEMU's ids, for `outer`: vga, hda, xhci, edu, testdev; the root ports are rp1…
# A second GPU's are vga2, hda2, xhci2.
#
#   gpu          Intel IOMMU, on
#   gpu-counted  as gpu; the processor's time goes by the instructions that it executes, whatever else the
#                host does, and passes at once where it has none: for who measures it. Not for what waits
#                for the host.
#   gpu-off      Intel IOMMU, switched off by the kernel's command line; its ACPI table is there
#   gpu-nointr   Intel IOMMU, on, without interrupt remapping
#   gpu-noiommu  no IOMMU at all
#   gpu-amd      AMD IOMMU, on (takes 00:01.0)
#   gpu-amd-off  AMD IOMMU, switched off by the kernel's command line
#   gpu-inuse    as gpu; on 01:00.2 a USB stick (sda, 16 MiB), a keyboard, a mouse and a network
#                adapter; behind 04:00.0 a namespace of 32 MiB, which is multipath's (its disk is no child of the function); and
#                08:00.0, one more NVMe, whose 32 MiB are a child of it, as most have it
#   gpu-fb       as gpu, as after a boot by firmware: vesafb has the VGA (its framebuffer holds BAR 0),
#                bochs is there and not loaded
#   boot         Intel IOMMU, on; what boot/ boots:
#
#   01:00.0-2  as above: the GPU that the host shows itself on
#   02:00.0-2  the same three once more: an identical GPU
#   03:00.0    8086:100e  e1000               e1000          alone
#   04:00.0    1b36:0010  NVMe                nvme           alone
#   05, 06     nothing: the root ports rp5 and rp6 are free for what is plugged in
#
#   many         Intel IOMMU, on; 16 edus (1234:11e8) without a driver and nothing else: 01:00.0 to
#                10:00.0 (hexadecimal), each behind a root port and alone in its group
#   functions    no IOMMU; 256 edus without a driver, eight each behind 32 root ports, for coldplug.bench

device() {
	machine+=(-device "$1")
}

# port N [OPTION]
port() {
	device "pcie-root-port,id=rp$1,chassis=$1,slot=$1,addr=0$(($1 + 1)).0${2-}"
}

# gpu PORT [SUFFIX OF ITS IDS [OPTION OF THE VGA]]
gpu() {
	port "$1"
	device "VGA,id=vga${2-},bus=rp$1,addr=00.0,multifunction=on${3-}"
	device "intel-hda,id=hda${2-},bus=rp$1,addr=00.1"
	machine+=(-audiodev "none,id=sound${2-}")
	device "hda-micro,bus=hda${2-}.0,audiodev=sound${2-}"
	device "qemu-xhci,id=xhci${2-},bus=rp$1,addr=00.2"
}

intel_iommu() {
	device intel-iommu,intremap=on,caching-mode=on
	machine_kernel='intel_iommu=on iommu=pt'
}

machine_options() {
	machine=() machine_kernel='' machine_image=vmlinux machine_disks=() machine_cpus=''
	machine_accel=''
	case $1 in
	gpu | gpu-inuse | boot | many)
		intel_iommu ;;
	gpu-counted)
		intel_iommu
		machine_accel=tcg,thread=single machine_cpus=1
		machine+=(-icount "shift=2,sleep=off") ;;
	gpu-fb)
		intel_iommu
		# The mode is its BIOS's only one. A kernel that begins here would switch five levels of
		# page tables on, with which QEMU 7.2 goes wrong. The blacklist is for udev, not for who
		# names the module.
		machine_image=vmlinuz machine_kernel+=' vga=0x340 no5lvl modprobe.blacklist=bochs' ;;
	gpu-off)
		device intel-iommu,intremap=on,caching-mode=on
		machine_kernel='intel_iommu=off' ;;
	gpu-nointr)
		device intel-iommu,intremap=off,caching-mode=on
		machine_kernel='intel_iommu=on iommu=pt' ;;
	gpu-noiommu | functions)
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

	case $1 in
	boot)
		gpu 1
		gpu 2 2
		port 3
		device e1000,bus=rp3
		port 4
		device nvme,bus=rp4,serial=lab
		# with room for a GPU
		port 5 ,mem-reserve=4M,pref32-reserve=32M
		port 6 ,mem-reserve=4M,pref32-reserve=32M ;;
	many)
		# as every host with as many devices has
		machine_cpus=2
		many_devices ;;
	functions)
		many_functions ;;
	gpu-inuse)
		gpu_devices
		inuse_devices ;;
	gpu-fb)
		# The VGA's own BIOS asks for I/O ports that QEMU has on the root bus alone.
		gpu_devices ,romfile=vgabios-bochs-display.bin ;;
	*) gpu_devices ;;
	esac
}

# gpu_devices [OPTION OF THE VGA]
gpu_devices() {
	gpu 1 "" "${1-}"
	port 2
	device virtio-gpu-pci,bus=rp2
	port 3
	device virtio-gpu-pci,bus=rp3
	port 4
	device nvme-subsys,id=nvme
	device nvme,id=nvme0,bus=rp4,serial=lab,subsys=nvme,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=26,msix_qsize=32
	port 5
	device edu,id=edu,bus=rp5
	port 6
	device pcie-pci-bridge,id=bridge,bus=rp6
	device e1000,bus=bridge,addr=01.0
	device pci-testdev,id=testdev,bus=bridge,addr=02.0
}

# After gpu_devices.
inuse_devices() {
	machine_disks=(stick=16 shared=32 plain=32)
	device usb-storage,id=stick,bus=xhci.0,drive=stick
	device usb-kbd,id=keyboard,bus=xhci.0
	device usb-mouse,id=mouse,bus=xhci.0
	device usb-net,id=adapter,bus=xhci.0
	device nvme-ns,bus=nvme0,drive=shared
	port 7
	device nvme,id=nvme1,bus=rp7,serial=plain,drive=plain
}

many_devices() {
	local i
	for ((i = 0; i < 16; i++)); do
		# Without I/O ports: there are not enough for so many, nor for as many pci-testdevs.
		device "pcie-root-port,id=rp$i,chassis=$((i + 1)),slot=$((i + 1)),io-reserve=0,multifunction=on,addr=0$((2 + i / 8)).$((i % 8))"
		device "edu,id=edu$i,bus=rp$i"
	done
}

many_functions() {
	local i j
	for ((i = 0; i < 32; i++)); do
		device "pcie-root-port,id=rp$i,chassis=$((i + 1)),slot=$((i + 1)),io-reserve=0,multifunction=on,addr=0$((2 + i / 8)).$((i % 8))"
		for ((j = 0; j < 8; j++)); do
			device "edu,bus=rp$i,multifunction=on,addr=00.$j"
		done
	done
}
