/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel modules, by way of modprobe(8).
 */
#ifndef GH_HOST_KMOD_H
#define GH_HOST_KMOD_H

#include "base/error.h"
#include "base/worker.h"

/*
 * Loads a module and what it depends on, in a worker; done too when it is loaded or built in.
 * Returns 0 or a negative errno, -ENOENT when modprobe refused, with `error` filled.
 */
int kmod_load(const struct worker_context *context, const char *module, struct error *error);

#endif
