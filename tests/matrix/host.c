/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PCI "/sys/bus/pci/devices/"
#define RUN "/run/gpu-handoff/"
#define FILE_MARK "== "

static const char *const functions[] = { "0000:01:00.0", "0000:01:00.1", "0000:01:00.2" };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void die(const char *what)
{
	perror(what);
	exit(2);
}

__attribute__((format(printf, 2, 3))) static void append(char **text, const char *format, ...)
{
	va_list arguments;
	char *more, *all;

	va_start(arguments, format);
	if (vasprintf(&more, format, arguments) < 0)
		die("memory");
	va_end(arguments);
	if (asprintf(&all, "%s%s", *text ? *text : "", more) < 0)
		die("memory");
	free(more);
	free(*text);
	*text = all;
}

char *host_read(const char *path)
{
	char text[16384];
	int fd = open(path, O_RDONLY | O_NOFOLLOW);
	size_t length = 0;
	ssize_t count = 0;

	while (fd >= 0 && length < sizeof(text) - 1 &&
	       (count = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)count;
	if (fd >= 0)
		close(fd);
	text[length] = '\0';
	return strdup(text);
}

static void append_file(char **text, const char *directory, const char *name)
{
	char path[PATH_MAX];
	char *content;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	content = host_read(path);
	content[strcspn(content, "\n")] = '\0';
	append(text, " %s=%s", name, content);
	free(content);
}

/* Whether one is on its way, or systemd has a job for it: "Job=123", where "Job=" is none. */
static bool are_moving(const char *units)
{
	for (const char *job = units; (job = strstr(job, "Job=")); job++)
		if (job[4] >= '1' && job[4] <= '9')
			return true;
	return strstr(units, "ing\n");
}

/* ActiveState=active, a line each; what systemd does with them is waited for. */
static char *read_units(const char *units)
{
	char command[256], *text = NULL;

	snprintf(command, sizeof(command), "systemctl show -p ActiveState -p Job %s", units);
	do {
		char line[256];
		FILE *pipe = popen(command, "r");

		if (!pipe)
			die("popen");
		free(text);
		text = strdup("");
		while (fgets(line, sizeof(line), pipe))
			if (*line != '\n')
				append(&text, "%s", line);
		if (pclose(pipe) != 0)
			die(command);
	} while (are_moving(text));
	return text;
}

static void append_units(char **text)
{
	const char *units = getenv("UNITS");
	char *states;

	if (!units)
		return;
	states = read_units(units);
	append(text, "%s: %s", units, states);
	free(states);
}

char *host_devices(void)
{
	static const char *const attributes[] = { "driver_override", "power/control",
						  "d3cold_allowed" };
	char *text = NULL;
	char path[PATH_MAX], target[PATH_MAX];

	for (size_t i = 0; i < COUNT(functions); i++) {
		ssize_t length;

		snprintf(path, sizeof(path), PCI "%s/driver", functions[i]);
		length = readlink(path, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		append(&text, "%s %s", functions[i],
		       length > 0 ? strrchr(target, '/') + 1 : "no-driver");
		snprintf(path, sizeof(path), PCI "%s", functions[i]);
		for (size_t j = 0; j < COUNT(attributes); j++)
			append_file(&text, path, attributes[j]);
		append(&text, "\n");
	}
	append_file(&text, "/sys/class/vtconsole/vtcon0", "bind");
	append_file(&text, "/sys/class/vtconsole/vtcon1", "bind");
	append(&text, "\n");
	append_units(&text);
	return text;
}

bool host_devices_given(const char *devices)
{
	size_t count = 0;

	for (const char *at = devices; (at = strstr(at, " vfio-pci ")); at++)
		count++;
	return count == COUNT(functions);
}

static int no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), size = strlen(end);

	return length >= size && strcmp(text + length - size, end) == 0;
}

/* A claim's token is another one each time. */
static void blur_token(char *claim)
{
	char *at = strstr(claim, "\ntoken = ");

	if (at)
		for (at += strlen("\ntoken = "); isxdigit((unsigned char)*at); at++)
			*at = '1';
}

static void append_directory(char **text, const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, no_dots, alphasort);

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		char path[PATH_MAX];
		struct stat status;

		snprintf(path, sizeof(path), "%s%s", directory, name);
		/* the hook's note of who called it says nothing of a device */
		if (strcmp(path, RUN "daemon") != 0 && lstat(path, &status) == 0 &&
		    S_ISREG(status.st_mode) && !ends_with(name, "lock")) {
			char *content = host_read(path);

			blur_token(content);
			append(text, FILE_MARK "%s\n%s%s", path, content,
			       ends_with(content, "\n") ? "" : "\n");
			free(content);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

char *host_claims(void)
{
	char *text = strdup("");

	append_directory(&text, RUN);
	append_directory(&text, RUN "vm/");
	append_directory(&text, RUN "pci/");
	return text;
}

static void clear_directory(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, no_dots, alphasort);

	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s%s", directory, entries[i]->d_name);
		if (ends_with(path, "lock") ? truncate(path, 0) < 0 : unlink(path) < 0)
			die(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

void host_put_claims(const char *claims)
{
	const char *at = claims;

	clear_directory(RUN "vm/");
	clear_directory(RUN "pci/");
	while (*at) {
		const char *name = at + strlen(FILE_MARK);
		const char *text = strchr(name, '\n') + 1;
		const char *end = strstr(text, "\n" FILE_MARK);
		size_t length = end ? (size_t)(end - text) + 1 : strlen(text);
		char path[PATH_MAX];
		FILE *file;

		snprintf(path, sizeof(path), "%.*s", (int)(text - name - 1), name);
		file = fopen(path, "w");
		if (!file || fwrite(text, 1, length, file) != length || fclose(file) != 0 ||
		    chmod(path, 0600) < 0)
			die(path);
		at = text + length;
	}
}
