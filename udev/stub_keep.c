/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "handoff/claim.h"
#include "host/pci_binding.h"
#include "stub.h"

static bool claim_has(const struct claim *claim, const char *name)
{
	for (size_t i = 0; i < claim->function_count; i++)
		if (strcmp(claim->functions[i].name, name) == 0)
			return true;
	return false;
}

/* A claim that cannot be read may have any function. */
static int check_claims(const struct store *store, const char *name, struct error *error)
{
	_cleanup_strings_ struct strings vms = STRINGS_INIT;
	int r;

	if (store->fd < 0)
		return 0;
	r = claim_list(store, &vms, error);
	for (size_t i = 0; r == 0 && i < vms.count; i++) {
		_cleanup_claim_ struct claim claim = CLAIM_INIT;

		r = claim_read(store, vms.items[i], &claim, error);
		if (r == 0 && claim_has(&claim, name)) {
			r = error_set(error, EBUSY, "it is a VM's: left alone");
			error_device(error, name);
		} else if (r == -ENOENT && !error->code) {
			r = 0;
		}
	}
	return r;
}

/* Under its lock the kernel has bound it by now, or will find the override. */
static int settle(struct stub *stub, const char *name, const char *wanted,
		  enum stub_outcome *ret_outcome, struct error *error)
{
	_cleanup_free_ char *driver = NULL;
	int r = pci_driver_read(&stub->root, name, &driver);

	if (r < 0) {
		error_set_errno(error, -r, "cannot read the driver");
		error_device(error, name);
		return r;
	}
	if (driver && strcmp(driver, wanted) != 0) {
		/* an override on a function that another driver has would only surprise later */
		r = pci_override_set(&stub->workers, name, NULL, error);
		if (r == 0)
			*ret_outcome = STUB_TAKEN;
		return r;
	}
	*ret_outcome = driver ? STUB_KEPT : STUB_READY;
	return 0;
}

int stub_select(const struct stub *stub, struct boot_view *view, struct error *error)
{
	_cleanup_boot_storage_ struct boot_storage storage = BOOT_STORAGE_INIT;

	if (!stub->initramfs)
		return boot_view_select(&stub->root, NULL, view, error);
	if (boot_storage_read(&stub->root, &storage) < 0)
		return error_set_errno(error, ENOMEM, "cannot read /" BOOT_STORAGE_FILE);
	return boot_view_select(&stub->root, &storage, view, error);
}

int stub_keep(struct stub *stub, const struct selected_function *selected,
	      enum stub_outcome *ret_outcome, struct error *error)
{
	const char *name = selected->function->name;
	const char *wanted = selected->device->driver;
	_cleanup_pci_state_ struct pci_state state = PCI_STATE_INIT;
	int r = pci_state_look(&stub->root, name, &state, error);

	if (r < 0)
		return r;
	if (state.driver) {
		*ret_outcome = strcmp(state.driver, wanted) == 0 ? STUB_KEPT : STUB_TAKEN;
		return 0;
	}
	r = check_claims(&stub->store, name, error);
	if (r < 0)
		return r;
	pci_state_clear(&state);
	r = pci_state_read(&stub->workers, name, &state, error);
	if (r < 0)
		return r;
	if (state.driver_override && strcmp(state.driver_override, wanted) != 0) {
		_cleanup_free_ char *quoted = text_quote(state.driver_override);

		error_set(error, EPERM,
			  "somebody has set its driver override to \"%s\": left alone",
			  quoted ? quoted : "?");
		error_device(error, name);
		return -EPERM;
	}
	if (!state.driver_override) {
		r = pci_override_set(&stub->workers, name, wanted, error);
		if (r < 0)
			return r;
	}
	return settle(stub, name, wanted, ret_outcome, error);
}
