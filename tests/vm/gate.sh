# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# For tests that have commands begin at the same instant, after tap.sh:
#
#   behind_gate NAME COMMAND…   in the background, when the gate opens; leaves /tmp/NAME.out, /tmp/NAME.status
#   open_gate                   lets them go, and waits until all have ended

gate_count=0
rm -f /tmp/gate
mkfifo /tmp/gate
# both ends, so that who reads waits for a line, one each
exec 9<>/tmp/gate

behind_gate() {
	gate_name=$1
	shift
	rm -f "/tmp/$gate_name.status"
	(
		# shellcheck disable=SC2034 # an empty line
		read -r gate_line <&9
		"$@" >"/tmp/$gate_name.out" 2>&1 9>&-
		echo $? >"/tmp/$gate_name.status"
	) &
	gate_count=$((gate_count + 1))
}

open_gate() {
	# they come to it
	sleep 0.1
	# in one write
	printf "%${gate_count}s" "" | tr ' ' '\n' >&9
	gate_count=0
	wait
}
