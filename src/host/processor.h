/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's processor, as far as it matters for VMs, by /proc/cpuinfo. Reads only. */
#ifndef GH_HOST_PROCESSOR_H
#define GH_HOST_PROCESSOR_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"

enum processor_maker {
	PROCESSOR_UNKNOWN,
	PROCESSOR_INTEL,
	PROCESSOR_AMD,
};

struct processor {
	enum processor_maker maker;
	bool virtualisation; /* it has the flag vmx or svm */
	unsigned int width;  /* bits of its physical addresses; 0: not told */
};

/*
 * Reads the first one (arch/x86/kernel/cpu/proc.c, show_cpuinfo). Returns 0 or a negative errno
 * with `error` filled.
 */
int processor_read(const struct root *root, struct processor *ret_processor, struct error *error);

#endif
