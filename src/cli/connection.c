/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/connection.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/cleanup.h"

#define LIBRARY "libvirt.so.0"

/* What is used of the library, under the names that it has. */
/* clang-format off */
#define FUNCTIONS(each) \
	each(virConnectOpen) \
	each(virConnectOpenReadOnly) \
	each(virConnectClose) \
	each(virConnectIsAlive) \
	each(virConnectListAllDomains) \
	each(virConnectListAllNodeDevices) \
	each(virConnectDomainEventRegisterAny) \
	each(virDomainLookupByName) \
	each(virDomainLookupByUUIDString) \
	each(virDomainIsActive) \
	each(virDomainGetName) \
	each(virDomainGetXMLDesc) \
	each(virDomainAttachDeviceFlags) \
	each(virDomainDetachDeviceFlags) \
	each(virNodeDeviceGetXMLDesc) \
	each(virNodeDeviceFree) \
	each(virDomainFree) \
	each(virEventRegisterDefaultImpl) \
	each(virEventRunDefaultImpl) \
	each(virEventAddHandle) \
	each(virEventRemoveHandle) \
	each(virEventAddTimeout) \
	each(virEventRemoveTimeout) \
	each(virGetLastError) \
	each(virSetErrorFunc)
/* clang-format on */

/* NOLINTNEXTLINE(bugprone-macro-parentheses): it is declared */
#define MEMBER(function) __typeof__(function) *function;

struct api {
	FUNCTIONS(MEMBER)
};

struct connection {
	void *library;
	struct api api;
	virConnectPtr connection;
	bool changed; /* an event has come */
};

/* libvirt prints each error itself unless somebody takes it. */
static void take_error(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

#define SYMBOL(function) { #function, (void **)&connection->api.function },

static int load(struct connection *connection, struct error *error)
{
	const struct {
		const char *name;
		void **function;
	} symbols[] = { FUNCTIONS(SYMBOL) };
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
	error_set(error, ELIBACC, "cannot load libvirt");
	error_why(error, "%s", dlerror());
	error_hint(error, "Install libvirt's client library.");
	return -ELIBACC;
}

static int report(const struct api *api, const char *what, struct error *error)
{
	virErrorPtr last = api->virGetLastError();

	error_set(error, EIO, "%s", what);
	error_why(error, "%s", last && last->message ? last->message : "libvirt does not say why");
	return -EIO;
}

/* ---- events ------------------------------------------------------------------------------- */

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail,
			void *data)
{
	struct connection *watched = data;

	(void)connection;
	(void)domain;
	(void)event;
	(void)detail;
	watched->changed = true;
	return 0;
}

static void on_readable(int watch, int fd, int events, void *data)
{
	struct connection *watched = data;

	(void)watch;
	(void)fd;
	(void)events;
	watched->changed = true;
}

static void on_time(int timer, void *data)
{
	bool *late = data;

	(void)timer;
	*late = true;
}

/* A daemon that has gone is seen by who asks: its connection is not alive then. */
static int register_events(struct connection *connection, struct error *error)
{
	const struct api *api = &connection->api;
	int id = api->virConnectDomainEventRegisterAny(
		connection->connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), connection, NULL);

	return id < 0 ? report(api, "cannot follow libvirt's domains", error) : 0;
}

int connection_watch(struct connection *connection, int fd, int timeout_ms, struct error *error)
{
	const struct api *api = &connection->api;
	bool late = false;
	int handle = -1, timer = -1;
	int r = 0;

	connection->changed = false;
	if (fd >= 0)
		handle = api->virEventAddHandle(fd, VIR_EVENT_HANDLE_READABLE, on_readable,
						connection, NULL);
	if (timeout_ms >= 0)
		timer = api->virEventAddTimeout(timeout_ms, on_time, &late, NULL);
	/* without them it would wait for ever, or miss what comes */
	if ((fd >= 0 && handle < 0) || (timeout_ms >= 0 && timer < 0))
		r = report(api, "cannot wait for libvirt", error);
	while (r == 0 && !connection->changed && !late) {
		if (api->virConnectIsAlive(connection->connection) != 1)
			r = error_set(error, ENOTCONN, "libvirt's daemon has ended");
		else if (api->virEventRunDefaultImpl() < 0)
			r = report(api, "cannot wait for libvirt", error);
	}
	if (handle >= 0)
		api->virEventRemoveHandle(handle);
	if (timer >= 0)
		api->virEventRemoveTimeout(timer);
	if (r < 0)
		return r;
	return connection->changed ? 0 : -ETIMEDOUT;
}

/* ---- the connection ----------------------------------------------------------------------- */

/* What kept us from connecting, as far as libvirt tells it in words. */
static void hint_open(const char *uri, struct error *error)
{
	if (error && error->why &&
	    (strstr(error->why, "authentication") || strstr(error->why, "denied")))
		error_hint(error, "Try it with sudo, or join the group libvirt.");
	else if (strstr(uri, ":///"))
		error_hint(error,
			   "Is its daemon running? systemctl status libvirtd (or virtqemud)");
	else
		error_hint(error, "Does `virsh -c %s uri` work?", uri);
}

bool connection_is_own(const char *uri)
{
	return strncmp(uri, "qemu", strlen("qemu")) == 0 && strstr(uri, ":///system");
}

int connection_open(const char *uri, enum connection_access access,
		    struct connection **ret_connection, struct error *error)
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
	connection->api.virSetErrorFunc(NULL, take_error);
	/* the loop has to be there before the connection that it is to serve */
	if (access == CONNECTION_WATCH)
		connection->api.virEventRegisterDefaultImpl();
	connection->connection = access == CONNECTION_WRITE
					 ? connection->api.virConnectOpen(uri)
					 : connection->api.virConnectOpenReadOnly(uri);
	if (!connection->connection) {
		r = report(&connection->api, "cannot ask libvirt", error);
		hint_open(uri, error);
		connection_close(connection);
		return r;
	}
	r = access == CONNECTION_WATCH ? register_events(connection, error) : 0;
	if (r < 0) {
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
	virDomainPtr domain = uuid ? api->virDomainLookupByUUIDString(connection->connection, uuid)
				   : api->virDomainLookupByName(connection->connection, name);
	int active;

	if (!domain) {
		virErrorPtr last = api->virGetLastError();

		if (last && last->code == VIR_ERR_NO_DOMAIN) {
			*ret_runs = false;
			return 0;
		}
		return report(api, "cannot ask libvirt for the VM", error);
	}
	active = api->virDomainIsActive(domain);
	api->virDomainFree(domain);
	if (active < 0)
		return report(api, "cannot ask libvirt whether the VM runs", error);
	*ret_runs = active;
	return 0;
}

/* ---- domains ------------------------------------------------------------------------------ */

int connection_list_domains(const struct connection *connection, struct strings *ret_names,
			    struct error *error)
{
	const struct api *api = &connection->api;
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	virDomainPtr *domains = NULL;
	int count = api->virConnectListAllDomains(connection->connection, &domains, 0);
	int r = 0;

	if (count < 0)
		return report(api, "cannot ask libvirt for its domains", error);
	for (int i = 0; i < count; i++) {
		if (r == 0)
			r = strings_add(&names, api->virDomainGetName(domains[i]));
		api->virDomainFree(domains[i]);
	}
	free(domains);
	if (r < 0)
		return error_set_errno(error, ENOMEM, "cannot ask libvirt for its domains");
	strings_clear(ret_names);
	*ret_names = names;
	names = STRINGS_INIT;
	return 0;
}

int connection_list_pci(const struct connection *connection, struct strings *ret_xmls,
			struct error *error)
{
	const struct api *api = &connection->api;
	_cleanup_strings_ struct strings xmls = STRINGS_INIT;
	virNodeDevicePtr *devices = NULL;
	int count = api->virConnectListAllNodeDevices(connection->connection, &devices,
						      VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV);
	int r = 0;

	if (count < 0)
		return report(api, "cannot ask libvirt for its devices", error);
	for (int i = 0; i < count; i++) {
		/* one that is unplugged meanwhile is left out */
		_cleanup_free_ char *xml = api->virNodeDeviceGetXMLDesc(devices[i], 0);

		if (r == 0 && xml)
			r = strings_add(&xmls, xml);
		api->virNodeDeviceFree(devices[i]);
	}
	free(devices);
	if (r < 0)
		return error_set_errno(error, ENOMEM, "cannot ask libvirt for its devices");
	strings_clear(ret_xmls);
	*ret_xmls = xmls;
	xmls = STRINGS_INIT;
	return 0;
}

/* libvirt knows no domain of the name; perhaps one of nearly that name. */
static int report_unknown(const struct connection *connection, const char *name,
			  struct error *error)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_free_ char *quoted = text_quote(name);
	const char *near = NULL;

	if (connection_list_domains(connection, &names, NULL) == 0 &&
	    array_grow(&names.items, names.count, sizeof(*names.items)) == 0)
		near = text_nearest(name, (const char *const *)names.items);
	error_set(error, ENOENT, "libvirt knows no domain \"%s\"", quoted ? quoted : "?");
	if (near)
		error_hint(error, "Did you mean \"%s\"?", near);
	else
		error_hint(error, "These are there: virsh list --all");
	return -ENOENT;
}

/* The domain, which the caller frees. Returns as connection_domain_xml(). */
static int look_up(const struct connection *connection, const char *name, virDomainPtr *ret_domain,
		   struct error *error)
{
	const struct api *api = &connection->api;
	virErrorPtr last;

	*ret_domain = api->virDomainLookupByName(connection->connection, name);
	if (*ret_domain)
		return 0;
	last = api->virGetLastError();
	if (last && last->code == VIR_ERR_NO_DOMAIN)
		return report_unknown(connection, name, error);
	return report(api, "cannot ask libvirt for the domain", error);
}

int connection_domain_xml(const struct connection *connection, const char *name,
			  enum connection_definition definition, char **ret_xml,
			  struct error *error)
{
	const struct api *api = &connection->api;
	virDomainPtr domain;
	char *xml;
	int r = look_up(connection, name, &domain, error);

	if (r < 0)
		return r;
	xml = api->virDomainGetXMLDesc(
		domain, definition == DEFINITION_CONFIG ? VIR_DOMAIN_XML_INACTIVE : 0);
	api->virDomainFree(domain);
	if (!xml)
		return report(api, "cannot ask libvirt for the domain's XML", error);
	*ret_xml = xml;
	return 0;
}

static unsigned int affects(enum connection_definition definition)
{
	return definition == DEFINITION_LIVE ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;
}

/* virDomainAttachDeviceFlags() or virDomainDetachDeviceFlags() */
typedef int device_function(virDomainPtr domain, const char *xml, unsigned int flags);

static int change(const struct connection *connection, device_function *function, const char *what,
		  const char *name, enum connection_definition definition, const char *xml,
		  struct error *error)
{
	const struct api *api = &connection->api;
	virDomainPtr domain;
	int r = look_up(connection, name, &domain, error);

	if (r < 0)
		return r;
	r = function(domain, xml, affects(definition));
	r = r < 0 ? report(api, what, error) : 0;
	api->virDomainFree(domain);
	return r;
}

int connection_attach(const struct connection *connection, const char *name,
		      enum connection_definition definition, const char *xml, struct error *error)
{
	return change(connection, connection->api.virDomainAttachDeviceFlags,
		      "libvirt does not attach the device", name, definition, xml, error);
}

int connection_detach(const struct connection *connection, const char *name,
		      enum connection_definition definition, const char *xml, struct error *error)
{
	return change(connection, connection->api.virDomainDetachDeviceFlags,
		      "libvirt does not detach the device", name, definition, xml, error);
}

void connection_close(struct connection *connection)
{
	if (!connection)
		return;
	if (connection->connection)
		connection->api.virConnectClose(connection->connection);
	/* the library stays loaded: it has threads of its own */
	free(connection);
}
