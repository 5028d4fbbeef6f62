/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the verb `iommu`. Each reports by itself and returns the exit status. */
#ifndef GH_CLI_IOMMU_H
#define GH_CLI_IOMMU_H

#include "cli/verb.h"

/* What the boot loader needs so that the IOMMU is on. `apply`: does it. */
int iommu_enable(const struct root *root, bool apply);

#endif
