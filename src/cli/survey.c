/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/connection.h"
#include "cli/remote.h"
#include "host/udev.h"

#define ATTRIBUTE_MAX_BYTES 4096
#define DEVICES "sys/bus/pci/devices"

enum {
	COLUMN_ADDRESS,
	COLUMN_KIND,
	COLUMN_ID,
	COLUMN_DRIVER,
	COLUMN_GROUP,
	COLUMN_BOOT,
	COLUMN_USERS,
	COLUMN_VM,
	COLUMN_NAME,
	COLUMN_CLASS,
	COLUMN_SUBSYSTEM,
	COLUMN_RESET,
	COLUMN_HOLDERS,
	COLUMNS,
};

const struct table_column survey_columns[COLUMNS + 1] = {
	[COLUMN_ADDRESS] = { "ADDRESS", TABLE_STRING, TABLE_TREE },
	[COLUMN_KIND] = { "KIND", TABLE_STRING, 0 },
	[COLUMN_ID] = { "ID", TABLE_STRING, 0 },
	[COLUMN_DRIVER] = { "DRIVER", TABLE_STRING, 0 },
	[COLUMN_GROUP] = { "GROUP", TABLE_NUMBER, TABLE_RIGHT },
	[COLUMN_BOOT] = { "BOOT", TABLE_BOOLEAN, 0 },
	[COLUMN_USERS] = { "USERS", TABLE_NUMBER, TABLE_RIGHT },
	[COLUMN_VM] = { "VM", TABLE_STRING, TABLE_CUT },
	[COLUMN_NAME] = { "NAME", TABLE_STRING, TABLE_CUT | TABLE_FIRST },
	[COLUMN_CLASS] = { "CLASS", TABLE_STRING, TABLE_EXTRA },
	[COLUMN_SUBSYSTEM] = { "SUBSYSTEM", TABLE_STRING, TABLE_EXTRA },
	[COLUMN_RESET] = { "RESET", TABLE_LIST, TABLE_EXTRA },
	[COLUMN_HOLDERS] = { "HOLDERS", TABLE_LIST, TABLE_EXTRA },
};

static int compare_functions(const void *a, const void *b)
{
	const struct pci_function *const *left = a;
	const struct pci_function *const *right = b;

	return pci_address_compare(&(*left)->address, &(*right)->address);
}

/* Takes what libvirt tells, in the order of addresses. */
static int take_remote(struct remote *remote, struct survey *survey)
{
	size_t count = remote->host.count;
	_cleanup_free_ const struct pci_function **order =
		calloc(count + 1, sizeof(const struct pci_function *));

	survey->host.items = calloc(count + 1, sizeof(*survey->host.items));
	if (!order || !survey->host.items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		order[i] = &remote->host.items[i];
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what is sorted */
	qsort(order, count, sizeof(*order), compare_functions);
	for (size_t i = 0; i < count; i++) {
		const char *name = remote->names.items[order[i] - remote->host.items];

		if (strings_add(&survey->names, name) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		survey->host.items[i] = *order[i];
	survey->host.count = count;
	/* what they own is the survey's now */
	remote->host.count = 0;
	survey->claimed = remote->claimed;
	remote->claimed = CLAIMED_INIT;
	return 0;
}

static int read_remote(const char *uri, struct survey *survey, struct error *error)
{
	struct remote remote = REMOTE_INIT;
	int r = remote_read(uri, &remote, error);

	if (r == 0 && take_remote(&remote, survey) < 0)
		r = error_set_errno(error, ENOMEM, "cannot list the devices");
	remote_clear(&remote);
	return r;
}

int survey_read_host(const struct command *command, struct survey *survey, struct error *error)
{
	survey->root = &command->root;
	survey->remote = command->root.is_host && !connection_is_own(command->uri);
	return survey->remote ? read_remote(command->uri, survey, error)
			      : pci_scan(&command->root, &survey->host, error);
}

char *survey_name(const struct survey *survey, const struct pci_function *function)
{
	const char *name;

	if (!survey->remote)
		return udev_pci_name(survey->root, function->name, function->modalias);
	name = survey->names.items[function - survey->host.items];
	return *name ? strdup(name) : NULL;
}

int survey_choose(const char *address, struct survey *survey)
{
	struct pci_address wanted;
	bool whole;
	int r = -ENODEV;

	if (pci_address_parse_device(address, &wanted, &whole) < 0)
		return -EINVAL;
	for (size_t i = 0; i < survey->host.count; i++) {
		const struct pci_function *function = &survey->host.items[i];

		if (whole ? !pci_address_same_device(&function->address, &wanted)
			  : pci_address_compare(&function->address, &wanted) != 0)
			continue;
		if (!strings_contain(&survey->chosen, function->name) &&
		    strings_add(&survey->chosen, function->name) < 0)
			return -ENOMEM;
		r = 0;
	}
	return r;
}

int survey_look(struct survey *survey, struct error *error)
{
	int r;

	/* who uses them, that host alone can tell; its VMs were asked for */
	if (survey->remote)
		return 0;
	r = holders_scan(survey->root, &survey->chosen, &survey->holders, error);

	if (r == 0 && claimed_read(survey->root, &survey->claimed) < 0)
		r = error_set_errno(error, ENOMEM, "cannot see which VMs have devices");
	return r;
}

/* The holders of a function as the cell of a list; NULL in *ret_list when there is none. */
static int list_holders(const struct holders *holders, const char *function, char **ret_list)
{
	for (size_t i = 0; i < holders->count; i++) {
		const struct holder *holder = &holders->items[i];
		_cleanup_free_ char *line = NULL;

		if (strcmp(holder->function, function) != 0)
			continue;
		line = table_list_item(holder->text);
		if (!line || text_append(ret_list, "%s%s", *ret_list ? "\n" : "", line) < 0)
			return -ENOMEM;
	}
	return 0;
}

char *survey_resets(const struct survey *survey, const struct pci_function *function)
{
	char *text = NULL;

	if (survey->remote || root_read(survey->root, ATTRIBUTE_MAX_BYTES, &text,
					DEVICES "/%s/reset_method", function->name) < 0)
		return NULL;
	if (!*text) {
		free(text);
		return NULL;
	}
	return text;
}

/* Words with blanks between as the cell of a list. NULL without memory, or for none. */
static char *list_words(const char *text)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	_cleanup_strings_ struct strings items = STRINGS_INIT;

	if (strings_split(&words, text) < 0)
		return NULL;
	for (size_t i = 0; i < words.count; i++) {
		_cleanup_free_ char *item = table_list_item(words.items[i]);

		if (!item || strings_add(&items, item) < 0)
			return NULL;
	}
	return items.count ? strings_join(&items, "\n") : NULL;
}

struct table_row *survey_add(const struct survey *survey, const struct pci_function *function,
			     struct table_row *parent, struct table *table)
{
	size_t users = holders_count(&survey->holders, function->name);
	_cleanup_free_ char *name = survey_name(survey, function);
	_cleanup_free_ char *id =
		text_format("%04x:%04x", function->id.vendor, function->id.device);
	_cleanup_free_ char *subsystem =
		function->id.has_subsystem
			? text_format("%04x:%04x", function->id.subvendor, function->id.subdevice)
			: NULL;
	_cleanup_free_ char *class = text_format("%06x", function->class);
	_cleanup_free_ char *group =
		function->group < 0 ? NULL : text_format("%d", function->group);
	_cleanup_free_ char *count = survey->remote ? NULL : text_format("%zu", users);
	_cleanup_free_ char *raw = survey_resets(survey, function);
	_cleanup_free_ char *resets = raw ? list_words(raw) : NULL;
	_cleanup_free_ char *holders = NULL;
	const char *cells[COLUMNS] = {
		[COLUMN_ADDRESS] = function->name,
		[COLUMN_KIND] = survey_kind(function),
		[COLUMN_ID] = id,
		[COLUMN_DRIVER] = function->driver,
		[COLUMN_GROUP] = group,
		[COLUMN_BOOT] = function->boot_display ? "yes" : NULL,
		[COLUMN_USERS] = count,
		[COLUMN_VM] = claimed_find(&survey->claimed, function->name),
		[COLUMN_NAME] = name,
		[COLUMN_CLASS] = class,
		[COLUMN_SUBSYSTEM] = subsystem,
		[COLUMN_RESET] = resets,
	};

	if (!id || !class || (!count && !survey->remote) ||
	    list_holders(&survey->holders, function->name, &holders) < 0)
		return NULL;
	cells[COLUMN_HOLDERS] = holders;
	return table_add(table, parent, cells);
}

/* What is not known, as "FIELD: WHY"; each of them or NULL. */
static void explain_hidden(const struct survey *survey, char **ret_holders, const char **ret_vm)
{
	if (survey->remote)
		*ret_holders = strdup("libvirt does not tell who uses devices on its host");
	else if (!survey->root->is_host)
		*ret_holders = strdup("the processes of a machine that is only files");
	else if (survey->holders.unseen)
		*ret_holders = text_format(
			"%zu process%s could not be looked into: there may be more users",
			survey->holders.unseen, survey->holders.unseen == 1 ? "" : "es");
	if (survey->claimed.hidden)
		*ret_vm = "only root can see which VMs have devices";
}

void survey_tell_hidden(const struct survey *survey)
{
	_cleanup_free_ char *holders = NULL;
	const char *vm = NULL;

	explain_hidden(survey, &holders, &vm);
	fflush(stdout);
	if (holders || vm)
		fprintf(stderr, "Not known: %s%s%s.%s\n", holders ? holders : "",
			holders && vm ? "; " : "", vm ? vm : "",
			survey->remote || !survey->root->is_host || geteuid() == 0
				? ""
				: " Try it with sudo.");
	for (size_t i = 0; i < survey->claimed.broken.count; i++)
		command_report(survey->root, &survey->claimed.broken.items[i]);
}

static int add_unseen(struct table *table, const char *field, const char *why)
{
	return !why || table_add(table, NULL, (const char *const[]){ field, why }) ? 0 : -ENOMEM;
}

struct table *survey_table_unseen(const struct survey *survey)
{
	static const struct table_column columns[] = {
		{ "FIELD", TABLE_STRING, 0 },
		{ "WHY", TABLE_STRING, 0 },
		{ 0 },
	};
	struct table *table = table_new("unseen", columns);
	_cleanup_free_ char *holders = NULL;
	const char *vm = NULL;
	int r;

	explain_hidden(survey, &holders, &vm);
	r = table ? add_unseen(table, "holders", holders) : -ENOMEM;
	if (r == 0)
		r = add_unseen(table, "vm", vm);
	for (size_t i = 0; r == 0 && i < survey->claimed.broken.count; i++) {
		_cleanup_free_ char *text = error_text(&survey->claimed.broken.items[i]);

		r = text ? add_unseen(table, "vm", text) : -ENOMEM;
	}
	if (r == 0)
		return table;
	table_free(table);
	return NULL;
}

/* Names of PCI's classes and subclasses, as in the PCI code and ID assignment specification. */
const char *survey_kind(const struct pci_function *function)
{
	static const struct {
		uint32_t class, mask;
		const char *kind;
	} kinds[] = {
		{ 0x030000, 0xffff00, "VGA" },         { 0x030200, 0xffff00, "3D" },
		{ 0x030000, 0xff0000, "display" },     { 0x040300, 0xffff00, "audio" },
		{ 0x0c0300, 0xffff00, "USB" },         { 0x0c8000, 0xffff00, "USB-C" },
		{ 0x010800, 0xffff00, "NVMe" },        { 0x010600, 0xffff00, "SATA" },
		{ 0x010000, 0xff0000, "storage" },     { 0x020000, 0xff0000, "network" },
		{ 0x120000, 0xff0000, "accelerator" }, { 0x060000, 0xff0000, "bridge" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((function->class & kinds[i].mask) == kinds[i].class)
			return kinds[i].kind;
	return "other";
}

void survey_clear(struct survey *survey)
{
	pci_functions_clear(&survey->host);
	strings_clear(&survey->chosen);
	holders_clear(&survey->holders);
	claimed_clear(&survey->claimed);
	strings_clear(&survey->names);
}
