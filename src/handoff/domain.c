/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/domain.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "handoff/xml.h"

#define HOSTDEVS_MAX 256
#define UUID_LENGTH 36

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "domain XML");
}

static bool attribute_is_or_absent(const struct xml_node *node, const char *name,
				   const char *wanted)
{
	return !xml_attribute(node, name) || xml_attribute_is(node, name, wanted);
}

/* As libvirt's virXMLPropUInt() with base 0, but without its blanks and signs. */
static bool parse_number(const char *text, unsigned long most, unsigned long *ret_number)
{
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoul(text, &end, 0);
	if (errno || *end || number > most)
		return false;
	*ret_number = number;
	return true;
}

static int read_address(const struct xml_node *node, struct pci_address *ret_address,
			struct error *error)
{
	static const struct {
		const char *name;
		unsigned long most;
		bool optional;
	} parts[] = {
		{ "domain", UINT32_MAX, true },
		{ "bus", 0xff, false },
		{ "slot", 0x1f, false },
		{ "function", 7, false },
	};
	unsigned long numbers[ARRAY_SIZE(parts)] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *value = xml_attribute(node, parts[i].name);
		_cleanup_free_ char *quoted = NULL;
		_cleanup_free_ char *what = NULL;

		if (!value && parts[i].optional)
			continue;
		if (value && parse_number(value, parts[i].most, &numbers[i]))
			continue;
		quoted = text_quote(value ? value : "");
		what = text_format("malformed PCI address: %s='%s'", parts[i].name,
				   quoted ? quoted : "?");
		return xml_refuse(node, error, what ? what : "malformed PCI address");
	}
	*ret_address = (struct pci_address){
		.domain = (uint32_t)numbers[0],
		.bus = (uint8_t)numbers[1],
		.slot = (uint8_t)numbers[2],
		.function = (uint8_t)numbers[3],
	};
	return 0;
}

/* The driver that the XML wants it to have on the host, or NULL. */
static int read_driver(const struct xml_node *device, char **ret_driver, struct error *error)
{
	const struct xml_node *node = xml_child(device, "driver");
	const char *model = node ? xml_attribute(node, "model") : NULL;
	_cleanup_free_ char *quoted = NULL;
	_cleanup_free_ char *what = NULL;

	if (!model)
		return 0;
	if (pci_driver_name_valid(model)) {
		*ret_driver = strdup(model);
		return *ret_driver ? 0 : no_memory(error);
	}
	quoted = text_quote(model);
	what = text_format("malformed driver model '%s'", quoted ? quoted : "?");
	return xml_refuse(node, error, what ? what : "malformed driver model");
}

/* The elements that take a PCI function of the host, and where they say so. */
struct kind {
	const char *element;
	bool (*takes_pci)(const struct xml_node *device, const struct xml_node *source,
			  const struct xml_node *address);
	bool managed_by_source;
	bool has_driver;
};

static bool hostdev_takes_pci(const struct xml_node *device, const struct xml_node *source,
			      const struct xml_node *address)
{
	(void)source;
	(void)address;
	return attribute_is_or_absent(device, "mode", "subsystem") &&
	       xml_attribute_is(device, "type", "pci");
}

static bool interface_takes_pci(const struct xml_node *device, const struct xml_node *source,
				const struct xml_node *address)
{
	(void)source;
	return xml_attribute_is(device, "type", "hostdev") &&
	       (!address || attribute_is_or_absent(address, "type", "pci"));
}

static bool disk_takes_pci(const struct xml_node *device, const struct xml_node *source,
			   const struct xml_node *address)
{
	(void)address;
	return xml_attribute_is(device, "type", "nvme") &&
	       (!source || attribute_is_or_absent(source, "type", "pci"));
}

static const struct kind kinds[] = {
	{ "hostdev", hostdev_takes_pci, false, true },
	{ "interface", interface_takes_pci, false, true },
	{ "disk", disk_takes_pci, true, false }, /* its <driver> is QEMU's */
};

static const struct kind *kind_of(const struct xml_node *device)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (xml_is(device, kinds[i].element))
			return &kinds[i];
	return NULL;
}

static int add_hostdev(struct domain *domain, const struct xml_node *device,
		       const struct kind *kind, struct error *error)
{
	const struct xml_node *source = xml_child(device, "source");
	const struct xml_node *address = source ? xml_child(source, "address") : NULL;
	struct domain_hostdev *hostdev;
	int r;

	if (!kind->takes_pci(device, source, address))
		return 0;
	if (!address)
		return xml_refuse(device, error, "a PCI device without a source address");
	if (domain->hostdev_count == HOSTDEVS_MAX)
		return xml_refuse(device, error, "more than 256 PCI devices");
	if (array_grow(&domain->hostdevs, domain->hostdev_count, sizeof(*domain->hostdevs)) < 0)
		return no_memory(error);
	hostdev = &domain->hostdevs[domain->hostdev_count];
	r = read_address(address, &hostdev->address, error);
	if (r < 0)
		return r;
	hostdev->managed =
		xml_attribute_is(kind->managed_by_source ? source : device, "managed", "yes");
	if (kind->has_driver) {
		r = read_driver(device, &hostdev->driver, error);
		if (r < 0)
			return r;
	}
	domain->hostdev_count++;
	return 0;
}

static int read_devices(struct domain *domain, const struct xml_node *root, struct error *error)
{
	for (const struct xml_node *devices = xml_child(root, "devices"); devices;
	     devices = xml_sibling(devices, "devices")) {
		for (const struct xml_node *device = xml_first(devices); device;
		     device = xml_next(device)) {
			const struct kind *kind = kind_of(device);
			int r = kind ? add_hostdev(domain, device, kind, error) : 0;

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* The text of the child `name`; *ret_text stays NULL when there is no such child. */
static int read_text(const struct xml_node *root, const char *name, char **ret_text,
		     struct error *error)
{
	const struct xml_node *node = xml_child(root, name);
	_cleanup_free_ char *what = NULL;

	if (!node)
		return 0;
	if (xml_sibling(node, name)) {
		what = text_format("a second <%s>", name);
		return xml_refuse(xml_sibling(node, name), error, what ? what : name);
	}
	*ret_text = xml_text(node);
	return *ret_text ? 0 : no_memory(error);
}

/* "c7a5fdbd-cdaf-9455-926a-d65c16db1809": it is written into files and compared */
static bool uuid_valid(const char *uuid)
{
	if (strlen(uuid) != UUID_LENGTH)
		return false;
	for (size_t i = 0; i < UUID_LENGTH; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? uuid[i] != '-' : !isxdigit((unsigned char)uuid[i]))
			return false;
	}
	return true;
}

static int read_domain(struct domain *domain, const struct xml_node *root, struct error *error)
{
	int r;

	if (!root || !xml_is(root, "domain"))
		return error_set(error, EINVAL,
				 "domain XML: the outermost element is not <domain>");
	r = read_text(root, "name", &domain->name, error);
	if (r < 0)
		return r;
	if (!domain->name || !*domain->name)
		return xml_refuse(root, error, "the domain has no name");
	r = read_text(root, "uuid", &domain->uuid, error);
	if (r < 0)
		return r;
	if (domain->uuid && !uuid_valid(domain->uuid))
		return xml_refuse(root, error, "malformed UUID");
	return read_devices(domain, root, error);
}

int domain_parse(const char *xml, size_t length, struct domain *ret_domain, struct error *error)
{
	_cleanup_xml_ struct xml_document *document = NULL;
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	int r = xml_parse(xml, length, DOMAIN_XML_MAX_BYTES, &document, error);

	if (r < 0)
		return r;
	r = read_domain(&domain, xml_top(document), error);
	if (r < 0)
		return r;
	*ret_domain = domain;
	domain = DOMAIN_INIT;
	return 0;
}

const struct domain_hostdev *domain_find_hostdev(const struct domain *domain,
						 const struct pci_address *address)
{
	for (size_t i = 0; i < domain->hostdev_count; i++)
		if (pci_address_compare(&domain->hostdevs[i].address, address) == 0)
			return &domain->hostdevs[i];
	return NULL;
}

void domain_clear(struct domain *domain)
{
	for (size_t i = 0; i < domain->hostdev_count; i++)
		free(domain->hostdevs[i].driver);
	free(domain->hostdevs);
	free(domain->name);
	free(domain->uuid);
	*domain = DOMAIN_INIT;
}
