/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of boot.ini. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "handoff/config_parser.h"
#include "host/vfio.h"

static int set_driver(struct config_parser *parser, const struct ini_event *event,
		      struct error *error)
{
	static const char *const words[] = { VFIO_DRIVER, STUB_DRIVER, NULL };
	struct config_device *device = config_current_device(parser);

	for (size_t i = 0; words[i]; i++)
		if (strcmp(event->value, words[i]) == 0) {
			device->driver = strdup(words[i]);
			return device->driver ? 0 : config_no_memory(event, error);
		}
	return config_malformed_word(parser, event, words, error);
}

static int set_allow_boot_display(struct config_parser *parser, const struct ini_event *event,
				  struct error *error)
{
	return config_take_boolean(parser, event, "yes", "no", &parser->config->allow_boot_display,
				   error);
}

static const struct config_key keys[] = {
	{ "address", SECTION_DEVICE, CONFIG_ACCEPTED_ADDRESS, config_set_address },
	{ "id", SECTION_DEVICE, CONFIG_ACCEPTED_ID, config_set_id },
	{ "count", SECTION_DEVICE, CONFIG_ACCEPTED_COUNT, config_set_count },
	{ "driver", SECTION_DEVICE, "vfio-pci or pci-stub is accepted, as in \"driver = vfio-pci\"",
	  set_driver },
	{ "allow-boot-display", SECTION_HOST,
	  "yes or no is accepted, as in \"allow-boot-display = no\"", set_allow_boot_display },
	{ 0 },
};

static const struct config_kind boot_kind = { .keys = keys, .count_default = CONFIG_COUNT_ANY };

int config_parse_boot(const char *path, const char *text, size_t length, struct config *ret_config,
		      struct error *error)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	int r = config_parse_kind(&boot_kind, path, text, length, &config, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < config.device_count; i++) {
		struct config_device *device = &config.devices[i];

		if (!device->driver)
			device->driver = strdup(VFIO_DRIVER);
		if (!device->driver)
			return error_set_errno(error, ENOMEM, "%s", path);
	}
	*ret_config = config;
	config = CONFIG_INIT;
	return 0;
}
