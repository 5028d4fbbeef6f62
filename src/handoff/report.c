/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/udev.h"

#define MODALIAS_MAX_BYTES 4096

/* "0000:01:00.0 (NVIDIA Corporation …)"; the id for a name that is not known. */
static char *name_device(const struct root *root, const char *address)
{
	_cleanup_free_ char *modalias = NULL;
	_cleanup_free_ char *name = NULL;
	unsigned int vendor, device;

	if (root_read(root, MODALIAS_MAX_BYTES, &modalias, "sys/bus/pci/devices/%s/modalias",
		      address) < 0)
		return strdup(address);
	name = udev_pci_name(root, address, modalias);
	if (name)
		return text_format("%s (%s)", address, name);
	if (sscanf(modalias, "pci:v%8xd%8x", &vendor, &device) == 2)
		return text_format("%s (%04x:%04x)", address, vendor, device);
	return strdup(address);
}

char *report_problem(const struct root *root, const struct error *error)
{
	_cleanup_free_ char *device = error->device ? name_device(root, error->device) : NULL;
	const char *what = error->what ? error->what : strerror(error->code);

	return text_format("%s%s%s%s%s", device ? device : "", device ? ": " : "", what,
			   error->why ? ": " : "", error->why ? error->why : "");
}

/* Appends "  TITLE  text", the text's further lines indented below its first. */
static int put(char **report, const char *title, const char *text)
{
	int r = text_append(report, "\n  %-8s ", title);

	while (r == 0) {
		size_t length = strcspn(text, "\n");

		r = text_append(report, "%.*s", (int)length, text);
		if (r < 0 || !text[length])
			break;
		text += length + 1;
		r = text_append(report, "\n           ");
	}
	return r;
}

static int put_host(const struct root *root, const struct acquire_result *result, const char *again,
		    char **report)
{
	_cleanup_free_ char *partly = text_format("NOT all devices could be restored. %s", again);
	int r = 0;

	switch (result->host) {
	case HOST_UNTOUCHED:
		r = put(report, "Host:",
			result->ended.count ? "all devices are as they were before."
					    : "nothing was changed.");
		break;
	case HOST_AS_BEFORE:
		r = put(report, "Host:", "all devices are as they were before.");
		break;
	case HOST_PARTLY:
		r = partly ? put(report, "Host:", partly) : -ENOMEM;
		break;
	}
	for (size_t i = 0; r == 0 && i < result->ended.count; i++)
		r = put(report, i ? "" : "Ended:", result->ended.items[i]);
	for (size_t i = 0; r == 0 && i < result->unrestored.count; i++) {
		const struct error *error = &result->unrestored.items[i];
		_cleanup_free_ char *text = report_problem(root, error);

		r = text ? put(report, "", text) : -ENOMEM;
		if (r == 0 && error->hint)
			r = put(report, "To do:", error->hint);
	}
	return r;
}

char *report_failure(const struct root *root, const char *headline, const char *again,
		     const struct error *error, const struct acquire_result *result)
{
	_cleanup_free_ char *problem = report_problem(root, error);
	_cleanup_free_ char *report = NULL;

	if (!problem || text_append(&report, "%s", headline) < 0 ||
	    put(&report, "Problem:", problem) < 0 ||
	    (error->hint && put(&report, "To do:", error->hint) < 0) ||
	    put_host(root, result, again, &report) < 0 || text_append(&report, "\n") < 0)
		return NULL;
	return text_printable(report);
}

char *report_refusal(const struct root *root, const char *vm, const struct error *error,
		     const struct acquire_result *result)
{
	_cleanup_free_ char *shown = text_quote(vm);
	_cleanup_free_ char *headline =
		shown ? text_format("gpu-handoff does not let the VM \"%s\" start.", shown) : NULL;

	return headline ? report_failure(root, headline, "The next start of the VM tries again.",
					 error, result)
			: NULL;
}

char *report_line(const struct root *root, const struct error *error)
{
	_cleanup_free_ char *problem = report_problem(root, error);
	_cleanup_free_ char *line =
		problem ? text_format("%s%s%s", problem, error->hint ? ". To do: " : "",
				      error->hint ? error->hint : "")
			: NULL;
	_cleanup_free_ char *printable = line ? text_printable(line) : NULL;

	/* a group's members are a list in a message, a row in the log */
	for (char *c = printable; c && *c; c++)
		if (*c == '\n')
			*c = ' ';
	return take_ptr(printable);
}
