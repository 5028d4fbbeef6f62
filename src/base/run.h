/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /run, where claims, locks and notes are: what its owner can do when it takes nothing. */
#ifndef GH_BASE_RUN_H
#define GH_BASE_RUN_H

#include "base/error.h"

/*
 * Gives `error`, that something below /run could not be written, a hint when its code says that
 * /run is full or read-only; leaves every other one as it is. Returns `r`, the caller's result.
 */
int run_explain(int r, struct error *error);

#endif
