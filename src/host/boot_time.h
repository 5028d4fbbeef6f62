/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the running system was booted. */
#ifndef GH_HOST_BOOT_TIME_H
#define GH_HOST_BOOT_TIME_H

#include <stdint.h>

#include "base/root.h"

/* In seconds since 1970, by /proc/stat. Returns 0 or a negative errno. */
int boot_time_read(const struct root *root, int64_t *ret_seconds);

#endif
