/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading and unloading of kernel modules, by way of modprobe(8) and rmmod(8), in workers. */
#ifndef GH_HOST_KMOD_LOAD_H
#define GH_HOST_KMOD_LOAD_H

#include "base/error.h"
#include "base/worker.h"

/*
 * Loads a module and what it depends on, in a worker; done too when it is loaded or built in.
 * Returns 0 or a negative errno, -ENOENT when modprobe refused, with `error` filled.
 */
int kmod_load(const struct worker_context *context, const char *module, struct error *error);

/*
 * Unloads a module, in a worker, with a few tries while it is in use; done too when it is not
 * loaded. modprobe(8) takes along what the module depends on and nothing else uses. Where a device
 * is on a driver of one of these, rmmod(8) does the same without that one: functions leave their
 * drivers one by one, and others' not at all. Returns 0; -EBUSY when it stays, with its reference
 * count and its users in `error`; or another negative errno.
 */
int kmod_unload(const struct worker_context *context, const char *module, struct error *error);

#endif
