/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/holder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* The first line, so that nothing else is taken for a list, nor one that was cut off. */
#define HEAD "gpu-handoff holders 1"
#define COUNT_MAX 100000

static const char *const kind_texts[] = {
	[HOLDER_PROCESS] = "process",     [HOLDER_BROKER] = "broker",
	[HOLDER_GUEST] = "guest",         [HOLDER_MOUNT] = "mount",
	[HOLDER_SWAP] = "swap",           [HOLDER_VOLUME] = "volume",
	[HOLDER_NETWORK] = "network",     [HOLDER_USB] = "usb",
	[HOLDER_MEDIATED] = "mediated",   [HOLDER_VIRTUAL] = "virtual",
	[HOLDER_REFERENCE] = "reference",
};

const char *holder_kind_name(enum holder_kind kind)
{
	return kind_texts[kind];
}

struct holder *holders_add(struct holders *holders, const char *function, enum holder_kind kind,
			   const char *text)
{
	char *copy = strdup(text);
	struct holder *holder;

	if (!copy || array_grow(&holders->items, holders->count, sizeof(*holder)) < 0) {
		free(copy);
		return NULL;
	}
	/* one line, whatever stands in names */
	for (char *c = copy; *c; c++)
		if (*c == '\n')
			*c = ' ';
	holder = &holders->items[holders->count++];
	holder->kind = kind;
	holder->text = copy;
	snprintf(holder->function, sizeof(holder->function), "%s", function);
	return holder;
}

size_t holders_count(const struct holders *holders, const char *function)
{
	size_t count = 0;

	for (size_t i = 0; i < holders->count; i++)
		count += strcmp(holders->items[i].function, function) == 0;
	return count;
}

void holders_drop(struct holders *holders, enum holder_kind kind)
{
	size_t kept = 0;

	for (size_t i = 0; i < holders->count; i++) {
		if (holders->items[i].kind == kind)
			free(holders->items[i].text);
		else
			holders->items[kept++] = holders->items[i];
	}
	holders->count = kept;
}

char *holders_format(const struct holders *holders)
{
	_cleanup_free_ char *text = NULL;

	if (text_append(&text, HEAD " %zu %zu\n", holders->count, holders->unseen) < 0)
		return NULL;
	for (size_t i = 0; i < holders->count; i++) {
		const struct holder *holder = &holders->items[i];

		if (text_append(&text, "%s %s %d %d %llu %s\n", holder->function,
				kind_texts[holder->kind], holder->usb, (int)holder->pid,
				holder->started, holder->text) < 0)
			return NULL;
	}
	return take_ptr(text);
}

/* ---- reading ------------------------------------------------------------------------------ */

static int find_kind(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_texts); i++)
		if (strcmp(kind_texts[i], word) == 0)
			return (int)i;
	return -EINVAL;
}

static int parse_line(const char *line, struct holders *holders)
{
	char function[PCI_ADDRESS_SIZE];
	struct pci_address address;
	struct holder *holder;
	unsigned long long started;
	char kind_text[16];
	int usb, pid, kind;
	int start = 0;

	if (sscanf(line, "%16s %15s %d %d %llu %n", function, kind_text, &usb, &pid, &started,
		   &start) != 5 ||
	    start == 0 || !line[start] || pci_address_parse(function, &address) < 0 ||
	    (usb != 0 && usb != 1) || pid < 0)
		return -EINVAL;
	kind = find_kind(kind_text);
	if (kind < 0)
		return kind;
	holder = holders_add(holders, function, (enum holder_kind)kind, line + start);
	if (!holder)
		return -ENOMEM;
	holder->usb = usb;
	holder->pid = pid;
	holder->started = started;
	return 0;
}

int holders_parse(const char *text, struct holders *ret_holders, struct error *error)
{
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_free_ char *copy = strdup(text);
	char *rest = NULL;
	size_t count = 0;
	int end = 0;
	int r = 0;
	char *line;

	if (!copy)
		return error_set_errno(error, ENOMEM, "cannot read the list of holders");
	line = strtok_r(copy, "\n", &rest);
	if (!line || sscanf(line, HEAD " %zu %zu%n", &count, &holders.unseen, &end) != 2 ||
	    line[end] || count > COUNT_MAX)
		r = -EINVAL;
	while (r == 0 && (line = strtok_r(NULL, "\n", &rest)))
		r = parse_line(line, &holders);
	if (r == 0 && holders.count != count)
		r = -EINVAL;
	if (r == -ENOMEM)
		return error_set_errno(error, ENOMEM, "cannot read the list of holders");
	if (r < 0)
		return error_set(error, EINVAL, "malformed list of holders");
	*ret_holders = holders;
	holders = HOLDERS_INIT;
	return 0;
}

void holders_clear(struct holders *holders)
{
	for (size_t i = 0; i < holders->count; i++)
		free(holders->items[i].text);
	free(holders->items);
	*holders = HOLDERS_INIT;
}
