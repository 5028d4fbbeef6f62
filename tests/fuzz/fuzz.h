/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What fuzz targets share. A target is one file that defines fuzz_one(): it gives the input to a
 * parser and says by MUST() what may come of it. It returns whether the input was accepted; how
 * many were is printed at the end, since a target that accepts nothing shows nothing.
 */
#ifndef GH_TESTS_FUZZ_H
#define GH_TESTS_FUZZ_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/root.h"
#include "base/text.h"

/* Ends the run, with the input kept by libFuzzer, unless the condition holds. */
#define MUST(condition)                                                                          \
	do {                                                                                     \
		if (!(condition)) {                                                              \
			fprintf(stderr, "%s:%d: must be: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                 \
		}                                                                                \
	} while (0)

static bool fuzz_one(const uint8_t *data, size_t size);

static unsigned long long fuzz_inputs, fuzz_accepted;

static void fuzz_summary(void)
{
	fprintf(stderr, "inputs: %llu, accepted: %llu\n", fuzz_inputs, fuzz_accepted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (fuzz_inputs == 0)
		atexit(fuzz_summary);
	fuzz_inputs++;
	fuzz_accepted += fuzz_one(data, size);
	return 0;
}

/* The input as a string of its own, which ends where the first zero byte is. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	MUST(text);
	return text;
}

/* Text of ours, of which nothing in a message may be foreign: what a terminal may be shown. */
static inline bool fuzz_is_printable(const char *text)
{
	_cleanup_free_ char *printable = text_printable(text);

	MUST(printable);
	return strcmp(printable, text) == 0;
}

/* That an error is one: of that code, with a text, and nothing in it that a terminal obeys. */
static inline void fuzz_check_error(int r, const struct error *error)
{
	MUST(r < 0);
	MUST(error->code == -r);
	MUST(error->what && *error->what);
	MUST(fuzz_is_printable(error->what) && !strchr(error->what, '\n'));
	MUST(!error->why || fuzz_is_printable(error->why));
	MUST(!error->hint || fuzz_is_printable(error->hint));
	MUST(!error->device);
}

/* Outputs that a failure must leave alone: filled before, and looked at afterwards. */
#define FUZZ_UNTOUCHED 0xa5

static inline void fuzz_fill(void *object, size_t size)
{
	memset(object, FUZZ_UNTOUCHED, size);
}

static inline bool fuzz_is_untouched(const void *object, size_t size)
{
	const uint8_t *bytes = object;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != FUZZ_UNTOUCHED)
			return false;
	return true;
}

/* A number below `limit`, which every byte of the input has a say in. */
static inline size_t fuzz_place(const uint8_t *data, size_t size, size_t limit)
{
	size_t place = 0;

	for (size_t i = 0; i < size; i++)
		place = place * 31 + data[i];
	return place % limit;
}

static inline bool fuzz_same_strings(const struct strings *a, const struct strings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

#endif
