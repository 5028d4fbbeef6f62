/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GH301 to GH303: the INI files of domains. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/check.h"
#include "cli/domain_source.h"
#include "handoff/config.h"

#define SUFFIX ".ini"

static char *path_of(const char *name)
{
	return text_format("/" CONFIG_DIRECTORY "/%s" SUFFIX, name);
}

static void check_file(const struct command *command, const char *name, struct findings *findings)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *path = path_of(name);
	int r = path ? config_load(&command->root, name, &config, &error) : -ENOMEM;

	if (!path)
		findings->no_memory = true;
	else if (r == -EACCES)
		finding_add_unseen(findings, FINDING_CONFIG_UNSEEN, path, &error);
	else if (r < 0 && error.code)
		finding_add_error(findings, FINDING_CONFIG_BROKEN, path, &error, NULL);
}

/* The domain that was probably meant: one that is called almost so and has no file itself. */
static const char *find_near(const char *name, const struct strings *names,
			     const struct strings *domains)
{
	const char **free_ones = calloc(domains->count + 1, sizeof(*free_ones));
	const char *near = NULL;
	size_t count = 0;

	for (size_t i = 0; free_ones && i < domains->count; i++)
		if (!strings_contain(names, domains->items[i]))
			free_ones[count++] = domains->items[i];
	if (free_ones)
		near = text_nearest(name, free_ones);
	free(free_ones);
	return near;
}

static void report_without_domain(const char *name, const char *near, struct findings *findings)
{
	_cleanup_free_ char *path = path_of(name);
	_cleanup_free_ char *near_path = near ? path_of(near) : NULL;
	_cleanup_free_ char *shown = text_quote(near ? near : name);
	_cleanup_free_ char *word = path ? text_shell_word(path) : NULL;
	_cleanup_free_ char *near_word = near_path ? text_shell_word(near_path) : NULL;

	if (!path || !shown || !word || (near && !near_word)) {
		findings->no_memory = true;
		return;
	}
	if (near)
		finding_add(findings, FINDING_CONFIG_WITHOUT_DOMAIN, path,
			    text_format("No domain is called so, but \"%s\" has no INI file: was "
					"it renamed?",
					shown),
			    text_format("  mv %s %s", word, near_word));
	else
		finding_add(
			findings, FINDING_CONFIG_WITHOUT_DOMAIN, path,
			text_format("libvirt knows no domain \"%s\": was it removed, or "
				    "renamed?",
				    shown),
			text_format("Call it by the domain's name, or remove it:\n  rm %s", word));
}

static void check_domains(const struct command *command, const struct strings *names,
			  struct findings *findings)
{
	_cleanup_strings_ struct strings domains = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r;

	/* a copied file tree may lack them */
	if (!command->root.is_host && !root_exists(&command->root, DOMAIN_DIRECTORY))
		r = error_set(&error, ENOENT,
			      "cannot see which domains there are: there is no "
			      "/" DOMAIN_DIRECTORY);
	else
		r = domain_source_list(command, &domains, &error);
	if (r < 0) {
		finding_add_unseen(findings, FINDING_CONFIG_UNSEEN, "libvirt", &error);
		return;
	}
	for (size_t i = 0; i < names->count; i++)
		if (!strings_contain(&domains, names->items[i]))
			report_without_domain(names->items[i],
					      find_near(names->items[i], names, &domains),
					      findings);
}

void check_config(const struct command *command, struct findings *findings)
{
	_cleanup_strings_ struct strings files = STRINGS_INIT;
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = root_list(&command->root, &files, CONFIG_DIRECTORY);

	check_owner(command, FINDING_CONFIG_OF_OTHERS, "etc/gpu-handoff", findings);
	check_owner(command, FINDING_CONFIG_OF_OTHERS, CONFIG_DIRECTORY, findings);
	if (r < 0 && r != -ENOENT) {
		error_set_errno(&error, -r, "cannot list it");
		finding_add_unseen(findings, FINDING_CONFIG_UNSEEN, "/" CONFIG_DIRECTORY, &error);
	}
	for (size_t i = 0; i < files.count; i++)
		if (text_cut_suffix(files.items[i], SUFFIX) &&
		    strings_add(&names, files.items[i]) < 0)
			findings->no_memory = true;
	for (size_t i = 0; i < names.count; i++)
		check_file(command, names.items[i], findings);
	if (names.count)
		check_domains(command, &names, findings);
}
