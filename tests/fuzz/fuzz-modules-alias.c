/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input's first line is a modalias, the others are modules.alias. */
#include "host/vfio.h"

#include <fnmatch.h>

#include "host/pci_id.h"
#include "place.h"

#define OSRELEASE "proc/sys/kernel/osrelease"
#define RELEASE "6.1.0-fuzz"
#define FILE_NAME "lib/modules/" RELEASE "/modules.alias"
#define PREFIX "alias vfio_pci:"

static size_t count_stars(const char *pattern)
{
	size_t count = 0;

	for (; *pattern; pattern++)
		count += *pattern == '*';
	return count;
}

/* A line "alias vfio_pci:PATTERN MODULE", in place. */
static bool take_line(char *line, char **ret_pattern, char **ret_module)
{
	char *rest = NULL;

	if (strncmp(line, PREFIX, strlen(PREFIX)) != 0)
		return false;
	*ret_pattern = strtok_r(line + strlen(PREFIX), " ", &rest);
	*ret_module = strtok_r(NULL, " ", &rest);
	return *ret_pattern && *ret_module && pci_driver_name_valid(*ret_module);
}

/* What libvirt would choose of the lines, which are parts of `text`. */
static const char *choose(char *text, const char *modalias)
{
	const char *best = "vfio_pci";
	size_t best_stars = SIZE_MAX;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *pattern, *module;

		if (!take_line(line, &pattern, &module) || fnmatch(pattern, modalias, 0) != 0 ||
		    count_stars(pattern) >= best_stars)
			continue;
		best = module;
		best_stars = count_stars(pattern);
	}
	return strcmp(best, "vfio_pci") == 0 ? VFIO_DRIVER : best;
}

static bool fuzz_one(const uint8_t *data, size_t size)
{
	const struct scratch *place;
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_free_ char *driver = NULL;
	char *modalias = text, *aliases = text + strcspn(text, "\n");
	const char *wanted;

	if (*aliases)
		*aliases++ = '\0';
	place = fuzz_place_with(FILE_NAME, aliases);
	if (!root_exists(&place->root, OSRELEASE))
		scratch_file(place, OSRELEASE, RELEASE "\n");
	MUST(vfio_choose_driver(&place->root, modalias, &driver) == 0);
	MUST(driver && pci_driver_name_valid(driver));
	if (strncmp(modalias, "pci:", strlen("pci:")) == 0)
		modalias += strlen("pci:");
	wanted = choose(aliases, modalias);
	MUST(strcmp(driver, wanted) == 0);
	MUST(vfio_owns(&place->root, "0000:01:00.0", driver));
	MUST(!vfio_owns(&place->root, "0000:01:00.0", "no driver"));
	return strcmp(driver, VFIO_DRIVER) != 0;
}
