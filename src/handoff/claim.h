/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A claim: which VM owns which functions, and the complete state before, from which they are
 * restored. Written before the first change, removed after the verified last one. One file a VM,
 * INI grammar; lives in /run, so it does not survive a reboot, which restores everything itself.
 */
#ifndef GH_HANDOFF_CLAIM_H
#define GH_HANDOFF_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"
#include "handoff/config.h"
#include "handoff/store.h"
#include "host/pci_addresses.h"
#include "host/pci_binding.h"
#include "host/pci_id.h"

#define CLAIM_VERSION 1

enum claim_phase {
	CLAIM_RESERVING, /* owns its functions; nothing was changed, no state is recorded yet */
	CLAIM_ACQUIRING,
	CLAIM_HELD,
	CLAIM_RELEASING,
};

struct claim_function {
	struct pci_address address;
	char name[PCI_ADDRESS_SIZE];
	struct pci_id id;
	int group;                   /* IOMMU group, -1: none */
	char *vfio_driver;           /* what it is, or shall be, on for the VM */
	enum config_restore restore; /* what release does */
	char *restore_driver;        /* for CONFIG_RESTORE_DRIVER */
	struct pci_state before;
	char *module;     /* of the driver before; NULL: built in, or no driver */
	bool drm_before;  /* it had a DRM node */
	bool card_before; /* it had a sound card */
};

struct claim {
	char *vm;   /* what it is called: by the VM's name, or see CLAIM_BOOT_, HOTPLUG_PREFIX */
	char *uuid; /* may be NULL */
	char *boot_id;
	char *token; /* another one for each acquire: tells a claim from an earlier one */
	enum claim_phase phase;
	int64_t timeout_ms;
	struct claim_function *functions; /* in the order of addresses */
	size_t function_count;
	struct strings units;        /* to be started again, in reverse order */
	struct strings modules;      /* to be loaded again, in this order */
	struct strings framebuffers; /* to be bound again: "DRIVER/DEVICE" of the platform bus */
	struct strings consoles;     /* of the VT, to be attached again: "vtcon1" */
	struct strings failures;     /* why the last try to restore has not ended, a line each */
};

#define CLAIM_INIT ((struct claim){ 0 })

/*
 * What `boot --apply` calls itself, with the device behind it, in place of a VM. It is over in a
 * moment, and never held.
 */
#define CLAIM_BOOT_PREFIX "boot.ini:"

/* Whether the claim, by what it has for a VM's name, is one of `boot --apply`. */
bool claim_is_boot(const char *vm);

/*
 * What was plugged into a running VM has a claim of its own beside the VM's, called by its first
 * function and the VM: "hotplug:0000:02:00.0:win".
 */
#define CLAIM_HOTPLUG_PREFIX "hotplug:"

bool claim_is_hotplug(const char *vm);

/* The name of such a claim; the caller frees it. NULL without memory. */
char *claim_hotplug_name(const struct pci_address *first, const char *owner);

/*
 * The VM that the claim of the name belongs to, a part of `vm`; NULL for one of `boot --apply`. A
 * VM whose own name reads as another's claim is not its own owner: it gets no claim.
 */
const char *claim_owner(const char *vm);

/*
 * Whether a VM of that name can have devices: its claims would not be taken for another one's, or
 * for one of `boot --apply`, and the name is one that libvirt may have.
 */
bool claim_vm_name_valid(const char *vm);

/* Whether the claims of both names belong to the same VM. */
bool claim_same_owner(const char *a, const char *b);

/*
 * Whose claim of the name it is, for messages: VM "win"; VM "win" (hot-plugged). The caller
 * frees it. NULL without memory.
 */
char *claim_title(const char *vm);

void claim_clear(struct claim *claim);

#define _cleanup_claim_ __attribute__((cleanup(claim_clear)))

/* Drops all functions but those that are listed, or that are not. */
void claim_keep(struct claim *claim, const struct pci_addresses *functions, bool listed);

/*
 * Refuses a claim whose names would lead elsewhere: a driver, module, unit, framebuffer or console
 * that is a path, an option of a program, or more than a line. `file` is for messages. Returns 0 or
 * -EINVAL with `error` filled.
 */
int claim_check_names(const char *file, const struct claim *claim, struct error *error);

/* The claim as text; the caller frees it. NULL without memory. */
char *claim_format(const struct claim *claim);

/*
 * The reverse. `file` is for messages. Returns 0 or a negative errno with `error` filled: -EINVAL
 * for a text that is no complete claim or has such names, -ENOTSUP for another version. *ret_claim,
 * the caller's, is untouched then.
 */
int claim_parse(const char *file, const char *text, size_t length, struct claim *ret_claim,
		struct error *error);

/*
 * Reads the claim of the VM. Returns 0; -ENOENT without `error` when it has none; or as
 * claim_parse(). The caller clears *ret_claim.
 */
int claim_read(const struct store *store, const char *vm, struct claim *ret_claim,
	       struct error *error);

/*
 * Writes it, whole or not at all; the caller has the claims' lock, as for claim_remove(). Returns 0
 * or a negative errno with `error` filled: -EINVAL for one that would not be read again.
 */
int claim_write(const struct store *store, const struct claim *claim, struct error *error);

/* Removes it; done too when there is none. Returns 0 or a negative errno with `error` filled. */
int claim_remove(const struct store *store, const char *vm, struct error *error);

/*
 * Removes what one that was killed while it wrote a claim has left of it, under whatever VM's name;
 * not while another one has the claims' lock: its own writing does that too.
 */
void claim_sweep(const struct store *store);

/* The names of the VMs that have a claim. Returns 0 or a negative errno with `error` filled. */
int claim_list(const struct store *store, struct strings *ret_vms, struct error *error);

/*
 * Whether the claim was made since this boot; the state in one of an earlier boot describes nothing
 * any more. Returns 0, or -ESTALE or another negative errno with `error` filled.
 */
int claim_check_boot(const struct root *root, const struct claim *claim, struct error *error);

/* This boot's id; the caller frees it. Returns 0 or a negative errno with `error` filled. */
int claim_boot_id(const struct root *root, char **ret_boot_id, struct error *error);

#endif
