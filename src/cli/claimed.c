/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/claimed.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "handoff/claim.h"

int claimed_add(struct claimed *claimed, const char *function, const char *vm)
{
	return strings_add(&claimed->functions, function) < 0 || strings_add(&claimed->vms, vm) < 0
		       ? -ENOMEM
		       : 0;
}

static int add_claim(const struct claim *claim, struct claimed *claimed)
{
	for (size_t i = 0; i < claim->function_count; i++)
		if (claimed_add(claimed, claim->functions[i].name, claim_owner(claim->vm)) < 0)
			return -ENOMEM;
	return 0;
}

int claimed_read(const struct root *root, struct claimed *claimed)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_strings_ struct strings vms = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = store_open_existing(root, &store, &error);

	claimed->hidden = r < 0 && (r != -ENOENT || error.code);
	if (r < 0 || claim_list(&store, &vms, NULL) < 0)
		return 0;
	for (size_t i = 0; i < vms.count; i++) {
		_cleanup_claim_ struct claim claim = CLAIM_INIT;
		_cleanup_error_ struct error broken = ERROR_INIT;

		if (!claim_owner(vms.items[i]))
			continue;
		if (claim_read(&store, vms.items[i], &claim, &broken) < 0) {
			if (broken.code)
				errors_add(&claimed->broken, &broken);
			continue;
		}
		if (add_claim(&claim, claimed) < 0)
			return -ENOMEM;
	}
	return 0;
}

const char *claimed_find(const struct claimed *claimed, const char *function)
{
	for (size_t i = 0; i < claimed->vms.count; i++)
		if (strcmp(claimed->functions.items[i], function) == 0)
			return claimed->vms.items[i];
	return NULL;
}

void claimed_clear(struct claimed *claimed)
{
	errors_clear(&claimed->broken);
	strings_clear(&claimed->functions);
	strings_clear(&claimed->vms);
}
