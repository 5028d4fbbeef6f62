#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Records this machine for a bug report: what gpu-handoff looks at, as a text that tests/trees/README
# describes, and nothing private. It changes nothing, and needs neither root nor anything installed.
# usage: capture.sh [--config] [--sysroot DIR] >machine.tree
#   --config       the device sections of boot.ini and of the VMs' INI files too, without labels and
#                  the VMs' names
#   --sysroot DIR  look at the machine whose files are below DIR
set -u
export LC_ALL=C
umask 077

# A read that waits for a device's lock never ends when a driver hangs. It is given up on then.
PATIENCE=5

usage() {
	sed -n 's/^# usage: /usage: /p; s/^#   -/  -/p; s/^#    /   /p' "$0"
}

root='' config=false
while [ $# -gt 0 ]; do
	case $1 in
	--config) config=true ;;
	--sysroot)
		if [ ! -d "${2-}/sys" ]; then
			echo "capture.sh: ${2-}: no machine's files are there" >&2
			exit 2
		fi
		root=$2
		shift ;;
	--help)
		usage
		exit ;;
	*)
		usage >&2
		exit 2 ;;
	esac
	shift
done
DEVICES=$root/sys/bus/pci/devices
DRIVERS=$root/sys/bus/pci/drivers
if [ ! -d "$DEVICES" ]; then
	echo "capture.sh: there is no $DEVICES" >&2
	exit 1
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM HUP

# get FILE: its first line, in $value; fails when there is none.
get() {
	value=
	if [ -f "$1" ] && [ -r "$1" ]; then IFS= read -r value <"$1" 2>/dev/null; fi
	[ -n "$value" ]
}

# name_of LINK: the last part of where it leads, in $value; fails when there is none.
name_of() {
	value=$(readlink "$1") || return
	value=${value##*/}
}

# put_file PATH: as a file of the machine, with the text from standard input.
put_file() {
	echo "file $1"
	sed 's/^/| /'
}

# put_copy FILE: as it is, if it can be read.
put_copy() {
	if get "$1"; then echo "$value" | put_file "${1#"$root"/}"; fi
}

# put_link LINK: as it is, if it is there.
put_link() {
	if [ -L "$1" ]; then echo "link ${1#"$root"/} $(readlink "$1")"; fi
}

# ---- what may take for ever ----------------------------------------------------------------------

started=0

start_reading() {
	for file in "$DEVICES"/*/driver_override "$DEVICES"/*/sriov_numvfs; do
		if [ ! -r "$file" ]; then continue; fi
		copy=${file%/*}
		copy=$scratch/${copy##*/}.${file##*/}
		{
			cat "$file" >"$copy"
			: >"$copy.done"
		} </dev/null >/dev/null 2>&1 &
		started=$((started + 1))
	done
}

done_reading() {
	set -- "$scratch"/*.done
	[ $started = 0 ] || [ $# -ge $started ]
}

wait_for_reading() {
	waited=0
	until done_reading || [ $waited = $PATIENCE ]; do
		sleep 1
		waited=$((waited + 1))
	done
}

# ---- the host ------------------------------------------------------------------------------------

put_introduction() {
	cat <<-'END'
	# A machine, recorded by capture.sh of gpu-handoff for a bug report. Read it before you send it.
	#
	# In it: the PCI functions (address, ids, class, name in the hardware database, IOMMU group, driver,
	# power control, what they are behind, boot display, resets, BARs, virtual functions) and drivers;
	# which ACPI tables and IOMMUs there are; which modules of KVM, VFIO and NVIDIA are there, and for
	# which devices VFIO has drivers; firmware framebuffers on GPUs; the kernel's release, and those of its
	# parameters that are about IOMMU, VFIO, PCI, GPUs and drivers; the processor's maker, address sizes
	# and flags for virtualisation; the kinds of interrupts.
	# Not in it: names of the host, of users, VMs, disks and networks; serial numbers, MAC addresses,
	# UUIDs; all other parameters.
	END
	if $config; then
		cat <<-'END'
		# In it too, by --config: the devices in boot.ini and in the VMs' INI files, without labels, without
		# the VMs' names and without comments.
		END
	fi
}

# The kernel's release; without what its builder has added to the version when that names the host.
find_release() {
	get "$root/proc/sys/kernel/osrelease"
	release=$value
	shown_release=$release
	if get "$root/proc/sys/kernel/hostname"; then
		case $release in
		*"${value%%.*}"*) shown_release=${release%%[!0-9.]*} ;;
		esac
	fi
}

# The words of a kernel's command line that matter here. What has a UUID in it, or quotes, is left out.
keep_parameters() {
	kept=''
	four='[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]'
	uuid="*$four$four-$four-$four-$four-$four$four$four*"
	set -f
	for word in $1; do
		# shellcheck disable=SC2254 # it is a pattern
		case $word in
		$uuid | *[\"\'\\]*) continue ;;
		esac
		case $word in
		iommu=* | iommu.* | intel_iommu=* | amd_iommu=* | amd_iommu_* | intremap=* | \
			vfio* | kvm* | pci=* | pci.* | pci-stub* | pcie* | video=* | nomodeset | fbcon=* | \
			efifb* | simpledrm* | i915* | xe.* | amdgpu* | radeon* | nouveau* | nvidia* | \
			module_blacklist=* | modprobe.blacklist=* | rd.driver.* | initcall_blacklist=* | \
			gpu_handoff* | gpu-handoff*)
			kept="$kept${kept:+ }$word" ;;
		esac
	done
	set +f
}

put_processor() {
	[ -r "$root/proc/cpuinfo" ] || return
	awk -F '[ \t]*: *' '
		/^$/ { exit }
		$1 == "processor" || $1 == "vendor_id" || $1 == "address sizes" { print }
		$1 == "flags" {
			count = split($2, flags, " ")
			kept = ""
			for (i = 1; i <= count; i++)
				if (flags[i] ~ /^(vmx|svm|hypervisor)$/)
					kept = kept " " flags[i]
			print "flags\t\t:" kept
		}' "$root/proc/cpuinfo" | put_file proc/cpuinfo
}

# The kinds of interrupt controllers, without devices: the names of network interfaces are among those.
put_interrupts() {
	[ -r "$root/proc/interrupts" ] || return
	awk '{
		for (i = 2; i <= NF; i++) {
			kind = $i
			sub(/-[0-9a-f]+:[0-9a-f]+:[0-9a-f]+\.[0-7]$/, "", kind)
			if (kind ~ /^(IR-)?(IO-APIC|PCI-MSIX?|DMAR-MSI|HPET-MSI)$/ && !seen[kind]++)
				print " " count++ ": 0 " kind " 0-edge"
		}
	}' "$root/proc/interrupts" | put_file proc/interrupts
}

put_iommu() {
	for table in DMAR IVRS; do
		if [ -e "$root/sys/firmware/acpi/tables/$table" ]; then
			echo "file sys/firmware/acpi/tables/$table"
		fi
	done
	for unit in "$root"/sys/class/iommu/*; do
		if [ -e "$unit" ] || [ -L "$unit" ]; then echo "directory ${unit#"$root"/}"; fi
	done
}

# A module that is built in has a directory without a state.
put_loaded() {
	for module in "$root"/sys/module/kvm* "$root"/sys/module/vfio* "$root"/sys/module/nvidia*; do
		if [ ! -d "$module" ]; then continue; fi
		if [ -e "$module/initstate" ]; then
			put_copy "$module/initstate"
		else
			echo "directory ${module#"$root"/}"
		fi
		case $module in
		*/nvidia*) put_copy "$module/version" ;;
		esac
	done
	put_copy "$root/sys/module/nvidia_drm/parameters/modeset"
	put_copy "$root/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
}

put_vfio_modules() {
	lists=$root/lib/modules/$release
	for list in modules.alias modules.dep modules.builtin; do
		if [ ! -r "$lists/$list" ]; then continue; fi
		case $list in
		modules.alias) pattern='^alias vfio_pci:' ;;
		*) pattern='^[^:]*/(vfio[^/:]*|[^/:]*vfio[-_]pci|pci-stub)\.ko' ;;
		esac
		grep -E "$pattern" "$lists/$list" | put_file "lib/modules/$shown_release/$list"
	done
	if [ -r "$lists/modules.alias" ]; then
		awk '/^alias vfio_pci:/ && !seen[$3]++ {
			print "module", $3, $3 == "vfio_pci" ? "vfio-pci" : $3
		}' "$lists/modules.alias"
	fi
}

put_framebuffers() {
	if [ -r "$root/proc/iomem" ]; then
		awk '{
			match($0, /^ */)
			depth = RLENGTH
			name = $0
			sub(/^[^:]* : /, "", name)
			if (inside && depth > inside_depth) {
				if (name ~ /^(BOOTFB|efifb|vesafb|simplefb|simpledrm)$/)
					print bar "\n" $0
				next
			}
			inside = name ~ /^[0-9a-f]+:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f]\.[0-7]$/
			inside_depth = depth
			bar = $0
		}' "$root/proc/iomem" >"$scratch/iomem"
		if [ -s "$scratch/iomem" ]; then put_file proc/iomem <"$scratch/iomem"; fi
	fi
	for driver in efi-framebuffer vesa-framebuffer simple-framebuffer; do
		for device in "$root/sys/bus/platform/drivers/$driver/$driver".*; do
			if [ ! -L "$device" ]; then continue; fi
			echo "directory sys/devices/platform/${device##*/}"
			echo "link sys/bus/platform/devices/${device##*/} ../../../devices/platform/${device##*/}"
			put_link "$device"
			echo "file sys/bus/platform/drivers/$driver/bind"
		done
	done
}

put_host() {
	find_release
	echo "$shown_release" | put_file proc/sys/kernel/osrelease
	if [ -r "$root/proc/cmdline" ]; then
		get "$root/proc/cmdline"
		keep_parameters "$value"
		echo "$kept" | put_file proc/cmdline
	fi
	put_processor
	put_interrupts
	put_iommu
	put_loaded
	put_vfio_modules
	put_framebuffers
}

# ---- drivers -------------------------------------------------------------------------------------

# module_of DRIVER: in $value, "builtin" for none.
module_of() {
	name_of "$DRIVERS/$1/module" || value=builtin
}

# A name with a blank in it is left out: no line can have it, and no configuration.
put_drivers() {
	for directory in "$DRIVERS"/*; do
		if [ ! -d "$directory" ]; then continue; fi
		case ${directory##*/} in
		*[!0-9A-Za-z_.-]*) continue ;;
		esac
		module_of "${directory##*/}"
		echo "driver ${directory##*/} $value"
	done
}

# ---- functions -----------------------------------------------------------------------------------

# list_functions: their addresses, a bridge before what is behind it.
list_functions() {
	for device in "$DEVICES"/*; do
		if [ ! -L "$device" ]; then continue; fi
		place=$(readlink "$device") || continue
		depth=$(printf %s "$place" | tr -cd / | wc -c)
		echo "$((depth))" "${device##*/}"
	done | sort -k 1,1n -k 2 | sed 's/.* //'
}

# find_bars FILE LAST: what it says, up to the one of that index, in $bars.
find_bars() {
	index=0 bars=
	while read -r start end flags; do
		if [ $index -le "$2" ] && [ $((flags)) -ne 0 ] && [ $((end)) -gt $((start)) ]; then
			size=$((end - start + 1)) unit=
			for next in K M G T; do
				if [ $((size % 1024)) -ne 0 ]; then break; fi
				size=$((size / 1024)) unit=$next
			done
			kind=
			if [ $((flags & 0x100000)) -ne 0 ]; then kind=64; fi
			if [ $((flags & 0x2000)) -ne 0 ]; then kind=${kind}p; fi
			if [ $((flags & 0x100)) -ne 0 ]; then unit=${unit}io; fi
			bars="$bars${bars:+,}$index:$size$unit${kind:+:}$kind$(printf '@%x' $((start)))"
		fi
		index=$((index + 1))
	done <"$1"
}

# find_name ADDRESS: the name that udev has recorded, in $name.
find_name() {
	vendor_name='' model_name='' name=''
	[ -r "$root/run/udev/data/+pci:$1" ] || return
	while IFS= read -r line; do
		case $line in
		E:ID_VENDOR_FROM_DATABASE=*) vendor_name=${line#*=} ;;
		E:ID_MODEL_FROM_DATABASE=*) model_name=${line#*=} ;;
		esac
	done <"$root/run/udev/data/+pci:$1"
	if [ -n "$vendor_name" ]; then name=$vendor_name${model_name:+ }$model_name; fi
}

# add KEY VALUE: to the function's line.
add() {
	function="$function $1=$2"
}

add_override() {
	copy=$scratch/$1.driver_override
	if [ -e "$DEVICES/$1/driver_override" ] && [ ! -e "$copy.done" ]; then
		echo "# $1: driver_override cannot be read: a call has not returned from the kernel"
	elif get "$copy" && [ "$value" != "(null)" ]; then
		add override "$value"
	fi
}

add_driver() {
	name_of "$DEVICES/$1/driver" || return
	driver=$value
	add driver "$driver"
	module_of "$driver"
	if [ "$value" != "$(echo "$driver" | tr - _)" ]; then add module "$value"; fi
}

add_place() {
	port=$(readlink "$DEVICES/$1")
	port=${port%/*}
	port=${port##*/}
	if [ -e "$DEVICES/$port" ]; then add behind "$port"; fi
}

add_attributes() {
	device=$DEVICES/$1
	if get "$device/power/control"; then add power "$value"; fi
	if ! get "$device/d3cold_allowed"; then value=none; fi
	add d3cold "$value"
	if get "$device/boot_vga"; then add boot "$value"; fi
	if get "$device/reset_method"; then add reset "$(echo "$value" | tr ' ' ,)"; fi
}

# A bridge has its windows from 7 on, or 13.
add_bars() {
	[ -r "$DEVICES/$1/resource" ] || return
	case $2 in
	0604*) find_bars "$DEVICES/$1/resource" 6 ;;
	*) find_bars "$DEVICES/$1/resource" 12 ;;
	esac
	if [ -n "$bars" ]; then add bars "$bars"; fi
}

# put_virtual ADDRESS: what it has to do with virtual functions.
put_virtual() {
	put_copy "$DEVICES/$1/sriov_totalvfs"
	if get "$scratch/$1.sriov_numvfs"; then
		echo "$value" | put_file "sys/bus/pci/devices/$1/sriov_numvfs"
	fi
	for link in "$DEVICES/$1/physfn" "$DEVICES/$1"/virtfn*; do
		put_link "$link"
	done
}

# put_function ADDRESS; nothing for one that has gone.
put_function() {
	device=$DEVICES/$1 function="function $1"
	get "$device/vendor" || return
	ids=${value#0x}
	for attribute in device subsystem_vendor subsystem_device class; do
		get "$device/$attribute" || return
		ids="$ids ${value#0x}"
	done
	# shellcheck disable=SC2086 # the five of them
	set -- "$1" $ids
	function="function $1 $2:$3/$4:$5 class=$6"
	if name_of "$device/iommu_group"; then add group "$value"; fi
	add_driver "$1"
	add_override "$1"
	add_place "$1"
	add_attributes "$1"
	add_bars "$1" "$6"
	find_name "$1"
	echo "$function${name:+ name=}$name"
	for entry in "$device"/vfio-dev/*; do
		if [ -e "$entry" ]; then echo "directory sys/bus/pci/devices/$1/vfio-dev/${entry##*/}"; fi
	done
}

put_functions() {
	wait_for_reading
	list_functions >"$scratch/functions"
	while read -r address; do
		put_function "$address"
	done <"$scratch/functions"
	# the links among them come when all are there
	while read -r address; do
		put_virtual "$address"
	done <"$scratch/functions"
}

# ---- the configuration ---------------------------------------------------------------------------

# keep_sections FILE: the keys that say which devices are meant, and what shall be done with them.
keep_sections() {
	awk '
		/^[ \t]*\[device[ \t]/ { print "[device " ++count "]"; wanted = 1; next }
		/^[ \t]*\[host\]/ { print "[host]"; wanted = 1; next }
		/^[ \t]*\[/ { wanted = 0 }
		wanted && /^[ \t]*(address|id|count|driver|restore|in-use|allow-boot-display|timeout|wait)[ \t]*[=:]/ {
			sub(/[ \t]+;.*/, "")
			if ($0 ~ /^[a-z \t-]*[=:][0-9A-Za-z_:.\/ \t-]*$/)
				print
		}' "$1"
}

put_config() {
	etc=etc/gpu-handoff vms=0
	for file in "$root/$etc/boot.ini" "$root/$etc"/domains.d/*.ini; do
		if [ ! -f "$file" ]; then continue; fi
		shown=$etc/boot.ini
		if [ "$file" != "$root/$shown" ]; then
			vms=$((vms + 1))
			shown=$etc/domains.d/vm$vms.ini
		fi
		if [ -r "$file" ]; then
			keep_sections "$file" | put_file "$shown"
		else
			echo "# $shown cannot be read: run capture.sh as root for it"
		fi
	done
}

start_reading
put_introduction
put_host
put_drivers
put_functions
if $config; then put_config; fi
