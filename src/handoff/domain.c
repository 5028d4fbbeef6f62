/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/domain.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include "base/cleanup.h"
#include "base/text.h"

#define HOSTDEVS_MAX 256
#define UUID_LENGTH 36

/* Nothing from the net, no message of its own on stderr. */
#define PARSE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

static void cleanup_context(xmlParserCtxtPtr *context)
{
	if (*context)
		xmlFreeParserCtxt(*context);
}

static void cleanup_document(xmlDocPtr *document)
{
	if (*document)
		xmlFreeDoc(*document);
}

static void cleanup_xml(xmlChar **text)
{
	if (*text)
		xmlFree(*text);
}

static int refuse(struct error *error, const xmlNode *node, const char *what)
{
	return error_set(error, EINVAL, "domain XML, line %ld: %s", xmlGetLineNo(node), what);
}

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "domain XML");
}

/* A DTD is refused where it begins, before an entity can be declared. */
static void on_dtd(void *data, const xmlChar *name, const xmlChar *external_id,
		   const xmlChar *system_id)
{
	xmlParserCtxtPtr context = data;
	bool *has_dtd = context->_private;

	(void)name;
	(void)external_id;
	(void)system_id;
	*has_dtd = true;
	xmlStopParser(context);
}

static int explain(xmlParserCtxtPtr context, bool has_dtd, struct error *error)
{
	_cleanup_free_ char *message = NULL;
	_cleanup_free_ char *quoted = NULL;
	const xmlError *cause = xmlCtxtGetLastError(context);

	if (has_dtd)
		return error_set(error, EINVAL,
				 "domain XML: a document type declaration is refused");
	if (!cause || !cause->message)
		return error_set(error, EINVAL, "domain XML: not well-formed");
	if (cause->code == XML_ERR_NO_MEMORY)
		return no_memory(error);
	message = strndup(cause->message, strcspn(cause->message, "\n"));
	quoted = message ? text_quote(message) : NULL;
	return error_set(error, EINVAL, "domain XML, line %d: %s", cause->line,
			 quoted ? quoted : "not well-formed");
}

static int read_document(const char *xml, size_t length, xmlDocPtr *ret_document,
			 struct error *error)
{
	_cleanup_(cleanup_context) xmlParserCtxtPtr context = NULL;
	bool has_dtd = false;
	xmlDocPtr document;

	if (!length)
		return error_set(error, EINVAL, "domain XML: empty");
	if (length > DOMAIN_XML_MAX_BYTES)
		return error_set(error, EFBIG, "domain XML: more than %d MiB",
				 DOMAIN_XML_MAX_BYTES / 1024 / 1024);
	context = xmlNewParserCtxt();
	if (!context)
		return no_memory(error);
	context->_private = &has_dtd;
	context->sax->internalSubset = on_dtd;
	document = xmlCtxtReadMemory(context, xml, (int)length, NULL, "UTF-8", PARSE_OPTIONS);
	if (!document || has_dtd) {
		if (document)
			xmlFreeDoc(document);
		return explain(context, has_dtd, error);
	}
	*ret_document = document;
	return 0;
}

/* Whether the node is libvirt's element of this name; other namespaces are not its. */
static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && !node->ns &&
	       strcmp((const char *)node->name, name) == 0;
}

/* The first element of this name among the node and its next siblings. */
static xmlNodePtr find_element(xmlNodePtr node, const char *name)
{
	for (; node; node = node->next)
		if (is_element(node, name))
			return node;
	return NULL;
}

static xmlNodePtr find_child(const xmlNode *node, const char *name)
{
	return find_element(node->children, name);
}

/* The attribute's value, which belongs to the document, or NULL. */
static const char *get_attribute(const xmlNode *node, const char *name)
{
	const xmlAttr *attribute = xmlHasNsProp((xmlNodePtr)node, BAD_CAST name, NULL);

	if (!attribute)
		return NULL;
	/* without entities an attribute has one text at most */
	return attribute->children && attribute->children->content
		       ? (const char *)attribute->children->content
		       : "";
}

static bool attribute_is(const xmlNode *node, const char *name, const char *wanted)
{
	const char *value = get_attribute(node, name);

	return value && strcmp(value, wanted) == 0;
}

static bool attribute_is_or_absent(const xmlNode *node, const char *name, const char *wanted)
{
	return !get_attribute(node, name) || attribute_is(node, name, wanted);
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

static int read_address(const xmlNode *node, struct pci_address *ret_address, struct error *error)
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
		const char *value = get_attribute(node, parts[i].name);
		_cleanup_free_ char *quoted = NULL;
		_cleanup_free_ char *what = NULL;

		if (!value && parts[i].optional)
			continue;
		if (value && parse_number(value, parts[i].most, &numbers[i]))
			continue;
		quoted = text_quote(value ? value : "");
		what = text_format("malformed PCI address: %s='%s'", parts[i].name,
				   quoted ? quoted : "?");
		return refuse(error, node, what ? what : "malformed PCI address");
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
static int read_driver(const xmlNode *device, char **ret_driver, struct error *error)
{
	const xmlNode *node = find_child(device, "driver");
	const char *model = node ? get_attribute(node, "model") : NULL;
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
	return refuse(error, node, what ? what : "malformed driver model");
}

/* The elements that take a PCI function of the host, and where they say so. */
struct kind {
	const char *element;
	bool (*takes_pci)(const xmlNode *device, const xmlNode *source, const xmlNode *address);
	bool managed_by_source;
	bool has_driver;
};

static bool hostdev_takes_pci(const xmlNode *device, const xmlNode *source, const xmlNode *address)
{
	(void)source;
	(void)address;
	return attribute_is_or_absent(device, "mode", "subsystem") &&
	       attribute_is(device, "type", "pci");
}

static bool interface_takes_pci(const xmlNode *device, const xmlNode *source,
				const xmlNode *address)
{
	(void)source;
	return attribute_is(device, "type", "hostdev") &&
	       (!address || attribute_is_or_absent(address, "type", "pci"));
}

static bool disk_takes_pci(const xmlNode *device, const xmlNode *source, const xmlNode *address)
{
	(void)address;
	return attribute_is(device, "type", "nvme") &&
	       (!source || attribute_is_or_absent(source, "type", "pci"));
}

static const struct kind kinds[] = {
	{ "hostdev", hostdev_takes_pci, false, true },
	{ "interface", interface_takes_pci, false, true },
	{ "disk", disk_takes_pci, true, false }, /* its <driver> is QEMU's */
};

static const struct kind *kind_of(const xmlNode *device)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (is_element(device, kinds[i].element))
			return &kinds[i];
	return NULL;
}

static int add_hostdev(struct domain *domain, const xmlNode *device, const struct kind *kind,
		       struct error *error)
{
	const xmlNode *source = find_child(device, "source");
	const xmlNode *address = source ? find_child(source, "address") : NULL;
	struct domain_hostdev *hostdev;
	int r;

	if (!kind->takes_pci(device, source, address))
		return 0;
	if (!address)
		return refuse(error, device, "a PCI device without a source address");
	if (domain->hostdev_count == HOSTDEVS_MAX)
		return refuse(error, device, "more than 256 PCI devices");
	if (array_grow(&domain->hostdevs, domain->hostdev_count, sizeof(*domain->hostdevs)) < 0)
		return no_memory(error);
	hostdev = &domain->hostdevs[domain->hostdev_count];
	r = read_address(address, &hostdev->address, error);
	if (r < 0)
		return r;
	hostdev->managed =
		attribute_is(kind->managed_by_source ? source : device, "managed", "yes");
	if (kind->has_driver) {
		r = read_driver(device, &hostdev->driver, error);
		if (r < 0)
			return r;
	}
	domain->hostdev_count++;
	return 0;
}

static int read_devices(struct domain *domain, const xmlNode *root, struct error *error)
{
	for (xmlNodePtr devices = find_child(root, "devices"); devices;
	     devices = find_element(devices->next, "devices")) {
		for (const xmlNode *device = devices->children; device; device = device->next) {
			const struct kind *kind = kind_of(device);
			int r = kind ? add_hostdev(domain, device, kind, error) : 0;

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* The text of the child `name`; *ret_text stays NULL when there is no such child. */
static int read_text(const xmlNode *root, const char *name, char **ret_text, struct error *error)
{
	xmlNodePtr node = find_child(root, name);
	_cleanup_(cleanup_xml) xmlChar *content = NULL;
	_cleanup_free_ char *what = NULL;

	if (!node)
		return 0;
	if (find_element(node->next, name)) {
		what = text_format("a second <%s>", name);
		return refuse(error, find_element(node->next, name), what ? what : name);
	}
	content = xmlNodeGetContent(node);
	*ret_text = content ? strdup((const char *)content) : NULL;
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

static int read_domain(struct domain *domain, const xmlNode *root, struct error *error)
{
	int r;

	if (!root || !is_element(root, "domain"))
		return error_set(error, EINVAL,
				 "domain XML: the outermost element is not <domain>");
	r = read_text(root, "name", &domain->name, error);
	if (r < 0)
		return r;
	if (!domain->name || !*domain->name)
		return refuse(error, root, "the domain has no name");
	r = read_text(root, "uuid", &domain->uuid, error);
	if (r < 0)
		return r;
	if (domain->uuid && !uuid_valid(domain->uuid))
		return refuse(error, root, "malformed UUID");
	return read_devices(domain, root, error);
}

int domain_parse(const char *xml, size_t length, struct domain *ret_domain, struct error *error)
{
	_cleanup_(cleanup_document) xmlDocPtr document = NULL;
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	int r = read_document(xml, length, &document, error);

	if (r < 0)
		return r;
	r = read_domain(&domain, xmlDocGetRootElement(document), error);
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
