/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GH4xx: what a start of a domain would meet on the host as it is now. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/check.h"
#include "handoff/acquire_plan.h"
#include "handoff/in_use.h"
#include "handoff/in_use_report.h"
#include "handoff/preflight.h"
#include "handoff/reserve.h"
#include "handoff/select.h"
#include "host/iommu.h"
#include "host/kmod.h"
#include "host/vfio.h"

struct start_check {
	const struct command *command;
	const struct domain *domain;
	const struct config *config;
	const struct pci_functions *host;
	struct findings *findings;
};

static void check_groups(const struct start_check *check, const struct selection *wanted,
			 bool *ret_good)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	enum iommu_maker maker;
	int r = preflight_check_groups(&check->command->root, wanted, check->host, &error);

	*ret_good = r == 0;
	if (r == -ENODEV)
		finding_add_error(check->findings, FINDING_NO_GROUP, NULL, &error,
				  iommu_look(&check->command->root, &maker) == IOMMU_OFF
					  ? strdup("  gpu-handoff iommu --enable --apply\n"
						   "Then reboot.")
					  : NULL);
	else if (r < 0)
		finding_add_error(check->findings, FINDING_GROUP_SHARED, NULL, &error, NULL);
}

/* One driver is told of once. */
static bool is_repeated(const struct claim *claim, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(claim->functions[i].vfio_driver, claim->functions[index].vfio_driver) ==
		    0)
			return true;
	return false;
}

static void check_driver(const struct start_check *check, const struct claim_function *function)
{
	const struct root *root = &check->command->root;
	const char *driver = function->vfio_driver;

	/* that vfio-pci is missing is told of the host; no list of modules, too */
	if (strcmp(driver, VFIO_DRIVER) == 0 || pci_driver_registered(root, driver) ||
	    kmod_is_there(root, driver) != 0)
		return;
	finding_add(check->findings, FINDING_NO_DRIVER, function->name,
		    text_format("It is to be on %s for the VM, which the running kernel does not "
				"have.",
				driver),
		    text_format("Install the package with that module, or take the driver out of "
				"`driver =` in %s, or out of the <driver model='...'/> of its "
				"<hostdev>: " VFIO_DRIVER " fits every device.",
				check->config->path));
}

static void check_users(const struct start_check *check, const struct in_use *in_use)
{
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *list = NULL;
	_cleanup_free_ char *word = NULL;
	int r = in_use_look(in_use, &holders, &error);

	if (r < 0 && r != -EBUSY) {
		finding_add_unseen(check->findings, FINDING_DOMAIN_UNSEEN, check->domain->name,
				   &error);
		return;
	}
	list = in_use_list(&holders, "\n  ");
	word = text_shell_word(check->domain->name);
	if (r == -EBUSY) {
		finding_add_error(check->findings, FINDING_HELD,
				  error.device ? NULL : check->domain->name, &error, NULL);
	} else if (holders.count) {
		finding_add(check->findings, FINDING_HELD_FOR_NOW, check->domain->name,
			    list ? text_format("A start stops, waits for or ends, as %s says:%s",
					       check->config->path, list)
				 : NULL,
			    word ? text_format("What exactly it does:\n  gpu-handoff plan %s", word)
				 : NULL);
	}
	if (!holders.unseen)
		return;
	error_set(&error, EACCES, "%zu processes could not be looked into", holders.unseen);
	finding_add_unseen(check->findings, FINDING_DOMAIN_UNSEEN, check->domain->name, &error);
}

static void check_plan(const struct start_check *check, struct operation *operation)
{
	_cleanup_acquire_plan_ struct acquire_plan plan = ACQUIRE_PLAN_INIT;
	_cleanup_strings_ struct strings warnings = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	struct in_use in_use = {
		.operation = operation,
		.config = check->config,
		.selection = &plan.selection,
		.snapshot = &plan.snapshot,
		.unload = &plan.room.modules,
	};
	bool good = true, claimed = false;
	int r = acquire_plan_select(operation, check->config, check->domain, &plan, &warnings,
				    &error);

	check_groups(check, &plan.selection, &good);
	if (plan.selection.count == 0 || !good)
		return;
	if (r == 0 && operation->store->claims_fd >= 0 &&
	    reserve_look(operation, &plan.claim, &error) < 0) {
		claimed = true;
		finding_add_error(check->findings, FINDING_CLAIMED, NULL, &error, NULL);
		error_clear(&error);
	}
	for (size_t i = 0; i < plan.claim.function_count; i++)
		if (!is_repeated(&plan.claim, i))
			check_driver(check, &plan.claim.functions[i]);
	if (r == 0)
		r = acquire_plan_make(operation, check->config, &plan, &error);
	in_use.units_stopped = plan.room.units.count > 0;
	if (r < 0)
		finding_add_error(check->findings, FINDING_REFUSED,
				  error.device ? NULL : check->domain->name, &error, NULL);
	else if (!claimed)
		check_users(check, &in_use);
}

/* Whether the VM has its devices: then nothing of a start is looked at. */
static bool has_devices(const struct store *store, const char *vm)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;

	return store->claims_fd >= 0 && claim_read(store, vm, &claim, NULL) == 0 &&
	       claim.phase == CLAIM_HELD;
}

void check_start(const struct command *command, const struct domain *domain,
		 const struct config *config, const struct pci_functions *host,
		 struct findings *findings)
{
	const struct start_check check = {
		.command = command,
		.domain = domain,
		.config = config,
		.host = host,
		.findings = findings,
	};
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	struct operation operation = {
		.root = &command->root,
		.store = &store,
		.vm = domain->name,
		.patience = { .deadline_ms = clock_now_ms() + config->timeout_ms },
	};
	int r = store_open_existing(&command->root, &store, &error);

	if (r < 0 && error.code)
		finding_add_unseen(findings, FINDING_DOMAIN_UNSEEN, domain->name, &error);
	/* looking takes no lock */
	cleanup_close(&store.pci_fd);
	store.pci_fd = -1;
	if (!has_devices(&store, domain->name))
		check_plan(&check, &operation);
}
