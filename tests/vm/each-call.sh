# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# For tests in the VM that make one call of a program fail after the other (tests/trees/fail.c), once from each
# place in it; after vm/tap.sh, in bash.
#
#   each_call TEXT KIND COMMAND…    a test: runs the command again and again, each time with one more failure
#
# KIND is memory, files, calls or libvirt, and KIND/workers what workers do. A test has two functions for it:
# `ready` is called before each run, `judge` after it, with the command's status in $status and all that it has
# said in /tmp/said; what judge prints is what is wrong. Of the places that nothing has come from yet, all are
# tried with CHECK_ALL=1, and otherwise $sample of them.

# how many callers make a place
depth=4
if [[ -e /lab/depth ]]; then depth=$(</lab/depth); fi
sample=${sample-6}
# shellcheck source=tests/vm/places.sh
. "${BASH_SOURCE[0]%/*}/places.sh"

# attempt SETTING…: the command, with them
attempt() {
	ready
	timeout -s KILL 120 env -i PATH="$PATH" LC_ALL=C LD_PRELOAD=/lab/bin/fail.so FAIL_DEPTH="$depth" \
		FAIL_CALL="${kind%/*}" FAIL_IN="${kind#*/}" "$@" "${command[@]}" </tmp/in >/tmp/said 2>&1
	status=$?
	judge >/tmp/wrong
	if [[ $status -ge 124 ]]; then
		echo "it ended with status $status" >>/tmp/wrong
		# where it crashed, as the kernel says
		dmesg | grep segfault | tail -n 1 >>/tmp/wrong
	fi
}

each_call() {
	local text=$1 kind=$2 command=("${@:3}") numbers step i tried=0 wrong=''
	attempt FAIL_PLACES=/tmp/places
	if [[ -s /tmp/wrong ]]; then wrong="without a failure: $(cat /tmp/wrong)"$'\n'; fi
	new_places "$kind" /tmp/places
	step=1
	if ! check_all && ((${#numbers[@]} > sample)); then step=$(((${#numbers[@]} + sample - 1) / sample)); fi
	for ((i = step / 2; i < ${#numbers[@]}; i += step)); do
		attempt FAIL_AT="${numbers[i]}"
		tried=$((tried + 1))
		if [[ ! -s /tmp/wrong ]]; then continue; fi
		wrong+="call ${numbers[i]}: $(cat /tmp/wrong)"$'\n'"$(tail -n 5 /tmp/said)"$'\n'
	done
	if [[ -z $wrong ]]; then
		pass "$text: $kind ($tried of ${#numbers[@]})"
	else
		fail "$text: $kind ($tried of ${#numbers[@]})"
		diag "$wrong"
	fi
}
