/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A PCI function from one line of a machine, with all its files and links in sysfs, and what udev
 * has recorded of it; and drivers. tests/trees/README has the format.
 */
#ifndef GH_TESTS_FUNCTION_H
#define GH_TESTS_FUNCTION_H

#include <inttypes.h>

#include "files.h"
#include "host/pci_id.h"

#define GROUPS "sys/kernel/iommu_groups"

#define VGA 0x0300 /* class and subclass */

/* Six BARs, the ROM, six for virtual functions; then would be a bridge's windows. */
#define BAR_COUNT 13
#define BAR_ROM 6

/*
 * include/linux/ioport.h: IORESOURCE_*; the four lowest bits are those of the BAR itself
 * (include/uapi/linux/pci_regs.h).
 */
#define BAR_IO (0x100 | 0x1)
#define BAR_MEMORY 0x200
#define BAR_PREFETCH (0x2000 | 0x8)
#define BAR_READ_ONLY 0x4000
#define BAR_SIZE_ALIGNED 0x40000
#define BAR_64 (0x100000 | 0x4)

static void add_driver(const struct machine *machine, const char *driver, const char *module)
{
	_cleanup_free_ char *bind = text_format(DRIVERS "/%s/bind", driver);
	_cleanup_free_ char *link = text_format(DRIVERS "/%s/module", driver);
	_cleanup_free_ char *target = text_format("../../../../module/%s", module);
	_cleanup_free_ char *state = text_format("sys/module/%s/initstate", module);

	put_text(machine, bind, O_TRUNC, "");
	if (strcmp(module, "builtin") == 0)
		return;
	put_file(machine, state, "live");
	put_link(machine, link, target);
}

/* What stands in a function's line; the rest is as the kernel has it by default. */
struct stanza {
	struct pci_address address;
	char name[PCI_ADDRESS_SIZE];
	struct pci_id id;
	unsigned int class;
	const char *group, *driver, *module, *override, *power, *d3cold;
	const char *behind, *boot, *reset, *model;
	char *bars;
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
		{ "behind", &stanza->behind }, { "boot", &stanza->boot },
		{ "reset", &stanza->reset },
	};
	char *value = strchr(word, '=');

	if (!value)
		die("\"%s\" is not KEY=VALUE", word);
	*value++ = '\0';
	if (strcmp(word, "class") == 0) {
		stanza->class = (unsigned int)strtoul(value, NULL, 16);
		return;
	}
	if (strcmp(word, "bars") == 0) {
		stanza->bars = value;
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

/* "a,b" becomes "a b": as attributes have lists. */
static char *words_of(const char *list)
{
	char *words = strdup(list);

	for (char *c = words; *c; c++)
		if (*c == ',')
			*c = ' ';
	return words;
}

/* What the kernel has of some functions only. */
static void put_optional(const struct machine *machine, const struct stanza *stanza)
{
	if (strcmp(stanza->d3cold, "none") != 0)
		put_attribute(machine, stanza, "d3cold_allowed", "%s", stanza->d3cold);
	if (stanza->boot) {
		if (stanza->class >> 8 != VGA)
			die("boot_vga is for VGA alone");
		put_attribute(machine, stanza, "boot_vga", "%s", stanza->boot);
	}
	if (stanza->reset) {
		_cleanup_free_ char *methods = words_of(stanza->reset);

		put_attribute(machine, stanza, "reset_method", "%s", methods);
	}
}

/* ---- BARs --------------------------------------------------------------------------------- */

struct bar {
	uint64_t start, size, flags;
};

/* "16M" and the like; *text is then at what follows. */
static uint64_t read_size(char **text)
{
	static const char units[] = "KMGT";
	uint64_t size = strtoull(*text, text, 10);
	const char *unit = **text ? strchr(units, **text) : NULL;

	if (!unit)
		return size;
	(*text)++;
	return size << (10 * (unit - units + 1));
}

/* The next place for it, as the firmware gives it: aligned to its size. */
static uint64_t place_bar(struct machine *machine, const struct bar *bar)
{
	uint64_t *next = bar->flags & BAR_IO   ? &machine->next_io
			 : bar->flags & BAR_64 ? &machine->next_high
					       : &machine->next_low;
	uint64_t start = (*next + bar->size - 1) / bar->size * bar->size;

	*next = start + bar->size;
	return start;
}

/* "1:256M:64p", "5:128io", "0:16M@f6000000". */
static void read_bar(struct machine *machine, char *text, struct bar bars[BAR_COUNT])
{
	const char *whole = text;
	unsigned long index = strtoul(text, &text, 10);
	struct bar bar = { .flags = BAR_SIZE_ALIGNED };

	if (*text++ != ':' || index >= BAR_COUNT || !(bar.size = read_size(&text)))
		die("\"%s\" is no BAR", whole);
	if (strncmp(text, "io", 2) == 0) {
		bar.flags |= BAR_IO;
		text += 2;
	} else {
		bar.flags |= BAR_MEMORY | (index == BAR_ROM ? BAR_READ_ONLY : 0);
	}
	text += *text == ':';
	if (strncmp(text, "64", 2) == 0) {
		bar.flags |= BAR_64;
		text += 2;
	}
	if (*text == 'p') {
		bar.flags |= BAR_PREFETCH;
		text++;
	}
	bar.start = *text == '@' ? strtoull(text + 1, &text, 16) : place_bar(machine, &bar);
	if (*text)
		die("\"%s\" of a BAR is not known", text);
	bars[index] = bar;
}

/* As resource_show() in drivers/pci/pci-sysfs.c. */
static void put_bars(struct machine *machine, const struct stanza *stanza)
{
	_cleanup_free_ char *path = text_format(DEVICES "/%s/resource", stanza->name);
	_cleanup_free_ char *text = strdup("");
	struct bar bars[BAR_COUNT] = { 0 };
	char *rest = stanza->bars;
	char *word;

	while ((word = strsep(&rest, ",")))
		read_bar(machine, word, bars);
	for (size_t i = 0; i < BAR_COUNT; i++)
		text_append(&text, "0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 "\n",
			    bars[i].start, bars[i].size ? bars[i].start + bars[i].size - 1 : 0,
			    bars[i].flags);
	put_text(machine, path, O_TRUNC, text);
}

/* ---- where it is -------------------------------------------------------------------------- */

/* "../../../devices/pci0000:00/0000:01:00.0", from sys/bus/pci/devices. */
static char *function_place(const struct machine *machine, const struct stanza *stanza)
{
	_cleanup_free_ char *port = NULL;

	if (!stanza->behind)
		return text_format("../../../devices/pci%04x:%02x/%s", stanza->address.domain,
				   stanza->address.bus, stanza->name);
	if (root_link_target(&machine->root, &port, DEVICES "/%s", stanza->behind) < 0)
		die("%s: %s is not there yet", stanza->name, stanza->behind);
	return text_format("%s/%s", port, stanza->name);
}

static void leave_group(const struct machine *machine, const char *name)
{
	_cleanup_free_ char *group = NULL;
	_cleanup_free_ char *directory = NULL;
	_cleanup_free_ char *link = NULL;
	_cleanup_strings_ struct strings members = STRINGS_INIT;

	if (root_link_name(&machine->root, &group, DEVICES "/%s/iommu_group", name) < 0)
		return;
	directory = text_format(GROUPS "/%s", group);
	link = text_format("%s/devices/%s", directory, name);
	remove_path(machine, link);
	root_list(&machine->root, &members, "%s/devices", directory);
	if (members.count == 0)
		remove_path(machine, directory);
}

/* Makes an earlier line of the function as if it had not been; what is behind it stays. */
static void forget_function(const struct machine *machine, const char *name)
{
	_cleanup_strings_ struct strings entries = STRINGS_INIT;

	leave_group(machine, name);
	root_list(&machine->root, &entries, DEVICES "/%s", name);
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_free_ char *path = text_format(DEVICES "/%s/%s", name, entries.items[i]);
		struct pci_address address;

		if (pci_address_parse(entries.items[i], &address) < 0)
			remove_path(machine, path);
	}
}

/* A link in the function's directory, which is at `place`, to what is below /sys. */
static void put_function_link(const struct machine *machine, const struct stanza *stanza,
			      const char *place, const char *name, const char *below_sys)
{
	_cleanup_free_ char *path = text_format(DEVICES "/%s/%s", stanza->name, name);
	_cleanup_free_ char *target = strdup("");

	for (const char *c = strstr(place, "devices/"); *c; c++)
		if (*c == '/')
			text_append(&target, "../");
	text_append(&target, "../%s", below_sys);
	put_link(machine, path, target);
}

static void put_group(const struct machine *machine, const struct stanza *stanza, const char *place)
{
	_cleanup_free_ char *group = text_format("kernel/iommu_groups/%s", stanza->group);
	_cleanup_free_ char *member = text_format("sys/%s/devices/%s", group, stanza->name);
	_cleanup_free_ char *target = text_format("../%s", place);

	put_function_link(machine, stanza, place, "iommu_group", group);
	put_link(machine, member, target);
}

static void put_driver(const struct machine *machine, const struct stanza *stanza,
		       const char *place)
{
	_cleanup_free_ char *module = strdup(stanza->module ? stanza->module : stanza->driver);
	_cleanup_free_ char *driver = text_format("bus/pci/drivers/%s", stanza->driver);

	for (char *c = module; *c; c++)
		if (*c == '-')
			*c = '_';
	add_driver(machine, stanza->driver, module);
	put_function_link(machine, stanza, place, "driver", driver);
}

/* ---- udev's record ------------------------------------------------------------------------ */

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
	_cleanup_free_ char *place = NULL;
	const struct pci_id *id = &stanza.id;

	read_stanza(text, &stanza);
	place = function_place(machine, &stanza);
	directory = text_format("sys/%s", place + strlen("../../../"));
	link = text_format(DEVICES "/%s", stanza.name);
	forget_function(machine, stanza.name);
	make_directory(machine, directory);
	put_link(machine, link, place);
	put_attribute(machine, &stanza, "vendor", "0x%04x", id->vendor);
	put_attribute(machine, &stanza, "device", "0x%04x", id->device);
	put_attribute(machine, &stanza, "subsystem_vendor", "0x%04x", id->subvendor);
	put_attribute(machine, &stanza, "subsystem_device", "0x%04x", id->subdevice);
	put_attribute(machine, &stanza, "class", "0x%06x", stanza.class);
	/* drivers/pci/pci-sysfs.c, modalias_show() */
	put_attribute(machine, &stanza, "modalias", "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X",
		      id->vendor, id->device, id->subvendor, id->subdevice, stanza.class >> 16,
		      stanza.class >> 8 & 0xff, stanza.class & 0xff);
	put_attribute(machine, &stanza, "driver_override", "%s", stanza.override);
	put_attribute(machine, &stanza, "power/control", "%s", stanza.power);
	put_optional(machine, &stanza);
	put_bars(machine, &stanza);
	if (stanza.group)
		put_group(machine, &stanza, place);
	if (stanza.driver)
		put_driver(machine, &stanza, place);
	put_record(machine, &stanza);
}

#endif
