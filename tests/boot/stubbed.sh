# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What is so after a boot with gpu.ini. Sourced by the tests, each of which boots in a way of its own.
# shellcheck source=tests/boot/drivers.sh
. "${0%/*}/drivers.sh"

host_is_whole
is "the second GPU is on vfio-pci, all functions of it" "$(drivers_of "$TWIN")" "vfio-pci vfio-pci vfio-pci"
is "no other driver was ever called for them" "$(probed "$TWIN" | sort)" \
	"$(lines "$TWIN" "vfio-pci vfio-pci vfio-pci")"
is "the host shows itself on the first" "$(cat /sys/bus/pci/devices/0000:01:00.0/boot_vga)" 1

stubbed=$(line_of 'probing driver vfio-pci with device 0000:02:00')
host=$(line_of 'probing driver \(bochs-drm\|snd_hda_intel\|xhci_hcd\) with')
ok "that was before a driver of the host's came to any GPU" test "${stubbed:-999999}" -lt "${host:-0}"
ok "what QEMU needs besides is there" test -d /sys/module/vfio_iommu_type1
diag "$(stub_log)"
