/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device is meant: the keys of a [device] that all kinds of files have. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "handoff/config_parser.h"

#define COUNT_MAX 64

struct config_device *config_current_device(const struct config_parser *parser)
{
	return &parser->config->devices[parser->config->device_count - 1];
}

static bool overlap(const struct config_address *a, const struct config_address *b)
{
	return pci_address_same_device(&a->address, &b->address) &&
	       (a->whole || b->whole || a->address.function == b->address.function);
}

/* Refuses an address that is listed already, by itself or as part of its device. */
static int check_listed(const struct config_parser *parser, const struct ini_event *event,
			const struct config_address *address, const char *word, struct error *error)
{
	_cleanup_free_ char *quoted = NULL;
	char text[PCI_ADDRESS_SIZE];

	for (size_t i = 0; i < parser->config->device_count; i++) {
		const struct config_device *device = &parser->config->devices[i];

		for (size_t j = 0; j < device->address_count; j++) {
			const struct config_address *other = &device->addresses[j];

			if (!overlap(address, other))
				continue;
			if (other->whole)
				pci_address_format_device(&other->address, text);
			else
				pci_address_format(&other->address, text);
			quoted = text_quote(word);
			ini_error(event, error, "duplicate address \"%s\": [device %s] has %s",
				  quoted ? quoted : "?", device->label, text);
			error_hint(error, "list each device or function once");
			return -EINVAL;
		}
	}
	return 0;
}

int config_set_address(struct config_parser *parser, const struct ini_event *event,
		       struct error *error)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	struct config_device *device = config_current_device(parser);

	if (strings_split(&words, event->value) < 0)
		return config_no_memory(event, error);
	for (size_t i = 0; i < words.count; i++) {
		struct config_address address = { .line = event->line };
		int r;

		if (pci_address_parse_device(words.items[i], &address.address, &address.whole) < 0)
			return config_malformed(parser, event, words.items[i], error);
		r = check_listed(parser, event, &address, words.items[i], error);
		if (r < 0)
			return r;
		if (array_grow(&device->addresses, device->address_count, sizeof(address)) < 0)
			return config_no_memory(event, error);
		device->addresses[device->address_count++] = address;
	}
	return 0;
}

int config_set_id(struct config_parser *parser, const struct ini_event *event, struct error *error)
{
	struct config_device *device = config_current_device(parser);

	if (pci_id_parse(event->value, &device->id) < 0)
		return config_malformed(parser, event, event->value, error);
	device->has_id = true;
	device->id_line = event->line;
	return 0;
}

int config_set_count(struct config_parser *parser, const struct ini_event *event,
		     struct error *error)
{
	size_t digits = strspn(event->value, "0123456789");
	unsigned int count = CONFIG_COUNT_ANY;

	if (strcmp(event->value, "any") != 0) {
		if (event->value[digits] || digits > 2 || event->value[0] == '0')
			return config_malformed(parser, event, event->value, error);
		for (size_t i = 0; i < digits; i++)
			count = count * 10 + (unsigned int)(event->value[i] - '0');
		if (count > COUNT_MAX)
			return config_malformed(parser, event, event->value, error);
	}
	config_current_device(parser)->count = count;
	parser->count_line = event->line;
	return 0;
}
