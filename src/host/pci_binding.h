/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a PCI function is bound: read and changed by workers, one change at a time.
 */
#ifndef GH_HOST_PCI_BINDING_H
#define GH_HOST_PCI_BINDING_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"
#include "base/worker.h"

/* How a function is bound; also how it shall be. */
struct pci_state {
	char *driver;          /* NULL: none */
	char *driver_override; /* NULL: none */
	char *power_control;   /* "on" or "auto"; NULL: no such attribute, or leave it */
	char *d3cold_allowed;  /* "0" or "1"; NULL: no such attribute, or leave it */
};

#define PCI_STATE_INIT ((struct pci_state){ 0 })

/*
 * Reads it as it is when no earlier call is in flight any more. The override is read by a worker,
 * since its reading waits for a driver's remove()
 * (Linux 6.1, drivers/pci/pci-sysfs.c, driver_override_show). The caller clears *ret_state. Returns
 * 0, -ENODEV when the function is gone, or a negative errno; `error` is filled.
 */
int pci_state_read(const struct worker_context *context, const char *name,
		   struct pci_state *ret_state, struct error *error);

/*
 * The same without the override, which is NULL then: needs no worker, and is true only when no call
 * is in flight. Returns as pci_state_read().
 */
int pci_state_look(const struct root *root, const char *name, struct pci_state *ret_state,
		   struct error *error);

int pci_state_copy(const struct pci_state *state, struct pci_state *ret_copy);
void pci_state_clear(struct pci_state *state);

#define _cleanup_pci_state_ __attribute__((cleanup(pci_state_clear)))

/*
 * The single changes. Each is made by a worker and read back; it returns 0 only when the kernel's
 * call has returned and the result is there. Otherwise a negative errno, worker_run()'s among them,
 * with `error` filled.
 */

/* NULL clears the override: by a newline, since a write of nothing does nothing. */
int pci_override_set(const struct worker_context *context, const char *name, const char *override,
		     struct error *error);

int pci_unbind(const struct worker_context *context, const char *name, const char *driver,
	       struct error *error);

/* Done too when the function is on that driver already. */
int pci_bind(const struct worker_context *context, const char *name, const char *driver,
	     struct error *error);

/*
 * Has the kernel look for a driver that takes the function, whichever that is: returns 0 when its
 * call has returned, which says nothing of the result (drivers/base/bus.c, drivers_probe_store).
 */
int pci_probe(const struct worker_context *context, const char *name, struct error *error);

/* These two do nothing where the value is there already. */
int pci_power_control_set(const struct worker_context *context, const char *name, const char *value,
			  struct error *error);

int pci_d3cold_allowed_set(const struct worker_context *context, const char *name,
			   const char *value, struct error *error);

#endif
