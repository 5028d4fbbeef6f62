/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way forward: a VM's functions leave the host and go to VFIO, or everything is as before.
 */
#ifndef GH_HANDOFF_ACQUIRE_H
#define GH_HANDOFF_ACQUIRE_H

#include "base/error.h"
#include "base/text.h"
#include "handoff/config.h"
#include "handoff/domain.h"
#include "handoff/operation.h"

/* What the host is like after an acquire that failed. */
enum host_state {
	HOST_UNTOUCHED, /* nothing was changed */
	HOST_AS_BEFORE, /* what was changed has been restored */
	HOST_PARTLY,    /* something could not be restored; the claim stays */
};

struct acquire_result {
	enum host_state host;
	struct errors unrestored; /* for HOST_PARTLY */
	struct strings ended;     /* processes that were ended, or told to: they do not come back */
	struct strings warnings;  /* of the configuration against the domain */
	char *moved;              /* "0000:01:00.0 bochs-drm -> vfio-pci, …"; NULL: no device */
};

#define ACQUIRE_RESULT_INIT ((struct acquire_result){ 0 })

/*
 * Hands over what the configuration lists and the domain has; the caller holds the VM's lock. The
 * VM's own earlier claim is taken up when it has the same functions, else settled first. Without a
 * domain (NULL) everything listed is, for no VM: then the rest of an IOMMU group may stay on its
 * drivers, and no claim is left. Returns 0, or a negative errno with `error` filled. *result, the
 * caller's, says more in both cases.
 */
int acquire(const struct operation *operation, const struct config *config,
	    const struct domain *domain, struct acquire_result *result, struct error *error);

/*
 * Settles the VM's own claim, if it has one, for a VM that is to get nothing. Returns 0, or a
 * negative errno with `error` filled and *result telling the rest.
 */
int acquire_nothing(const struct operation *operation, struct acquire_result *result,
		    struct error *error);

void acquire_result_clear(struct acquire_result *result);

#define _cleanup_acquire_result_ __attribute__((cleanup(acquire_result_clear)))

#endif
