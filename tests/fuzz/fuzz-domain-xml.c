/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's XML: what is accepted is within limits, says the same when it is written anew, and has
 * no DTD. */
#include "handoff/domain.h"

#include <ctype.h>

#include "fuzz.h"

#define DTD "<!DOCTYPE domain [<!ENTITY e \"x\">]>"
#define MORE "<domain/>"

static int parse(const char *text, size_t length, struct domain *domain)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int r;

	fuzz_fill(domain, sizeof(*domain));
	r = domain_parse(text, length, domain, &error);
	if (r == 0) {
		MUST(!error.code && !error.what);
		return 0;
	}
	MUST(r == -EINVAL || (r == -EFBIG && length > DOMAIN_XML_MAX_BYTES));
	fuzz_check_error(r, &error);
	MUST(strncmp(error.what, "domain XML", strlen("domain XML")) == 0);
	MUST(fuzz_is_untouched(domain, sizeof(*domain)));
	return r;
}

static void check(const struct domain *domain)
{
	MUST(domain->name && *domain->name);
	MUST(!domain->uuid || strlen(domain->uuid) == 36);
	for (const char *c = domain->uuid; c && *c; c++)
		MUST(*c == '-' || isxdigit((unsigned char)*c));
	MUST(domain->hostdev_count <= 256);
	for (size_t i = 0; i < domain->hostdev_count; i++) {
		const struct domain_hostdev *hostdev = &domain->hostdevs[i];
		const struct domain_hostdev *found = domain_find_hostdev(domain, &hostdev->address);

		MUST(hostdev->address.slot < 32 && hostdev->address.function < 8);
		MUST(!hostdev->driver || pci_driver_name_valid(hostdev->driver));
		MUST(found && found <= hostdev);
	}
}

/* ---- written anew ------------------------------------------------------------------------- */

static char *escape(const char *name)
{
	char *text = malloc(strlen(name) * strlen("&#00;") + 1), *out = text;

	MUST(text);
	for (; *name; name++)
		/* a bare carriage return is read as a line feed */
		if (strchr("<>&\r", *name))
			out += sprintf(out, "&#%d;", *name);
		else
			*out++ = *name;
	*out = '\0';
	return text;
}

static void put_hostdev(char **xml, const struct domain_hostdev *hostdev)
{
	MUST(text_append(xml, "<hostdev mode='subsystem' type='pci' managed='%s'>",
			 hostdev->managed ? "yes" : "no") == 0);
	if (hostdev->driver)
		MUST(text_append(xml, "<driver model='%s'/>", hostdev->driver) == 0);
	MUST(text_append(xml,
			 "<source><address domain='0x%04x' bus='0x%02x' slot='0x%02x' "
			 "function='0x%x'/></source></hostdev>",
			 hostdev->address.domain, hostdev->address.bus, hostdev->address.slot,
			 hostdev->address.function) == 0);
}

static char *write_domain(const struct domain *domain)
{
	_cleanup_free_ char *name = escape(domain->name);
	char *xml = text_format("<domain type='kvm'><name>%s</name>", name);

	MUST(xml);
	if (domain->uuid)
		MUST(text_append(&xml, "<uuid>%s</uuid>", domain->uuid) == 0);
	MUST(text_append(&xml, "<devices>") == 0);
	for (size_t i = 0; i < domain->hostdev_count; i++)
		put_hostdev(&xml, &domain->hostdevs[i]);
	MUST(text_append(&xml, "</devices></domain>") == 0);
	return xml;
}

static bool same_hostdevs(const struct domain *a, const struct domain *b)
{
	for (size_t i = 0; i < a->hostdev_count; i++)
		if (pci_address_compare(&a->hostdevs[i].address, &b->hostdevs[i].address) != 0 ||
		    a->hostdevs[i].managed != b->hostdevs[i].managed ||
		    !text_same(a->hostdevs[i].driver, b->hostdevs[i].driver))
			return false;
	return true;
}

static void check_written(const struct domain *domain, const uint8_t *data, size_t size)
{
	_cleanup_free_ char *xml = write_domain(domain);
	_cleanup_domain_ struct domain again;
	struct domain cut;

	MUST(parse(xml, strlen(xml), &again) == 0);
	MUST(text_same(domain->name, again.name) && text_same(domain->uuid, again.uuid) &&
	     domain->hostdev_count == again.hostdev_count && same_hostdevs(domain, &again));
	MUST(parse(xml, fuzz_place(data, size, strlen(xml)), &cut) < 0);
}

/* ---- nothing is half accepted ------------------------------------------------------------- */

static void check_refused(const char *before, const uint8_t *data, size_t size, const char *behind)
{
	size_t length = strlen(before) + size + strlen(behind);
	_cleanup_free_ char *text = malloc(length + 1);
	struct domain domain;

	MUST(text);
	memcpy(text, before, strlen(before));
	memcpy(text + strlen(before), data, size);
	memcpy(text + strlen(before) + size, behind, strlen(behind) + 1);
	MUST(parse(text, length, &domain) < 0);
}

static bool fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	struct domain tried;

	if (parse((const char *)data, size, &tried) < 0)
		return false;
	domain = tried;
	check(&domain);
	check_written(&domain, data, size);
	check_refused(DTD, data, size, "");
	check_refused("", data, size, MORE);
	return true;
}
