/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/verbs.h"

#include <stddef.h>

/* In the order of use. */
const struct verb *const verbs[] = {
	&verb_list,    &verb_show,    &verb_check,  &verb_plan,    &verb_init,
	&verb_attach,  &verb_detach,  &verb_status, &verb_acquire, &verb_release,
	&verb_recover, &verb_holders, &verb_boot,   &verb_iommu,   NULL,
};
