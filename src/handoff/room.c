/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/room.h"

#include <errno.h>

#include "base/cleanup.h"
#include "host/display.h"
#include "host/kmod.h"
#include "host/nvidia.h"
#include "host/unit.h"

void room_clear(struct room *room)
{
	strings_clear(&room->units);
	strings_clear(&room->modules);
	strings_clear(&room->framebuffers);
	strings_clear(&room->consoles);
}

static int no_memory(struct error *error)
{
	return error_set_errno(error, ENOMEM, "cannot see what has to make room for the devices");
}

static bool is_handed_over(const struct snapshot *snapshot, const char *function)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (text_same(snapshot->items[i].name, function))
			return true;
	return false;
}

/* Unloading a driver takes it from every function that it has. */
static int check_functions(const struct operation *operation, const char *module,
			   const struct snapshot *snapshot, struct error *error)
{
	_cleanup_strings_ struct strings functions = STRINGS_INIT;
	int r = kmod_list_functions(operation->root, module, &functions);

	if (r < 0)
		return error_set_errno(error, -r, "cannot see what the module %s drives", module);
	for (size_t i = 0; i < functions.count; i++) {
		if (is_handed_over(snapshot, functions.items[i]))
			continue;
		error_set(error, EBUSY, "the module %s cannot be unloaded", module);
		error_why(error, "it drives %s too, which stays on the host", functions.items[i]);
		error_hint(error, "Take it out of `unload =` in [host] of the VM's INI file; or "
				  "list that device too.");
		return -EBUSY;
	}
	return 0;
}

/* Those of the configured modules that are loaded, in the configured order. */
static int find_modules(const struct operation *operation, const struct config *config,
			const struct snapshot *snapshot, struct room *room, struct error *error)
{
	int r = kmod_check_unloadable(operation->root, &config->unload, error);

	for (size_t i = 0; r == 0 && i < config->unload.count; i++) {
		const char *module = config->unload.items[i];

		r = root_look(operation->root, "sys/module/%s/initstate", module);
		if (r < 0)
			return error_set_errno(
				error, -r, "cannot see whether the module %s is loaded", module);
		if (r == 0)
			continue;
		r = check_functions(operation, module, snapshot, error);
		if (r == 0 && strings_add(&room->modules, module) < 0)
			r = no_memory(error);
	}
	return r;
}

/* Only functions that leave a host driver have anything to do with framebuffers. */
static int find_displays(const struct operation *operation, const struct config *config,
			 const struct snapshot *snapshot, struct room *room, struct error *error)
{
	const struct worker_context workers = operation_workers(operation);
	bool leaves = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < snapshot->count; i++) {
		const struct plan_function *function = &snapshot->items[i];

		if (function->now_vfio)
			continue;
		leaves = true;
		r = display_find_framebuffers(operation->root, function->name, &room->framebuffers,
					      error);
	}
	if (r == 0 && leaves && config->detach_consoles)
		r = display_find_consoles(&workers, &room->consoles, error);
	return r;
}

int room_find(const struct operation *operation, const struct config *config,
	      const struct snapshot *snapshot, struct room *room, struct error *error)
{
	const struct worker_context workers = operation_workers(operation);
	int r = 0;

	for (size_t i = 0; r == 0 && i < snapshot->count; i++)
		if (text_same(snapshot->items[i].now.driver, NVIDIA_DRIVER))
			r = nvidia_check_unload(operation->root, snapshot->items[i].name,
						&config->unload, error);
	if (r == 0)
		r = find_modules(operation, config, snapshot, room, error);
	if (r == 0)
		r = find_displays(operation, config, snapshot, room, error);
	if (r == 0 && config->stop.count)
		r = unit_list_running(&workers, &config->stop, &room->units, error);
	return r;
}

int room_record(const struct operation *operation, const struct room *room, struct claim *claim,
		struct error *error)
{
	_cleanup_strings_ struct strings modules = STRINGS_INIT;
	int r = room->modules.count ? kmod_list_loaded(operation->root, &modules, error) : 0;

	if (r < 0)
		return r;
	if (strings_merge(&claim->units, &room->units) < 0 ||
	    strings_merge(&claim->modules, &modules) < 0 ||
	    strings_merge(&claim->framebuffers, &room->framebuffers) < 0 ||
	    strings_merge(&claim->consoles, &room->consoles) < 0)
		return no_memory(error);
	return 0;
}

int room_record_gone(const struct operation *operation, struct claim *claim)
{
	_cleanup_strings_ struct strings gone = STRINGS_INIT;

	if (kmod_list_missing(operation->root, &claim->modules, &gone) < 0)
		return -ENOMEM;
	strings_clear(&claim->modules);
	claim->modules = gone;
	gone = STRINGS_INIT;
	return 0;
}
