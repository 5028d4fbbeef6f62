/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/connection.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/cleanup.h"

#define LIBRARY "libvirt.so.0"

/* What is used of the library, under the names that it has. */
struct api {
	__typeof__(virConnectOpen) *open;
	__typeof__(virConnectClose) *close;
	__typeof__(virDomainLookupByName) *lookup_by_name;
	__typeof__(virDomainLookupByUUIDString) *lookup_by_uuid;
	__typeof__(virDomainIsActive) *is_active;
	__typeof__(virDomainFree) *free_domain;
	__typeof__(virGetLastError) *last_error;
	__typeof__(virSetErrorFunc) *set_error_function;
};

struct connection {
	void *library;
	struct api api;
	virConnectPtr connection;
};

/* libvirt prints each error itself unless somebody takes it. */
static void take_error(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

static int load(struct connection *connection, struct error *error)
{
	const struct {
		const char *name;
		void **function;
	} symbols[] = {
		{ "virConnectOpen", (void **)&connection->api.open },
		{ "virConnectClose", (void **)&connection->api.close },
		{ "virDomainLookupByName", (void **)&connection->api.lookup_by_name },
		{ "virDomainLookupByUUIDString", (void **)&connection->api.lookup_by_uuid },
		{ "virDomainIsActive", (void **)&connection->api.is_active },
		{ "virDomainFree", (void **)&connection->api.free_domain },
		{ "virGetLastError", (void **)&connection->api.last_error },
		{ "virSetErrorFunc", (void **)&connection->api.set_error_function },
	};
	bool complete;

	connection->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	complete = connection->library != NULL;
	for (size_t i = 0; complete && i < ARRAY_SIZE(symbols); i++) {
		*symbols[i].function = dlsym(connection->library, symbols[i].name);
		complete = *symbols[i].function != NULL;
	}
	if (complete)
		return 0;
	/* what has been loaded stays so: libvirt cannot be unloaded */
	error_set(error, ENOENT, "cannot load libvirt");
	error_why(error, "%s", dlerror());
	error_hint(error, "Install libvirt's client library.");
	return -ENOENT;
}

static int report(const struct api *api, const char *what, struct error *error)
{
	virErrorPtr last = api->last_error();

	error_set(error, EIO, "%s", what);
	error_why(error, "%s", last && last->message ? last->message : "libvirt does not say why");
	return -EIO;
}

int connection_open(const char *uri, struct connection **ret_connection, struct error *error)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int r;

	if (!connection)
		return error_set_errno(error, ENOMEM, "cannot connect to libvirt");
	r = load(connection, error);
	if (r < 0) {
		free(connection);
		return r;
	}
	connection->api.set_error_function(NULL, take_error);
	connection->connection = connection->api.open(uri);
	if (!connection->connection) {
		r = report(&connection->api, "cannot ask libvirt", error);
		error_hint(error,
			   "Is its daemon running? systemctl status libvirtd (or virtqemud)");
		connection_close(connection);
		return r;
	}
	*ret_connection = connection;
	return 0;
}

int connection_vm_runs(const struct connection *connection, const char *name, const char *uuid,
		       bool *ret_runs, struct error *error)
{
	const struct api *api = &connection->api;
	virDomainPtr domain = uuid ? api->lookup_by_uuid(connection->connection, uuid)
				   : api->lookup_by_name(connection->connection, name);
	int active;

	if (!domain) {
		virErrorPtr last = api->last_error();

		if (last && last->code == VIR_ERR_NO_DOMAIN) {
			*ret_runs = false;
			return 0;
		}
		return report(api, "cannot ask libvirt for the VM", error);
	}
	active = api->is_active(domain);
	api->free_domain(domain);
	if (active < 0)
		return report(api, "cannot ask libvirt whether the VM runs", error);
	*ret_runs = active;
	return 0;
}

void connection_close(struct connection *connection)
{
	if (!connection)
		return;
	if (connection->connection)
		connection->api.close(connection->connection);
	/* the library stays loaded: it has threads of its own */
	free(connection);
}
