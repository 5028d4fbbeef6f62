# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2048
# For tests in the VM: TAP, and what many of them need. A test begins with:
#   . "${0%/*}/../vm/tap.sh"
# and ends with done_testing (or begins with `plan N`).
#
#   plan N                        how many tests there are; `skip_all WHY` when none can be run
#   ok TEXT COMMAND…              the command must succeed; what it prints becomes a comment
#   not_ok TEXT COMMAND…          the command must fail
#   is TEXT GOT WANTED            both strings are the same
#   like TEXT GOT PATTERN         the string has a line that matches the extended regular expression
#   unlike TEXT GOT PATTERN       it has none
#   pass TEXT, fail TEXT, diag TEXT, bail_out WHY, done_testing

tap_count=0 tap_failed=0 tap_plan=

plan() {
	tap_plan=$1
	echo "1..$1"
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail() {
	tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	return 1
}

ok() {
	tap_text=$1
	shift
	if tap_output=$("$@" 2>&1); then
		pass "$tap_text"
	else
		fail "$tap_text"
		diag "failed: $*"
		if [ -n "$tap_output" ]; then diag "$tap_output"; fi
		return 1
	fi
}

not_ok() {
	tap_text=$1
	shift
	if tap_output=$("$@" 2>&1); then
		fail "$tap_text"
		diag "succeeded: $*"
		if [ -n "$tap_output" ]; then diag "$tap_output"; fi
		return 1
	else
		pass "$tap_text"
	fi
}

is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "got:"
		diag "$2"
		diag "wanted:"
		diag "$3"
		return 1
	fi
}

like() {
	if printf '%s\n' "$2" | grep -qE -e "$3"; then
		pass "$1"
	else
		fail "$1"
		diag "no line matches $3:"
		diag "$2"
		return 1
	fi
}

unlike() {
	if printf '%s\n' "$2" | grep -qE -e "$3"; then
		fail "$1"
		diag "a line matches $3:"
		diag "$2"
		return 1
	else
		pass "$1"
	fi
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

bail_out() {
	echo "Bail out! $1"
	exit 1
}

done_testing() {
	if [ -z "$tap_plan" ]; then plan "$tap_count"; fi
	[ "$tap_failed" = 0 ] && [ "$tap_plan" = "$tap_count" ]
	exit
}

# check_all: whether everything is to be tried (CHECK_ALL=1), or a sample of it.
check_all() {
	[ -e /lab/check-all ]
}

# ---- PCI. An ADDR is 0000:01:00.0, or 01:00.0; several may stand in one word, as in "$GPU".

# shellcheck disable=SC2034 # for the tests
GPU='0000:01:00.0 0000:01:00.1 0000:01:00.2'

pci_dir() {
	case $1 in
	????:*) echo "/sys/bus/pci/devices/$1" ;;
	*) echo "/sys/bus/pci/devices/0000:$1" ;;
	esac
}

# driver_of ADDR: its driver's name, or nothing.
driver_of() {
	tap_link=$(readlink "$(pci_dir "$1")/driver") && echo "${tap_link##*/}"
}

# drivers_of ADDR…: all in one line, `-` for none.
drivers_of() {
	for tap_addr in $*; do
		driver_of "$tap_addr" || echo -
	done | tr '\n' ' ' | sed 's/ $//'
}

group_of() {
	tap_link=$(readlink "$(pci_dir "$1")/iommu_group") && echo "${tap_link##*/}"
}

# snapshot_of ADDR…: all that a hand-over may change and must restore, to be compared as a string.
snapshot_of() {
	for tap_addr in $*; do
		tap_dir=$(pci_dir "$tap_addr")
		printf '%s: driver=%s' "$tap_addr" "$(driver_of "$tap_addr")"
		for tap_file in driver_override power/control d3cold_allowed; do
			printf ' %s=%s' "$tap_file" "$(cat "$tap_dir/$tap_file" 2>/dev/null)"
		done
		printf ' iommu_group=%s\n' "$(group_of "$tap_addr")"
	done
}

# bind_to DRIVER ADDR…: by sysfs alone, as a hand-over does it. `none` leaves them without a driver.
bind_to() {
	tap_driver=$1
	shift
	for tap_addr in $*; do
		echo "$tap_driver" >"$(pci_dir "$tap_addr")/driver_override"
	done
	for tap_addr in $*; do
		tap_dir=$(pci_dir "$tap_addr")
		if [ -e "$tap_dir/driver" ]; then echo "${tap_dir##*/}" >"$tap_dir/driver/unbind"; fi
	done
	if [ "$tap_driver" = none ]; then return; fi
	for tap_addr in $*; do
		tap_dir=$(pci_dir "$tap_addr")
		echo "${tap_dir##*/}" >"/sys/bus/pci/drivers/$tap_driver/bind" || return
	done
}

set_override() {
	echo "$2" >"$(pci_dir "$1")/driver_override"
}

# clear_override ADDR…
clear_override() {
	for tap_addr in $*; do
		echo >"$(pci_dir "$tap_addr")/driver_override"
	done
}

# wait_for SECONDS COMMAND…: until it succeeds; fails when it has not by then.
wait_for() {
	tap_end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$(date +%s)" -ge "$tap_end" ]; then return 1; fi
		sleep 0.2
	done
}

# holding HOW FILE: /lab/bin/hold in the background, as $holder; ready when this returns.
holding() {
	/lab/bin/hold "$1" "$2" >/tmp/hold.out 2>&1 &
	# shellcheck disable=SC2034 # for the tests
	holder=$!
	wait_for 10 grep -q held /tmp/hold.out
}

# milliseconds: since the boot; in steps of ten.
milliseconds() {
	sed 's/\([0-9]*\)\.\([0-9]*\) .*/\1\20/' /proc/uptime
}

# median_of COLUMN: of the lines of stdin.
median_of() {
	cut -d ' ' -f "$1" | sort -n | awk '{ v[NR] = $1 } END { print int((v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2) }'
}

# within_a_tenth A B: whether A is B, give or take a tenth of it.
within_a_tenth() {
	[ $(($1 * 10)) -le $(($2 * 11)) ] && [ $(($1 * 10)) -ge $(($2 * 9)) ]
}

# call_vfio [DRIVER…]: the modules' list calls these drivers VFIO's, so that no start refuses them; and no others
# any more.
call_vfio() {
	tap_aliases=/lib/modules/$(uname -r)/modules.alias
	sed -i '/:v0000FFFFd/d' "$tap_aliases"
	for tap_driver; do echo "alias vfio_pci:v0000FFFFd*sv*sd*bc*sc*i* $tap_driver"; done >>"$tap_aliases"
}

# ---- the hook

xml_escape() {
	printf '%s' "$1" | sed "s/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/\"/\&quot;/g; s/'/\&apos;/g"
}

# hostdev_xml MANAGED ADDR…: one element for each. MANAGED is yes or no.
hostdev_xml() {
	tap_managed=$1
	shift
	for tap_addr in $*; do
		tap_dir=$(pci_dir "$tap_addr")
		echo "${tap_dir##*/}" | sed "s|\(.*\):\(.*\):\(.*\)\.\(.*\)|\
    <hostdev mode='subsystem' type='pci' managed='$tap_managed'>\
<source><address domain='0x\1' bus='0x\2' slot='0x\3' function='0x\4'/></source></hostdev>|"
	done
}

# domain_xml NAME UUID MANAGED ADDR…: a domain as the hook gets it on its standard input.
domain_xml() {
	tap_name=$(xml_escape "$1") tap_uuid=$2
	shift 2
	cat <<-END
	<domain type='qemu'>
	  <name>$tap_name</name>
	  <uuid>$tap_uuid</uuid>
	  <memory unit='MiB'>128</memory>
	  <vcpu>1</vcpu>
	  <os><type arch='x86_64' machine='q35'>hvm</type></os>
	  <devices>
	    <emulator>/usr/bin/qemu-system-x86_64</emulator>
	$(hostdev_xml "$@")
	  </devices>
	</domain>
	END
}

# hook NAME OP SUBOP [EXTRA]: as libvirt calls it, with the same few variables; the XML is on stdin.
hook() {
	env -i LC_ALL=C PATH="$PATH" /etc/libvirt/hooks/qemu "$1" "$2" "$3" "${4:--}"
}

# config NAME: the configuration of a domain, from stdin.
config() {
	mkdir -p /etc/gpu-handoff/domains.d
	cat >"/etc/gpu-handoff/domains.d/$1.ini"
}

# syslog: what has been logged since the last syslog_mark.
syslog_mark() {
	if [ -S /run/systemd/journal/socket ]; then
		journalctl -n 0 -q --show-cursor | sed -n 's/^-- cursor: //p' >/tmp/syslog-mark
	else
		wc -l </var/log/messages >/tmp/syslog-mark
	fi
}

syslog() {
	if [ -S /run/systemd/journal/socket ]; then
		journalctl --sync
		journalctl -q -o short --after-cursor="$(cat /tmp/syslog-mark)"
	else
		tail -n "+$(($(cat /tmp/syslog-mark) + 1))" /var/log/messages
	fi
}

# guest_pci NAME: the PCI devices of a running VM, as its QEMU says it. What is behind a bridge is there when
# the guest's firmware has numbered the buses, which takes an emulated one a while.
guest_pci() {
	virsh qemu-monitor-command "$1" --hmp 'info pci'
}

# guest_has NAME COUNT: whether it has so many hostdevs.
guest_has() {
	[ "$(guest_pci "$1" | grep -c 'id "hostdev[0-9]*"')" = "$2" ]
}

# ---- the machine from outside

# outer COMMAND: has QEMU's monitor do it, as QMP: outer '{"execute": "device_del", "arguments": {"id": "edu"}}'.
# Prints the answer; fails when it is an error.
outer() {
	bash /lab/tests/vm/outer "$1"
}

# mount_share: /lab/share is a directory of the host's, for files that QEMU writes.
mount_share() {
	if grep -q ' /lab/share ' /proc/mounts; then return; fi
	mkdir -p /lab/share
	modprobe -a 9pnet_virtio 9p
	mount -t 9p -o trans=virtio share /lab/share
}

# screendump NAME: writes what the VGA shows to /lab/share/NAME.ppm.
screendump() {
	mount_share
	outer '{"execute": "screendump", "arguments": {"device": "vga", "filename": "'"$(cat /lab/share-outside)/$1.ppm"'"}}' >/tmp/screendump || {
		cat /tmp/screendump
		return 1
	}
}

# lit FILE: of a thousand colour values of a PPM, how many are not black.
lit() {
	tap_head=$(head -n 3 "$1" | wc -c)
	tap_all=$(($(wc -c <"$1") - tap_head))
	tap_lit=$(tail -c +$((tap_head + 1)) "$1" | tr -d '\000' | wc -c)
	echo $((tap_lit * 1000 / tap_all))
}
