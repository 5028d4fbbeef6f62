# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2048
# For tests of a boot, after tap.sh: which drivers the kernel has called for which functions since it
# started, by its own log (see boot-disk.sh), and which they have now.
#
#   TWIN           the second GPU, which gpu.ini names; $GPU is the one that the host shows itself on
#   HOST_DRIVERS   what a GPU's three functions have when nobody interferes
#   probed ADDR…   a line "ADDR DRIVER" for each call of a driver's probe(), in their order
#   line_of PATTERN  the number of the first line of the log that matches, or nothing
#   others         a line "ADDR DRIVER" for each function outside the two GPUs
#   OTHERS         what it must print
#   overrides ADDR…  in one line
#   stub_log       what the log has from gpu-handoff

TWIN='0000:02:00.0 0000:02:00.1 0000:02:00.2'
HOST_DRIVERS='bochs-drm snd_hda_intel xhci_hcd'
OTHERS='0000:00:00.0 -
0000:00:02.0 pcieport
0000:00:03.0 pcieport
0000:00:04.0 pcieport
0000:00:05.0 pcieport
0000:00:06.0 pcieport
0000:00:07.0 pcieport
0000:00:10.0 virtio-pci
0000:00:11.0 virtio-pci
0000:00:12.0 virtio-pci
0000:00:13.0 virtio-pci
0000:00:1f.0 -
0000:00:1f.2 -
0000:00:1f.3 -
0000:03:00.0 e1000
0000:04:00.0 nvme'

probed() {
	for addr in $*; do
		dmesg | sed -n "s/.*bus: 'pci': really_probe: probing driver \(.*\) with device $addr\$/$addr \1/p"
	done
}

line_of() {
	dmesg | sed -n "/$1/=" | sed -n 1p
}

others() {
	for dir in /sys/bus/pci/devices/*; do
		case ${dir##*/} in
		0000:0[12]:00.*) ;;
		*) echo "${dir##*/} $(drivers_of "${dir##*/}")" ;;
		esac
	done
}

overrides() {
	for addr in $*; do
		cat "/sys/bus/pci/devices/$addr/driver_override"
	done | tr '\n' ' ' | sed 's/ $//'
}

stub_log() {
	dmesg | grep gpu-handoff | grep -v -e 'Command line:' -e 'bus: ' -e 'driver: '
}

# What holds of every boot of this machine, also when something of boot.ini is amiss.
host_is_whole() {
	like "the kernel's log is whole" "$(dmesg | sed -n 1p)" 'Linux version'
	is "the GPU that the host shows itself on has its drivers" "$(drivers_of "$GPU")" "$HOST_DRIVERS"
	is "the log shows a call of each driver that has one" "$(probed "$GPU")" "$(lines "$GPU" "$HOST_DRIVERS")"
	is "every other function of the machine has its driver" "$(others)" "$OTHERS"
}

# lines ADDRS DRIVERS: as `probed` prints them when each driver is called for one function.
lines() {
	drivers=$2
	for addr in $1; do
		echo "$addr ${drivers%% *}"
		drivers=${drivers#* }
	done
}

# Nothing is stubbed: the twin has its drivers too, and had no others.
twin_is_the_hosts() {
	is "the second GPU has the host's drivers" "$(drivers_of "$TWIN")" "$HOST_DRIVERS"
	is "each was called for it once, and no other" "$(probed "$TWIN")" "$(lines "$TWIN" "$HOST_DRIVERS")"
	is "no override is set on it" "$(overrides "$TWIN")" "(null) (null) (null)"
}
