/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt's API. The only file that includes it is connection.c. The library is loaded when a verb
 * needs it: `holders` runs inside of a start, where the many libraries behind it would be felt, and
 * must work while the daemon waits for the hook.
 */
#ifndef GH_CLI_CONNECTION_H
#define GH_CLI_CONNECTION_H

#include <stdbool.h>

#include "base/error.h"

struct connection;

/*
 * Connects to the daemon at the URI; may wait for it without a limit. Returns 0 or a negative errno
 * with `error` filled. The caller closes *ret_connection.
 */
int connection_open(const char *uri, struct connection **ret_connection, struct error *error);

/*
 * Whether the domain is active: runs, is being started or being stopped; one that libvirt does not
 * know is not. By UUID when there is one, since a name may have come to be another's. Returns 0 or
 * a negative errno with `error` filled.
 */
int connection_vm_runs(const struct connection *connection, const char *name, const char *uuid,
		       bool *ret_runs, struct error *error);

void connection_close(struct connection *connection);

#endif
