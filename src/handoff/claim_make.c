/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/claim_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "handoff/preflight.h"
#include "host/vfio.h"

/* What the function goes to: the INI file's word, the XML's, or what fits it best. */
static int choose_driver(const struct root *root, const struct selected_function *selected,
			 char **ret_driver)
{
	const char *named = selected->device->driver;

	if (!named && selected->hostdev)
		named = selected->hostdev->driver;
	if (!named)
		return vfio_choose_driver(root, selected->function->modalias, ret_driver);
	/* libvirt takes a module's name there as well (virPCIDeviceFindDriver) */
	*ret_driver = strdup(strcmp(named, "vfio_pci") == 0 ? VFIO_DRIVER : named);
	return *ret_driver ? 0 : -ENOMEM;
}

static int claim_add(const struct root *root, const struct selected_function *selected,
		     struct claim *claim)
{
	const struct config_device *device = selected->device;
	struct claim_function *function;

	if (array_grow(&claim->functions, claim->function_count, sizeof(*function)) < 0)
		return -ENOMEM;
	function = &claim->functions[claim->function_count++];
	function->address = selected->function->address;
	memcpy(function->name, selected->function->name, sizeof(function->name));
	function->id = selected->function->id;
	function->group = selected->function->group;
	function->restore = device->restore;
	if (device->restore_driver) {
		function->restore_driver = strdup(device->restore_driver);
		if (!function->restore_driver)
			return -ENOMEM;
	}
	return choose_driver(root, selected, &function->vfio_driver);
}

/* 64 random bits; without them, which no kernel of today lacks, the time tells claims apart. */
static char *make_token(void)
{
	unsigned long long bits;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits))
		bits = (unsigned long long)clock_now_ms();
	return text_format("%016llx", bits);
}

int claim_make(const struct operation *operation, const struct config *config, const char *uuid,
	       const struct selection *selection, struct claim *ret_claim, struct error *error)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	int r = claim_boot_id(operation->root, &claim.boot_id, error);

	if (r < 0)
		return r;
	claim.phase = CLAIM_RESERVING;
	claim.timeout_ms = config->timeout_ms;
	claim.vm = strdup(operation->vm);
	claim.token = make_token();
	claim.uuid = uuid ? strdup(uuid) : NULL;
	if (!claim.vm || !claim.token || (uuid && !claim.uuid))
		return error_set_errno(error, ENOMEM, "cannot make the claim");
	for (size_t i = 0; i < selection->count; i++) {
		const struct selected_function *selected = &selection->items[i];

		if (claim_add(operation->root, selected, &claim) < 0)
			return error_set_errno(error, ENOMEM, "cannot make the claim");
		r = preflight_check_driver(operation->root, selected,
					   claim.functions[i].vfio_driver, error);
		if (r < 0)
			return r;
	}
	*ret_claim = claim;
	claim = CLAIM_INIT;
	return 0;
}
