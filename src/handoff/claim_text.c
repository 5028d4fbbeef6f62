/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims as text. Values are percent-encoded, and long ones go over several lines of one key. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ini.h"
#include "handoff/claim.h"

/* Bytes of a value on one line, encoded: far below inih's limit. */
#define VALUE_LINE_BYTES 120
#define FUNCTION_SECTION "function "
#define FUNCTIONS_MAX 4096
#define LIST_SEPARATOR "\n"

static const char *const phase_texts[] = {
	[CLAIM_RESERVING] = "reserving",
	[CLAIM_ACQUIRING] = "acquiring",
	[CLAIM_HELD] = "held",
	[CLAIM_RELEASING] = "releasing",
};

static const char *const restore_texts[] = {
	[CONFIG_RESTORE_ORIGINAL] = "original",
	[CONFIG_RESTORE_STAY] = "stay",
	[CONFIG_RESTORE_DRIVER] = "driver",
};

static void function_clear(struct claim_function *function)
{
	free(function->vfio_driver);
	free(function->restore_driver);
	pci_state_clear(&function->before);
	free(function->module);
}

void claim_clear(struct claim *claim)
{
	free(claim->vm);
	free(claim->uuid);
	free(claim->boot_id);
	free(claim->token);
	strings_clear(&claim->units);
	strings_clear(&claim->modules);
	strings_clear(&claim->framebuffers);
	strings_clear(&claim->consoles);
	strings_clear(&claim->failures);
	for (size_t i = 0; i < claim->function_count; i++)
		function_clear(&claim->functions[i]);
	free(claim->functions);
	*claim = CLAIM_INIT;
}

void claim_keep(struct claim *claim, const struct pci_addresses *functions, bool listed)
{
	size_t kept = 0;

	for (size_t i = 0; i < claim->function_count; i++) {
		struct claim_function *function = &claim->functions[i];

		if (pci_addresses_have(functions, &function->address) == listed)
			claim->functions[kept++] = *function;
		else
			function_clear(function);
	}
	claim->function_count = kept;
}

/* ---- writing ------------------------------------------------------------------------------ */

/* What stands for itself: neither INI's own signs nor blanks, which are trimmed. */
static bool is_plain(unsigned char byte)
{
	return byte > ' ' && byte < 0x7f && !strchr("%;#=[]:\"", byte);
}

static int put(char **text, const char *key, const char *value)
{
	char line[VALUE_LINE_BYTES + 4];
	size_t used = 0;

	if (!value)
		return 0;
	for (const char *c = value; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (used >= VALUE_LINE_BYTES) {
			if (text_append(text, "%s = %s\n", key, line) < 0)
				return -ENOMEM;
			used = 0;
		}
		used += (size_t)snprintf(line + used, sizeof(line) - used,
					 is_plain(byte) ? "%c" : "%%%02x", byte);
	}
	return used ? text_append(text, "%s = %s\n", key, line) : 0;
}

static int put_number(char **text, const char *key, long long number)
{
	return text_append(text, "%s = %lld\n", key, number);
}

/* A list is one value with a line for each item. */
static int put_list(char **text, const char *key, const struct strings *list)
{
	_cleanup_free_ char *joined = strings_join(list, LIST_SEPARATOR);

	return joined ? put(text, key, joined) : -ENOMEM;
}

static int put_flag(char **text, const char *key, bool flag)
{
	return flag ? put(text, key, "yes") : 0;
}

static int put_function(char **text, const struct claim_function *function)
{
	char id[PCI_ID_SIZE];

	pci_id_format(&function->id, id);
	if (text_append(text, "\n[" FUNCTION_SECTION "%s]\n", function->name) < 0 ||
	    text_append(text, "id = %s\n", id) < 0 ||
	    put_number(text, "group", function->group) < 0 ||
	    put(text, "vfio-driver", function->vfio_driver) < 0 ||
	    put(text, "restore", restore_texts[function->restore]) < 0 ||
	    put(text, "restore-driver", function->restore_driver) < 0 ||
	    put(text, "driver", function->before.driver) < 0 ||
	    put(text, "module", function->module) < 0 ||
	    put(text, "driver-override", function->before.driver_override) < 0 ||
	    put(text, "power-control", function->before.power_control) < 0 ||
	    put(text, "d3cold-allowed", function->before.d3cold_allowed) < 0 ||
	    put_flag(text, "drm", function->drm_before) < 0 ||
	    put_flag(text, "sound-card", function->card_before) < 0)
		return -ENOMEM;
	return 0;
}

char *claim_format(const struct claim *claim)
{
	_cleanup_free_ char *text = NULL;

	if (text_append(&text, "[claim]\n") < 0 ||
	    put_number(&text, "version", CLAIM_VERSION) < 0 || put(&text, "vm", claim->vm) < 0 ||
	    put(&text, "uuid", claim->uuid) < 0 || put(&text, "boot-id", claim->boot_id) < 0 ||
	    put(&text, "token", claim->token) < 0 ||
	    put(&text, "phase", phase_texts[claim->phase]) < 0 ||
	    put_number(&text, "timeout-ms", claim->timeout_ms) < 0 ||
	    put_list(&text, "units", &claim->units) < 0 ||
	    put_list(&text, "modules", &claim->modules) < 0 ||
	    put_list(&text, "framebuffers", &claim->framebuffers) < 0 ||
	    put_list(&text, "consoles", &claim->consoles) < 0 ||
	    put_list(&text, "failures", &claim->failures) < 0)
		return NULL;
	for (size_t i = 0; i < claim->function_count; i++)
		if (put_function(&text, &claim->functions[i]) < 0)
			return NULL;
	/* a claim that was cut off lacks it */
	if (text_append(&text, "\n[end]\nfunctions = %zu\n", claim->function_count) < 0)
		return NULL;
	return take_ptr(text);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* Lists are split when all of their lines have been read. */
struct lists {
	char *units;
	char *modules;
	char *framebuffers;
	char *consoles;
	char *failures;
};

struct reading {
	struct claim claim;
	struct lists lists;
	bool has_version, has_phase, has_timeout, has_end;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes and appends: a key that is given again goes on. */
static int get(const struct ini_event *event, char **value, struct error *error)
{
	_cleanup_free_ char *decoded = strdup(event->value);
	char *out = decoded;

	if (!decoded)
		return error_set_errno(error, ENOMEM, "cannot read the claim");
	for (const char *in = event->value; *in; in++) {
		int high, low;

		if (*in != '%') {
			*out++ = *in;
			continue;
		}
		high = hex_digit(in[1]);
		low = high < 0 ? -1 : hex_digit(in[2]);
		if (low < 0 || (high == 0 && low == 0))
			return ini_error(event, error, "malformed value");
		*out++ = (char)(high << 4 | low);
		in += 2;
	}
	*out = '\0';
	if (text_append(value, "%s", decoded) < 0)
		return error_set_errno(error, ENOMEM, "cannot read the claim");
	return 0;
}

static int get_number(const struct ini_event *event, long long least, long long most,
		      long long *ret_number, struct error *error)
{
	long long number;
	char *end;

	errno = 0;
	number = strtoll(event->value, &end, 10);
	if (errno || end == event->value || *end || number < least || number > most)
		return ini_error(event, error, "malformed number");
	*ret_number = number;
	return 0;
}

static int get_word(const struct ini_event *event, const char *const *words, size_t count,
		    int *ret_index, struct error *error)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(event->value, words[i]) == 0) {
			*ret_index = (int)i;
			return 0;
		}
	return ini_error(event, error, "unknown word");
}

/* A key whose value is text, and where that goes. */
struct text_key {
	const char *key;
	char **value;
};

static const struct text_key *find_text(const struct text_key *keys, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i].key, key) == 0)
			return &keys[i];
	return NULL;
}

static int get_flag(const struct ini_event *event, bool *ret_flag, struct error *error)
{
	if (strcmp(event->value, "yes") != 0)
		return ini_error(event, error, "unknown word");
	*ret_flag = true;
	return 0;
}

static int read_claim_key(const struct ini_event *event, struct reading *reading,
			  struct error *error)
{
	struct claim *claim = &reading->claim;
	const struct text_key texts[] = {
		{ "vm", &claim->vm },
		{ "uuid", &claim->uuid },
		{ "boot-id", &claim->boot_id },
		{ "token", &claim->token },
		{ "units", &reading->lists.units },
		{ "modules", &reading->lists.modules },
		{ "framebuffers", &reading->lists.framebuffers },
		{ "consoles", &reading->lists.consoles },
		{ "failures", &reading->lists.failures },
	};
	const struct text_key *text = find_text(texts, ARRAY_SIZE(texts), event->key);
	long long number = 0;
	int index = 0;
	int r = 0;

	if (text) {
		r = get(event, text->value, error);
	} else if (strcmp(event->key, "version") == 0) {
		r = get_number(event, 0, INT32_MAX, &number, error);
		if (r == 0 && number != CLAIM_VERSION)
			return error_set(error, ENOTSUP,
					 "%s: the claim is of version %lld, this gpu-handoff knows "
					 "version %d",
					 event->file, number, CLAIM_VERSION);
		reading->has_version = true;
	} else if (strcmp(event->key, "phase") == 0) {
		r = get_word(event, phase_texts, ARRAY_SIZE(phase_texts), &index, error);
		if (r == 0)
			claim->phase = (enum claim_phase)index;
		reading->has_phase = r == 0;
	} else if (strcmp(event->key, "timeout-ms") == 0) {
		r = get_number(event, 1, INT32_MAX, &number, error);
		if (r == 0)
			claim->timeout_ms = number;
		reading->has_timeout = r == 0;
	} else {
		r = ini_error(event, error, "unknown key");
	}
	return r;
}

static int read_function_key(const struct ini_event *event, struct claim_function *function,
			     struct error *error)
{
	const struct text_key texts[] = {
		{ "vfio-driver", &function->vfio_driver },
		{ "restore-driver", &function->restore_driver },
		{ "driver", &function->before.driver },
		{ "module", &function->module },
		{ "driver-override", &function->before.driver_override },
		{ "power-control", &function->before.power_control },
		{ "d3cold-allowed", &function->before.d3cold_allowed },
	};
	const struct text_key *text = find_text(texts, ARRAY_SIZE(texts), event->key);
	long long number = 0;
	int index = 0;
	int r;

	if (text)
		return get(event, text->value, error);
	if (strcmp(event->key, "drm") == 0)
		return get_flag(event, &function->drm_before, error);
	if (strcmp(event->key, "sound-card") == 0)
		return get_flag(event, &function->card_before, error);
	if (strcmp(event->key, "id") == 0)
		return pci_id_parse(event->value, &function->id) < 0
			       ? ini_error(event, error, "malformed id")
			       : 0;
	if (strcmp(event->key, "group") == 0) {
		r = get_number(event, -1, INT32_MAX, &number, error);
		if (r == 0)
			function->group = (int)number;
		return r;
	}
	if (strcmp(event->key, "restore") == 0) {
		r = get_word(event, restore_texts, ARRAY_SIZE(restore_texts), &index, error);
		if (r == 0)
			function->restore = (enum config_restore)index;
		return r;
	}
	return ini_error(event, error, "unknown key");
}

static int start_function(const struct ini_event *event, struct claim *claim, struct error *error)
{
	struct claim_function *function;
	struct pci_address address;

	if (pci_address_parse(event->section + strlen(FUNCTION_SECTION), &address) < 0 ||
	    claim->function_count >= FUNCTIONS_MAX)
		return ini_error(event, error, "malformed section");
	if (array_grow(&claim->functions, claim->function_count, sizeof(*function)) < 0)
		return error_set_errno(error, ENOMEM, "cannot read the claim");
	function = &claim->functions[claim->function_count++];
	function->address = address;
	function->group = -1;
	pci_address_format(&address, function->name);
	return 0;
}

static bool is_function(const char *section)
{
	return strncmp(section, FUNCTION_SECTION, strlen(FUNCTION_SECTION)) == 0;
}

static int handle(const struct ini_event *event, void *data, struct error *error)
{
	struct reading *reading = data;
	struct claim *claim = &reading->claim;
	long long count = 0;

	if (reading->has_end && !event->key)
		return ini_error(event, error, "section behind the end");
	if (is_function(event->section)) {
		if (!event->key)
			return start_function(event, claim, error);
		return read_function_key(event, &claim->functions[claim->function_count - 1],
					 error);
	}
	if (strcmp(event->section, "claim") == 0)
		return event->key ? read_claim_key(event, reading, error) : 0;
	if (strcmp(event->section, "end") != 0)
		return ini_error(event, error, "unknown section");
	if (!event->key)
		return 0;
	if (strcmp(event->key, "functions") != 0)
		return ini_error(event, error, "unknown key");
	if (get_number(event, 0, FUNCTIONS_MAX, &count, error) < 0 ||
	    (size_t)count != claim->function_count)
		return ini_error(event, error, "functions are missing");
	reading->has_end = true;
	return 0;
}

static int check_complete(const char *file, const struct reading *reading, struct error *error)
{
	const struct claim *claim = &reading->claim;
	bool complete = reading->has_version && reading->has_phase && reading->has_timeout &&
			reading->has_end && claim->vm && claim->boot_id;

	for (size_t i = 0; i < claim->function_count; i++) {
		const struct claim_function *function = &claim->functions[i];

		if (!function->vfio_driver || !function->id.has_subsystem ||
		    (function->restore == CONFIG_RESTORE_DRIVER && !function->restore_driver) ||
		    (i && pci_address_compare(&claim->functions[i - 1].address,
					      &function->address) >= 0))
			complete = false;
	}
	if (!complete)
		return error_set(error, EINVAL, "%s: the claim is incomplete", file);
	return 0;
}

static void lists_clear(struct lists *lists)
{
	free(lists->units);
	free(lists->modules);
	free(lists->framebuffers);
	free(lists->consoles);
	free(lists->failures);
}

static int take_list(char *text, struct strings *list)
{
	char *rest = NULL;

	for (char *item = text ? strtok_r(text, LIST_SEPARATOR, &rest) : NULL; item;
	     item = strtok_r(NULL, LIST_SEPARATOR, &rest))
		if (strings_add(list, item) < 0)
			return -ENOMEM;
	return 0;
}

static int take_lists(const struct lists *lists, struct claim *claim, struct error *error)
{
	if (take_list(lists->units, &claim->units) < 0 ||
	    take_list(lists->modules, &claim->modules) < 0 ||
	    take_list(lists->framebuffers, &claim->framebuffers) < 0 ||
	    take_list(lists->consoles, &claim->consoles) < 0 ||
	    take_list(lists->failures, &claim->failures) < 0)
		return error_set_errno(error, ENOMEM, "cannot read the claim");
	return 0;
}

int claim_parse(const char *file, const char *text, size_t length, struct claim *ret_claim,
		struct error *error)
{
	struct reading reading = { 0 };
	int r = ini_parse_text(file, text, length, false, handle, &reading, error);

	if (r == 0)
		r = check_complete(file, &reading, error);
	if (r == 0)
		r = take_lists(&reading.lists, &reading.claim, error);
	if (r == 0)
		r = claim_check_names(file, &reading.claim, error);
	lists_clear(&reading.lists);
	if (r == 0)
		*ret_claim = reading.claim;
	else
		claim_clear(&reading.claim);
	return r;
}
