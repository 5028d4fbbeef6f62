/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /run/gpu-handoff: the directory of claims and locks, 0700 and root's, made when it is missing and
 * never reached through a link.
 */
#ifndef GH_HANDOFF_STORE_H
#define GH_HANDOFF_STORE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/lock.h"
#include "base/root.h"

#define STORE_DIRECTORY "run/gpu-handoff"

struct store {
	int fd;        /* of the directory: holds `lock` */
	int claims_fd; /* vm/: NAME.claim, NAME.lock, and a claim that is being written */
	int pci_fd;    /* pci/: ADDRESS.lock, ADDRESS.wedged, for workers */
};

#define STORE_INIT ((struct store){ -1, -1, -1 })

/*
 * Opens it, and makes what is missing. Returns 0 or a negative errno with `error` filled. The
 * caller closes *ret_store.
 */
int store_open(const struct root *root, struct store *ret_store, struct error *error);

/*
 * Opens it for looking, and makes nothing. Returns as store_open(); -ENOENT without `error` when
 * there is none, and so no claim.
 */
int store_open_existing(const struct root *root, struct store *ret_store, struct error *error);

void store_close(struct store *store);

#define _cleanup_store_ __attribute__((cleanup(store_close)))

/*
 * The lock of the running operation of a VM, from the first look at its claim to the last. Returns
 * the descriptor, the caller's, or lock_take()'s negative errno with `error` filled; patience NULL:
 * does not wait.
 */
int store_lock_vm(const struct store *store, const char *vm, const struct patience *patience,
		  struct error *error);

/* Whether an operation of the VM is running just now. Takes no lock. */
bool store_vm_is_locked(const struct root *root, const struct store *store, const char *vm);

/*
 * The lock under which claims are compared and written, and nothing else is done. Returns as
 * store_lock_vm().
 */
int store_lock_claims(const struct store *store, const struct patience *patience,
		      struct error *error);

#endif
