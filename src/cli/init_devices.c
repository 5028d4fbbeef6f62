/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which devices a new INI file lists, and what holds them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/init.h"
#include "handoff/in_use_report.h"
#include "handoff/preflight.h"
#include "host/kmod.h"
#include "host/nvidia.h"
#include "host/unit.h"

#define DISPLAY_MANAGER "display-manager.service"

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "cannot make the INI file");
}

static bool is_chosen(const struct init *init, const struct pci_function *function)
{
	return strings_contain(&init->survey.chosen, function->name);
}

/* On bus 00 a slot holds parts of the chipset that have nothing to do with each other. */
static bool stands_alone(const struct pci_function *function)
{
	return function->virtual_function ||
	       (function->address.domain == 0 && function->address.bus == 0);
}

/* Whether the two go to a VM as one. */
static bool goes_with(const struct pci_function *a, const struct pci_function *b)
{
	return !stands_alone(a) && !stands_alone(b) && pci_same_device(a, b);
}

/* ---- what is asked for -------------------------------------------------------------------- */

/* All functions of the only device that has the id. */
static int take_id(const struct pci_id *id, const char *text, struct init *init,
		   struct error *error)
{
	const struct pci_function *found = NULL;
	_cleanup_free_ char *addresses = NULL;
	size_t count = 0;

	for (size_t i = 0; i < init->survey.host.count; i++) {
		const struct pci_function *function = &init->survey.host.items[i];

		if (!pci_id_matches(id, &function->id) || (found && goes_with(found, function)))
			continue;
		found = function;
		count++;
		if (text_append(&addresses, "%s%s", count > 1 ? ", " : "", function->name) < 0)
			return no_memory(error);
	}
	if (count == 0) {
		error_set(error, ENODEV, "no device with the id %s is on this host", text);
		error_hint(error, "Find the id with: gpu-handoff list --all");
		return -ENODEV;
	}
	if (count > 1) {
		error_set(error, EEXIST, "%zu devices have the id %s: %s", count, text, addresses);
		error_hint(error, "Name the one that is meant by its address.");
		return -EEXIST;
	}
	return survey_choose(found->name, &init->survey);
}

int init_take(const char *text, struct init *init, struct error *error)
{
	_cleanup_free_ char *quoted = text_quote(text);
	struct pci_id id;
	int r;

	if (pci_id_parse(text, &id) == 0)
		return take_id(&id, text, init, error);
	r = survey_choose(text, &init->survey);
	if (r == -EINVAL) {
		error_set(error, EINVAL, "\"%s\" is neither an address nor an id",
			  quoted ? quoted : "?");
		error_hint(error, "0000:01:00.0, 01:00 or 10de:2204 is one; see gpu-handoff list");
	} else if (r == -ENODEV) {
		error_set(error, ENODEV, "this host has no PCI device %s", quoted ? quoted : "?");
		error_hint(error, "Find the address with: gpu-handoff list --all");
	} else if (r < 0) {
		no_memory(error);
	}
	return r;
}

/* ---- what comes along --------------------------------------------------------------------- */

static int check_asked(const struct init *init, struct error *error)
{
	for (size_t i = 0; i < init->survey.host.count; i++) {
		const struct pci_function *function = &init->survey.host.items[i];

		if (!function->bridge || !is_chosen(init, function))
			continue;
		error_set(error, ENOTSUP, "it is a bridge, which stays with the host");
		error_device(error, function->name);
		error_hint(error, "Name the device behind it.");
		return -ENOTSUP;
	}
	return 0;
}

static bool comes_along(const struct init *init, const struct pci_function *function,
			const struct pci_function *chosen)
{
	if (function->bridge)
		return false;
	if (goes_with(function, chosen))
		return true;
	return chosen->group >= 0 && function->group == chosen->group &&
	       preflight_spoils_group(init->survey.root, function);
}

/* One more of what comes along; whether there was one. */
static int add_one(struct init *init, bool device_only)
{
	const struct pci_functions *host = &init->survey.host;

	for (size_t i = 0; i < host->count; i++) {
		const struct pci_function *function = &host->items[i];

		if (is_chosen(init, function))
			continue;
		for (size_t j = 0; j < host->count; j++)
			if (is_chosen(init, &host->items[j]) &&
			    (device_only ? !function->bridge && goes_with(function, &host->items[j])
					 : comes_along(init, function, &host->items[j])))
				return strings_add(&init->survey.chosen, function->name) < 0
					       ? -ENOMEM
					       : 1;
	}
	return 0;
}

static int add_all(struct init *init, bool device_only)
{
	int r;

	do
		r = add_one(init, device_only);
	while (r > 0);
	return r;
}

/* ---- the sections ------------------------------------------------------------------------- */

static bool has_label(const struct init *init, const char *label)
{
	for (size_t i = 0; i < init->device_count; i++)
		if (text_same(init->devices[i].label, label))
			return true;
	return false;
}

/* "gpu", "gpu2", "audio": what the device is, in a word that no other one has. */
static char *make_label(const struct init *init, const struct pci_function *function)
{
	const char *kind = function->class >> 16 == 0x03 ? "gpu" : survey_kind(function);
	_cleanup_free_ char *word = strdup(kind);
	char *label;

	for (char *c = word; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	if (!word || !has_label(init, word))
		return take_ptr(word);
	for (unsigned int number = 2;; number++) {
		label = text_format("%s%u", word, number);
		if (!label || !has_label(init, label))
			return label;
		free(label);
	}
}

/* The device as a whole when all of it is chosen, else function by function. */
static char *make_addresses(const struct init *init, const struct pci_function *first)
{
	const struct pci_functions *host = &init->survey.host;
	_cleanup_free_ char *text = NULL;
	char device[PCI_ADDRESS_SIZE];
	bool whole = !stands_alone(first);

	for (size_t i = 0; i < host->count; i++) {
		const struct pci_function *function = &host->items[i];

		if (function != first && !goes_with(function, first))
			continue;
		if (!is_chosen(init, function))
			whole = whole && function->bridge;
		else if (text_append(&text, "%s%s", text ? " " : "", function->name) < 0)
			return NULL;
	}
	pci_address_format_device(&first->address, device);
	return whole ? strdup(device) : take_ptr(text);
}

/* A function of the device before this one is in a section. */
static bool is_listed(const struct init *init, size_t index)
{
	const struct pci_functions *host = &init->survey.host;

	for (size_t i = 0; i < index; i++)
		if (is_chosen(init, &host->items[i]) &&
		    goes_with(&host->items[i], &host->items[index]))
			return true;
	return false;
}

/* The function that says best what the device is: its display controller, else its first one. */
static size_t find_first(const struct init *init, size_t index)
{
	const struct pci_functions *host = &init->survey.host;

	for (size_t i = index; i < host->count; i++)
		if (is_chosen(init, &host->items[i]) && host->items[i].class >> 16 == 0x03 &&
		    (i == index || goes_with(&host->items[i], &host->items[index])))
			return i;
	return index;
}

static int make_sections(struct init *init)
{
	const struct pci_functions *host = &init->survey.host;

	for (size_t i = 0; i < host->count; i++) {
		struct init_device *device;

		if (!is_chosen(init, &host->items[i]) || is_listed(init, i))
			continue;
		if (array_grow(&init->devices, init->device_count, sizeof(*device)) < 0)
			return -ENOMEM;
		device = &init->devices[init->device_count];
		device->first = find_first(init, i);
		device->label = make_label(init, &host->items[device->first]);
		device->addresses = make_addresses(init, &host->items[i]);
		device->companion = !strings_contain(&init->asked, host->items[device->first].name);
		init->device_count++;
		if (!device->label || !device->addresses)
			return -ENOMEM;
	}
	return 0;
}

/* ---- who uses them ------------------------------------------------------------------------ */

/* Units that are never stopped for a VM: libvirt, and what all of the system stands on. */
static bool may_stop(const char *unit)
{
	static const char *const never[] = { "systemd-", "dbus", "user@", "polkit" };

	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (strncmp(unit, never[i], strlen(never[i])) == 0)
			return false;
	return unit_name_valid(unit) && !unit_is_libvirt(unit);
}

/* The unit that the process goes with: its own, or the desktop's. NULL: none. */
static int find_unit(const struct root *root, const struct holder *holder, char **ret_unit)
{
	_cleanup_free_ char *unit = NULL;
	_cleanup_free_ char *desktop = NULL;

	if (holder->kind != HOLDER_PROCESS || unit_of_process(root, holder->pid, &unit) < 0)
		return 0;
	if (unit && !may_stop(unit))
		return 0;
	/* the link to the unit of that display manager which the system has */
	if (root_link_name(root, &desktop, "etc/systemd/system/" DISPLAY_MANAGER) < 0)
		desktop = NULL;
	if (desktop && (!unit || strcmp(unit, desktop) == 0)) {
		*ret_unit = strdup(DISPLAY_MANAGER);
		return *ret_unit ? 0 : -ENOMEM;
	}
	*ret_unit = take_ptr(unit);
	return 0;
}

static int find_units(struct init *init)
{
	for (size_t i = 0; i < init->survey.holders.count; i++) {
		const struct holder *holder = &init->survey.holders.items[i];
		_cleanup_free_ char *unit = NULL;
		int r = find_unit(init->survey.root, holder, &unit);

		/* a broker lets go by itself */
		if (r == 0 && unit && !strings_contain(&init->stop, unit))
			r = strings_add(&init->stop, unit);
		else if (r == 0 && !unit && holder->kind != HOLDER_BROKER)
			r = strings_add(&init->users, holder->text);
		if (r < 0)
			return r;
	}
	return 0;
}

/* NVIDIA's modules that stand on the driver hold the card (see nvidia.h). */
static int find_modules(struct init *init)
{
	static const char *const modules[] = { "nvidia_uvm", "nvidia_drm" };
	bool needed = false;

	for (size_t i = 0; i < init->survey.host.count; i++)
		needed |= is_chosen(init, &init->survey.host.items[i]) &&
			  text_same(init->survey.host.items[i].driver, NVIDIA_DRIVER);
	for (size_t i = 0; needed && i < ARRAY_SIZE(modules); i++)
		if (kmod_is_loaded(init->survey.root, modules[i]) &&
		    strings_add(&init->unload, modules[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* What nobody asked for must not take a disk or a network from the host. */
static int check_companions(const struct init *init, struct error *error)
{
	for (size_t i = 0; i < init->survey.holders.count; i++) {
		const struct holder *holder = &init->survey.holders.items[i];

		if (strings_contain(&init->asked, holder->function) ||
		    holder->kind == HOLDER_PROCESS || holder->kind == HOLDER_BROKER)
			continue;
		error_set(error, EBUSY, "its IOMMU group has it in, and the host uses it: %s",
			  holder->text);
		error_device(error, holder->function);
		error_hint(error, "All of a group leaves the host: put the card into a slot with "
				  "an IOMMU group of its own,\nor free this device first.");
		return -EBUSY;
	}
	return 0;
}

int init_complete(struct init *init, struct error *error)
{
	int r = check_asked(init, error);

	if (r < 0)
		return r;
	if (add_all(init, true) < 0 || strings_merge(&init->asked, &init->survey.chosen) < 0 ||
	    add_all(init, false) < 0)
		return no_memory(error);
	r = survey_look(&init->survey, error);
	if (r == 0)
		r = check_companions(init, error);
	if (r < 0)
		return r;
	return make_sections(init) < 0 || find_units(init) < 0 || find_modules(init) < 0
		       ? no_memory(error)
		       : 0;
}

void init_clear(struct init *init)
{
	for (size_t i = 0; i < init->device_count; i++) {
		free(init->devices[i].label);
		free(init->devices[i].addresses);
	}
	free(init->devices);
	strings_clear(&init->asked);
	strings_clear(&init->stop);
	strings_clear(&init->unload);
	strings_clear(&init->users);
	survey_clear(&init->survey);
}
