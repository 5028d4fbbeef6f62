// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Linked into what is built for coverage alone (-Wl,--wrap=_exit): a worker leaves by _exit(), and
 * would take what it has counted with it. Nothing of that counts as the program's own calls, where
 * those are made to fail (tests/trees/fail.c).
 */
#include <gcov.h>
#include <stdbool.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
void __attribute__((weak)) fail_pause(bool pause);

_Noreturn void __wrap__exit(int status)
{
	if (fail_pause)
		fail_pause(true);
	__gcov_dump();
	__real__exit(status);
}
