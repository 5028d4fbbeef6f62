/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Machines as text: expands the lines of a .tree file into a directory that has what gpu-handoff
 * looks at of /sys, /proc, /lib and /run. tests/trees/README has the format.
 */
#ifndef GH_TESTS_MACHINE_H
#define GH_TESTS_MACHINE_H

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/root.h"
#include "base/text.h"
#include "host/pci_id.h"

#define DEVICES "sys/bus/pci/devices"
#define DRIVERS "sys/bus/pci/drivers"

/* A module that modprobe finds, and the PCI driver that is in it. */
struct machine_module {
	char *module;
	char *driver;
};

struct machine {
	char directory[64];
	struct root root;
	struct machine_module *modules;
	size_t module_count;
};

static const char *reading_file;
static unsigned int reading_line;

__attribute__((format(printf, 1, 2))) static _Noreturn void die(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s:%u: ", reading_file, reading_line);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	exit(2);
}

/* ---- files -------------------------------------------------------------------------------- */

static void make_directory(const struct machine *machine, const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *c = part; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		mkdirat(machine->root.fd, part, 0755);
		*c = '/';
	}
	if (mkdirat(machine->root.fd, part, 0755) < 0 && errno != EEXIST)
		die("cannot make %s: %s", path, strerror(errno));
}

static void make_parent(const struct machine *machine, const char *path)
{
	_cleanup_free_ char *parent = strdup(path);
	char *slash = strrchr(parent, '/');

	if (!slash)
		return;
	*slash = '\0';
	make_directory(machine, parent);
}

static void put_text(const struct machine *machine, const char *path, int flags, const char *text)
{
	int fd;

	make_parent(machine, path);
	fd = openat(machine->root.fd, path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		die("cannot write %s: %s", path, strerror(errno));
}

/* Writes "TEXT\n". */
__attribute__((format(printf, 3, 4))) static void
put_file(const struct machine *machine, const char *path, const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		abort();
	va_end(arguments);
	text = text_format("%s\n", line);
	put_text(machine, path, O_TRUNC, text);
}

static void put_link(const struct machine *machine, const char *path, const char *target)
{
	make_parent(machine, path);
	unlinkat(machine->root.fd, path, 0);
	if (symlinkat(target, machine->root.fd, path) < 0)
		die("cannot link %s: %s", path, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void remove_path(const struct machine *machine, const char *path)
{
	_cleanup_free_ char *whole = text_format("%s/%s", machine->directory, path);

	nftw(whole, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- functions and drivers ---------------------------------------------------------------- */

static void add_driver(const struct machine *machine, const char *driver, const char *module)
{
	_cleanup_free_ char *bind = text_format(DRIVERS "/%s/bind", driver);
	_cleanup_free_ char *link = text_format(DRIVERS "/%s/module", driver);
	_cleanup_free_ char *target = text_format("../../../../module/%s", module);
	_cleanup_free_ char *directory = text_format("sys/module/%s", module);

	put_text(machine, bind, O_TRUNC, "");
	if (strcmp(module, "builtin") == 0)
		return;
	make_directory(machine, directory);
	put_link(machine, link, target);
}

/* What stands in a function's line; the rest is as the kernel has it by default. */
struct stanza {
	struct pci_address address;
	char name[PCI_ADDRESS_SIZE];
	struct pci_id id;
	unsigned int class;
	const char *group, *driver, *module, *override, *power, *d3cold, *model;
};

static void read_word(struct stanza *stanza, char *word)
{
	const struct {
		const char *key;
		const char **value;
	} words[] = {
		{ "group", &stanza->group },   { "driver", &stanza->driver },
		{ "module", &stanza->module }, { "override", &stanza->override },
		{ "power", &stanza->power },   { "d3cold", &stanza->d3cold },
	};
	char *value = strchr(word, '=');

	if (!value)
		die("\"%s\" is not KEY=VALUE", word);
	*value++ = '\0';
	if (strcmp(word, "class") == 0) {
		stanza->class = (unsigned int)strtoul(value, NULL, 16);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i].key) == 0) {
			*words[i].value = value;
			return;
		}
	die("unknown key \"%s\"", word);
}

static void read_stanza(char *text, struct stanza *stanza)
{
	char *rest = NULL;
	char *word;

	stanza->model = strstr(text, " name=");
	if (stanza->model) {
		*(char *)stanza->model = '\0';
		stanza->model += strlen(" name=");
	}
	word = strtok_r(text, " \t", &rest);
	if (!word || pci_address_parse(word, &stanza->address) < 0)
		die("a function begins with its address");
	pci_address_format(&stanza->address, stanza->name);
	word = strtok_r(NULL, " \t", &rest);
	if (!word || pci_id_parse(word, &stanza->id) < 0 || !stanza->id.has_subsystem)
		die("%s: no id with subsystem", stanza->name);
	while ((word = strtok_r(NULL, " \t", &rest)))
		read_word(stanza, word);
}

__attribute__((format(printf, 4, 5))) static void put_attribute(const struct machine *machine,
								const struct stanza *stanza,
								const char *attribute,
								const char *format, ...)
{
	_cleanup_free_ char *path = text_format(DEVICES "/%s/%s", stanza->name, attribute);
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		abort();
	va_end(arguments);
	put_file(machine, path, "%s", text);
}

static void put_links(const struct machine *machine, const struct stanza *stanza)
{
	_cleanup_free_ char *module = strdup(stanza->module   ? stanza->module
					     : stanza->driver ? stanza->driver
							      : "");
	_cleanup_free_ char *group = text_format(DEVICES "/%s/iommu_group", stanza->name);
	_cleanup_free_ char *driver = text_format(DEVICES "/%s/driver", stanza->name);

	if (stanza->group) {
		_cleanup_free_ char *target =
			text_format("../../../kernel/iommu_groups/%s", stanza->group);

		put_link(machine, group, target);
	}
	if (stanza->driver) {
		_cleanup_free_ char *target =
			text_format("../../../bus/pci/drivers/%s", stanza->driver);

		for (char *c = module; *c; c++)
			if (*c == '-')
				*c = '_';
		add_driver(machine, stanza->driver, module);
		put_link(machine, driver, target);
	}
}

/* As udevd has recorded the function: the name's first word is its vendor's. */
static void put_record(const struct machine *machine, const struct stanza *stanza)
{
	_cleanup_free_ char *path = text_format("run/udev/data/+pci:%s", stanza->name);
	int vendor_length = stanza->model ? (int)strcspn(stanza->model, " ") : 0;
	const char *model = stanza->model ? stanza->model + vendor_length : "";
	_cleanup_free_ char *text = strdup("I:1000000\n");

	if (stanza->model)
		text_append(&text, "E:ID_VENDOR_FROM_DATABASE=%.*s\n", vendor_length,
			    stanza->model);
	if (*model)
		text_append(&text, "E:ID_MODEL_FROM_DATABASE=%s\n", model + 1);
	text_append(&text, "V:1\n");
	put_text(machine, path, O_TRUNC, text);
}

static void add_function(struct machine *machine, char *text)
{
	struct stanza stanza = { .power = "on", .d3cold = "1", .override = "(null)" };
	_cleanup_free_ char *directory = NULL;
	_cleanup_free_ char *link = NULL;
	_cleanup_free_ char *target = NULL;
	_cleanup_free_ char *modalias = NULL;
	const struct pci_id *id = &stanza.id;

	read_stanza(text, &stanza);
	target = text_format("../../../devices/pci%04x:%02x/%s", stanza.address.domain,
			     stanza.address.bus, stanza.name);
	directory = text_format("sys/%s", target + strlen("../../../"));
	link = text_format(DEVICES "/%s", stanza.name);
	/* drivers/pci/pci-sysfs.c, modalias_show() */
	modalias = text_format("pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", id->vendor,
			       id->device, id->subvendor, id->subdevice, stanza.class >> 16,
			       stanza.class >> 8 & 0xff, stanza.class & 0xff);
	remove_path(machine, directory);
	make_directory(machine, directory);
	put_link(machine, link, target);
	put_attribute(machine, &stanza, "vendor", "0x%04x", id->vendor);
	put_attribute(machine, &stanza, "device", "0x%04x", id->device);
	put_attribute(machine, &stanza, "subsystem_vendor", "0x%04x", id->subvendor);
	put_attribute(machine, &stanza, "subsystem_device", "0x%04x", id->subdevice);
	put_attribute(machine, &stanza, "class", "0x%06x", stanza.class);
	put_attribute(machine, &stanza, "modalias", "%s", modalias);
	put_attribute(machine, &stanza, "driver_override", "%s", stanza.override);
	put_attribute(machine, &stanza, "power/control", "%s", stanza.power);
	if (strcmp(stanza.d3cold, "none") != 0)
		put_attribute(machine, &stanza, "d3cold_allowed", "%s", stanza.d3cold);
	put_links(machine, &stanza);
	put_record(machine, &stanza);
}

/* ---- the text ----------------------------------------------------------------------------- */

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

	*machine = (struct machine){ .directory = "/tmp/gpu-handoff-tree.XXXXXX" };
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
