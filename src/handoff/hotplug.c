/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/hotplug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/run.h"
#include "handoff/hotplug_config.h"
#include "handoff/restore_named.h"

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "cannot plug the devices in");
}

int hotplug_lock(const struct store *store, const char *vm, const struct patience *patience,
		 struct error *error)
{
	_cleanup_free_ char *name = text_format("hotplug:%s.lock", vm);
	int fd;

	if (!name)
		return no_memory(error);
	fd = lock_take(store->fd, name, patience);
	if (fd < 0) {
		_cleanup_free_ char *shown = text_quote(vm);

		error_set_errno(error, -fd, "cannot lock the devices of the VM \"%s\"",
				shown ? shown : "?");
		if (fd == -ETIMEDOUT || fd == -EWOULDBLOCK)
			error_why(error, "another attach, detach or recover of it has not ended");
		else
			run_explain(fd, error);
	}
	return fd;
}

/* ---- the VM's claims ---------------------------------------------------------------------- */

void hotplug_claims_clear(struct hotplug_claims *claims)
{
	for (size_t i = 0; i < claims->count; i++)
		claim_clear(&claims->items[i]);
	free(claims->items);
	*claims = HOTPLUG_CLAIMS_INIT;
}

int hotplug_list(const struct store *store, const char *vm, struct strings *ret_claims,
		 struct error *error)
{
	_cleanup_strings_ struct strings all = STRINGS_INIT;
	_cleanup_strings_ struct strings claims = STRINGS_INIT;
	int r = claim_list(store, &all, error);

	for (size_t i = 0; r == 0 && i < all.count; i++) {
		if (!claim_is_hotplug(all.items[i]) || !claim_same_owner(all.items[i], vm))
			continue;
		if (strings_add(&claims, all.items[i]) < 0)
			r = error_set_errno(error, ENOMEM, "cannot list the claims");
	}
	if (r < 0)
		return r;
	strings_clear(ret_claims);
	*ret_claims = claims;
	claims = STRINGS_INIT;
	return 0;
}

/* Appends the claim of the name if it is held. */
static int add_held(const struct operation *operation, const char *name,
		    struct hotplug_claims *claims, struct error *error)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	int r = claim_read(operation->store, name, &claim, error);

	if (r == -ENOENT && !error->code)
		return 0;
	if (r == 0)
		r = claim_check_boot(operation->root, &claim, error);
	if (r < 0 || claim.phase != CLAIM_HELD)
		return r;
	if (array_grow(&claims->items, claims->count, sizeof(*claims->items)) < 0)
		return error_set_errno(error, ENOMEM, "cannot read the VM's claims");
	claims->items[claims->count++] = claim;
	claim = CLAIM_INIT;
	return 0;
}

int hotplug_read_claims(const struct operation *operation, struct hotplug_claims *claims,
			struct error *error)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	int r = hotplug_list(operation->store, operation->vm, &names, error);

	if (r == 0)
		r = add_held(operation, operation->vm, claims, error);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = add_held(operation, names.items[i], claims, error);
	return r;
}

/* ---- in ----------------------------------------------------------------------------------- */

static int list_claimed(const struct operation *operation, struct pci_addresses *claimed,
			struct error *error)
{
	_cleanup_hotplug_claims_ struct hotplug_claims claims = HOTPLUG_CLAIMS_INIT;
	int r = hotplug_read_claims(operation, &claims, error);

	for (size_t i = 0; r == 0 && i < claims.count; i++)
		for (size_t j = 0; r == 0 && j < claims.items[i].function_count; j++)
			if (pci_addresses_add(claimed, &claims.items[i].functions[j].address) < 0)
				r = no_memory(error);
	return r;
}

/* As a domain that had the functions from its start would be seen by an acquire. */
static int make_domain(const char *vm, const char *uuid, const struct pci_addresses *functions,
		       struct domain *domain, struct error *error)
{
	domain->name = strdup(vm);
	domain->uuid = uuid ? strdup(uuid) : NULL;
	domain->hostdevs = calloc(functions->count + 1, sizeof(*domain->hostdevs));
	if (!domain->name || (uuid && !domain->uuid) || !domain->hostdevs)
		return no_memory(error);
	domain->hostdev_count = functions->count;
	for (size_t i = 0; i < functions->count; i++)
		domain->hostdevs[i].address = functions->items[i];
	return 0;
}

static const struct pci_address *first_function(const struct config *config)
{
	const struct pci_address *first = NULL;

	for (size_t i = 0; i < config->device_count; i++)
		for (size_t j = 0; j < config->devices[i].address_count; j++) {
			const struct pci_address *address =
				&config->devices[i].addresses[j].address;

			if (!first || pci_address_compare(address, first) < 0)
				first = address;
		}
	return first;
}

int hotplug_acquire(const struct operation *operation, const char *uuid,
		    const struct pci_addresses *functions, const struct pci_functions *host,
		    struct acquire_result *result, char **ret_claim, struct error *error)
{
	_cleanup_pci_addresses_ struct pci_addresses claimed = PCI_ADDRESSES_INIT;
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_free_ char *name = NULL;
	_cleanup_close_ int lock = -1;
	struct operation acquiring = *operation;
	int r = list_claimed(operation, &claimed, error);

	if (r == 0)
		r = hotplug_configure(operation, functions, &claimed, host, &config, error);
	if (r == 0)
		r = make_domain(operation->vm, uuid, functions, &domain, error);
	if (r < 0)
		return r;
	*ret_claim = NULL;
	if (config.device_count == 0)
		return 0;
	name = claim_hotplug_name(first_function(&config), operation->vm);
	if (!name)
		return no_memory(error);
	acquiring.vm = name;
	acquiring.patience.deadline_ms = clock_now_ms() + config.timeout_ms;
	lock = store_lock_vm(operation->store, name, &acquiring.patience, error);
	if (lock < 0)
		return lock;
	r = acquire(&acquiring, &config, &domain, result, error);
	if (r == 0)
		*ret_claim = take_ptr(name);
	return r;
}

/* ---- back --------------------------------------------------------------------------------- */

/* Some devices of an earlier run are restored, and the start does not wait for the others. */
static int report_unsettled(const struct operation *operation, struct error *error)
{
	if (patience_cancelled(&operation->patience))
		return error_set_errno(error, ECANCELED, "cannot restore the devices");
	error_set(error, ETIMEDOUT,
		  "the devices that were plugged into the VM in an earlier run "
		  "are not all restored");
	error_why(error, "the start's time is over");
	error_hint(error, "Have them restored without a start: gpu-handoff recover");
	return -ETIMEDOUT;
}

int hotplug_settle(const struct operation *operation, struct acquire_result *result,
		   struct error *error)
{
	_cleanup_strings_ struct strings claims = STRINGS_INIT;
	int r = hotplug_list(operation->store, operation->vm, &claims, error);

	for (size_t i = 0; r == 0 && i < claims.count; i++) {
		_cleanup_free_ char *moved = NULL;

		/* each has a time of its own; a start must not last as long as all of them */
		if (i > 0 && (clock_left_ms(operation->patience.deadline_ms) == 0 ||
			      patience_cancelled(&operation->patience))) {
			result->host = HOST_PARTLY;
			return report_unsettled(operation, error);
		}
		r = restore_named(operation, claims.items[i], &moved, &result->unrestored);
		if (moved)
			result->host = r < 0 ? HOST_PARTLY : HOST_AS_BEFORE;
		if (r < 0)
			error_set(error, -r,
				  "the devices that were plugged into the VM in an earlier run "
				  "cannot be restored");
	}
	return r;
}
