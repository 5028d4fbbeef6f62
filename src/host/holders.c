/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/holders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/holders_program.h"
#include "host/holders_search.h"
#include "host/pci.h"

/* ---- one look ----------------------------------------------------------------------------- */

int holders_search_add(struct holders_search *search, size_t function, enum holder_kind kind,
		       bool usb, const char *text, struct holder **ret_holder)
{
	struct device_function *of = &search->nodes.functions[function];
	struct holder *holder;

	of->used = true;
	if (!of->asked)
		return 0;
	/* a mount is in many namespaces, a USB device has many interfaces */
	for (size_t i = 0; kind != HOLDER_PROCESS && i < search->holders.count; i++)
		if (search->holders.items[i].kind == kind &&
		    strcmp(search->holders.items[i].function, of->name) == 0 &&
		    strcmp(search->holders.items[i].text, text) == 0)
			return 0;
	holder = holders_add(&search->holders, of->name, kind, text);
	if (!holder)
		return -ENOMEM;
	holder->usb = usb;
	if (ret_holder)
		*ret_holder = holder;
	return 0;
}

static void search_clear(struct holders_search *search)
{
	device_nodes_clear(&search->nodes);
	holders_clear(&search->holders);
	strings_clear(&search->mount_tables);
}

/* In the order in which the functions were asked for. */
static int sort_by_function(const struct strings *functions, struct holders *holders)
{
	struct holder *sorted = calloc(holders->count + 1, sizeof(*sorted));
	size_t count = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < functions->count; i++)
		for (size_t j = 0; j < holders->count; j++)
			if (holders->items[j].text &&
			    strcmp(holders->items[j].function, functions->items[i]) == 0) {
				sorted[count++] = holders->items[j];
				holders->items[j].text = NULL;
			}
	free(holders->items);
	holders->items = sorted;
	holders->count = count;
	return 0;
}

typedef int search_part(struct holders_search *search);

static search_part *const all_parts[] = {
	holders_search_processes, holders_search_disks,    holders_search_networks,
	holders_search_usb,       holders_search_children, holders_search_references,
};

static search_part *const lasting_parts[] = { holders_search_usb, holders_search_children };

static int scan_parts(const struct root *root, const struct strings *functions, bool with_nodes,
		      search_part *const *parts, size_t count, struct holders *ret_holders,
		      struct error *error)
{
	struct holders_search search = { .root = root };
	int r = with_nodes ? device_nodes_read(root, functions, &search.nodes)
			   : device_nodes_read_functions(root, functions, &search.nodes);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = parts[i](&search);
	if (r == 0)
		r = sort_by_function(functions, &search.holders);
	if (r < 0) {
		error_set_errno(error, -r, "cannot look who uses the devices");
	} else {
		*ret_holders = search.holders;
		search.holders = HOLDERS_INIT;
	}
	search_clear(&search);
	return r;
}

int holders_scan(const struct root *root, const struct strings *functions,
		 struct holders *ret_holders, struct error *error)
{
	return scan_parts(root, functions, true, all_parts, ARRAY_SIZE(all_parts), ret_holders,
			  error);
}

int holders_scan_lasting(const struct root *root, const struct strings *functions,
			 struct holders *ret_holders, struct error *error)
{
	return scan_parts(root, functions, false, lasting_parts, ARRAY_SIZE(lasting_parts),
			  ret_holders, error);
}

/*
 * nvidia waits for a usage count of zero (open-gpu-kernel-modules, nv-pci.c), snd_hda_intel for the
 * last open control (sound/core/init.c, snd_card_free), VFIO for the last open group
 * (drivers/vfio/vfio_main.c, vfio_unregister_group_dev). Of the others, oopses are reported when a
 * node is open.
 */
bool holders_driver_may_hang(const char *driver)
{
	static const char *const drivers[] = { "nvidia", "snd_hda_intel", "amdgpu", "radeon",
					       "nouveau" };

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(driver, drivers[i]) == 0)
			return true;
	return strstr(driver, "vfio") != NULL;
}

bool holders_function_may_hang(const struct root *root, const char *function)
{
	_cleanup_free_ char *driver = NULL;
	int r = pci_driver_read(root, function, &driver);

	if (r < 0)
		return r != -ENODEV;
	return driver && holders_driver_may_hang(driver);
}

/* ---- in a worker -------------------------------------------------------------------------- */

/* What it has to say goes to `output_fd`: the list, or why there is none. */
static int scan_in_worker(const struct root *root, int output_fd, const void *data)
{
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	int r = holders_scan(root, data, &holders, &error);

	text = r == 0 ? holders_format(&holders) : error_text(&error);
	if (!text || dprintf(output_fd, "%s", text) < 0)
		return -ENOMEM;
	return r;
}

static int look_here(const struct worker_context *context, const struct strings *functions,
		     struct holders *ret_holders, struct error *error)
{
	const struct worker_call call = {
		.access = WORKER_CALL,
		.step = "look who uses the devices",
		.function = scan_in_worker,
		.data = functions,
	};
	_cleanup_free_ char *text = NULL;
	int answer;
	int r = worker_run(context, &call, &answer, &text, error);

	if (r < 0)
		return r;
	if (answer < 0)
		return error_set(error, -answer, "%s", text);
	return holders_parse(text ? text : "", ret_holders, error);
}

static int look_by_program(const struct worker_context *context, const struct strings *functions,
			   struct holders *ret_holders, struct error *error)
{
	_cleanup_free_ char *text = NULL;
	int status;
	int r = holders_program_run(context, functions, "look who uses the devices", &status, &text,
				    error);

	if (r < 0)
		return r;
	if (status != 0)
		return error_set(error, EIO, "cannot look who uses the devices: %s",
				 text && *text ? text : HOLDERS_PROGRAM " has failed");
	return holders_parse(text ? text : "", ret_holders, error);
}

int holders_look(const struct worker_context *context, const struct strings *functions,
		 struct holders *ret_holders, struct error *error)
{
	_cleanup_holders_ struct holders by_program = HOLDERS_INIT;
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	bool program = holders_program_is_there();
	int r;

	/* each process that a confined one is not allowed to look into makes a line in the log */
	if (program && holders_program_is_better(context->root)) {
		r = look_by_program(context, functions, ret_holders, error);
		if (r == 0 || r == -ETIMEDOUT || r == -ECANCELED)
			return r;
		program = false;
	}
	r = look_here(context, functions, &holders, error);
	if (r < 0)
		return r;
	if (holders.unseen && program &&
	    look_by_program(context, functions, &by_program, NULL) == 0) {
		*ret_holders = by_program;
		by_program = HOLDERS_INIT;
		return 0;
	}
	*ret_holders = holders;
	holders = HOLDERS_INIT;
	return 0;
}
