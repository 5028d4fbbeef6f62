/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/verbs.h"

const struct verb *const verbs[] = {
	&verb_status, &verb_recover, &verb_holders, &verb_boot, &verb_iommu, &verb_plan, NULL,
};
