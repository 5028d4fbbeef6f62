/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `plan` tells: the steps, what is to be known of them, and what stands in the way. */
#ifndef GH_CLI_PLAN_SHEET_H
#define GH_CLI_PLAN_SHEET_H

#include "base/error.h"
#include "base/text.h"
#include "cli/table.h"
#include "handoff/plan.h"
#include "host/holder.h"

struct plan_sheet {
	const char *vm;
	const char *what; /* is planned: "The start" */
	struct table *steps;
	struct strings told; /* the steps in words, with a "+" before those that change something */
	struct strings warnings;
	struct holders holders; /* who is in the way */
	struct errors problems; /* for which it would be refused */
	bool claims_hidden;     /* only root may see those of other VMs */
};

#define PLAN_SHEET_INIT ((struct plan_sheet){ 0 })

/* Adds a plan's steps. Returns 0 or -ENOMEM. */
int plan_sheet_add(struct plan_sheet *sheet, const struct plan *plan);

/*
 * Prints it. Returns the exit status: EXIT_REFUSED when something stands in the way, or
 * EXIT_FAILED.
 */
int plan_sheet_print(const struct command *command, struct plan_sheet *sheet);

void plan_sheet_clear(struct plan_sheet *sheet);

#define _cleanup_plan_sheet_ __attribute__((cleanup(plan_sheet_clear)))

#endif
