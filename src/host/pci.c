/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/pci.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define DEVICES "sys/bus/pci/devices"
#define DRIVERS "sys/bus/pci/drivers"

#define ATTRIBUTE_MAX_BYTES 4096

/* Base class 06, "bridge", with the subclasses that have a bus behind them, and the host bridge. */
static bool is_bridge(uint32_t class)
{
	uint32_t subclass = class >> 8;

	return subclass == 0x0600 || subclass == 0x0604 || subclass == 0x0607 || subclass == 0x0609;
}

static int read_number(const struct root *root, const char *name, const char *attribute,
		       unsigned long *ret_number)
{
	_cleanup_free_ char *text = NULL;
	char *end;
	int r;

	r = root_read(root, ATTRIBUTE_MAX_BYTES, &text, DEVICES "/%s/%s", name, attribute);
	if (r < 0)
		return r;
	*ret_number = strtoul(text, &end, 16);
	return end == text || *end ? -EINVAL : 0;
}

static int look_id(const struct root *root, const char *name, struct pci_id *ret_id)
{
	unsigned long vendor, device, subvendor, subdevice;
	int r;

	if ((r = read_number(root, name, "vendor", &vendor)) < 0 ||
	    (r = read_number(root, name, "device", &device)) < 0 ||
	    (r = read_number(root, name, "subsystem_vendor", &subvendor)) < 0 ||
	    (r = read_number(root, name, "subsystem_device", &subdevice)) < 0)
		return r;
	*ret_id = (struct pci_id){ (uint16_t)vendor, (uint16_t)device, true, (uint16_t)subvendor,
				   (uint16_t)subdevice };
	return 0;
}

static int look_class(const struct root *root, struct pci_function *function)
{
	unsigned long class;
	int r = read_number(root, function->name, "class", &class);

	if (r < 0)
		return r;
	function->class = (uint32_t) class;
	function->bridge = is_bridge(function->class);
	return 0;
}

static int look_group(const struct root *root, struct pci_function *function)
{
	_cleanup_free_ char *group = NULL;
	int r;

	function->group = -1;
	r = root_link_name(root, &group, DEVICES "/%s/iommu_group", function->name);
	if (r == 0)
		function->group = atoi(group);
	return r == -ENOENT ? 0 : r;
}

static void function_clear(struct pci_function *function)
{
	free(function->driver);
	free(function->modalias);
}

static int function_look(const struct root *root, const struct pci_address *address,
			 struct pci_function *ret_function)
{
	struct pci_function function = { .address = *address };
	int r;

	pci_address_format(address, function.name);
	function.virtual_function = root_exists(root, DEVICES "/%s/physfn", function.name);
	if ((r = look_id(root, function.name, &function.id)) < 0 ||
	    (r = look_class(root, &function)) < 0 || (r = look_group(root, &function)) < 0 ||
	    (r = root_read(root, ATTRIBUTE_MAX_BYTES, &function.modalias, DEVICES "/%s/modalias",
			   function.name)) < 0 ||
	    (r = pci_driver_read(root, function.name, &function.driver)) < 0) {
		function_clear(&function);
		return r;
	}
	*ret_function = function;
	return 0;
}

static int compare_functions(const void *a, const void *b)
{
	const struct pci_function *left = a;
	const struct pci_function *right = b;

	return pci_address_compare(&left->address, &right->address);
}

int pci_scan(const struct root *root, struct pci_functions *ret_functions, struct error *error)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_pci_functions_ struct pci_functions functions = PCI_FUNCTIONS_INIT;
	int r;

	r = root_list(root, &names, DEVICES);
	if (r < 0)
		return error_set_errno(error, -r, "cannot list the PCI devices in /" DEVICES);
	for (size_t i = 0; i < names.count; i++) {
		struct pci_address address;

		if (pci_address_parse(names.items[i], &address) < 0)
			continue;
		if (array_grow(&functions.items, functions.count, sizeof(*functions.items)) < 0)
			return error_set_errno(error, ENOMEM, "cannot list the PCI devices");
		r = function_look(root, &address, &functions.items[functions.count]);
		if (r == -ENOENT || r == -ENODEV)
			continue; /* unplugged meanwhile */
		if (r < 0) {
			error_set_errno(error, -r, "cannot read what the device is");
			error_device(error, names.items[i]);
			return r;
		}
		functions.count++;
	}
	if (functions.count)
		qsort(functions.items, functions.count, sizeof(*functions.items),
		      compare_functions);
	pci_functions_clear(ret_functions);
	*ret_functions = functions;
	functions = PCI_FUNCTIONS_INIT;
	return 0;
}

int pci_is_there(const struct root *root, const char *name, const struct pci_id *id)
{
	struct pci_id found;
	int r = look_id(root, name, &found);

	if (r == -ENOENT || r == -ENODEV)
		return 0;
	return r < 0 ? r : pci_id_matches(id, &found);
}

const struct pci_function *pci_find(const struct pci_functions *functions,
				    const struct pci_address *address)
{
	for (size_t i = 0; i < functions->count; i++)
		if (pci_address_compare(&functions->items[i].address, address) == 0)
			return &functions->items[i];
	return NULL;
}

void pci_functions_clear(struct pci_functions *functions)
{
	for (size_t i = 0; i < functions->count; i++)
		function_clear(&functions->items[i]);
	free(functions->items);
	*functions = PCI_FUNCTIONS_INIT;
}

/* ---- how a function is bound -------------------------------------------------------------- */

int pci_driver_read(const struct root *root, const char *name, char **ret_driver)
{
	int r = root_link_name(root, ret_driver, DEVICES "/%s/driver", name);

	if (r == -ENOENT) {
		if (!root_exists(root, DEVICES "/%s", name))
			return -ENODEV;
		*ret_driver = NULL;
		return 0;
	}
	return r;
}

bool pci_driver_registered(const struct root *root, const char *driver)
{
	return root_exists(root, DRIVERS "/%s", driver);
}

int pci_driver_module(const struct root *root, const char *driver, char **ret_module)
{
	int r = root_link_name(root, ret_module, DRIVERS "/%s/module", driver);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		*ret_module = NULL;
	return 0;
}

/* An attribute whose reading takes no lock; not there on every device. */
static int read_optional(const struct root *root, const char *name, const char *attribute,
			 char **ret_text)
{
	int r = root_read(root, ATTRIBUTE_MAX_BYTES, ret_text, DEVICES "/%s/%s", name, attribute);

	return r == -ENOENT ? 0 : r;
}

static bool reads_unset(const char *text)
{
	return !*text || strcmp(text, "(null)") == 0;
}

static int override_read(const struct worker_context *context, const char *name,
			 char **ret_override, struct error *error)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	const struct worker_call call = {
		.access = WORKER_READ,
		.device = name,
		.step = "read the driver override",
		.path = path,
	};
	int answer;
	int r;

	snprintf(path, sizeof(path), DEVICES "/%s/driver_override", name);
	r = worker_run(context, &call, &answer, &text, error);
	if (r < 0)
		return r;
	if (answer < 0) {
		error_set_errno(error, -answer, "cannot %s", call.step);
		error_device(error, name);
		return answer;
	}
	*ret_override = reads_unset(text) ? NULL : take_ptr(text);
	return 0;
}

int pci_state_read(const struct worker_context *context, const char *name,
		   struct pci_state *ret_state, struct error *error)
{
	_cleanup_pci_state_ struct pci_state state = PCI_STATE_INIT;
	const struct root *root = context->root;
	int r;

	if (!root_exists(root, DEVICES "/%s", name)) {
		error_set(error, ENODEV, "the device is gone");
		error_device(error, name);
		return -ENODEV;
	}
	/* first, since it waits for a call in flight, and the rest is true only after that */
	r = override_read(context, name, &state.driver_override, error);
	if (r < 0)
		return r;
	r = pci_driver_read(root, name, &state.driver);
	if (r == 0)
		r = read_optional(root, name, "power/control", &state.power_control);
	if (r == 0)
		r = read_optional(root, name, "d3cold_allowed", &state.d3cold_allowed);
	if (r < 0) {
		error_set_errno(error, -r, "cannot read the state of the device");
		error_device(error, name);
		return r;
	}
	*ret_state = state;
	state = PCI_STATE_INIT;
	return 0;
}

static int copy_text(const char *text, char **ret_copy)
{
	*ret_copy = text ? strdup(text) : NULL;
	return text && !*ret_copy ? -ENOMEM : 0;
}

int pci_state_copy(const struct pci_state *state, struct pci_state *ret_copy)
{
	_cleanup_pci_state_ struct pci_state copy = PCI_STATE_INIT;

	if (copy_text(state->driver, &copy.driver) < 0 ||
	    copy_text(state->driver_override, &copy.driver_override) < 0 ||
	    copy_text(state->power_control, &copy.power_control) < 0 ||
	    copy_text(state->d3cold_allowed, &copy.d3cold_allowed) < 0)
		return -ENOMEM;
	*ret_copy = copy;
	copy = PCI_STATE_INIT;
	return 0;
}

void pci_state_clear(struct pci_state *state)
{
	free(state->driver);
	free(state->driver_override);
	free(state->power_control);
	free(state->d3cold_allowed);
	*state = PCI_STATE_INIT;
}

/* ---- single changes ----------------------------------------------------------------------- */

static int report_change(int code, const char *step, const char *name, struct error *error)
{
	error_set_errno(error, -code, "cannot %s", step);
	error_device(error, name);
	return code;
}

/*
 * Writes an attribute and compares what is there then with `expected`; NULL: it must be unset,
 * which reads as "(null)".
 */
static int attribute_set(const struct worker_context *context, const char *name,
			 const char *attribute, const char *text, const char *expected,
			 const char *step, struct error *error)
{
	_cleanup_free_ char *result = NULL;
	char path[PATH_MAX];
	const struct worker_call call = {
		.access = WORKER_WRITE_READ,
		.device = name,
		.step = step,
		.path = path,
		.text = text,
	};
	int answer;
	int r;

	snprintf(path, sizeof(path), DEVICES "/%s/%s", name, attribute);
	r = worker_run(context, &call, &answer, &result, error);
	if (r < 0)
		return r;
	if (answer < 0)
		return report_change(answer, step, name, error);
	if (expected ? strcmp(result, expected) != 0 : !reads_unset(result)) {
		_cleanup_free_ char *quoted = text_quote(result);

		report_change(-EIO, step, name, error);
		error_why(error, "it was written, but reads \"%s\" now", quoted ? quoted : "");
		return -EIO;
	}
	return 0;
}

int pci_override_set(const struct worker_context *context, const char *name, const char *override,
		     struct error *error)
{
	_cleanup_free_ char *step = override
					    ? text_format("set the driver override to %s", override)
					    : strdup("clear the driver override");

	if (!step)
		return error_set_errno(error, ENOMEM, "cannot set the driver override");
	return attribute_set(context, name, "driver_override", override ? override : "\n", override,
			     step, error);
}

int pci_power_control_set(const struct worker_context *context, const char *name, const char *value,
			  struct error *error)
{
	return attribute_set(context, name, "power/control", value, value, "restore power/control",
			     error);
}

int pci_d3cold_allowed_set(const struct worker_context *context, const char *name,
			   const char *value, struct error *error)
{
	return attribute_set(context, name, "d3cold_allowed", value, value,
			     "restore d3cold_allowed", error);
}

/* Writes the address to the driver's file `verb`. Returns 0 with the kernel's answer. */
static int driver_command(const struct worker_context *context, const char *name,
			  const char *driver, const char *verb, const char *step, int *ret_answer,
			  struct error *error)
{
	char path[PATH_MAX];
	const struct worker_call call = {
		.access = WORKER_WRITE,
		.device = name,
		.step = step,
		.path = path,
		.text = name,
	};

	snprintf(path, sizeof(path), DRIVERS "/%s/%s", driver, verb);
	return worker_run(context, &call, ret_answer, NULL, error);
}

int pci_unbind(const struct worker_context *context, const char *name, const char *driver,
	       struct error *error)
{
	_cleanup_free_ char *step = text_format("unbind from %s", driver);
	_cleanup_free_ char *now = NULL;
	int answer;
	int r;

	if (!step)
		return error_set_errno(error, ENOMEM, "cannot unbind");
	r = driver_command(context, name, driver, "unbind", step, &answer, error);
	if (r < 0)
		return r;
	r = pci_driver_read(context->root, name, &now);
	if (r < 0)
		return report_change(r, step, name, error);
	if (!now)
		return 0;
	report_change(answer < 0 ? answer : -EBUSY, step, name, error);
	if (answer == 0)
		error_why(error, "the kernel unbound it, but it is on %s now", now);
	return answer < 0 ? answer : -EBUSY;
}

/* By its links: sriov_numvfs takes the device's lock. */
static size_t count_virtual_functions(const struct root *root, const char *name)
{
	_cleanup_strings_ struct strings entries = STRINGS_INIT;
	size_t count = 0;

	if (root_list(root, &entries, DEVICES "/%s", name) < 0)
		return 0;
	for (size_t i = 0; i < entries.count; i++)
		count += strncmp(entries.items[i], "virtfn", strlen("virtfn")) == 0;
	return count;
}

/* Adds the cause that the errno of a failed probe stands for, where the sources name one. */
static void explain_bind(const struct root *root, const char *name, const char *driver, int answer,
			 struct error *error)
{
	size_t vfs = count_virtual_functions(root, name);

	/* vfio_pci_core_register_device(), drivers/vfio/pci/vfio_pci_core.c */
	if (answer == -EBUSY && vfs) {
		error_why(error, "it is a physical function with %zu virtual functions on", vfs);
		error_hint(error,
			   "Hand over a virtual function instead, or switch them off first:\n"
			   "echo 0 > /" DEVICES "/%s/sriov_numvfs",
			   name);
	} else if (answer == -ENOENT) {
		error_why(error, "the kernel has no PCI driver of that name");
		error_hint(error, "Look for the name in /" DRIVERS " after: modprobe %s", driver);
	} else if (answer == 0) {
		error_why(error, "the kernel accepted it, but the device is not on the driver");
		error_hint(error, "See dmesg for what the driver says.");
	} else {
		error_hint(error, "See dmesg for what the driver %s says about the device.",
			   driver);
	}
}

int pci_bind(const struct worker_context *context, const char *name, const char *driver,
	     struct error *error)
{
	_cleanup_free_ char *step = text_format("bind to %s", driver);
	_cleanup_free_ char *now = NULL;
	int answer;
	int r;

	if (!step)
		return error_set_errno(error, ENOMEM, "cannot bind");
	r = driver_command(context, name, driver, "bind", step, &answer, error);
	if (r < 0)
		return r;
	r = pci_driver_read(context->root, name, &now);
	if (r < 0)
		return report_change(r, step, name, error);
	/* someone's probe may have come first; what counts is the driver */
	if (now && strcmp(now, driver) == 0)
		return 0;
	r = answer < 0 ? answer : -EIO;
	report_change(r, step, name, error);
	if (now)
		error_why(error, "it is on %s now", now);
	else
		explain_bind(context->root, name, driver, answer, error);
	return r;
}
