# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# What a boot from a disk through a real initramfs image needs; see boot/prepare for the images. Sourced
# by boot.sh. A test file of boot/ says in its header
#
#   # initramfs: NAME      initramfs-tools (the default), dracut, dracut-sh, plain or plain-drivers
#   # boot-ini: NAME       of boot/NAME.ini, which is /etc/gpu-handoff/boot.ini on the disk, and in the
#                          image when that has one (default: gpu)
#   # image-ini: NAME      when the image's is another
#   # root-storage: LINE   what the image knows of the root file system, as gpu-handoff-stub
#                          --root-storage says it (default: nothing)
#   # kernel: PARAMETERS   more for the kernel's command line
#   # boots: N             how often it is booted and run; 20 times with CHECK_ALL=1

# boot_disk FILE: makes $work/initrd, and sets `disk` and `tier_kernel`.
boot_disk() {
	local image ini image_ini storage etc=$work/segment/etc/gpu-handoff
	image=$(header "$1" initramfs initramfs-tools)
	ini=$(header "$1" boot-ini gpu)
	image_ini=$(header "$1" image-ini "$ini")
	storage=$(header "$1" root-storage "")
	# Of every call of a driver's probe() there is to be a line in dmesg.
	tier_kernel="root=/dev/vda rw fsck.mode=skip systemd.unit=lab.target loglevel=7"
	tier_kernel+=" log_buf_len=16M dyndbg=\"file drivers/base/dd.c +p\" $(header "$1" kernel "")"
	if [[ -n $shell ]]; then tier_kernel+=" systemd.debug_shell=ttyS0"; fi

	rm -rf "$work/segment"
	mkdir -p "$etc"
	if [[ $image_ini != gpu ]]; then cp "tests/boot/$image_ini.ini" "$etc/boot.ini"; fi
	if [[ -n $storage ]]; then echo "$storage" >"$etc/root-storage"; fi
	chmod -R u=rwX,go=rX "$work/segment"
	cp "$images/boot/$image" "$work/initrd"
	if [[ $image != plain* ]]; then
		# What is in a later archive replaces what is in an earlier one.
		truncate -s %4 "$work/initrd"
		(cd "$work/segment" && find etc | cpio -o -H newc -R 0:0 --quiet) >>"$work/initrd"
	fi

	disk=$images/boot/root.img,snapshot=on
	if [[ $ini != gpu ]]; then
		cp --sparse=always "$images/boot/root.img" "$work/root.img"
		boot_disk_ini "tests/boot/$ini.ini" "$work/root.img"
		disk=$work/root.img
	fi
}

# boot_disk_ini FILE IMAGE. What debugfs writes over it would append to.
boot_disk_ini() {
	local path=/etc/gpu-handoff/boot.ini
	PATH=$PATH:/usr/sbin:/sbin debugfs -w -f - "$2" >"$work/debugfs.log" 2>&1 <<-END
	rm $path
	write $1 $path
	set_inode_field $path mode 0100644
	set_inode_field $path uid 0
	set_inode_field $path gid 0
	END
	if ! PATH=$PATH:/usr/sbin:/sbin debugfs -R "cat $path" "$2" 2>/dev/null | cmp - "$1"; then
		cat "$work/debugfs.log" >&2
		return 1
	fi
}

# file_boots FILE: how often.
file_boots() {
	local boots
	boots=$(header "$1" boots 1)
	if [[ $boots != 1 && ${CHECK_ALL-} = 1 ]]; then boots=20; fi
	echo "$boots"
}
