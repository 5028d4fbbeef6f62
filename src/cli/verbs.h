/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of verbs: each is defined in the file of its name. */
#ifndef GH_CLI_VERBS_H
#define GH_CLI_VERBS_H

#include "cli/verb.h"

extern const struct verb verb_status, verb_recover, verb_holders, verb_boot, verb_iommu, verb_plan;

#endif
