/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words for the person in front of `virsh start`, and for the system's log.
 */
#ifndef GH_HANDOFF_REPORT_H
#define GH_HANDOFF_REPORT_H

#include "base/error.h"
#include "base/root.h"
#include "handoff/acquire.h"

/*
 * What a refused start prints: the VM, the device by address and name, the cause, what to do, and
 * the state the host is in. The caller frees it; NULL without memory.
 */
char *report_refusal(const struct root *root, const char *vm, const struct error *error,
		     const struct acquire_result *result);

/*
 * The same for a hand-over that is no VM's start: `headline` says what is not done, `again` how it
 * is tried again when not all could be restored.
 */
char *report_failure(const struct root *root, const char *headline, const char *again,
		     const struct error *error, const struct acquire_result *result);

/* "DEVICE (its name): WHAT: WHY"; the caller frees it. NULL without memory. */
char *report_problem(const struct root *root, const struct error *error);

/* An error on one line, with the device's name and what to do; the caller frees it. NULL without
 * memory. */
char *report_line(const struct root *root, const struct error *error);

#endif
