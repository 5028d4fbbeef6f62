# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
# For tests that plug a GPU in and pull it, after tap.sh: three functions with the ids of the two that the
# machine has. The VGA is one that QEMU can plug in: it has no legacy ports, and its class is 0380.
#
#   PLUGGED          the functions of one in port 5
#   plug_gpu PORT, unplug_gpu PORT

PLUGGED='0000:05:00.0 0000:05:00.1 0000:05:00.2'

# Function 0 is the last: with it the device is there.
plug_gpu() {
	plug "$1" 2 qemu-xhci && plug "$1" 1 intel-hda && plug "$1" 0 secondary-vga
}

# plug PORT FUNCTION DRIVER
plug() {
	outer '{"execute": "device_add", "arguments": {"driver": "'"$3"'", "id": "plugged'"$2"'",
		"bus": "rp'"$1"'", "addr": "0.'"$2"'", "multifunction": true}}'
}

# All functions of the slot go with one.
unplug_gpu() {
	outer '{"execute": "device_del", "arguments": {"id": "plugged0"}}'
}
