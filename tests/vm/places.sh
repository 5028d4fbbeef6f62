# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Of the places in a program that tests/trees/fail.c has noted, those that are to be tried.
#
#   new_places KIND FILE [ONE_OF]   sets the array `numbers`: of FILE, a NUMBER PLACE a line, the numbers of the
#                                   places that no file of that kind had before; one of so many (default 1)

declare -A places_seen
new_places() {
	local number place count=0
	numbers=()
	while read -r number place; do
		if [[ -n ${places_seen[$1 $place]-} ]]; then continue; fi
		places_seen[$1 $place]=1
		if ((count++ % ${3-1} == 0)); then numbers+=("$number"); fi
	done <"$2"
}
