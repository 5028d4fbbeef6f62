# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A machine below $sysroot, for scripts that know absolute paths only: they run as copies whose
# paths lead there. The stub and the image makers' functions are stand-ins that write their calls
# to $calls. An image is a directory, $image. A test begins with:
#   . ./machine.sh
#
#   machine [MODULE…]     a fresh one; with a boot.ini that needs these modules when there are any
#   installed SCRIPT      makes a copy of udev/SCRIPT whose paths are the machine's; prints where it is
#   record WORD…          writes down a call
#   calls                 the calls so far
#   in_image              the files and links of the image, with their modes
. ../vm/tap.sh

top=$(cd ../.. && pwd)
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
sysroot=$scratch/sysroot
image=$scratch/image
calls=$scratch/calls
export sysroot image calls

# plain: its input, without where the machine and its image are.
plain() { sed "s|$image||g; s|$sysroot||g"; }

record() { echo "$*" | plain >>"$calls"; }

calls() { cat "$calls"; }

in_image() {
	(cd "$image" && find . ! -type d -printf '%M /%P\n' | plain | sed 's| //| /|' | sort -k 2)
}

installed() {
	local copy=$scratch/copies/$1
	mkdir -p "${copy%/*}"
	sed -E "s#/(etc/gpu-handoff|etc/udev|usr/lib/udev|usr/lib/systemd/system|usr/share/initramfs-tools)#$sysroot&#g" \
		"$top/udev/$1" >"$copy"
	chmod 0755 "$copy"
	echo "$copy"
}

machine() {
	rm -rf "$sysroot" "$image"
	mkdir -p "$image" "$sysroot"/etc/{gpu-handoff,udev/rules.d} "$sysroot"/usr/lib/{udev/rules.d,systemd/system} \
		"$sysroot/usr/share/initramfs-tools"
	: >"$calls"
	echo "# the package's" >"$sysroot/usr/lib/udev/rules.d/60-gpu-handoff.rules"
	echo "[Unit]" >"$sysroot/usr/lib/systemd/system/gpu-handoff-boot.service"
	cat >"$sysroot/usr/lib/udev/gpu-handoff-stub" <<-'END'
	#!/bin/sh
	here=${0%/usr/lib/udev/*}
	case $1 in
	--modules)
		if [ -e "$here/broken" ]; then
			echo "boot.ini:2: no such key" >&2
			exit 2
		fi
		if [ -e "$here/modules" ]; then cat "$here/modules"; fi ;;
	--root-storage)
		cat "$here/storage" ;;
	*)
		echo "stub $*" >>"$calls"
		exit 1 ;;
	esac
	END
	chmod 0755 "$sysroot/usr/lib/udev/gpu-handoff-stub"
	if [[ $# = 0 ]]; then return; fi
	echo "[device gpu]" >"$sysroot/etc/gpu-handoff/boot.ini"
	chmod 0600 "$sysroot/etc/gpu-handoff/boot.ini"
	printf '%s\n' "$@" >"$sysroot/modules"
	echo "0000:00:1f.2 8086:2922" >"$sysroot/storage"
}
