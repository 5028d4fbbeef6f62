/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * INI text through inih, and all that inih does not see: line numbers, section headers (empty and
 * repeated ones too), NUL bytes, lines and names above the limits inih was compiled with, and
 * indented keys, which it would take for a second value. Does no input or output. The only file
 * that includes inih is ini.c.
 */
#ifndef GH_BASE_INI_H
#define GH_BASE_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Limits in bytes, below those that distributions compile inih with (200 and 50). */
#define INI_LINE_MAX_BYTES 198
#define INI_HEADER_MAX_BYTES 48

struct ini_event {
	const char *file; /* for messages */
	unsigned int line;
	const char *section; /* the header's text without brackets and outer blanks, never NULL */
	const char *key;     /* NULL: this is the section's header */
	const char *value;   /* without outer blanks and comment; not empty */
};

/*
 * Called for every header and every key in order. Returns 0, or a negative errno with `error`
 * filled, which ends the reading.
 */
typedef int ini_handler(const struct ini_event *event, void *data, struct error *error);

/*
 * Reads `text` of `length` bytes. What is checked here: NUL bytes, limits (comments count), a key
 * before any section, a line without "=", an empty key or value, a header without "]", an empty
 * "[]" or repeated one, text behind one, and, when `unique_keys`, a key given twice in a section.
 * A section may be without keys. A comment begins with ";" or "#" at a line's start, or with ";"
 * after a blank, so a value that is written can hold neither " ;" nor outer blanks. "key: value" is
 * refused. Returns 0 or a negative errno (-EINVAL for the text) with "FILE:LINE: …" in `error`; the
 * handler may have been called by then, so it fills a scratch object.
 */
int ini_parse_text(const char *file, const char *text, size_t length, bool unique_keys,
		   ini_handler *handler, void *data, struct error *error);

/*
 * Fills `error` with "FILE:LINE: " before the formatted text. Returns -EINVAL, for handlers.
 */
int ini_error(const struct ini_event *event, struct error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
