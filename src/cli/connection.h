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
#include "base/text.h"

struct connection;

enum connection_access {
	CONNECTION_READ,  /* for looking: every user may, without being asked for a password */
	CONNECTION_WATCH, /* the same, and for connection_watch(); one of a process */
	CONNECTION_WRITE, /* for changing domains */
};

/*
 * Whether the URI is that of this host's system daemon of QEMU. Another host's, or another
 * driver's, has never heard of this host's VMs: what it says would be taken for "does not run".
 */
bool connection_is_own(const char *uri);

/*
 * Connects to the daemon at the URI; may wait for it without a limit. Returns 0 or a negative errno
 * with `error` filled. The caller closes *ret_connection.
 */
int connection_open(const char *uri, enum connection_access access,
		    struct connection **ret_connection, struct error *error);

/*
 * Whether the domain is active: runs, is being started or being stopped; one that libvirt does not
 * know is not. By UUID when there is one, since a name may have come to be another's. Returns 0 or
 * a negative errno with `error` filled.
 */
int connection_vm_runs(const struct connection *connection, const char *name, const char *uuid,
		       bool *ret_runs, struct error *error);

/* Which of a domain's two definitions is meant; one that does not run has both alike. */
enum connection_definition {
	DEFINITION_CONFIG, /* of the next start */
	DEFINITION_LIVE,   /* of now */
};

/*
 * The domain's XML, the caller's. Returns 0; -ENOENT for a domain that libvirt does not know, with
 * a near name in the hint; or another negative errno; `error` is filled.
 */
int connection_domain_xml(const struct connection *connection, const char *name,
			  enum connection_definition definition, char **ret_xml,
			  struct error *error);

/* The names of all domains, defined and running ones. Returns 0 or a negative errno. */
int connection_list_domains(const struct connection *connection, struct strings *ret_names,
			    struct error *error);

/*
 * The XML of each of the host's PCI functions, as node devices, in no order. Returns 0 or a
 * negative errno with `error` filled.
 */
int connection_list_pci(const struct connection *connection, struct strings *ret_xmls,
			struct error *error);

/*
 * Adds or removes the device whose XML it is. With DEFINITION_LIVE removing is a request to the
 * guest, which may not have let go when this returns. Returns 0 or a negative errno with `error`
 * filled.
 */
int connection_attach(const struct connection *connection, const char *name,
		      enum connection_definition definition, const char *xml, struct error *error);
int connection_detach(const struct connection *connection, const char *name,
		      enum connection_definition definition, const char *xml, struct error *error);

/*
 * Waits until a domain changes its state, the descriptor can be read (-1: none), or the time is
 * over; -1 ms: no limit. Returns 0, -ETIMEDOUT, or another negative errno with `error` filled,
 * -ENOTCONN when the daemon has gone.
 */
int connection_watch(struct connection *connection, int fd, int timeout_ms, struct error *error);

void connection_close(struct connection *connection);

static inline void cleanup_connection(struct connection **connection)
{
	connection_close(*connection);
}

#define _cleanup_connection_ __attribute__((cleanup(cleanup_connection)))

#endif
