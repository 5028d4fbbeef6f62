// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Linked into what is built for coverage alone (-Wl,--wrap=_exit): a worker leaves by _exit(), and
 * would take what it has counted with it.
 */
#include <gcov.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
