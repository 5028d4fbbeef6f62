#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# dracut's module gpu-handoff, sourced by dracut while it makes an image: has the stub run in the
# initramfs before anything loads a host's driver. In every image, hostonly or not, for which there
# is a boot.ini.

gpu_handoff_boot=/etc/gpu-handoff/boot.ini
gpu_handoff_stub=/usr/lib/udev/gpu-handoff-stub
gpu_handoff_unit=gpu-handoff-boot.service

# called by dracut
check() {
	[[ -e $gpu_handoff_boot || -L $gpu_handoff_boot ]] && return 0
	# Not 1: an image for which somebody has asked for the module would not be made at all.
	return 255
}

# called by dracut
depends() {
	return 0
}

# called by dracut
installkernel() {
	local module
	# install() reports what is wrong
	for module in $("$gpu_handoff_stub" --modules 2>/dev/null); do
		# hostonly leaves out what the machine has not loaded right now
		hostonly='' instmods -c -s "$module" ||
			dwarn "gpu-handoff: the kernel has no module $module, so its devices get no driver"
	done
	return 0
}

# called by dracut
install() {
	local units=/usr/lib/systemd/system
	local storage=${initdir:?}${gpu_handoff_boot%/*}/root-storage
	[[ -e $gpu_handoff_boot || -L $gpu_handoff_boot ]] || return 0
	# The stub has said why.
	if ! "$gpu_handoff_stub" --modules >/dev/null; then
		dwarn "gpu-handoff: $gpu_handoff_boot is not usable, so this image will not set its devices aside"
		return 0
	fi

	inst_binary "$gpu_handoff_stub"
	inst_binary /sbin/modprobe
	inst_rules 60-gpu-handoff.rules
	# copies, for their modes: dracut's umask is 077
	command install -D -m 0644 "$gpu_handoff_boot" "$initdir$gpu_handoff_boot"
	if "$gpu_handoff_stub" --root-storage >"$storage" 2>/dev/null; then
		chmod 0644 "$storage"
	else
		rm -f "$storage"
	fi

	# Not pre-udev: rd.driver.pre loads drivers before that hook, and under systemd
	# systemd-modules-load does not wait for it.
	if dracut_module_included systemd; then
		inst_simple "$units/$gpu_handoff_unit"
		mkdir -p "$initdir$units/sysinit.target.wants"
		ln -sf "../$gpu_handoff_unit" "$initdir$units/sysinit.target.wants/$gpu_handoff_unit"
	else
		inst_hook cmdline 00 "${moddir:?}/gpu-handoff.sh"
	fi
	return 0
}
