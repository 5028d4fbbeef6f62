/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of a VM's file. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "handoff/config_parser.h"
#include "host/kmod.h"
#include "host/unit.h"

/* The word that was probably meant, where another word would be taken for a driver's name. */
static int refuse_near(const struct ini_event *event, const char *const *words, struct error *error)
{
	_cleanup_free_ char *quoted = NULL;
	const char *meant = text_nearest(event->value, words);

	if (!meant)
		return 0;
	quoted = text_quote(event->value);
	ini_error(event, error, "malformed %s \"%s\"", event->key, quoted ? quoted : "?");
	error_hint(error, "did you mean \"%s\"?", meant);
	return -EINVAL;
}

/* A driver's name that is none of the words, and not near one of them either. */
static int take_driver_name(const struct config_parser *parser, const struct ini_event *event,
			    const char *const *words, char **ret_name, struct error *error)
{
	int r;

	if (!pci_driver_name_valid(event->value))
		return config_malformed(parser, event, event->value, error);
	r = refuse_near(event, words, error);
	if (r < 0)
		return r;
	*ret_name = strdup(event->value);
	return *ret_name ? 0 : config_no_memory(event, error);
}

static int set_driver(struct config_parser *parser, const struct ini_event *event,
		      struct error *error)
{
	static const char *const words[] = { "auto", NULL };

	if (strcmp(event->value, "auto") == 0)
		return 0;
	return take_driver_name(parser, event, words, &config_current_device(parser)->driver,
				error);
}

static int set_restore(struct config_parser *parser, const struct ini_event *event,
		       struct error *error)
{
	static const char *const words[] = { "original", "stay", NULL };
	struct config_device *device = config_current_device(parser);

	if (strcmp(event->value, "original") == 0)
		return 0;
	if (strcmp(event->value, "stay") == 0) {
		device->restore = CONFIG_RESTORE_STAY;
		return 0;
	}
	device->restore = CONFIG_RESTORE_DRIVER;
	return take_driver_name(parser, event, words, &device->restore_driver, error);
}

static int set_timeout(struct config_parser *parser, const struct ini_event *event,
		       struct error *error)
{
	if (duration_parse(event->value, &parser->config->timeout_ms) < 0)
		return config_malformed(parser, event, event->value, error);
	return 0;
}

static int set_in_use(struct config_parser *parser, const struct ini_event *event,
		      struct error *error)
{
	static const char *const words[] = { "refuse", "wait", "terminate", NULL };
	static const enum config_in_use policies[] = {
		CONFIG_IN_USE_REFUSE,
		CONFIG_IN_USE_WAIT,
		CONFIG_IN_USE_TERMINATE,
	};

	for (size_t i = 0; words[i]; i++)
		if (strcmp(event->value, words[i]) == 0) {
			config_current_device(parser)->in_use = policies[i];
			return 0;
		}
	return config_malformed_word(parser, event, words, error);
}

static int set_take_usb(struct config_parser *parser, const struct ini_event *event,
			struct error *error)
{
	return config_take_boolean(parser, event, "yes", "no",
				   &config_current_device(parser)->take_usb, error);
}

static int set_vtconsole(struct config_parser *parser, const struct ini_event *event,
			 struct error *error)
{
	return config_take_boolean(parser, event, "detach", "keep",
				   &parser->config->detach_consoles, error);
}

static int set_wait(struct config_parser *parser, const struct ini_event *event,
		    struct error *error)
{
	if (duration_parse(event->value, &parser->config->wait_ms) < 0)
		return config_malformed(parser, event, event->value, error);
	return 0;
}

/* A word that is listed already would be stopped, or unloaded, twice. */
static int add_word(const struct ini_event *event, const char *word, struct strings *list,
		    struct error *error)
{
	_cleanup_free_ char *quoted = NULL;

	if (strings_contain(list, word)) {
		quoted = text_quote(word);
		return ini_error(event, error, "\"%s\" is listed twice", quoted ? quoted : "?");
	}
	return strings_add(list, word) < 0 ? config_no_memory(event, error) : 0;
}

static int set_stop(struct config_parser *parser, const struct ini_event *event,
		    struct error *error)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;

	if (strings_split(&words, event->value) < 0)
		return config_no_memory(event, error);
	for (size_t i = 0; i < words.count; i++) {
		const char *unit = words.items[i];
		int r;

		if (!unit_name_valid(unit))
			return config_malformed(parser, event, unit, error);
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

static int set_unload(struct config_parser *parser, const struct ini_event *event,
		      struct error *error)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;

	if (strings_split(&words, event->value) < 0)
		return config_no_memory(event, error);
	for (size_t i = 0; i < words.count; i++) {
		char *module = words.items[i];
		int r;

		if (!pci_driver_name_valid(module))
			return config_malformed(parser, event, module, error);
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

static const struct config_key keys[] = {
	{ "address", SECTION_DEVICE, CONFIG_ACCEPTED_ADDRESS, config_set_address },
	{ "id", SECTION_DEVICE, CONFIG_ACCEPTED_ID, config_set_id },
	{ "count", SECTION_DEVICE, CONFIG_ACCEPTED_COUNT, config_set_count },
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
	{ 0 },
};

static const struct config_kind domain_kind = { .keys = keys, .count_default = 1 };

int config_parse(const char *path, const char *text, size_t length, struct config *ret_config,
		 struct error *error)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	int r = config_parse_kind(&domain_kind, path, text, length, &config, error);

	if (r < 0)
		return r;
	if (!config.device_count) {
		error_set(error, EINVAL, "%s: no [device …] section: nothing to hand over", path);
		error_hint(error,
			   "the least that is needed:\n  [device gpu]\n  address = 0000:02:00");
		return -EINVAL;
	}
	*ret_config = config;
	config = CONFIG_INIT;
	return 0;
}
