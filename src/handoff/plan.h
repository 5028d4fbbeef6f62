/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way from how functions are bound to how they shall be: a pure function of the two, and the
 * only place that knows the order of steps. Reads and changes nothing.
 */
#ifndef GH_HANDOFF_PLAN_H
#define GH_HANDOFF_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "host/pci_binding.h"
#include "host/pci_id.h"

/* One function, now and as it shall be. Owns its strings. */
struct plan_function {
	struct pci_address address;
	char name[PCI_ADDRESS_SIZE];
	int group; /* IOMMU group, -1: none */
	struct pci_state now;
	bool now_vfio;           /* is on a VFIO driver */
	struct pci_state target; /* no driver: it shall have none; other NULLs: see pci_state */
	bool target_vfio;
	bool registered; /* the kernel has the target's driver */
	char *module;    /* to load when it has not; NULL: the driver's own name */
	bool put_off;    /* a part of its device is still a VM's: it stays as it is */
};

void plan_function_clear(struct plan_function *function);

enum plan_step_kind {
	PLAN_LOAD_MODULE,  /* `value`; for `function` and those after it */
	PLAN_SET_OVERRIDE, /* `value`, NULL clears it */
	PLAN_WAIT_GROUP,   /* until nobody has the function's IOMMU group open */
	PLAN_UNBIND,       /* from `value` */
	PLAN_BIND,         /* to `value` */
	PLAN_WAIT_UDEV,    /* until udev has seen the function bound */
	PLAN_SET_POWER,    /* power/control to `value` */
	PLAN_SET_D3COLD,   /* d3cold_allowed to `value` */
	PLAN_VERIFY,       /* the function is as it shall be */
};

struct plan_step {
	enum plan_step_kind kind;
	size_t function; /* index into the functions */
	char *value;
};

struct plan {
	const struct plan_function *functions; /* the caller's */
	size_t function_count;
	struct plan_step *steps;
	size_t step_count;
};

#define PLAN_INIT ((struct plan){ 0 })

/*
 * Builds the plan for functions in the order of their addresses. They stay the caller's and must
 * outlive the plan, which the caller clears. Returns 0 or -ENOMEM.
 *
 * The order (DESIGN, invariant 5): drivers that VFIO needs are loaded; all VFIO overrides are set;
 * groups that are left are waited for; functions leave their drivers, 0 first; host overrides are
 * set; functions are bound, 0 first, each after its driver's module, since loading one binds what
 * waits for it; udev has seen them; power control; the final overrides; everything is read back.
 */
int plan_build(const struct plan_function *functions, size_t count, struct plan *ret_plan);

/* One step in words, "0000:01:00.0: unbind from snd_hda_intel"; the caller frees it. */
char *plan_step_text(const struct plan *plan, const struct plan_step *step);

void plan_clear(struct plan *plan);

#define _cleanup_plan_ __attribute__((cleanup(plan_clear)))

#endif
