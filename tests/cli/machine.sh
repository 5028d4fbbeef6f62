# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For the tests in this directory: the built command, and machines as text (tests/trees/README).
#
#   gpu_handoff ARGUMENT…       the command
#   machine TREE                makes the machine, with further lines from stdin; its directory is $machine
#   domain NAME ADDRESS…        gives it a domain with these hostdevs
#   verbs, options_of VERB      as --help tells them, a line each; options as "--name" or "-n"
#   not_fitting                 the lines on stdin with more than 80 characters, colours aside

. ../vm/tap.sh

top=$(cd ../.. && pwd)
build=${B:-build}
case $build in
/*) ;;
*) build=$top/$build ;;
esac
# it is not where it will be installed
export LD_LIBRARY_PATH="$build"

scratch=$(mktemp -d) || exit 1
machine=$scratch/none
trap 'rm -rf "$scratch" "$machine"' EXIT
umask 022

gpu_handoff() {
	"$build/gpu-handoff" "$@"
}

machine() {
	rm -rf "$machine"
	cat >"$scratch/lines"
	machine=$("$build/tests/expand" "../trees/$1" "$scratch/lines") || exit 1
	mkdir -p "$machine/etc/gpu-handoff/domains.d" "$machine/etc/libvirt/qemu"
}

domain() {
	local name=$1 address
	shift
	{
		echo "<domain type='kvm'><name>$(xml_escape "$name")</name>"
		echo "<uuid>c0ffee00-0000-4000-8000-000000000001</uuid><devices>"
		for address; do
			IFS=:. read -r segment bus slot function <<<"$address"
			echo "<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x$segment'"
			echo "bus='0x$bus' slot='0x$slot' function='0x$function'/></source></hostdev>"
		done
		echo "</devices></domain>"
	} >"$machine/etc/libvirt/qemu/$name.xml"
}

verbs() {
	gpu_handoff --help | sed -n '/^  [a-z]/s/^  \([a-z]*\) .*/\1/p'
}

options_of() {
	gpu_handoff "$@" --help | sed -nE 's/^ +(-[a-z])?,? ?(--[a-z-]+).*/\1 \2/p' | tr ' ' '\n' | sed '/^$/d'
}

not_fitting() {
	sed $'s/\\033\\[[0-9;]*m//g' | LC_ALL=C.UTF-8 grep -aE '.{81}'
}
