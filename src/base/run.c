/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/run.h"

#define THEN "\nWhat a VM that does not run still has comes back then by `gpu-handoff recover`."

int run_explain(int r, struct error *error)
{
	if (!error)
		return r;
	switch (error->code) {
	case ENOSPC:
	case EDQUOT:
		/* a tmpfs has a limit of its own for each of them */
		error_hint(error, "Make room in /run, for data (df -h /run) or for files "
				  "(df -i /run)." THEN);
		break;
	case EROFS:
		error_hint(error, "Find out why /run is read-only (findmnt -T /run, dmesg), then: "
				  "mount -o remount,rw /run" THEN);
		break;
	}
	return r;
}
