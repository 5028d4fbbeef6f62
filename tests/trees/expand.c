/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expands a machine into a directory that stays, for `gpu-handoff … --sysroot DIR`, and prints its
 * path. usage: expand MACHINE.tree [FILE]   FILE has further lines of a machine
 */
#include "../trees/machine.h"

int main(int count, char **arguments)
{
	static const char *const directories[] = { "run/gpu-handoff", "run/gpu-handoff/vm",
						   "run/gpu-handoff/pci" };
	_cleanup_free_ char *more = count > 2 ? read_whole(arguments[2]) : NULL;
	struct machine machine;

	if (count < 2) {
		fprintf(stderr, "usage: expand MACHINE.tree [FILE]\n");
		return 2;
	}
	machine_open(&machine, arguments[1]);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (mkdirat(machine.root.fd, directories[i], 0700) < 0)
			die("cannot make %s: %s", directories[i], strerror(errno));
	if (more) {
		reading_file = arguments[2];
		machine_text(&machine, more);
	}
	puts(machine.directory);
	machine_close(&machine);
	return 0;
}
