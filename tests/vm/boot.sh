# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# Boots a VM and reads what its tests print. Sourced by vm/run, vm/prime and lab/demo, which say what
# to do with the beginning, the lines and the end of a file.

. tests/vm/machines.sh
. tests/vm/progress.sh

# boot_defaults TIER: the settings of a tier, and its images, which are made when there are none.
boot_defaults() {
	tier=$1 boots=0 shell='' qemu_pid='' boot_why='' tier_machine=gpu
	dest=${LAB_DEST:-build/dest}
	case $tier in
	small) cpus=1 memory=768 boot_timeout=150 test_timeout=300 ;;
	lab) cpus=2 memory=4096 boot_timeout=600 test_timeout=900 ;;
	boot) cpus=2 memory=1024 boot_timeout=300 test_timeout=300 tier_machine=boot ;;
	esac
	accel=${LAB_ACCEL-}
	mkdir -p build/log
	work=$(mktemp -d build/run.XXXXXX)
	share=${LAB_SHARE:-$work/share}
	trap boot_cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	progress_of "making the images of the VMs, once" build/log/images.log tests/vm/images || return
	images=$(realpath build/vm/current)
	disk=$images/lab.img,snapshot=on tier_kernel=''
	if [[ $tier = boot ]]; then . tests/vm/boot-disk.sh; fi
}

boot_cleanup() {
	if [[ -n $qemu_pid ]]; then kill "$qemu_pid" 2>/dev/null || :; fi
	progress_stop
	rm -rf "$work"
}

# ---- one boot

# header FILE KEY DEFAULT: the value of a line `# KEY: VALUE` in a test file.
header() {
	local value
	value=$(sed -n "s/^# $2: *//p;T;q" "$1")
	echo "${value:-$3}"
}

file_timeout() {
	local timeout
	timeout=$(header "$1" timeout "$test_timeout")
	if [[ ${CHECK_ALL-} = 1 ]]; then timeout=$(header "$1" timeout-all "$timeout"); fi
	echo "$timeout"
}

file_machine() {
	header "$1" machine "$tier_machine"
}

# boot_initramfs FILE…: the cached initramfs, and in it the project's files and the list of tests. What
# boots from a disk has the tests on another.
boot_initramfs() {
	local root=$work/root file
	rm -rf "$root"
	mkdir -p "$root/lab"
	if [[ -d $dest && $tier != boot ]]; then cp -a "$dest/." "$root/"; fi
	cp -a tests "$root/lab/"
	echo "$token" >"$root/lab/token"
	echo "$share" >"$root/lab/share-outside"
	if [[ ${CHECK_ALL-} = 1 ]]; then touch "$root/lab/check-all"; fi
	if [[ -n ${MATRIX-} ]]; then echo "$MATRIX" >"$root/lab/matrix"; fi
	for file; do
		echo "$(file_timeout "$file") $file"
	done >"$root/lab/list"
	if [[ $tier = boot ]]; then
		cp "$images/boot/init-top-order" "$root/lab/"
		tar -C "$root" -cf "$work/tests.tar" lab
		boot_disk "${1-/dev/null}"
		return
	fi
	if [[ $tier = lab ]]; then
		# Its init copies this to the disk.
		mkdir "$work/top"
		mv "$root" "$work/top/project"
		mv "$work/top" "$root"
	fi
	install -m 755 "tests/vm/$tier-init" "$root/init"
	(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) |
		cat "$images/$tier.cpio" - >"$work/initrd"
}

# boot_memory FILE…: in MiB, for the file that needs most.
boot_memory() {
	local file value most=$memory
	for file; do
		value=$(header "$file" memory "$memory")
		if ((value > most)); then most=$value; fi
	done
	echo "$most"
}

# boot_command MACHINE FILE…: sets the array `qemu`.
boot_command() {
	# For an emulated processor: one that is starved would fail the check of its timer; without the rest it has
	# a third more to do.
	local kernel="console=ttyS0 panic=-1 mitigations=off no_timer_check norandmaps init_on_alloc=0"
	local drive processors threads
	kernel+=" systemd.show_status=false"
	machine_options "$1"
	shift
	processors=${machine_cpus:-$cpus}
	# one processor needs no atomic accesses
	if ((processors > 1)); then threads=multi; else threads=single; fi
	mkdir -p "$share"
	# No KVM inside: libvirt would notice, and look at its QEMU anew at each boot.
	qemu=(
		qemu-system-x86_64 -accel "${machine_accel:-${accel:-tcg,thread=$threads}}" -M "q35,kernel-irqchip=split"
		-cpu "max,svm=off,vmx=off" -smp "$processors" -m "$(boot_memory "$@")"
		-nodefaults -no-reboot -display none -vga none
		-kernel "$images/$machine_image" -initrd "$work/initrd"
		-append "$kernel $machine_kernel $tier_kernel${shell:+ lab.shell}"
		"${machine[@]}"
		-device "virtio-serial-pci,addr=10.0"
		-device "virtserialport,chardev=results,name=results"
		# For `outer` in the VM: QEMU is both ends of the socket.
		-chardev "socket,id=monitor,path=$work/qmp,server=on,wait=off"
		-mon "chardev=monitor,mode=control"
		-chardev "socket,id=qmp,path=$work/qmp"
		-device "virtserialport,chardev=qmp,name=qmp"
		-fsdev "local,id=share,path=$share,security_model=none"
		-device "virtio-9p-pci,fsdev=share,mount_tag=share,addr=12.0"
	)
	for drive in "${machine_disks[@]}"; do
		truncate -s 0 "$work/${drive%=*}.img"
		truncate -s "${drive#*=}M" "$work/${drive%=*}.img"
		qemu+=(-drive "file=$work/${drive%=*}.img,format=raw,if=none,id=${drive%=*}")
	done
	if [[ $tier != small ]]; then
		qemu+=(
			-drive "file=$disk,format=raw,if=none,id=root"
			-device "virtio-blk-pci,drive=root,addr=11.0"
		)
	fi
	if [[ $tier = boot ]]; then
		qemu+=(
			-drive "file=$work/tests.tar,format=raw,if=none,id=tests,read-only=on"
			# not the root's id
			-device "virtio-blk-pci,drive=tests,serial=tests,addr=13.0,disable-legacy=on"
		)
	fi
	if [[ -n $shell ]]; then
		qemu+=(-chardev "null,id=results" -serial mon:stdio)
	else
		# Not stdio: at the end of its input the port would close and block who writes to it.
		qemu+=(-chardev "file,id=results,path=/dev/stdout" -serial "file:$console")
	fi
}

# boot MACHINE FILE…: boot_once, and again where the kernel did not come to its first program, as when an
# emulated processor has starved: nothing of ours has run by then.
boot() {
	local try
	for try in 1 2 3; do
		boot_once "$@"
		if [[ $boot_failure != *"before it was up" || ! -s $console ]] || grep -aq "Run /.*init as init process" "$console"; then return; fi
		echo "# the emulated machine's kernel did not come to its first program (try $try)"
		tail -n 5 "$console" | tr -d '\r' | sed 's/^/# /' || :
	done
}

# boot_once MACHINE FILE…: runs the files in one boot and sets `left` to those that have not been run, and
# `boot_failure` to what went wrong with the VM, `qemu_status` to 128 and more when QEMU itself has crashed.
# Calls on_begin FILE, on_line LINE, on_end STATUS.
boot_once() {
	local machine_name=$1 results line rest='' status word='' file='' end_status changed up=''
	local deadline heard=$SECONDS begun
	shift
	left=("$@") boot_failure='' boots=$((boots + 1))
	console=build/log/$tier-$machine_name-$boots.console
	rm -f "$console"
	token=@$RANDOM$RANDOM
	progress_start "booting $tier VM ($machine_name)${boot_why:+ $boot_why}"
	boot_initramfs "$@"
	boot_command "$machine_name" "$@"
	exec {results}< <(exec "${qemu[@]}" </dev/null 2>"$work/qemu.stderr")
	qemu_pid=$!
	deadline=$((SECONDS + boot_timeout))

	while [[ $word != over && -z $boot_failure ]]; do
		line='' status=0
		IFS= read -r -t 1 -u "$results" line || status=$?
		rest+=$line
		if ((status > 128)); then
			if [[ -z $up ]]; then
				progress_tick
			elif ((SECONDS - heard >= 30)); then
				printf '%s ... %3d s so far\n' "$file" $((SECONDS - begun)) >&2
				heard=$SECONDS
			fi
			if ((SECONDS >= deadline)); then boot_failure="did not answer in time"; fi
			continue
		elif ((status)); then
			boot_failure="ended"
		fi
		line=${rest%$'\r'} rest='' heard=$SECONDS
		if [[ $line != "$token "* ]]; then
			if [[ -n $file ]]; then on_line "$line"; fi
			continue
		fi
		read -r _ word file end_status changed <<<"$line"
		case $word in
		up)
			progress_end
			up=1 deadline=$((SECONDS + 60)) ;;
		begin)
			on_begin "$file"
			begun=$SECONDS
			deadline=$((SECONDS + $(file_timeout "$file") + 60)) ;;
		end)
			on_end "$end_status"
			left=("${left[@]:1}") file='' deadline=$((SECONDS + 60))
			if [[ $changed = changed && ${#left[@]} -gt 0 ]]; then
				echo "# the machine is not as it was: a fresh one for the next file"
			fi ;;
		esac
	done
	if [[ -z $boot_failure && ${#left[@]} -eq $# ]]; then boot_failure="ran nothing"; fi
	# an emulator that has crashed is no guest's doing
	qemu_status=0
	if [[ $boot_failure = ended ]]; then wait "$qemu_pid" || qemu_status=$?; fi
	kill "$qemu_pid" 2>/dev/null || :
	exec {results}<&-
	qemu_pid=''
	if [[ -z $boot_failure ]]; then return; fi

	if [[ -z $up ]]; then
		progress_end "failed"
		boot_failure+=" before it was up"
	fi
	boot_failure="the $tier VM ($machine_name) $boot_failure"
	{
		cat "$work/qemu.stderr"
		echo "the last lines of $console:"
		tail -n 40 "$console" | tr -d '\r' || :
	} >"$work/why" 2>&1
}
