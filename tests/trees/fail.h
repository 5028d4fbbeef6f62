/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program may ask of fail.c, when that is preloaded: dlsym(RTLD_DEFAULT, "fail_pause"). */
#ifndef GH_TREES_FAIL_H
#define GH_TREES_FAIL_H

#include <stdbool.h>

/* Whether its calls are left alone from now on. */
void fail_pause(bool pause);

#endif
