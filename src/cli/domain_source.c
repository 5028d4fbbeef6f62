/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/domain_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/connection.h"
#include "handoff/domain.h"

#define SUFFIX ".xml"

static int list_files(const struct root *root, struct strings *names)
{
	_cleanup_strings_ struct strings files = STRINGS_INIT;
	int r = root_list(root, &files, DOMAIN_DIRECTORY);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < files.count; i++)
		if (text_cut_suffix(files.items[i], SUFFIX) &&
		    strings_add(names, files.items[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int report_unknown(const struct command *command, const char *name, struct error *error)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_free_ char *quoted = text_quote(name);
	const char *near = NULL;

	if (list_files(&command->root, &names) == 0 &&
	    array_grow(&names.items, names.count, sizeof(*names.items)) == 0)
		near = text_nearest(name, (const char *const *)names.items);
	error_set(error, ENOENT, "there is no domain \"%s\" in %s/" DOMAIN_DIRECTORY,
		  quoted ? quoted : "?", command->sysroot);
	if (near)
		error_hint(error, "Did you mean \"%s\"?", near);
	return -ENOENT;
}

static int read_file(const struct command *command, const char *name, char **ret_xml,
		     struct error *error)
{
	int r = strchr(name, '/') ? -ENOENT
				  : root_read(&command->root, DOMAIN_XML_MAX_BYTES, ret_xml,
					      DOMAIN_DIRECTORY "/%s" SUFFIX, name);

	if (r == -ENOENT || r == -ENAMETOOLONG)
		return report_unknown(command, name, error);
	return r < 0 ? error_set_errno(error, -r, "cannot read the domain's XML") : 0;
}

int domain_source_read(const struct command *command, const char *name, char **ret_xml,
		       struct error *error)
{
	_cleanup_connection_ struct connection *connection = NULL;
	size_t length;
	int r;

	if (strcmp(name, DOMAIN_STDIN) == 0) {
		r = file_read(STDIN_FILENO, DOMAIN_XML_MAX_BYTES, ret_xml, &length);
		return r < 0 ? error_set_errno(error, -r,
					       "cannot read the domain's XML from standard input")
			     : 0;
	}
	if (!command->root.is_host)
		return read_file(command, name, ret_xml, error);
	r = connection_open(command->uri, CONNECTION_READ, &connection, error);
	if (r == 0)
		r = connection_domain_xml(connection, name, DEFINITION_CONFIG, ret_xml, error);
	return r;
}

int domain_source_list(const struct command *command, struct strings *ret_names,
		       struct error *error)
{
	_cleanup_connection_ struct connection *connection = NULL;
	int r;

	if (!command->root.is_host) {
		r = list_files(&command->root, ret_names);
		return r < 0 ? error_set_errno(error, -r, "cannot list the domains") : 0;
	}
	r = connection_open(command->uri, CONNECTION_READ, &connection, error);
	return r < 0 ? r : connection_list_domains(connection, ret_names, error);
}
