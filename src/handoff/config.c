/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "handoff/config_parser.h"

#define LABEL_MAX_CHARACTERS 32
#define DEVICES_MAX 64

static const char *const section_names[] = {
	[SECTION_NONE] = "",
	[SECTION_DEVICE] = "[device LABEL]",
	[SECTION_HOST] = "[host]",
};

/* Of a kind of file. */
#define KEYS_MAX 16

static const struct config_key *find_key(const struct config_parser *parser, const char *name)
{
	for (const struct config_key *key = parser->kind->keys; key->name; key++)
		if (key->section == parser->section && strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

static const char *or_unknown(const char *text)
{
	return text ? text : "?";
}

int config_no_memory(const struct ini_event *event, struct error *error)
{
	return error_set_errno(error, ENOMEM, "%s", event->file);
}

/* The value, or the word of it, is not what the key takes. */
int config_malformed(const struct config_parser *parser, const struct ini_event *event,
		     const char *text, struct error *error)
{
	_cleanup_free_ char *quoted = text_quote(text);

	return ini_error(event, error, "malformed %s \"%s\": %s", event->key, or_unknown(quoted),
			 parser->key->accepted);
}

/* config_malformed() for one of a few words, with the one that was probably meant. */
int config_malformed_word(const struct config_parser *parser, const struct ini_event *event,
			  const char *const *words, struct error *error)
{
	const char *meant = text_nearest(event->value, words);

	config_malformed(parser, event, event->value, error);
	if (meant)
		error_hint(error, "did you mean \"%s\"?", meant);
	return -EINVAL;
}

int config_take_boolean(const struct config_parser *parser, const struct ini_event *event,
			const char *yes, const char *no, bool *ret_value, struct error *error)
{
	const char *const words[] = { yes, no, NULL };

	if (strcmp(event->value, yes) != 0 && strcmp(event->value, no) != 0)
		return config_malformed_word(parser, event, words, error);
	*ret_value = strcmp(event->value, yes) == 0;
	return 0;
}

static int unknown_key(const struct config_parser *parser, const struct ini_event *event,
		       struct error *error)
{
	_cleanup_free_ char *quoted = text_quote(event->key);
	_cleanup_free_ char *section = text_quote(event->section);
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_free_ char *joined = NULL;
	const char *candidates[KEYS_MAX + 1] = { NULL };
	const char *meant;

	ini_error(event, error, "unknown key \"%s\" in [%s]", or_unknown(quoted),
		  or_unknown(section));
	for (const struct config_key *key = parser->kind->keys; key->name; key++) {
		if (key->section == parser->section && names.count < KEYS_MAX) {
			candidates[names.count] = key->name;
			if (strings_add(&names, key->name) < 0)
				return -EINVAL;
		} else if (strcmp(key->name, event->key) == 0) {
			error_hint(error, "\"%s\" belongs in %s", key->name,
				   section_names[key->section]);
			return -EINVAL;
		}
	}
	meant = text_nearest(event->key, candidates);
	joined = strings_join(&names, ", ");
	if (meant)
		error_hint(error, "did you mean \"%s\"?", meant);
	else if (joined)
		error_hint(error, "the keys of this section: %s", joined);
	return -EINVAL;
}

/* What can only be said when a section is complete. */
static int finish_section(struct config_parser *parser, const char *path, struct error *error)
{
	struct ini_event event = { .file = path };
	struct config_device *device;

	if (parser->section != SECTION_DEVICE)
		return 0;
	device = config_current_device(parser);
	if (!device->address_count && !device->has_id) {
		event.line = device->line;
		ini_error(&event, error, "[device %s] has neither address nor id", device->label);
		error_hint(error, "lspci -nn shows both; for example \"address = 0000:02:00\" or "
				  "\"id = 10de:11fa\"");
		return -EINVAL;
	}
	if (device->address_count && parser->count_line) {
		event.line = parser->count_line;
		ini_error(&event, error, "[device %s] has address and count", device->label);
		error_hint(error, "count is for an id without an address: leave one of them out");
		return -EINVAL;
	}
	if (!device->address_count && !parser->count_line)
		device->count = parser->kind->count_default;
	return 0;
}

static bool label_valid(const char *label)
{
	_cleanup_free_ char *quoted = text_quote(label);
	size_t characters = 0;

	if (!quoted || strcmp(quoted, label) != 0 || strpbrk(label, "[]"))
		return false;
	for (; *label; label++)
		characters += (*label & 0xc0) != 0x80;
	return characters >= 1 && characters <= LABEL_MAX_CHARACTERS;
}

static int begin_device(struct config_parser *parser, const struct ini_event *event,
			const char *label, struct error *error)
{
	struct config *config = parser->config;
	struct config_device *device;

	if (!*label) {
		ini_error(event, error, "[device] without a label");
		error_hint(error, "choose a word for it, as in [device gpu]");
		return -EINVAL;
	}
	if (!label_valid(label)) {
		_cleanup_free_ char *quoted = text_quote(label);

		return ini_error(event, error,
				 "malformed label \"%s\": 1 to %d printable characters without "
				 "brackets are accepted, as in [device gpu]",
				 or_unknown(quoted), LABEL_MAX_CHARACTERS);
	}
	for (size_t i = 0; i < config->device_count; i++) {
		if (strcmp(config->devices[i].label, label) != 0)
			continue;
		ini_error(event, error, "duplicate label \"%s\"", label);
		error_hint(error, "the first one stands in line %u", config->devices[i].line);
		return -EINVAL;
	}
	if (config->device_count == DEVICES_MAX)
		return ini_error(event, error, "more than %d [device …] sections", DEVICES_MAX);
	if (array_grow(&config->devices, config->device_count, sizeof(*config->devices)) < 0)
		return config_no_memory(event, error);
	device = &config->devices[config->device_count];
	device->label = strdup(label);
	if (!device->label)
		return config_no_memory(event, error);
	device->line = event->line;
	config->device_count++;
	parser->section = SECTION_DEVICE;
	parser->count_line = 0;
	return 0;
}

static int unknown_section(const struct ini_event *event, struct error *error)
{
	static const char *const names[] = { "device", "host", NULL };
	_cleanup_free_ char *quoted = text_quote(event->section);
	_cleanup_free_ char *word = strndup(event->section, strcspn(event->section, " \t"));
	const char *meant = word ? text_nearest(word, names) : NULL;

	ini_error(event, error, "unknown section [%s]", or_unknown(quoted));
	if (meant)
		error_hint(error, "did you mean %s?",
			   section_names[meant == names[0] ? SECTION_DEVICE : SECTION_HOST]);
	else
		error_hint(error, "the sections: [device LABEL], [host]");
	return -EINVAL;
}

static int begin_section(struct config_parser *parser, const struct ini_event *event,
			 struct error *error)
{
	size_t word = strcspn(event->section, " \t");
	int r = finish_section(parser, event->file, error);

	if (r < 0)
		return r;
	if (strcmp(event->section, "host") == 0) {
		parser->section = SECTION_HOST;
		return 0;
	}
	if (word == strlen("device") && strncmp(event->section, "device", word) == 0)
		return begin_device(parser, event,
				    event->section + word + strspn(event->section + word, " \t"),
				    error);
	return unknown_section(event, error);
}

static int on_event(const struct ini_event *event, void *data, struct error *error)
{
	struct config_parser *parser = data;

	if (!event->key)
		return begin_section(parser, event, error);
	parser->key = find_key(parser, event->key);
	if (!parser->key)
		return unknown_key(parser, event, error);
	return parser->key->set(parser, event, error);
}

int config_parse_kind(const struct config_kind *kind, const char *path, const char *text,
		      size_t length, struct config *ret_config, struct error *error)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	struct config_parser parser = { .kind = kind, .config = &config };
	int r;

	config.timeout_ms = CONFIG_TIMEOUT_DEFAULT_MS;
	config.wait_ms = CONFIG_WAIT_DEFAULT_MS;
	r = ini_parse_text(path, text, length, true, on_event, &parser, error);
	if (r < 0)
		return r;
	r = finish_section(&parser, path, error);
	if (r < 0)
		return r;
	config.path = strdup(path);
	if (!config.path)
		return error_set_errno(error, ENOMEM, "%s", path);
	*ret_config = config;
	config = CONFIG_INIT;
	return 0;
}

bool config_address_covers(const struct config_address *listed, const struct pci_address *function)
{
	return listed->whole ? pci_address_same_device(&listed->address, function)
			     : pci_address_compare(&listed->address, function) == 0;
}

void config_address_format(const struct config_address *listed, char ret_text[PCI_ADDRESS_SIZE])
{
	if (listed->whole)
		pci_address_format_device(&listed->address, ret_text);
	else
		pci_address_format(&listed->address, ret_text);
}

void config_clear(struct config *config)
{
	for (size_t i = 0; i < config->device_count; i++) {
		free(config->devices[i].label);
		free(config->devices[i].addresses);
		free(config->devices[i].driver);
		free(config->devices[i].restore_driver);
	}
	free(config->devices);
	strings_clear(&config->stop);
	strings_clear(&config->unload);
	free(config->path);
	*config = CONFIG_INIT;
}
