/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/hotplug_leave.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "handoff/restore.h"
#include "handoff/restore_named.h"

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "cannot give the devices back");
}

void hotplug_leave_clear(struct hotplug_leave *leave)
{
	pci_addresses_clear(&leave->hostdevs);
	pci_addresses_clear(&leave->functions);
	hotplug_claims_clear(&leave->claims);
	*leave = HOTPLUG_LEAVE_INIT;
}

/* ---- which functions ---------------------------------------------------------------------- */

/* What the VM, or a claim of it, has at the address. */
static int add_meant(const struct domain *domain, const struct config_address *address,
		     struct hotplug_leave *leave, struct error *error)
{
	char text[PCI_ADDRESS_SIZE];
	bool found = false;

	for (size_t i = 0; i < domain->hostdev_count; i++) {
		if (!config_address_covers(address, &domain->hostdevs[i].address))
			continue;
		found = true;
		if (pci_addresses_add(&leave->functions, &domain->hostdevs[i].address) < 0)
			return no_memory(error);
	}
	for (size_t i = 0; i < leave->claims.count; i++)
		for (size_t j = 0; j < leave->claims.items[i].function_count; j++) {
			const struct claim_function *function =
				&leave->claims.items[i].functions[j];

			if (!config_address_covers(address, &function->address))
				continue;
			found = true;
			if (pci_addresses_add(&leave->functions, &function->address) < 0)
				return no_memory(error);
		}
	if (found)
		return 0;
	config_address_format(address, text);
	error_set(error, ENOENT, "the VM does not have %s", text);
	error_hint(error, "See what it has with: gpu-handoff status");
	return -ENOENT;
}

/*
 * A function that leaves, as it stands in a claim, and that the one at the address has to leave
 * with: of the same IOMMU group, or of the same device, of which a host driver must not have a part
 * while the VM has another. Returns whether there is one.
 */
static bool find_leaving(const struct hotplug_leave *leave, const struct pci_address *address,
			 int group, const struct claim_function **ret_function)
{
	for (size_t i = 0; i < leave->claims.count; i++)
		for (size_t j = 0; j < leave->claims.items[i].function_count; j++) {
			const struct claim_function *function =
				&leave->claims.items[i].functions[j];

			if (((group >= 0 && function->group == group) ||
			     pci_address_same_device(&function->address, address)) &&
			    pci_addresses_have(&leave->functions, &function->address)) {
				*ret_function = function;
				return true;
			}
		}
	return false;
}

/*
 * What went to VFIO for the sake of the others, and not to the VM, has no reason to stay there.
 */
static int add_companions(const struct domain *domain, struct hotplug_leave *leave,
			  struct error *error)
{
	for (size_t i = 0; i < leave->claims.count; i++)
		for (size_t j = 0; j < leave->claims.items[i].function_count; j++) {
			const struct claim_function *function =
				&leave->claims.items[i].functions[j];
			const struct claim_function *with;

			if (domain_find_hostdev(domain, &function->address) ||
			    !find_leaving(leave, &function->address, function->group, &with))
				continue;
			if (pci_addresses_add(&leave->functions, &function->address) < 0)
				return no_memory(error);
		}
	return 0;
}

/* Refuses to take a part of a group, or of a device, away from the VM. */
static int check_groups(const struct operation *operation, const struct domain *domain,
			const struct hotplug_leave *leave, struct error *error)
{
	_cleanup_pci_functions_ struct pci_functions host = PCI_FUNCTIONS_INIT;
	_cleanup_strings_ struct strings staying = STRINGS_INIT;
	_cleanup_free_ char *list = NULL;
	const struct claim_function *leaving = NULL;
	int r = pci_scan(operation->root, &host, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < domain->hostdev_count; i++) {
		const struct pci_function *hostdev = pci_find(&host, &domain->hostdevs[i].address);
		const struct claim_function *same;

		if (!hostdev || hostdev->virtual_function ||
		    pci_addresses_have(&leave->functions, &hostdev->address))
			continue;
		if (!find_leaving(leave, &hostdev->address, hostdev->group, &same) ||
		    (leaving && same->group != leaving->group))
			continue;
		leaving = same;
		if (strings_add(&staying, hostdev->name) < 0)
			return no_memory(error);
	}
	if (!leaving)
		return 0;
	list = strings_join(&staying, " ");
	error_set(error, EBUSY,
		  "the VM would keep other functions of the device, or of its IOMMU "
		  "group %d",
		  leaving->group);
	error_device(error, leaving->name);
	error_why(error, "both are all the VM's or all the host's: no host driver can have a part");
	error_hint(error, "Detach with it: %s", list ? list : "all of its group");
	return -EBUSY;
}

int hotplug_leave_find(const struct operation *operation, const struct domain *domain,
		       const struct config_address *addresses, size_t count,
		       struct hotplug_leave *leave, struct error *error)
{
	int r = hotplug_read_claims(operation, &leave->claims, error);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_meant(domain, &addresses[i], leave, error);
	if (r == 0)
		r = add_companions(domain, leave, error);
	if (r == 0)
		r = check_groups(operation, domain, leave, error);
	for (size_t i = 0; r == 0 && i < leave->functions.count; i++)
		if (domain_find_hostdev(domain, &leave->functions.items[i]) &&
		    pci_addresses_add(&leave->hostdevs, &leave->functions.items[i]) < 0)
			r = no_memory(error);
	return r;
}

/* ---- giving them back --------------------------------------------------------------------- */

/* Whether some of the claim's functions are listed, or some are not. */
static bool has_any(const struct claim *claim, const struct pci_addresses *functions, bool listed)
{
	for (size_t i = 0; i < claim->function_count; i++)
		if (pci_addresses_have(functions, &claim->functions[i].address) == listed)
			return true;
	return false;
}

static int copy_claim(const struct claim *claim, struct claim *ret_copy, struct error *error)
{
	_cleanup_free_ char *text = claim_format(claim);

	return text ? claim_parse("claim", text, strlen(text), ret_copy, error) : no_memory(error);
}

static int rename_claim(struct claim *claim, const char *owner, struct error *error)
{
	char *name = claim_hotplug_name(&claim->functions[0].address, owner);

	if (!name)
		return no_memory(error);
	free(claim->vm);
	claim->vm = name;
	return 0;
}

static bool has_display(const struct claim *claim)
{
	for (size_t i = 0; i < claim->function_count; i++)
		if (claim->functions[i].drm_before)
			return true;
	return false;
}

/*
 * What the host had with the devices comes back with the display, if that leaves as a whole, else
 * with those that stay. Modules are in both claims: a node that one of them makes (nvidia_drm) is
 * waited for, and one that is loaded again is not loaded twice.
 */
static void part_host(struct claim *leaving, struct claim *staying)
{
	struct claim *without = has_display(leaving) && !has_display(staying) ? staying : leaving;

	strings_clear(&without->units);
	strings_clear(&without->framebuffers);
	strings_clear(&without->consoles);
}

/*
 * Makes two claims of one: *claim keeps what leaves, *ret_staying gets the rest. One of the two
 * goes by the old name, *ret_renamed is the other one.
 */
static int split(const struct operation *operation, const struct pci_addresses *functions,
		 struct claim *claim, struct claim *ret_staying, struct claim **ret_renamed,
		 struct error *error)
{
	_cleanup_free_ char *name = strdup(claim->vm);
	int r = name ? copy_claim(claim, ret_staying, error) : no_memory(error);

	if (r < 0)
		return r;
	claim_keep(claim, functions, true);
	claim_keep(ret_staying, functions, false);
	part_host(claim, ret_staying);
	*ret_renamed = claim;
	r = rename_claim(claim, operation->vm, error);
	/* it is called by its first function, which leaves */
	if (r == 0 && text_same(claim->vm, name)) {
		*ret_renamed = ret_staying;
		r = rename_claim(ret_staying, operation->vm, error);
	}
	return r;
}

/*
 * Restores the listed functions of a claim that has others too; the caller holds its lock. The new
 * name is locked before it is written: whoever releases the VM's claims waits for both. The old
 * name is written last, so that each function is in a claim at any time; until then those of the
 * new one are in two, with the same state before.
 */
static int release_part(const struct operation *operation, const struct pci_addresses *functions,
			struct claim *claim, char **ret_moved, struct errors *errors)
{
	_cleanup_claim_ struct claim staying = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_close_ int lock = -1;
	struct claim *renamed = NULL;
	struct operation back;
	int r = split(operation, functions, claim, &staying, &renamed, &error);

	if (r == 0) {
		lock = store_lock_vm(operation->store, renamed->vm, &operation->patience, &error);
		r = lock < 0 ? lock : operation_write_claim(operation, renamed, &error);
	}
	if (r == 0)
		r = operation_write_claim(operation, renamed == claim ? &staying : claim, &error);
	if (r < 0) {
		errors_add(errors, &error);
		return r;
	}
	*ret_moved = restore_describe(claim);
	back = operation_way_back(operation, claim->timeout_ms);
	return restore_claim(&back, claim, errors);
}

/* Restores what leaves of one claim, if it still is the one that was `seen`. */
static int release_claim(const struct operation *operation, const struct claim *seen,
			 const struct pci_addresses *functions, char **ret_moved,
			 struct errors *errors)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_close_ int lock =
		store_lock_vm(operation->store, seen->vm, &operation->patience, &error);
	struct operation back;
	int r = lock < 0 ? lock : claim_read(operation->store, seen->vm, &claim, &error);

	if (r == -ENOENT && !error.code)
		return 0;
	if (r < 0) {
		errors_add(errors, &error);
		return r;
	}
	if (claim.phase != CLAIM_HELD || !text_same(claim.token, seen->token))
		return 0;
	if (has_any(&claim, functions, false))
		return release_part(operation, functions, &claim, ret_moved, errors);
	*ret_moved = restore_describe(&claim);
	back = operation_way_back(operation, claim.timeout_ms);
	return restore_claim(&back, &claim, errors);
}

int hotplug_leave_release(const struct operation *operation, const struct hotplug_leave *leave,
			  char **ret_moved, struct errors *errors)
{
	_cleanup_strings_ struct strings moved = STRINGS_INIT;
	int first = 0;

	for (size_t i = 0; i < leave->claims.count; i++) {
		const struct claim *claim = &leave->claims.items[i];
		_cleanup_free_ char *text = NULL;
		int r;

		if (!has_any(claim, &leave->functions, true))
			continue;
		r = release_claim(operation, claim, &leave->functions, &text, errors);
		if (r < 0 && first == 0)
			first = r;
		if (text)
			(void)strings_add(&moved, text);
	}
	*ret_moved = moved.count ? strings_join(&moved, "; ") : NULL;
	return first;
}
