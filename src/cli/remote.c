/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/remote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/connection.h"
#include "handoff/domain.h"
#include "handoff/xml.h"

#define NODE_DEVICE_MAX_BYTES (1024 * 1024)

/* ---- node devices (libvirt, docs/formatnode.rst) ------------------------------------------ */

static bool read_number(const char *text, unsigned long most, unsigned long *ret_number)
{
	char *end;

	if (!text)
		return false;
	errno = 0;
	*ret_number = strtoul(text, &end, 0);
	return !errno && end != text && !*end && *ret_number <= most;
}

static bool read_child(const struct xml_node *node, const char *name, unsigned long most,
		       unsigned long *ret_number)
{
	const struct xml_node *child = xml_child(node, name);
	_cleanup_free_ char *text = child ? xml_text(child) : NULL;

	return read_number(text, most, ret_number);
}

static const struct xml_node *find_capability(const struct xml_node *node, const char *type)
{
	const struct xml_node *found = xml_child(node, "capability");

	while (found && !xml_attribute_is(found, "type", type))
		found = xml_sibling(found, "capability");
	return found;
}

static bool read_address(const struct xml_node *pci, struct pci_address *ret_address)
{
	unsigned long domain, bus, slot, function;

	if (!read_child(pci, "domain", UINT32_MAX, &domain) ||
	    !read_child(pci, "bus", 0xff, &bus) || !read_child(pci, "slot", 0x1f, &slot) ||
	    !read_child(pci, "function", PCI_FUNCTION_MAX, &function))
		return false;
	*ret_address = (struct pci_address){
		.domain = (uint32_t)domain,
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
		.function = (uint8_t)function,
	};
	return true;
}

/* "VENDOR PRODUCT", as the host's own list has it; "" for none. */
static char *read_name(const struct xml_node *pci)
{
	const struct xml_node *vendor = xml_child(pci, "vendor");
	const struct xml_node *product = xml_child(pci, "product");
	_cleanup_free_ char *maker = vendor ? xml_text(vendor) : NULL;
	_cleanup_free_ char *model = product ? xml_text(product) : NULL;

	return text_format("%s%s%s", maker ? maker : "",
			   maker && *maker && model && *model ? " " : "", model ? model : "");
}

static char *read_driver(const struct xml_node *device)
{
	const struct xml_node *driver = xml_child(device, "driver");
	const struct xml_node *name = driver ? xml_child(driver, "name") : NULL;

	return name ? xml_text(name) : NULL;
}

/* Adds the function whose XML it is; what is none is left out. */
static int add_function(const char *xml, struct remote *remote, struct error *error)
{
	_cleanup_xml_ struct xml_document *document = NULL;
	const struct xml_node *device, *pci;
	struct pci_function *function;
	struct pci_address address;
	unsigned long class = 0, vendor, product, group;
	_cleanup_free_ char *name = NULL;
	int r = xml_parse(xml, strlen(xml), NODE_DEVICE_MAX_BYTES, &document, error);

	if (r < 0)
		return r;
	device = xml_top(document);
	pci = device ? find_capability(device, "pci") : NULL;
	if (!pci || !read_address(pci, &address) ||
	    !read_number(xml_attribute(xml_child(pci, "vendor"), "id"), 0xffff, &vendor) ||
	    !read_number(xml_attribute(xml_child(pci, "product"), "id"), 0xffff, &product))
		return 0;
	if (!read_child(pci, "class", 0xffffff, &class))
		class = 0;
	if (!read_number(xml_attribute(xml_child(pci, "iommuGroup"), "number"), INT32_MAX, &group))
		group = (unsigned long)-1;
	name = read_name(pci);
	if (!name || strings_add(&remote->names, name) < 0 ||
	    array_grow(&remote->host.items, remote->host.count, sizeof(*function)) < 0)
		return error_set_errno(error, ENOMEM, "cannot list the devices");
	function = &remote->host.items[remote->host.count++];
	function->address = address;
	pci_address_format(&address, function->name);
	function->id = (struct pci_id){ .vendor = (uint16_t)vendor, .device = (uint16_t)product };
	function->class = (uint32_t) class;
	function->bridge = function->class >> 16 == 0x06;
	function->virtual_function = find_capability(pci, "phys_function") != NULL;
	function->group = (int)group;
	function->driver = read_driver(device);
	return 0;
}

/* ---- its domains -------------------------------------------------------------------------- */

static int add_domain(const struct connection *connection, const char *name,
		      struct claimed *claimed, struct error *error)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_free_ char *xml = NULL;
	bool runs = false;
	int r = connection_vm_runs(connection, name, NULL, &runs, error);

	if (r < 0 || !runs)
		return r;
	r = connection_domain_xml(connection, name, DEFINITION_LIVE, &xml, error);
	/* it has ended meanwhile, and was of no definition */
	if (r == -ENOENT) {
		error_clear(error);
		return 0;
	}
	if (r == 0)
		r = domain_parse(xml, strlen(xml), &domain, error);
	for (size_t i = 0; r == 0 && i < domain.hostdev_count; i++) {
		char address[PCI_ADDRESS_SIZE];

		pci_address_format(&domain.hostdevs[i].address, address);
		if (claimed_add(claimed, address, name) < 0)
			r = error_set_errno(error, ENOMEM, "cannot list the domains");
	}
	return r;
}

int remote_read(const char *uri, struct remote *remote, struct error *error)
{
	_cleanup_connection_ struct connection *connection = NULL;
	_cleanup_strings_ struct strings devices = STRINGS_INIT;
	_cleanup_strings_ struct strings domains = STRINGS_INIT;
	int r = connection_open(uri, CONNECTION_READ, &connection, error);

	if (r == 0)
		r = connection_list_pci(connection, &devices, error);
	for (size_t i = 0; r == 0 && i < devices.count; i++)
		r = add_function(devices.items[i], remote, error);
	if (r == 0)
		r = connection_list_domains(connection, &domains, error);
	for (size_t i = 0; r == 0 && i < domains.count; i++)
		r = add_domain(connection, domains.items[i], &remote->claimed, error);
	return r;
}

void remote_clear(struct remote *remote)
{
	pci_functions_clear(&remote->host);
	strings_clear(&remote->names);
	claimed_clear(&remote->claimed);
}
