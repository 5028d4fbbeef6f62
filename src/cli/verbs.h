/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of verbs: each is defined in the file of its name. */
#ifndef GH_CLI_VERBS_H
#define GH_CLI_VERBS_H

#include "cli/verb.h"

extern const struct verb verb_list;
extern const struct verb verb_show;
extern const struct verb verb_check;
extern const struct verb verb_plan;
extern const struct verb verb_init;
extern const struct verb verb_attach;
extern const struct verb verb_detach;
extern const struct verb verb_status;
extern const struct verb verb_acquire;
extern const struct verb verb_release;
extern const struct verb verb_recover;
extern const struct verb verb_holders;
extern const struct verb verb_boot;
extern const struct verb verb_iommu;

#endif
