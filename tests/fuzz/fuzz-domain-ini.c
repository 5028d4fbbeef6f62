/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VM's INI file. */
#include "config.h"
#include "host/kmod.h"
#include "host/unit.h"

static void check_device(const struct config_device *device)
{
	MUST(!device->driver || pci_driver_name_valid(device->driver));
	MUST(device->restore <= CONFIG_RESTORE_DRIVER);
	MUST((device->restore == CONFIG_RESTORE_DRIVER) == (device->restore_driver != NULL));
	MUST(!device->restore_driver || pci_driver_name_valid(device->restore_driver));
	MUST(device->in_use <= CONFIG_IN_USE_TERMINATE);
}

static void check_words(const struct strings *words)
{
	for (size_t i = 0; i < words->count; i++)
		for (size_t j = 0; j < i; j++)
			MUST(strcmp(words->items[i], words->items[j]) != 0);
}

static void check(const struct config *config)
{
	MUST(config->device_count >= 1 && !config->allow_boot_display);
	MUST(config->timeout_ms >= 1000 && config->timeout_ms <= 3600 * 1000);
	MUST(config->wait_ms >= 1000 && config->wait_ms <= 3600 * 1000);
	for (size_t i = 0; i < config->device_count; i++)
		check_device(&config->devices[i]);
	check_words(&config->stop);
	for (size_t i = 0; i < config->stop.count; i++)
		MUST(unit_name_valid(config->stop.items[i]) &&
		     !unit_is_libvirt(config->stop.items[i]));
	check_words(&config->unload);
	for (size_t i = 0; i < config->unload.count; i++)
		MUST(pci_driver_name_valid(config->unload.items[i]) &&
		     !strchr(config->unload.items[i], '-') &&
		     !kmod_is_vfio(config->unload.items[i]));
}

static const struct config_target target = {
	.path = "/etc/gpu-handoff/domains.d/win.ini",
	.parse = config_parse,
	.check = check,
};

static bool fuzz_one(const uint8_t *data, size_t size)
{
	return config_fuzz(&target, (const char *)data, size);
}
