/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `check` finds: the one table of all findings, and a list of those found. Each has a stable
 * id, and stands in gpu-handoff-findings(7).
 */
#ifndef GH_CLI_FINDING_H
#define GH_CLI_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum severity {
	SEVERITY_ERROR,   /* it does not work */
	SEVERITY_WARNING, /* it may not work, or not as is meant */
	SEVERITY_NOTE,    /* worth to know */
	SEVERITY_COUNT,
};

/* In the order of their ids. */
enum finding_kind {
	/* the host */
	FINDING_NO_VIRTUALISATION,
	FINDING_NO_KVM,
	FINDING_IOMMU_OFF,
	FINDING_IOMMU_ABSENT,
	FINDING_NO_REMAPPING,
	FINDING_UNSAFE_INTERRUPTS,
	FINDING_NO_VFIO,
	FINDING_HOST_UNSEEN,
	/* the installation */
	FINDING_NO_HOOK,
	FINDING_HOOK_NOT_EXECUTABLE,
	FINDING_HOOK_OF_OTHERS,
	FINDING_HOOK_OTHER_BUILD,
	FINDING_HOOK_TWICE,
	FINDING_NO_ENGINE,
	FINDING_ENGINE_OTHER_BUILD,
	FINDING_NOT_REGISTERED,
	FINDING_HOOK_CALLS_VIRSH,
	FINDING_DENIED,
	FINDING_INSTALLATION_UNSEEN,
	/* the configuration */
	FINDING_CONFIG_BROKEN,
	FINDING_CONFIG_WITHOUT_DOMAIN,
	FINDING_CONFIG_OF_OTHERS,
	FINDING_BOOT_BROKEN,
	FINDING_BOOT_REFUSED,
	FINDING_BOOT_OFF,
	FINDING_BOOT_INITRAMFS,
	FINDING_BOOT_DISAGREES,
	FINDING_CLAIM_BROKEN,
	FINDING_CONFIG_UNSEEN,
	/* a domain */
	FINDING_NO_CONFIG,
	FINDING_DEVICE_WRONG,
	FINDING_NOT_HOSTDEV,
	FINDING_FUNCTION_NOT_HOSTDEV,
	FINDING_UNLISTED,
	FINDING_MANAGED,
	FINDING_NO_GROUP,
	FINDING_GROUP_SHARED,
	FINDING_NO_DRIVER,
	FINDING_CLAIMED,
	FINDING_HELD,
	FINDING_HELD_FOR_NOW,
	FINDING_REFUSED,
	FINDING_TOO_MANY,
	FINDING_NO_DISPLAY,
	FINDING_WINDOW_SMALL,
	FINDING_WIDTH_SMALL,
	FINDING_DOMAIN_UNSEEN,
	FINDING_KINDS,
};

struct finding {
	enum finding_kind kind;
	char *about; /* "host", an address, a file, a domain */
	char *cause;
	char *fix; /* what to do; lines that begin with two blanks are commands, or XML */
};

struct findings {
	struct finding *items;
	size_t count;
	bool no_memory; /* some could not be added */
};

#define FINDINGS_INIT ((struct findings){ 0 })

const char *finding_id(enum finding_kind kind);
enum severity finding_severity(enum finding_kind kind);
const char *finding_title(enum finding_kind kind);
const char *severity_name(enum severity severity);

/* Adds one; takes over `cause` and `fix`, of which NULL stands for no memory. */
void finding_add(struct findings *findings, enum finding_kind kind, const char *about, char *cause,
		 char *fix);

/*
 * Adds what an error says; `about` NULL: the device of it. `fix`, taken over: what to do; NULL:
 * what the error hints at.
 */
void finding_add_error(struct findings *findings, enum finding_kind kind, const char *about,
		       const struct error *error, char *fix);

/* What could not be looked at, why, and how it can. */
void finding_add_unseen(struct findings *findings, enum finding_kind kind, const char *about,
			const struct error *error);

size_t findings_count(const struct findings *findings, enum severity severity);

/* Errors first; within a severity by ids, else in the order in which they were added. */
void findings_sort(struct findings *findings);

void findings_clear(struct findings *findings);

#define _cleanup_findings_ __attribute__((cleanup(findings_clear)))

#endif
