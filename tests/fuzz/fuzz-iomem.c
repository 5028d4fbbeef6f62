/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/iomem: held against another reading of it, from a framebuffer upwards. */
#include "host/display.h"

#include "fuzz.h"

#define FUNCTION "0000:01:00.0"

static const char *const regions[] = { "BOOTFB", "efifb", "vesafb", "simplefb", "simpledrm" };

static const char *name_of(const char *line)
{
	const char *colon = strstr(line, " : ");

	return colon ? colon + 3 : "";
}

static const char *region_of(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(regions); i++)
		if (strcmp(name_of(line), regions[i]) == 0)
			return regions[i];
	return NULL;
}

/* Whether one of the lines that the line is inside of is the function's. */
static bool is_inside(const struct strings *lines, size_t line)
{
	size_t depth = strspn(lines->items[line], " ");

	while (line-- > 0) {
		size_t outer = strspn(lines->items[line], " ");

		if (outer >= depth)
			continue;
		if (strcmp(name_of(lines->items[line]), FUNCTION) == 0)
			return true;
		depth = outer;
	}
	return false;
}

static const char *find(const struct strings *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		const char *region = region_of(lines->items[i]);

		if (region && is_inside(lines, i))
			return region;
	}
	return NULL;
}

static bool fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_free_ char *copy = strdup(text);
	_cleanup_strings_ struct strings lines = STRINGS_INIT;
	const char *name, *wanted;
	char *rest = NULL;
	bool found;

	MUST(copy);
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		MUST(strings_add(&lines, line) == 0);
	wanted = find(&lines);
	fuzz_fill(&name, sizeof(name));
	found = display_iomem_has_framebuffer(text, FUNCTION, &name);
	MUST(found == (wanted != NULL));
	MUST(found ? strcmp(name, wanted) == 0 : fuzz_is_untouched(&name, sizeof(name)));
	return found;
}
