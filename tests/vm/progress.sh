# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Progress on stderr: on a terminal one line that counts the seconds, elsewhere a line at the beginning,
# at the end and every half minute.

progress_pid=''

progress_start() {
	progress_text=$1 progress_since=$SECONDS progress_said=0
	if [[ -t 2 ]]; then progress_tick; else echo "$1 ..." >&2; fi
}

progress_tick() {
	local seconds=$((SECONDS - progress_since))
	if [[ -t 2 ]]; then
		printf '\r%s ... %3d s' "$progress_text" "$seconds" >&2
	elif ((seconds >= progress_said + 30)); then
		printf '%s ... %3d s so far\n' "$progress_text" "$seconds" >&2
		progress_said=$seconds
	fi
}

# progress_end [REMARK]
progress_end() {
	if [[ -t 2 ]]; then printf '\r' >&2; fi
	printf '%s ... %3d s%s\n' "$progress_text" $((SECONDS - progress_since)) "${1:+, $1}" >&2
}

# progress_of TEXT LOG COMMAND…: runs it with its output in LOG, of which the end is shown when it
# fails. What is over at once is not mentioned.
progress_of() {
	local text=$1 log=$2 status=0 said=''
	shift 2
	mkdir -p "$(dirname "$log")"
	set -m # a process group of its own, for progress_stop
	"$@" >"$log" 2>&1 </dev/null &
	set +m
	progress_pid=$!
	while kill -0 "$progress_pid" 2>/dev/null; do
		sleep 0.1
		if [[ -n $said ]]; then
			progress_tick
		elif kill -0 "$progress_pid" 2>/dev/null; then
			progress_start "$text"
			said=1
		fi
	done
	wait "$progress_pid" || status=$?
	progress_pid=''
	if [[ $status != 0 && -z $said ]]; then progress_start "$text"; said=1; fi
	if [[ -n $said ]]; then progress_end "$([[ $status = 0 ]] || echo failed)"; fi
	if [[ $status != 0 ]]; then
		{
			echo "the last lines of $log:"
			tail -n 20 "$log"
		} >&2
	fi
	return "$status"
}

# progress_stop: ends what progress_of has begun, for whoever is interrupted.
progress_stop() {
	if [[ -n $progress_pid ]]; then kill -- "-$progress_pid" 2>/dev/null || :; fi
}
