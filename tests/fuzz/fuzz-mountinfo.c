/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of mounts: each line by itself, written anew as the kernel writes it, and looked up. */
#include "host/mountinfo.h"

#include <sys/sysmacros.h>

#include "place.h"

#define FILE_NAME "proc/self/mountinfo"

/* As the kernel does: fs/proc_namespace.c, mangle(). */
static char *escape(const char *field)
{
	char *text = malloc(strlen(field) * 4 + 1), *out = text;

	MUST(text);
	for (; *field; field++)
		if (strchr(" \t\n\\#", *field))
			out += sprintf(out, "\\%03o", (unsigned char)*field);
		else
			*out++ = *field;
	*out = '\0';
	return text;
}

static void check_written(const struct mount *mount)
{
	_cleanup_free_ char *point = escape(mount->point);
	_cleanup_free_ char *type = escape(mount->type);
	_cleanup_free_ char *source = escape(mount->source);
	_cleanup_free_ char *line =
		text_format("22 1 %u:%u / %s rw - %s %s rw", major(mount->number),
			    minor(mount->number), point, type, source);
	struct mount again;

	MUST(line && mountinfo_parse(line, &again) == 0);
	MUST(again.number == mount->number && strcmp(again.point, mount->point) == 0 &&
	     strcmp(again.type, mount->type) == 0 && strcmp(again.source, mount->source) == 0);
}

/* What is between the n-th blank from the start and the next, with "\\ooo" undone. */
static char *field_of(const char *text, size_t n)
{
	char *field, *out;
	size_t length;

	text += strspn(text, " ");
	for (; n && *text; n--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	length = strcspn(text, " ");
	field = out = malloc(length + 1);
	MUST(field && length);
	for (size_t i = 0; i < length; i++) {
		unsigned int byte = 0;
		size_t digits = 0;

		while (text[i] == '\\' && digits < 3 && text[i + 1 + digits] >= '0' &&
		       text[i + 1 + digits] <= '7')
			byte = byte * 8 + (unsigned int)(text[i + 1 + digits++] - '0');
		*out++ = digits == 3 && byte && byte < 256 ? (char)byte : text[i];
		i += digits == 3 && byte && byte < 256 ? 3 : 0;
	}
	*out = '\0';
	return field;
}

/* Held against another reading of the line. */
static void check_fields(const char *text, const struct mount *mount)
{
	const char *tail = strstr(text, " - ");
	_cleanup_free_ char *point = field_of(text, 4);
	_cleanup_free_ char *type = field_of(tail + 3, 0);
	_cleanup_free_ char *source = field_of(tail + 3, 1);

	MUST(strcmp(mount->point, point) == 0 && strcmp(mount->type, type) == 0 &&
	     strcmp(mount->source, source) == 0);
}

static void check_part(const char *part, const char *line, size_t length)
{
	MUST(part && *part && part >= line && part < line + length);
}

/* *ret_point: what is mounted there, NULL for a line that is none. */
static void try_line(const char *text, char **ret_point)
{
	_cleanup_free_ char *line = strdup(text);
	size_t length = strlen(text);
	struct mount mount;
	int r;

	MUST(line);
	*ret_point = NULL;
	fuzz_fill(&mount, sizeof(mount));
	r = mountinfo_parse(line, &mount);
	if (r < 0) {
		MUST(r == -EINVAL && fuzz_is_untouched(&mount, sizeof(mount)));
		return;
	}
	check_part(mount.point, line, length);
	check_part(mount.type, line, length);
	check_part(mount.source, line, length);
	MUST(!mount.text);
	check_fields(text, &mount);
	check_written(&mount);
	*ret_point = strdup(mount.point);
	MUST(*ret_point);
}

static void check_found(const struct root *root, const char *point, const char *line)
{
	_cleanup_mount_ struct mount found = MOUNT_INIT;
	_cleanup_free_ char *copy = strdup(line);
	struct mount wanted;

	MUST(copy && mountinfo_parse(copy, &wanted) == 0);
	MUST(mountinfo_find(root, point, &found) == 0);
	MUST(found.text && found.number == wanted.number && strcmp(found.point, point) == 0 &&
	     strcmp(found.type, wanted.type) == 0 && strcmp(found.source, wanted.source) == 0);
}

static bool fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	const struct scratch *place = fuzz_place_with(FILE_NAME, text);
	_cleanup_free_ char *last = NULL;
	char *rest = NULL;
	const char *last_line = NULL;
	struct mount mount;
	int r;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *point;

		try_line(line, &point);
		if (!point)
			continue;
		free(last);
		last = point;
		last_line = line;
	}
	if (last)
		check_found(&place->root, last, last_line);
	fuzz_fill(&mount, sizeof(mount));
	r = mountinfo_find(&place->root, "/nothing is mounted here", &mount);
	if (r == 0) {
		mount_clear(&mount);
		return true;
	}
	MUST(r == -ENOENT && fuzz_is_untouched(&mount, sizeof(mount)));
	return last != NULL;
}
