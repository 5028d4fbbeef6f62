/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strings: formatting into memory, lists of strings, quoting of foreign text for messages, and the
 * word that was probably meant. Does no input or output.
 */
#ifndef GH_BASE_TEXT_H
#define GH_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* asprintf() that returns the string; the caller frees it. NULL without memory. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Appends to *text, which is NULL or from malloc. Returns 0 or -ENOMEM, and *text is as before
 * then.
 */
int text_append(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether both are the same text, or both NULL. */
bool text_same(const char *a, const char *b);

/* Cuts the suffix off; whether the text has had it, behind something else. */
bool text_cut_suffix(char *text, const char *suffix);

/*
 * Foreign text made safe for one line of a message: control characters and bytes that are not
 * UTF-8 as \xNN, cut after 80 bytes with "…". The caller frees it. NULL without memory.
 */
char *text_quote(const char *text);

/* One word of a shell command that the reader may copy. The caller frees it. NULL without memory.
 */
char *text_shell_word(const char *text);

/*
 * A message with foreign text in it, of several lines, made safe for a terminal: as text_quote(),
 * but line feeds stay and nothing is cut. The caller frees it. NULL without memory.
 */
char *text_printable(const char *text);

/*
 * Foreign text as valid UTF-8 from which it can be had back: bytes that are not UTF-8, and the
 * backslash, as \xNN. The caller frees it. NULL without memory.
 */
char *text_encode(const char *text);

/*
 * The candidate nearest to `word` by edit distance, when it is near enough to be what was meant:
 * a distance of at most 2, and less than half of the candidate's length. NULL otherwise.
 * `candidates` ends with NULL; what is returned belongs to it.
 */
const char *text_nearest(const char *word, const char *const *candidates);

/* A list of strings that owns them. */
struct strings {
	char **items;
	size_t count;
};

#define STRINGS_INIT ((struct strings){ 0 })

/* Appends a copy. Returns 0 or -ENOMEM. */
int strings_add(struct strings *strings, const char *text);

/* Appends a copy of each item of `from` that is not there yet. Returns 0 or -ENOMEM. */
int strings_merge(struct strings *strings, const struct strings *from);

bool strings_contain(const struct strings *strings, const char *text);

/* Splits at blanks and appends the words. Returns 0 or -ENOMEM. */
int strings_split(struct strings *strings, const char *text);

/* "a, b, c"; the caller frees it. NULL without memory. */
char *strings_join(const struct strings *strings, const char *separator);

void strings_clear(struct strings *strings);

#define _cleanup_strings_ __attribute__((cleanup(strings_clear)))

/*
 * Makes room for one more item of `size` bytes in the array *array of `count`. Returns 0 or
 * -ENOMEM; the new item is zeroed.
 */
int array_grow(void *array, size_t count, size_t size);

#endif
