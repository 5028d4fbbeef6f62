/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/processor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* a block of lines a processor */
#define CPUINFO_MAX_BYTES (64 * 1024 * 1024)

/* The value of the first line "KEY\t: VALUE", cut off in place; NULL for none. */
static char *find_value(char *text, const char *key)
{
	char *line = text;

	while (line) {
		char *next = strchr(line, '\n');

		if (strncmp(line, key, strlen(key)) == 0 && strchr(" \t:", line[strlen(key)])) {
			char *value = strchr(line, ':');

			if (next)
				*next = '\0';
			return value ? value + 1 : NULL;
		}
		line = next ? next + 1 : NULL;
	}
	return NULL;
}

int processor_read(const struct root *root, struct processor *ret_processor, struct error *error)
{
	struct processor processor = { 0 };
	_cleanup_strings_ struct strings flags = STRINGS_INIT;
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *copy = NULL;
	const char *value;
	int r = root_read(root, CPUINFO_MAX_BYTES, &text, "proc/cpuinfo");

	if (r < 0)
		return error_set_errno(error, -r, "cannot read /proc/cpuinfo");
	if (strstr(text, "GenuineIntel"))
		processor.maker = PROCESSOR_INTEL;
	else if (strstr(text, "AuthenticAMD"))
		processor.maker = PROCESSOR_AMD;
	/* each look cuts a line off */
	copy = strdup(text);
	value = copy ? find_value(copy, "address sizes") : NULL;
	if (!value || sscanf(value, "%u bits physical", &processor.width) != 1)
		processor.width = 0;
	value = find_value(text, "flags");
	if (!copy || (value && strings_split(&flags, value) < 0))
		return error_set_errno(error, ENOMEM, "cannot read /proc/cpuinfo");
	processor.virtualisation = strings_contain(&flags, "vmx") || strings_contain(&flags, "svm");
	*ret_processor = processor;
	return 0;
}
