/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What holds for both kinds of INI files: what is accepted obeys the limits, is refused as a whole
 * when a line of it is wrong, and says the same when it is written anew.
 */
#ifndef GH_TESTS_FUZZ_CONFIG_H
#define GH_TESTS_FUZZ_CONFIG_H

#include "handoff/config.h"

#include "fuzz.h"

struct config_target {
	const char *path;
	int (*parse)(const char *path, const char *text, size_t length, struct config *ret_config,
		     struct error *error);
	void (*check)(const struct config *config); /* what holds for this kind alone */
	bool is_boot;
};

static inline int config_try(const struct config_target *target, const char *text, size_t length,
			     struct config *config)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	size_t path = strlen(target->path);
	int r;

	fuzz_fill(config, sizeof(*config));
	r = target->parse(target->path, text, length, config, &error);
	if (r == 0) {
		MUST(!error.code && !error.what);
		return 0;
	}
	MUST(r == -EINVAL);
	fuzz_check_error(r, &error);
	MUST(strncmp(error.what, target->path, path) == 0 && error.what[path] == ':');
	MUST(fuzz_is_untouched(config, sizeof(*config)));
	return r;
}

static inline void config_check_device(const struct config *config, size_t index, size_t lines)
{
	const struct config_device *device = &config->devices[index];

	MUST(device->label && *device->label && fuzz_is_printable(device->label) &&
	     !strpbrk(device->label, "[]\n"));
	for (size_t i = 0; i < index; i++)
		MUST(strcmp(config->devices[i].label, device->label) != 0);
	MUST(device->line >= 1 && device->line <= lines);
	MUST(device->address_count || device->has_id);
	MUST(device->count <= 64);
	MUST(!device->has_id || (device->id_line > device->line && device->id_line <= lines));
	for (size_t i = 0; i < device->address_count; i++) {
		const struct config_address *address = &device->addresses[i];

		MUST(address->line > device->line && address->line <= lines);
		MUST(address->address.slot < 32 && address->address.function < 8 &&
		     (!address->whole || address->address.function == 0));
		for (size_t j = 0; j <= index; j++) {
			const struct config_device *other = &config->devices[j];
			size_t count = j == index ? i : other->address_count;

			for (size_t k = 0; k < count; k++)
				MUST(!config_address_covers(&other->addresses[k],
							    &address->address) &&
				     !config_address_covers(address, &other->addresses[k].address));
		}
	}
}

/* ---- written anew ------------------------------------------------------------------------- */

static inline void config_put(char **text, const char *key, const char *value)
{
	MUST(!value || text_append(text, "%s=%s\n", key, value) == 0);
}

/* Short: a line may have been as long as it can be. */
static inline const char *config_short(const char *address)
{
	return address + (strncmp(address, "0000:", 5) == 0 ? 5 : 0);
}

static inline void config_put_device(char **text, const struct config_device *device, bool is_boot)
{
	static const char *const in_use[] = { "refuse", "wait", "terminate" };
	char formatted[PCI_ID_SIZE > PCI_ADDRESS_SIZE ? PCI_ID_SIZE : PCI_ADDRESS_SIZE];

	MUST(text_append(text, "[device %s]\n", device->label) == 0);
	for (size_t i = 0; i < device->address_count; i++) {
		config_address_format(&device->addresses[i], formatted);
		MUST(text_append(text, "%s%s", i ? " " : "address=", config_short(formatted)) == 0);
	}
	if (device->address_count)
		MUST(text_append(text, "\n") == 0);
	if (device->has_id) {
		pci_id_format(&device->id, formatted);
		config_put(text, "id", formatted);
	}
	if (!device->address_count && device->count == CONFIG_COUNT_ANY)
		config_put(text, "count", "any");
	else if (!device->address_count)
		MUST(text_append(text, "count = %u\n", device->count) == 0);
	config_put(text, "driver", device->driver);
	if (is_boot)
		return;
	config_put(text, "restore",
		   device->restore == CONFIG_RESTORE_STAY ? "stay" : device->restore_driver);
	config_put(text, "in-use", in_use[device->in_use]);
	config_put(text, "take-usb", device->take_usb ? "yes" : "no");
}

static inline char *config_write(const struct config *config, bool is_boot)
{
	_cleanup_free_ char *stop = strings_join(&config->stop, " ");
	_cleanup_free_ char *unload = strings_join(&config->unload, " ");
	char *text = NULL;

	MUST(stop && unload);
	MUST(text_append(&text, "[host]\n") == 0);
	if (is_boot) {
		config_put(&text, "allow-boot-display", config->allow_boot_display ? "yes" : "no");
	} else {
		config_put(&text, "stop", *stop ? stop : NULL);
		config_put(&text, "unload", *unload ? unload : NULL);
		config_put(&text, "vtconsole", config->detach_consoles ? "detach" : "keep");
		MUST(text_append(&text, "timeout = %llds\nwait = %llds\n",
				 (long long)config->timeout_ms / 1000,
				 (long long)config->wait_ms / 1000) == 0);
	}
	for (size_t i = 0; i < config->device_count; i++)
		config_put_device(&text, &config->devices[i], is_boot);
	return text;
}

static inline bool config_same_devices(const struct config_device *a, const struct config_device *b)
{
	if (a->address_count != b->address_count)
		return false;
	for (size_t i = 0; i < a->address_count; i++)
		if (a->addresses[i].whole != b->addresses[i].whole ||
		    pci_address_compare(&a->addresses[i].address, &b->addresses[i].address) != 0)
			return false;
	return strcmp(a->label, b->label) == 0 && a->has_id == b->has_id &&
	       (!a->has_id || (pci_id_matches(&a->id, &b->id) && pci_id_matches(&b->id, &a->id))) &&
	       a->count == b->count && text_same(a->driver, b->driver) &&
	       a->restore == b->restore && text_same(a->restore_driver, b->restore_driver) &&
	       a->in_use == b->in_use && a->take_usb == b->take_usb;
}

static inline bool config_same(const struct config *a, const struct config *b)
{
	if (a->device_count != b->device_count)
		return false;
	for (size_t i = 0; i < a->device_count; i++)
		if (!config_same_devices(&a->devices[i], &b->devices[i]))
			return false;
	return text_same(a->path, b->path) && a->timeout_ms == b->timeout_ms &&
	       a->wait_ms == b->wait_ms && fuzz_same_strings(&a->stop, &b->stop) &&
	       fuzz_same_strings(&a->unload, &b->unload) &&
	       a->detach_consoles == b->detach_consoles &&
	       a->allow_boot_display == b->allow_boot_display;
}

static inline void config_check_written(const struct config_target *target,
					const struct config *config)
{
	_cleanup_free_ char *text = config_write(config, target->is_boot);
	_cleanup_config_ struct config again;

	MUST(config_try(target, text, strlen(text), &again) == 0);
	MUST(config_same(config, &again));
}

/* ---- nothing is half accepted ------------------------------------------------------------- */

/* The text with more behind it is refused as a whole. */
static inline void config_check_refused_with(const struct config_target *target, const char *text,
					     size_t length, const char *more, size_t more_length)
{
	_cleanup_free_ char *both = malloc(length + 1 + more_length);
	struct config config;

	MUST(both);
	memcpy(both, text, length);
	both[length] = '\n';
	memcpy(both + length + 1, more, more_length);
	MUST(config_try(target, both, length + 1 + more_length, &config) < 0);
}

static inline bool config_fuzz(const struct config_target *target, const char *text, size_t length)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	struct config tried;
	size_t lines = 1;

	if (config_try(target, text, length, &tried) < 0)
		return false;
	config = tried;
	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	MUST(text_same(config.path, target->path) && config.device_count <= 64);
	for (size_t i = 0; i < config.device_count; i++)
		config_check_device(&config, i, lines);
	target->check(&config);
	config_check_written(target, &config);
	config_check_refused_with(target, text, length, "wrong", strlen("wrong"));
	config_check_refused_with(target, text, length, "[other]", strlen("[other]"));
	config_check_refused_with(target, text, length, "wrong = 1", strlen("wrong = 1"));
	/* each section twice */
	if (config.device_count)
		config_check_refused_with(target, text, length, text, length);
	return true;
}

#endif
