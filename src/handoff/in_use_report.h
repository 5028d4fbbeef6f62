/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is said of holders: who they are, and what to do about each sort. Pure.
 */
#ifndef GH_HANDOFF_IN_USE_REPORT_H
#define GH_HANDOFF_IN_USE_REPORT_H

#include "host/holder.h"

/* "FUNCTION  TEXT" of each, with the separator before it; the caller frees it. NULL: no memory. */
char *in_use_list(const struct holders *holders, const char *separator);

/*
 * What to do about those that there are, of a device with that label in the INI file, without one
 * when NULL; the caller frees it. NULL without memory.
 */
char *in_use_advice(const struct holders *holders, const char *label);

#endif
