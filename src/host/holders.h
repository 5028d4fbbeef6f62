/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the holders of PCI functions: processes, file systems, swap, volumes, network interfaces,
 * USB devices, mediated devices and virtual functions. Reads only; the device nodes that it opens
 * are those of disks, for a moment, to see whether something has claimed them.
 */
#ifndef GH_HOST_HOLDERS_H
#define GH_HOST_HOLDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"
#include "base/worker.h"
#include "host/holder.h"

/*
 * Looks for the holders of all `functions` (addresses in full) in one pass over /proc, in this
 * process. May block on a machine where a file system or a process is stuck; see holders_look().
 * A function that is gone has no holders. Returns 0 or a negative errno with `error` filled. The
 * caller clears *ret_holders, which is untouched on failure.
 */
int holders_scan(const struct root *root, const struct strings *functions,
		 struct holders *ret_holders, struct error *error);

/*
 * Of these only USB devices, mediated devices and virtual functions: those that stay whatever ends.
 * Cannot block. Returns as holders_scan().
 */
int holders_scan_lasting(const struct root *root, const struct strings *functions,
			 struct holders *ret_holders, struct error *error);

/*
 * holders_scan() by a worker, behind the context's deadline. Where this process may not look into
 * every other one (AppArmor lets the hook look into unconfined ones only), the worker's part is
 * done by HOLDERS_PROGRAM, which AppArmor runs unconfined; what that one cannot see either is
 * counted in `unseen`. Returns as holders_scan(), and as worker_run().
 */
int holders_look(const struct worker_context *context, const struct strings *functions,
		 struct holders *ret_holders, struct error *error);

/*
 * Ends those of `holders` that are processes, and waits until they have ended: SIGTERM, and after
 * grace_ms SIGKILL, by a worker as in holders_look(). No other process is touched, nor one that
 * holders_is_protected(). *ret_ended gets a line for each process that was ended ("Xorg (pid 1234,
 * user gdm)"), also on failure; the caller clears it. Returns 0 when none of them is left, which
 * does not say that nothing holds the functions any more, or a negative errno with `error` filled.
 */
int holders_terminate(const struct worker_context *context, const struct holders *holders,
		      int64_t grace_ms, struct strings *ret_ended, struct error *error);

/* holders_terminate() in this process, without the worker: for HOLDERS_PROGRAM. */
int holders_terminate_here(const struct root *root, const struct holders *holders, int64_t grace_ms,
			   struct strings *ret_ended, struct error *error);

/*
 * The same for HOLDERS_PROGRAM when it works for another process: a line with a "+" for each that
 * was ended goes to `output_fd`, and the error in a line with a "!". Reader and writer are the same
 * build.
 */
void holders_terminate_raw(const struct root *root, const struct holders *holders, int64_t grace_ms,
			   int output_fd);

/* Process 1, this process, and those that wait for it: the hook, libvirt's daemon. */
bool holders_is_protected(const struct root *root, pid_t pid);

/*
 * Whether an unbind from the driver of a function in use may never return or crash the kernel, as
 * far as is known (facts in holders.c); a driver of VFIO's counts.
 */
bool holders_driver_may_hang(const char *driver);

/* The same for the driver that the function is on now: without one it cannot, unread it may. */
bool holders_function_may_hang(const struct root *root, const char *function);

#endif
