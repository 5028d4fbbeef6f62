/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's command line: held against another reading of it, byte by byte, and what is changed
 * has what was wanted and all else as before.
 */
#include "host/kernel_line.h"

#include "fuzz.h"

static const struct {
	const char *remove, *add;
} changes[] = {
	{ "intel_iommu=off iommu=off", "intel_iommu=on iommu=pt" },
	{ "amd_iommu=off", "" },
	{ "vfio-pci.ids=", "vfio-pci.ids=1e57:0041,1e57:0042" },
	{ "vfio-pci.ids= quiet", "" },
	{ "", "quiet" },
};

static const char *const parameters[] = {
	"quiet", "iommu=pt", "intel_iommu=on", "intel-iommu=off", "vfio_pci.ids=", "x=", "a-b=c",
};

static const char *const selected[] = { "iommu", "intel_iommu=", "vfio-pci", NULL };

/*
 * The kernel's words, and where what is for init begins: NULL for nothing. *ret_open: the last word
 * ends in a quote that is never closed.
 */
static void split(const char *line, struct strings *words, const char **ret_rest, bool *ret_open)
{
	const char *start = line;
	bool quoted = false;

	*ret_rest = NULL;
	for (;; line++) {
		if (*line == '"')
			quoted = !quoted;
		if (*line && (quoted || (*line != ' ' && *line != '\t' && *line != '\n')))
			continue;
		if (line - start == 2 && memcmp(start, "--", 2) == 0) {
			*ret_rest = start;
			break;
		}
		if (line > start) {
			_cleanup_free_ char *word = strndup(start, (size_t)(line - start));

			MUST(word && strings_add(words, word) == 0);
		}
		if (!*line)
			break;
		start = line + 1;
	}
	*ret_open = quoted;
}

/* Whether the first `length` bytes are the same, "-" and "_" being one. */
static bool same_start(const char *a, const char *b, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char one = a[i] == '-' ? '_' : a[i];
		char other = b[i] == '-' ? '_' : b[i];

		if (!one || one != other)
			return false;
	}
	return true;
}

static bool is_in_list(const char *value, const char *wanted)
{
	size_t length = strlen(wanted);

	for (;;) {
		size_t item = strcspn(value, ",");

		if (item == length && memcmp(value, wanted, item) == 0)
			return true;
		if (!value[item])
			return false;
		value += item + 1;
	}
}

/* Whether the word is the parameter; `exact`: that very value, or any for "NAME=". */
static bool is_parameter(const char *word, const char *parameter, bool exact)
{
	size_t name = strcspn(word, "=");
	const char *value = word + name + 1, *wanted = parameter + name + 1;

	if (name != strcspn(parameter, "=") || !same_start(word, parameter, name) ||
	    word[name] != parameter[name])
		return false;
	if (!word[name] || (exact && !*wanted))
		return true;
	return exact ? strcmp(value, wanted) == 0 : is_in_list(value, wanted);
}

static bool has(const struct strings *words, const char *parameter, bool exact)
{
	for (size_t i = 0; i < words->count; i++)
		if (is_parameter(words->items[i], parameter, exact))
			return true;
	return false;
}

static bool is_removed(const char *word, const struct strings *remove)
{
	for (size_t i = 0; i < remove->count; i++)
		if (is_parameter(word, remove->items[i], true))
			return true;
	return false;
}

/* What the words must be after the change. False when there is nothing to change. */
static bool change_words(const struct strings *words, bool open, const struct strings *remove,
			 const struct strings *add, struct strings *wanted)
{
	_cleanup_strings_ struct strings kept = STRINGS_INIT;
	size_t before_open;
	bool changed = false;

	for (size_t i = 0; i < words->count; i++) {
		if (!is_removed(words->items[i], remove))
			MUST(strings_add(&kept, words->items[i]) == 0);
		else if (i + 1 == words->count)
			open = false;
	}
	changed = kept.count < words->count;
	/* behind an open quote all is one word */
	before_open = kept.count - (open && kept.count);
	for (size_t i = 0; i < before_open; i++)
		MUST(strings_add(wanted, kept.items[i]) == 0);
	for (size_t i = 0; i < add->count; i++) {
		if (has(&kept, add->items[i], false))
			continue;
		MUST(strings_add(wanted, add->items[i]) == 0);
		changed = true;
	}
	for (size_t i = before_open; i < kept.count; i++)
		MUST(strings_add(wanted, kept.items[i]) == 0);
	return changed;
}

static void check_change(const char *line, const struct strings *words, const char *rest, bool open,
			 const char *remove_text, const char *add_text)
{
	_cleanup_strings_ struct strings remove = STRINGS_INIT;
	_cleanup_strings_ struct strings add = STRINGS_INIT;
	_cleanup_strings_ struct strings wanted = STRINGS_INIT;
	_cleanup_strings_ struct strings got = STRINGS_INIT;
	_cleanup_strings_ struct strings got_again = STRINGS_INIT;
	_cleanup_free_ char *changed = NULL;
	_cleanup_free_ char *again = NULL;
	const char *rest_after;
	bool open_after;

	MUST(strings_split(&remove, remove_text) == 0 && strings_split(&add, add_text) == 0);
	changed = kernel_line_change(line, &remove, &add);
	MUST(changed);
	if (!change_words(words, open, &remove, &add, &wanted)) {
		MUST(strcmp(changed, line) == 0);
		return;
	}
	split(changed, &got, &rest_after, &open_after);
	MUST(fuzz_same_strings(&wanted, &got));
	MUST(text_same(rest, rest_after));
	/* once more says the same, with other blanks at most */
	again = kernel_line_change(changed, &remove, &add);
	MUST(again);
	split(again, &got_again, &rest_after, &open_after);
	MUST(fuzz_same_strings(&wanted, &got_again) && text_same(rest, rest_after));
}

static void check_selected(const char *line, const struct strings *words)
{
	_cleanup_strings_ struct strings wanted = STRINGS_INIT;
	_cleanup_strings_ struct strings got = STRINGS_INIT;

	for (size_t i = 0; i < words->count; i++) {
		bool begins = false;

		for (size_t j = 0; selected[j]; j++)
			begins |= same_start(words->items[i], selected[j], strlen(selected[j]));
		if (begins)
			MUST(strings_add(&wanted, words->items[i]) == 0);
	}
	MUST(kernel_line_select(line, selected, &got) == 0);
	MUST(fuzz_same_strings(&wanted, &got));
}

static bool fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *line = fuzz_text(data, size);
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	const char *rest;
	bool open;

	split(line, &words, &rest, &open);
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		MUST(kernel_line_has(line, parameters[i]) == has(&words, parameters[i], false));
		MUST(kernel_line_has_word(line, parameters[i]) == has(&words, parameters[i], true));
	}
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		check_change(line, &words, rest, open, changes[i].remove, changes[i].add);
	check_selected(line, &words);
	return words.count > 0;
}
