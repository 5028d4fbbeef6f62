/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "handoff/config.h"
#include "handoff/config_open.h"

#define SUFFIX ".ini"

static int refuse_name(const char *name, struct error *error)
{
	_cleanup_free_ char *quoted = text_quote(name);

	return error_set(error, EINVAL, "malformed name of a VM \"%s\": it is empty or has a \"/\"",
			 quoted ? quoted : "?");
}

typedef int parse_function(const char *path, const char *text, size_t length,
			   struct config *ret_config, struct error *error);

static int load(const struct root *root, const char *relative, parse_function *parse,
		struct config *ret_config, char **ret_text, struct error *error)
{
	_cleanup_free_ char *path = config_path_shown(relative);
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t length;
	int r;

	if (!path)
		return error_set_errno(error, ENOMEM, "the configuration");
	r = config_open(root, relative, &fd, error);
	if (r < 0)
		return r;
	r = file_read(fd, CONFIG_FILE_MAX_BYTES, &text, &length);
	if (r == -EFBIG)
		return error_set(error, EFBIG, "%s has more than %d KiB: it can hardly be right",
				 path, CONFIG_FILE_MAX_BYTES / 1024);
	if (r < 0)
		return error_set_errno(error, -r, "cannot read %s", path);
	r = parse(path, text, length, ret_config, error);
	if (r == 0 && ret_text)
		*ret_text = take_ptr(text);
	return r;
}

int config_load(const struct root *root, const char *name, struct config *ret_config,
		struct error *error)
{
	_cleanup_free_ char *relative = NULL;

	if (!*name || strchr(name, '/'))
		return refuse_name(name, error);
	/* no file system has room for such a file, so there is none */
	if (strlen(name) > NAME_MAX - strlen(SUFFIX))
		return -ENOENT;
	relative = text_format(CONFIG_DIRECTORY "/%s" SUFFIX, name);
	if (!relative)
		return error_set_errno(error, ENOMEM, "the VM's configuration");
	return load(root, relative, config_parse, ret_config, NULL, error);
}

int config_load_boot(const struct root *root, struct config *ret_config, char **ret_text,
		     struct error *error)
{
	return load(root, CONFIG_BOOT_FILE, config_parse_boot, ret_config, ret_text, error);
}
