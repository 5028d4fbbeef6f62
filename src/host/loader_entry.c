/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/loader_entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define FILE_MAX_BYTES 65536
#define BLANKS " \t"
/* Red Hat Enterprise Linux 8 keeps the line there, and the entries name it. */
#define KERNELOPTS "$kernelopts"

static const char *const directories[] = {
	"boot/loader/entries",
	"efi/loader/entries",
	"boot/efi/loader/entries",
};

/* What GRUB's environment has for $kernelopts. The caller frees it; NULL: nothing. */
static char *read_kernelopts(const struct root *root)
{
	_cleanup_free_ char *text = NULL;
	char *rest = NULL;

	if (root_read(root, FILE_MAX_BYTES, &text, "boot/grub2/grubenv") < 0)
		return NULL;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, "kernelopts=", strlen("kernelopts=")) == 0)
			return strdup(line + strlen("kernelopts="));
	return NULL;
}

/* The value of a line "KEY VALUE", or NULL. */
static const char *value_of(const char *line, const char *key)
{
	size_t length = strlen(key);

	line += strspn(line, BLANKS);
	if (strncmp(line, key, length) != 0 || !line[length] || !strchr(BLANKS, line[length]))
		return NULL;
	return line + length + strspn(line + length, BLANKS);
}

/* Joins the lines `options`, which count together. *ret_options is NULL for what is no kernel. */
static int read_options(const struct root *root, char *text, char **ret_options)
{
	_cleanup_free_ char *kernelopts = read_kernelopts(root);
	_cleanup_free_ char *options = strdup("");
	bool kernel = false;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *value = value_of(line, "options");
		const char *variable = value ? strstr(value, KERNELOPTS) : NULL;

		kernel = kernel || value_of(line, "linux");
		if (!value)
			continue;
		if (!options ||
		    text_append(&options, "%s%.*s%s%s", *options ? " " : "",
				(int)(variable ? (size_t)(variable - value) : strlen(value)), value,
				variable && kernelopts ? kernelopts : "",
				variable ? variable + strlen(KERNELOPTS) : "") < 0)
			return -ENOMEM;
	}
	if (!options)
		return -ENOMEM;
	*ret_options = kernel ? take_ptr(options) : NULL;
	return 0;
}

static int add_entry(const struct root *root, const char *directory, const char *name,
		     struct loader_entries *entries)
{
	struct loader_entry entry = { .path = text_format("%s/%s", directory, name) };
	const char *suffix = strrchr(name, '.');
	_cleanup_free_ char *text = NULL;
	int r = entry.path ? 0 : -ENOMEM;

	if (r == 0 && suffix && strcmp(suffix, ".conf") == 0 &&
	    root_read(root, FILE_MAX_BYTES, &text, "%s", entry.path) == 0)
		r = read_options(root, text, &entry.options);
	if (r == 0 && entry.options)
		r = array_grow(&entries->items, entries->count, sizeof(*entries->items));
	if (r == 0 && entry.options) {
		entries->items[entries->count++] = entry;
	} else {
		free(entry.path);
		free(entry.options);
	}
	return r;
}

int loader_entries_read(const struct root *root, struct loader_entries *ret_entries)
{
	_cleanup_loader_entries_ struct loader_entries entries = LOADER_ENTRIES_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_strings_ struct strings names = STRINGS_INIT;

		if (root_list(root, &names, "%s", directories[i]) < 0)
			continue;
		for (size_t j = 0; j < names.count; j++)
			if (add_entry(root, directories[i], names.items[j], &entries) < 0)
				return -ENOMEM;
	}
	*ret_entries = entries;
	entries = LOADER_ENTRIES_INIT;
	return 0;
}

void loader_entries_clear(struct loader_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].path);
		free(entries->items[i].options);
	}
	free(entries->items);
	*entries = LOADER_ENTRIES_INIT;
}
