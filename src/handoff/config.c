/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/ini.h"
#include "base/text.h"
#include "host/kmod.h"
#include "host/unit.h"

#define LABEL_MAX_CHARACTERS 32
#define DEVICES_MAX 64
#define COUNT_MAX 64

enum section {
	SECTION_NONE,
	SECTION_DEVICE,
	SECTION_HOST,
};

static const char *const section_names[] = {
	[SECTION_NONE] = "",
	[SECTION_DEVICE] = "[device LABEL]",
	[SECTION_HOST] = "[host]",
};

struct parser {
	struct config *config;
	enum section section;
	unsigned int count_line; /* of this device's count, 0 without one */
};

/* What a section may hold. */
struct key {
	const char *name;
	enum section section;
	const char *accepted;
	int (*set)(struct parser *parser, const struct ini_event *event, struct error *error);
};

static const struct key *find_key(enum section section, const char *name);

static const char *or_unknown(const char *text)
{
	return text ? text : "?";
}

static int no_memory(const struct ini_event *event, struct error *error)
{
	return error_set_errno(error, ENOMEM, "%s", event->file);
}

/* The value, or the word of it, is not what the key takes. */
static int malformed(const struct parser *parser, const struct ini_event *event, const char *text,
		     struct error *error)
{
	_cleanup_free_ char *quoted = text_quote(text);
	const struct key *key = find_key(parser->section, event->key);

	return ini_error(event, error, "malformed %s \"%s\": %s", event->key, or_unknown(quoted),
			 key->accepted);
}

/* malformed() for one of a few words, with the one that was probably meant. */
static int malformed_word(const struct parser *parser, const struct ini_event *event,
			  const char *const *words, struct error *error)
{
	const char *meant = text_nearest(event->value, words);

	malformed(parser, event, event->value, error);
	if (meant)
		error_hint(error, "did you mean \"%s\"?", meant);
	return -EINVAL;
}

/* The word that was probably meant, where another word would be taken for a driver's name. */
static int refuse_near(const struct ini_event *event, const char *const *words, struct error *error)
{
	_cleanup_free_ char *quoted = NULL;
	const char *meant = text_nearest(event->value, words);

	if (!meant)
		return 0;
	quoted = text_quote(event->value);
	ini_error(event, error, "malformed %s \"%s\"", event->key, or_unknown(quoted));
	error_hint(error, "did you mean \"%s\"?", meant);
	return -EINVAL;
}

static struct config_device *current_device(struct parser *parser)
{
	return &parser->config->devices[parser->config->device_count - 1];
}

static bool overlap(const struct config_address *a, const struct config_address *b)
{
	return pci_address_same_device(&a->address, &b->address) &&
	       (a->whole || b->whole || a->address.function == b->address.function);
}

/* Refuses an address that is listed already, by itself or as part of its device. */
static int check_listed(const struct parser *parser, const struct ini_event *event,
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
				  or_unknown(quoted), device->label, text);
			error_hint(error, "list each device or function once");
			return -EINVAL;
		}
	}
	return 0;
}

static int set_address(struct parser *parser, const struct ini_event *event, struct error *error)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	struct config_device *device = current_device(parser);

	if (strings_split(&words, event->value) < 0)
		return no_memory(event, error);
	for (size_t i = 0; i < words.count; i++) {
		struct config_address address = { .line = event->line };
		int r;

		if (pci_address_parse_device(words.items[i], &address.address, &address.whole) < 0)
			return malformed(parser, event, words.items[i], error);
		r = check_listed(parser, event, &address, words.items[i], error);
		if (r < 0)
			return r;
		if (array_grow(&device->addresses, device->address_count, sizeof(address)) < 0)
			return no_memory(event, error);
		device->addresses[device->address_count++] = address;
	}
	return 0;
}

static int set_id(struct parser *parser, const struct ini_event *event, struct error *error)
{
	struct config_device *device = current_device(parser);

	if (pci_id_parse(event->value, &device->id) < 0)
		return malformed(parser, event, event->value, error);
	device->has_id = true;
	device->id_line = event->line;
	return 0;
}

static int set_count(struct parser *parser, const struct ini_event *event, struct error *error)
{
	size_t digits = strspn(event->value, "0123456789");
	unsigned int count = CONFIG_COUNT_ANY;

	if (strcmp(event->value, "any") != 0) {
		if (event->value[digits] || digits > 2 || event->value[0] == '0')
			return malformed(parser, event, event->value, error);
		for (size_t i = 0; i < digits; i++)
			count = count * 10 + (unsigned int)(event->value[i] - '0');
		if (count > COUNT_MAX)
			return malformed(parser, event, event->value, error);
	}
	current_device(parser)->count = count;
	parser->count_line = event->line;
	return 0;
}

/* A driver's name that is none of the words, and not near one of them either. */
static int take_driver_name(const struct parser *parser, const struct ini_event *event,
			    const char *const *words, char **ret_name, struct error *error)
{
	int r;

	if (!pci_driver_name_valid(event->value))
		return malformed(parser, event, event->value, error);
	r = refuse_near(event, words, error);
	if (r < 0)
		return r;
	*ret_name = strdup(event->value);
	return *ret_name ? 0 : no_memory(event, error);
}

static int set_driver(struct parser *parser, const struct ini_event *event, struct error *error)
{
	static const char *const words[] = { "auto", NULL };

	if (strcmp(event->value, "auto") == 0)
		return 0;
	return take_driver_name(parser, event, words, &current_device(parser)->driver, error);
}

static int set_restore(struct parser *parser, const struct ini_event *event, struct error *error)
{
	static const char *const words[] = { "original", "stay", NULL };
	struct config_device *device = current_device(parser);

	if (strcmp(event->value, "original") == 0)
		return 0;
	if (strcmp(event->value, "stay") == 0) {
		device->restore = CONFIG_RESTORE_STAY;
		return 0;
	}
	device->restore = CONFIG_RESTORE_DRIVER;
	return take_driver_name(parser, event, words, &device->restore_driver, error);
}

static int set_timeout(struct parser *parser, const struct ini_event *event, struct error *error)
{
	if (duration_parse(event->value, &parser->config->timeout_ms) < 0)
		return malformed(parser, event, event->value, error);
	return 0;
}

static int set_in_use(struct parser *parser, const struct ini_event *event, struct error *error)
{
	static const char *const words[] = { "refuse", "wait", "terminate", NULL };
	static const enum config_in_use policies[] = {
		CONFIG_IN_USE_REFUSE,
		CONFIG_IN_USE_WAIT,
		CONFIG_IN_USE_TERMINATE,
	};

	for (size_t i = 0; words[i]; i++)
		if (strcmp(event->value, words[i]) == 0) {
			current_device(parser)->in_use = policies[i];
			return 0;
		}
	return malformed_word(parser, event, words, error);
}

static int take_boolean(const struct parser *parser, const struct ini_event *event, const char *yes,
			const char *no, bool *ret_value, struct error *error)
{
	const char *const words[] = { yes, no, NULL };

	if (strcmp(event->value, yes) != 0 && strcmp(event->value, no) != 0)
		return malformed_word(parser, event, words, error);
	*ret_value = strcmp(event->value, yes) == 0;
	return 0;
}

static int set_take_usb(struct parser *parser, const struct ini_event *event, struct error *error)
{
	return take_boolean(parser, event, "yes", "no", &current_device(parser)->take_usb, error);
}

static int set_vtconsole(struct parser *parser, const struct ini_event *event, struct error *error)
{
	return take_boolean(parser, event, "detach", "keep", &parser->config->detach_consoles,
			    error);
}

static int set_wait(struct parser *parser, const struct ini_event *event, struct error *error)
{
	if (duration_parse(event->value, &parser->config->wait_ms) < 0)
		return malformed(parser, event, event->value, error);
	return 0;
}

/* A word that is listed already would be stopped, or unloaded, twice. */
static int add_word(const struct ini_event *event, const char *word, struct strings *list,
		    struct error *error)
{
	_cleanup_free_ char *quoted = NULL;

	if (strings_contain(list, word)) {
		quoted = text_quote(word);
		return ini_error(event, error, "\"%s\" is listed twice", or_unknown(quoted));
	}
	return strings_add(list, word) < 0 ? no_memory(event, error) : 0;
}

static int set_stop(struct parser *parser, const struct ini_event *event, struct error *error)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;

	if (strings_split(&words, event->value) < 0)
		return no_memory(event, error);
	for (size_t i = 0; i < words.count; i++) {
		const char *unit = words.items[i];
		int r;

		if (!unit_name_valid(unit))
			return malformed(parser, event, unit, error);
		if (unit_is_libvirt(unit)) {
			ini_error(event, error, "%s cannot be stopped: it is what starts the VM",
				  unit);
			return -EINVAL;
		}
		r = add_word(event, unit, &parser->config->stop, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static int set_unload(struct parser *parser, const struct ini_event *event, struct error *error)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;

	if (strings_split(&words, event->value) < 0)
		return no_memory(event, error);
	for (size_t i = 0; i < words.count; i++) {
		char *module = words.items[i];
		int r;

		if (!pci_driver_name_valid(module))
			return malformed(parser, event, module, error);
		kmod_normalize(module);
		if (kmod_is_vfio(module)) {
			ini_error(event, error, "%s cannot be unloaded: VMs need it", module);
			return -EINVAL;
		}
		r = add_word(event, module, &parser->config->unload, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct key keys[] = {
	{ "address", SECTION_DEVICE,
	  "addresses as lspci prints them are accepted, as in \"address = 0000:02:00\" (the whole "
	  "device) or \"address = 02:00.0\", several with blanks between",
	  set_address },
	{ "id", SECTION_DEVICE,
	  "vendor:device or vendor:device/subvendor:subdevice, four hexadecimal digits each, is "
	  "accepted, as in \"id = 10de:11fa\"",
	  set_id },
	{ "count", SECTION_DEVICE, "1 to 64 or any is accepted, as in \"count = 2\"", set_count },
	{ "driver", SECTION_DEVICE,
	  "auto or a driver's name is accepted, as in \"driver = vfio-pci\"", set_driver },
	{ "restore", SECTION_DEVICE,
	  "original, stay or a driver's name is accepted, as in \"restore = original\"",
	  set_restore },
	{ "in-use", SECTION_DEVICE,
	  "refuse, wait or terminate is accepted, as in \"in-use = wait\"", set_in_use },
	{ "take-usb", SECTION_DEVICE, "yes or no is accepted, as in \"take-usb = yes\"",
	  set_take_usb },
	{ "stop", SECTION_HOST,
	  "names of systemd units are accepted, with their suffix and blanks between, as in "
	  "\"stop = display-manager.service\"",
	  set_stop },
	{ "unload", SECTION_HOST,
	  "names of kernel modules are accepted, with blanks between, as in \"unload = nvidia_uvm "
	  "nvidia_drm\"",
	  set_unload },
	{ "vtconsole", SECTION_HOST, "keep or detach is accepted, as in \"vtconsole = detach\"",
	  set_vtconsole },
	{ "wait", SECTION_HOST, "1s to 60min is accepted, as in \"wait = 60s\"", set_wait },
	{ "timeout", SECTION_HOST, "1s to 60min is accepted, as in \"timeout = 30s\"",
	  set_timeout },
};

static const struct key *find_key(enum section section, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].section == section && strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int unknown_key(const struct parser *parser, const struct ini_event *event,
		       struct error *error)
{
	_cleanup_free_ char *quoted = text_quote(event->key);
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_free_ char *joined = NULL;
	const char *candidates[ARRAY_SIZE(keys) + 1] = { NULL };
	const char *meant;

	ini_error(event, error, "unknown key \"%s\" in [%s]", or_unknown(quoted), event->section);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].section == parser->section) {
			candidates[names.count] = keys[i].name;
			if (strings_add(&names, keys[i].name) < 0)
				return -EINVAL;
		} else if (strcmp(keys[i].name, event->key) == 0) {
			error_hint(error, "\"%s\" belongs in %s", keys[i].name,
				   section_names[keys[i].section]);
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
static int finish_section(struct parser *parser, const char *path, struct error *error)
{
	struct ini_event event = { .file = path };
	struct config_device *device;

	if (parser->section != SECTION_DEVICE)
		return 0;
	device = current_device(parser);
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
		device->count = 1;
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

static int begin_device(struct parser *parser, const struct ini_event *event, const char *label,
			struct error *error)
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
		return no_memory(event, error);
	device = &config->devices[config->device_count];
	device->label = strdup(label);
	if (!device->label)
		return no_memory(event, error);
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

static int begin_section(struct parser *parser, const struct ini_event *event, struct error *error)
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
	struct parser *parser = data;
	const struct key *key;

	if (!event->key)
		return begin_section(parser, event, error);
	key = find_key(parser->section, event->key);
	if (!key)
		return unknown_key(parser, event, error);
	return key->set(parser, event, error);
}

int config_parse(const char *path, const char *text, size_t length, struct config *ret_config,
		 struct error *error)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	struct parser parser = { .config = &config };
	int r;

	config.timeout_ms = CONFIG_TIMEOUT_DEFAULT_MS;
	config.wait_ms = CONFIG_WAIT_DEFAULT_MS;
	r = ini_parse_text(path, text, length, true, on_event, &parser, error);
	if (r < 0)
		return r;
	r = finish_section(&parser, path, error);
	if (r < 0)
		return r;
	if (!config.device_count) {
		error_set(error, EINVAL, "%s: no [device …] section: nothing to hand over", path);
		error_hint(error, "the least that is needed:\n[device gpu]\naddress = 0000:02:00");
		return -EINVAL;
	}
	config.path = strdup(path);
	if (!config.path)
		return error_set_errno(error, ENOMEM, "%s", path);
	*ret_config = config;
	config = CONFIG_INIT;
	return 0;
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
