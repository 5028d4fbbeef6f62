/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a claim's names may be, so that they lead nowhere else. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "handoff/claim.h"

static bool is_line(const char *text)
{
	return *text && !strchr(text, '\n');
}

/*
 * One file's name that no program takes for an option. What else is in it is the kernel's affair:
 * some drivers have blanks in theirs.
 */
static bool is_name(const char *text)
{
	return is_line(text) && *text != '-' && !strchr(text, '/') && strcmp(text, ".") != 0 &&
	       strcmp(text, "..") != 0;
}

/* "DRIVER/DEVICE" */
static bool is_pair(const char *text)
{
	_cleanup_free_ char *driver = strdup(text);
	char *device = driver ? strchr(driver, '/') : NULL;

	if (!device)
		return false;
	*device++ = '\0';
	return is_name(driver) && is_name(device);
}

static int check_text(const char *file, const char *what, const char *text,
		      bool (*is_good)(const char *text), struct error *error)
{
	_cleanup_free_ char *quoted = NULL;

	if (!text || is_good(text))
		return 0;
	quoted = text_quote(text);
	return error_set(error, EINVAL, "%s: malformed %s \"%s\"", file, what,
			 quoted ? quoted : "?");
}

static int check_list(const char *file, const char *what, const struct strings *list,
		      bool (*is_good)(const char *text), struct error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = check_text(file, what, list->items[i], is_good, error);
	return r;
}

static int check_function(const char *file, const struct claim_function *function,
			  struct error *error)
{
	const struct {
		const char *what, *text;
		bool (*is_good)(const char *text);
	} texts[] = {
		{ "vfio-driver", function->vfio_driver, is_name },
		{ "restore-driver", function->restore_driver, is_name },
		{ "driver", function->before.driver, is_name },
		{ "module", function->module, is_name },
		{ "driver-override", function->before.driver_override, is_line },
		{ "power-control", function->before.power_control, is_name },
		{ "d3cold-allowed", function->before.d3cold_allowed, is_name },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = check_text(file, texts[i].what, texts[i].text, texts[i].is_good, error);
	return r;
}

int claim_check_names(const char *file, const struct claim *claim, struct error *error)
{
	int r = check_list(file, "unit", &claim->units, is_name, error);

	if (r == 0)
		r = check_list(file, "module", &claim->modules, is_name, error);
	if (r == 0)
		r = check_list(file, "framebuffer", &claim->framebuffers, is_pair, error);
	if (r == 0)
		r = check_list(file, "console", &claim->consoles, is_name, error);
	for (size_t i = 0; r == 0 && i < claim->function_count; i++)
		r = check_function(file, &claim->functions[i], error);
	return r;
}
