/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Machines as text: expands the lines of a .tree file into a directory that has what gpu-handoff
 * looks at of /sys, /proc, /lib and /run. tests/trees/README has the format.
 */
#ifndef GH_TESTS_MACHINE_H
#define GH_TESTS_MACHINE_H

#include <ctype.h>

#include "function.h"

static void add_module(struct machine *machine, const char *module, const char *driver)
{
	if (!driver)
		die("a module has a driver");
	if (array_grow(&machine->modules, machine->module_count, sizeof(*machine->modules)) < 0)
		abort();
	machine->modules[machine->module_count++] = (struct machine_module){
		.module = strdup(module),
		.driver = strdup(driver),
	};
}

/* One line of a machine. `*file` is the path that lines with "|" are for. */
static void machine_line(struct machine *machine, char *line, char **file)
{
	char *rest = line + strcspn(line, " \t");
	char *first, *second;

	if (!*line || *line == '#')
		return;
	if (*line == '|') {
		_cleanup_free_ char *text = text_format("%s\n", line + (line[1] == ' ' ? 2 : 1));

		if (!*file)
			die("text without a file");
		put_text(machine, *file, O_APPEND, text);
		return;
	}
	while (isspace((unsigned char)*rest))
		*rest++ = '\0';
	if (strcmp(line, "function") == 0) {
		add_function(machine, rest);
		return;
	}
	first = strtok_r(rest, " \t", &rest);
	second = strtok_r(NULL, " \t", &rest);
	if (!first)
		die("\"%s\" of what?", line);
	if (strcmp(line, "file") == 0) {
		free(*file);
		*file = strdup(first);
		put_text(machine, first, O_TRUNC, "");
	} else if (strcmp(line, "directory") == 0) {
		make_directory(machine, first);
	} else if (strcmp(line, "link") == 0 && second) {
		put_link(machine, first, second);
	} else if (strcmp(line, "mode") == 0 && second) {
		put_mode(machine, first, second);
	} else if (strcmp(line, "remove") == 0) {
		remove_path(machine, first);
	} else if (strcmp(line, "driver") == 0) {
		add_driver(machine, first, second ? second : "builtin");
	} else if (strcmp(line, "module") == 0) {
		add_module(machine, first, second);
	} else {
		die("unknown line \"%s\"", line);
	}
}

/* Lines from `text`, which is changed; ends at its end. */
static void machine_text(struct machine *machine, char *text)
{
	_cleanup_free_ char *file = NULL;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		reading_line++;
		machine_line(machine, line, &file);
	}
}

static char *read_whole(const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	reading_file = path;
	reading_line = 0;
	if (!file)
		die("%s", strerror(errno));
	if (getdelim(&text, &size, '\0', file) >= 0)
		return text;
	if (ferror(file))
		die("%s", strerror(errno));
	free(text);
	return strdup("");
}

/* Makes the tree. What every machine has is made here: a boot, and an empty /run. */
static void machine_open(struct machine *machine, const char *path)
{
	_cleanup_free_ char *text = read_whole(path);

	*machine = (struct machine){
		.next_io = 0x1000,
		.next_low = 0x80000000,
		.next_high = 0x4000000000,
	};
	snprintf(machine->directory, sizeof(machine->directory), "%s/gpu-handoff-tree.XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(machine->directory) || root_open_tree(machine->directory, &machine->root) < 0)
		die("cannot make a directory: %s", strerror(errno));
	make_directory(machine, "run");
	make_directory(machine, DEVICES);
	put_file(machine, "proc/sys/kernel/random/boot_id", "b0070000-0000-4000-8000-000000000001");
	machine_text(machine, text);
}

/* The tree stays. */
static void machine_close(struct machine *machine)
{
	for (size_t i = 0; i < machine->module_count; i++) {
		free(machine->modules[i].module);
		free(machine->modules[i].driver);
	}
	free(machine->modules);
	root_close(&machine->root);
}

static inline void machine_remove(struct machine *machine)
{
	machine_close(machine);
	nftw(machine->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
