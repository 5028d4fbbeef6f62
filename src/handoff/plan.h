/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way from how functions are bound to how they shall be: a pure function of the two, and the
 * only place that knows the order of steps. Reads and changes nothing.
 */
#ifndef GH_HANDOFF_PLAN_H
#define GH_HANDOFF_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
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
	bool check_free; /* looked at just before it leaves a host driver: nobody may use it */
	bool wants_drm;  /* shall have a DRM node again */
	bool wants_card; /* shall have a sound card again */
};

void plan_function_clear(struct plan_function *function);

/* What else of the host changes. The lists are the caller's; NULL: nothing. */
struct plan_host {
	/* the way forward */
	const struct strings *stop_units;
	bool check_use; /* of the functions, by what they are used on the host */
	const struct strings *detach_consoles;
	const struct strings *unbind_framebuffers;
	const struct strings *unload_modules;
	/* the way back */
	const struct strings *load_modules;
	const struct strings *bind_framebuffers;
	const struct strings *attach_consoles;
	const struct strings *start_units; /* in reverse order */
};

#define PLAN_HOST_INIT ((struct plan_host){ 0 })

enum plan_step_kind {
	PLAN_STOP_UNIT,          /* the systemd unit `value` */
	PLAN_CHECK_USE,          /* nobody uses the functions, or what the policy says is done */
	PLAN_LOAD_MODULE,        /* `value` */
	PLAN_SET_OVERRIDE,       /* `value`, NULL clears it */
	PLAN_DETACH_CONSOLE,     /* `value` from the VT */
	PLAN_UNBIND_FRAMEBUFFER, /* `value` of the platform bus */
	PLAN_UNLOAD_MODULE,      /* `value` */
	PLAN_WAIT_GROUP,         /* until nobody has the function's IOMMU group open */
	PLAN_CHECK_FREE,         /* nobody uses the function, whatever the policy says */
	PLAN_UNBIND,             /* from `value` */
	PLAN_BIND,               /* to `value` */
	PLAN_WAIT_UDEV,          /* until udev has seen the function bound */
	PLAN_SET_POWER,          /* power/control to `value` */
	PLAN_SET_D3COLD,         /* d3cold_allowed to `value` */
	PLAN_VERIFY,             /* the function is as it shall be */
	PLAN_WAIT_NODES,         /* until its DRM node or sound card is there, for udev too */
	PLAN_RELOAD_MODULE,      /* `value`, which no bind needs but which was there before */
	PLAN_BIND_FRAMEBUFFER,
	PLAN_ATTACH_CONSOLE,
	PLAN_START_UNIT,
};

/* Of a step that is for no function but for the host. */
#define PLAN_HOST ((size_t)-1)

struct plan_step {
	enum plan_step_kind kind;
	unsigned int stage; /* see plan_build() */
	size_t function;    /* index into the functions, or PLAN_HOST */
	char *value;
};

struct plan {
	const struct plan_function *functions; /* the caller's */
	size_t function_count;
	struct plan_step *steps;
	size_t step_count;
	unsigned int stage_count;
};

#define PLAN_INIT ((struct plan){ 0 })

/*
 * Builds the plan for functions in the order of their addresses. They stay the caller's and must
 * outlive the plan, which the caller clears. Returns 0 or -ENOMEM.
 *
 * The order (DESIGN, invariant 5): units are stopped; drivers that VFIO needs are loaded; the use
 * of the functions is looked at; all VFIO overrides are set; consoles and framebuffers let go,
 * modules are unloaded; groups that are left are waited for, and host drivers looked at once more;
 * functions leave their drivers, 0 first; host overrides are set; functions are bound, 0 first,
 * each after its driver's module, since loading one binds what waits for it; the other modules come
 * back (nvidia_drm wants a GPU that is on nvidia); udev has seen the functions; power control; the
 * final overrides; everything is read back; nodes are there; framebuffers, consoles and units come
 * back.
 *
 * Steps are in stages, numbered upwards. A stage begins when the one before it has ended for all.
 * Within a stage, steps for the host come first; then devices go side by side, and the steps of one
 * device in their order.
 */
int plan_build(const struct plan_function *functions, size_t count, const struct plan_host *host,
	       struct plan *ret_plan);

/* One step in words, "0000:01:00.0: unbind from snd_hda_intel"; the caller frees it. */
char *plan_step_text(const struct plan *plan, const struct plan_step *step);

/*
 * Whether the step changes something of what a restore restores, and is no mere look or wait. A
 * driver of VFIO's that is loaded is none: it takes no device without an override.
 */
bool plan_step_changes(const struct plan_step *step);

void plan_clear(struct plan *plan);

#define _cleanup_plan_ __attribute__((cleanup(plan_clear)))

#endif
