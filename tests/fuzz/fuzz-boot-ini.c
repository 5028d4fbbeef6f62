/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* boot.ini. */
#include "config.h"
#include "host/vfio.h"

static void check(const struct config *config)
{
	MUST(!config->stop.count && !config->unload.count && !config->detach_consoles);
	MUST(config->timeout_ms == CONFIG_TIMEOUT_DEFAULT_MS &&
	     config->wait_ms == CONFIG_WAIT_DEFAULT_MS);
	for (size_t i = 0; i < config->device_count; i++) {
		const struct config_device *device = &config->devices[i];

		MUST(text_same(device->driver, VFIO_DRIVER) ||
		     text_same(device->driver, STUB_DRIVER));
		MUST(device->restore == CONFIG_RESTORE_ORIGINAL && !device->restore_driver);
		MUST(device->in_use == CONFIG_IN_USE_REFUSE && !device->take_usb);
	}
}

static const struct config_target target = {
	.path = "/etc/gpu-handoff/boot.ini",
	.parse = config_parse_boot,
	.check = check,
	.is_boot = true,
};

static bool fuzz_one(const uint8_t *data, size_t size)
{
	return config_fuzz(&target, (const char *)data, size);
}
