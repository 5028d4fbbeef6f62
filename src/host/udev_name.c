/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/udev.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define RECORD_MAX_BYTES (64 * 1024)

/* The value when the line is that of the property, "E:KEY=VALUE"; else NULL. */
static const char *property_value(const char *line, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(line, "E:", 2) != 0 || strncmp(line + 2, key, length) != 0 ||
	    line[2 + length] != '=')
		return NULL;
	return line + 2 + length + 1;
}

static char *join(const char *vendor, const char *model)
{
	if (!vendor)
		return NULL;
	return text_format("%s%s%s", vendor, model ? " " : "", model ? model : "");
}

static char *recorded_name(char *record)
{
	const char *vendor = NULL, *model = NULL;
	char *line;

	while ((line = strsep(&record, "\n"))) {
		const char *value;

		if ((value = property_value(line, UDEV_VENDOR_PROPERTY)))
			vendor = value;
		else if ((value = property_value(line, UDEV_MODEL_PROPERTY)))
			model = value;
	}
	return join(vendor, model);
}

char *udev_pci_name(const struct root *root, const char *address, const char *modalias)
{
	_cleanup_free_ char *record = NULL;
	_cleanup_free_ char *vendor = NULL;
	_cleanup_free_ char *model = NULL;

	if (root_read(root, RECORD_MAX_BYTES, &record, "run/udev/data/+pci:%s", address) == 0)
		return recorded_name(record);
	udev_hwdb_names(modalias, &vendor, &model);
	return join(vendor, model);
}
