/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GH309: claims that cannot be followed, which keep every VM from what they may have. */
#include <errno.h>

#include "base/cleanup.h"
#include "cli/check.h"
#include "handoff/claim.h"

static void check_claim(const struct root *root, const struct store *store, const char *name,
			struct findings *findings)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *about = text_format("/" STORE_DIRECTORY "/vm/%s.claim", name);
	int r = claim_read(store, name, &claim, &error);

	if (r == 0)
		r = claim_check_boot(root, &claim, &error);
	if (!about)
		findings->no_memory = true;
	else if (r < 0 && error.code)
		finding_add_error(findings, FINDING_CLAIM_BROKEN, about, &error, NULL);
}

void check_claims(const struct command *command, struct findings *findings)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = store_open_existing(&command->root, &store, &error);

	if (r == 0)
		r = claim_list(&store, &names, &error);
	if (r < 0 && error.code)
		finding_add_unseen(findings, FINDING_CONFIG_UNSEEN, "/" STORE_DIRECTORY, &error);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		check_claim(&command->root, &store, names.items[i], findings);
}
