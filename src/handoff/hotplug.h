/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices that come to a running VM, and what a VM's start and end do about them. libvirt calls no
 * hook when one is plugged in or out, so the command acquires before it tells libvirt. Each time
 * that devices come to a VM makes a claim of its own beside the VM's (see claim_hotplug_name()).
 */
#ifndef GH_HANDOFF_HOTPLUG_H
#define GH_HANDOFF_HOTPLUG_H

#include "base/error.h"
#include "base/text.h"
#include "handoff/acquire.h"
#include "handoff/claim.h"
#include "handoff/operation.h"
#include "host/pci.h"
#include "host/pci_addresses.h"

/*
 * The lock of those who plug devices of the VM in or out, or recover them. No hook waits for it,
 * which is why it, unlike the others, may be held while libvirt is called. Returns as
 * store_lock_vm().
 */
int hotplug_lock(const struct store *store, const char *vm, const struct patience *patience,
		 struct error *error);

/* The VM's claims, its own and those of hot-plugged devices. */
struct hotplug_claims {
	struct claim *items;
	size_t count;
};

#define HOTPLUG_CLAIMS_INIT ((struct hotplug_claims){ 0 })

/*
 * Reads those that are held: others are being given back, or were interrupted. Returns 0 or a
 * negative errno with `error` filled; the caller clears *claims in both cases.
 */
int hotplug_read_claims(const struct operation *operation, struct hotplug_claims *claims,
			struct error *error);

void hotplug_claims_clear(struct hotplug_claims *claims);

#define _cleanup_hotplug_claims_ __attribute__((cleanup(hotplug_claims_clear)))

/*
 * Acquires functions of `host` for the VM `operation->vm`, which runs; the caller holds
 * hotplug_lock(). A section of the VM's INI file that selects one of them says what comes along
 * and how, with the file's [host] section; functions in no section come alone, by the defaults. One
 * that the VM has a held claim on is acquired already. *ret_claim, the caller's, is the name of the
 * claim that was made, NULL when there was nothing to acquire. Returns as acquire().
 */
int hotplug_acquire(const struct operation *operation, const char *uuid,
		    const struct pci_addresses *functions, const struct pci_functions *host,
		    struct acquire_result *result, char **ret_claim, struct error *error);

/* The names of the claims of the VM's hot-plugged devices. Returns as claim_list(). */
int hotplug_list(const struct store *store, const char *vm, struct strings *ret_claims,
		 struct error *error);

/*
 * For a start of the VM, whose lock the caller holds: restores what was plugged into it in an
 * earlier run that ended without a release. Returns as acquire_nothing().
 */
int hotplug_settle(const struct operation *operation, struct acquire_result *result,
		   struct error *error);

#endif
