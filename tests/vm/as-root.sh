# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

# as_root COMMAND…: as root, or as what looks like root in a user namespace: that needs subordinate ids
# (/etc/subuid).
as_root() {
	if [[ $(id -u) = 0 ]]; then "$@"; else unshare --map-root-user --map-auto --mount -- "$@"; fi
}
