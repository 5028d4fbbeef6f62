# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Makes one TAP stream of what many test files print, and finds what a file cannot say of itself: that
# it died, that its plan does not hold, that it skipped a test where nothing may be skipped.

tap_total=0 tap_failures=0

tap_result() {
	tap_total=$((tap_total + 1))
	if [[ $1 != ok ]]; then tap_failures=$((tap_failures + 1)); fi
	printf '%s %d - %s\n' "$1" "$tap_total" "$2"
}

tap_skip() {
	if [[ ${CI-} = true ]]; then
		tap_result "not ok" "$1 (skipped, and in CI nothing may be)"
	else
		tap_result ok "$1"
	fi
}

on_begin() {
	tap_name=$1 tap_seen=0 tap_bad=$tap_failures tap_plan='' tap_over=''
	echo "# $1"
}

on_line() {
	local text
	case $1 in
	ok | "ok "* | "not ok" | "not ok "*)
		tap_seen=$((tap_seen + 1))
		text=$(sed -E 's/^(not )?ok *[0-9]* *(- *)?//' <<<"$1")
		case $1 in
		ok*"# SKIP"* | ok*"# skip"*) tap_skip "$text" ;;
		ok*) tap_result ok "$text" ;;
		*) tap_result "not ok" "$text" ;;
		esac ;;
	1..*)
		tap_plan=${1#1..} tap_plan=${tap_plan%% *}
		case $1 in
		"1..0 # SKIP"*) tap_skip "$tap_name ${1#1..0 }" ;;
		1..0*) tap_result "not ok" "$tap_name has no tests" ;;
		esac ;;
	"Bail out!"*)
		tap_over=1
		tap_result "not ok" "$tap_name gave up: ${1#Bail out!}" ;;
	'') ;;
	'#'*)
		printf '%s\n' "$1" ;;
	*)
		printf '# %s\n' "$1" ;;
	esac
}

# on_end STATUS: 137 is a file that was killed, as one is whose time is over.
on_end() {
	if [[ $1 = 137 ]]; then
		tap_result "not ok" "$tap_name was killed (is its time over?) after $tap_seen tests"
	elif [[ -n $tap_over ]]; then
		return
	elif [[ -z $tap_plan ]]; then
		tap_result "not ok" "$tap_name ended after $tap_seen tests without a plan, status $1"
	elif [[ $tap_plan != "$tap_seen" ]]; then
		tap_result "not ok" "$tap_name planned $tap_plan tests and ran $tap_seen"
	elif [[ $1 != 0 && $tap_bad = "$tap_failures" ]]; then
		tap_result "not ok" "$tap_name ended with status $1"
	fi
}

# tap_lost FILE WHY DIAGNOSTICS: a file whose end nobody saw.
tap_lost() {
	tap_result "not ok" "$1: $2"
	sed 's/^/# /' "$3"
}

# Prints the plan and the sum; fails when a test did.
tap_finish() {
	echo "1..$tap_total"
	echo "# $((tap_total - tap_failures)) passed, $tap_failures failed"
	[[ $tap_failures = 0 && $tap_total != 0 ]]
}
