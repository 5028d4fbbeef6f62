/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/pci_binding.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/pci.h"

#define DEVICES "sys/bus/pci/devices"
#define DRIVERS "sys/bus/pci/drivers"

#define ATTRIBUTE_MAX_BYTES 4096

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

int pci_state_look(const struct root *root, const char *name, struct pci_state *ret_state,
		   struct error *error)
{
	_cleanup_pci_state_ struct pci_state state = PCI_STATE_INIT;
	int r = pci_driver_read(root, name, &state.driver);

	if (r == 0)
		r = read_optional(root, name, "power/control", &state.power_control);
	if (r == 0)
		r = read_optional(root, name, "d3cold_allowed", &state.d3cold_allowed);
	if (r < 0) {
		r = pci_explain_unread(root, name, r, error);
		if (r != -ENODEV) {
			error_set_errno(error, -r, "cannot read the state of the device");
			error_device(error, name);
		}
		return r;
	}
	*ret_state = state;
	state = PCI_STATE_INIT;
	return 0;
}

int pci_state_read(const struct worker_context *context, const char *name,
		   struct pci_state *ret_state, struct error *error)
{
	_cleanup_free_ char *override = NULL;
	/* first, since it waits for a call in flight, and the rest is true only after that */
	int r = override_read(context, name, &override, error);

	if (r < 0)
		return pci_explain_unread(context->root, name, r, error);
	r = pci_state_look(context->root, name, ret_state, error);
	if (r == 0)
		ret_state->driver_override = take_ptr(override);
	return r;
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

/* Whether it has the value already; reading it takes no lock. */
static bool has_value(const struct root *root, const char *name, const char *attribute,
		      const char *value)
{
	_cleanup_free_ char *now = NULL;

	return read_optional(root, name, attribute, &now) == 0 && text_same(now, value);
}

int pci_power_control_set(const struct worker_context *context, const char *name, const char *value,
			  struct error *error)
{
	if (has_value(context->root, name, "power/control", value))
		return 0;
	return attribute_set(context, name, "power/control", value, value, "restore power/control",
			     error);
}

int pci_d3cold_allowed_set(const struct worker_context *context, const char *name,
			   const char *value, struct error *error)
{
	if (has_value(context->root, name, "d3cold_allowed", value))
		return 0;
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

int pci_probe(const struct worker_context *context, const char *name, struct error *error)
{
	const struct worker_call call = {
		.access = WORKER_WRITE,
		.device = name,
		.step = "have the kernel look for a driver",
		.path = "sys/bus/pci/drivers_probe",
		.text = name,
	};
	int answer;
	int r = worker_run(context, &call, &answer, NULL, error);

	if (r == 0 && answer < 0)
		r = report_change(answer, call.step, name, error);
	return r;
}
