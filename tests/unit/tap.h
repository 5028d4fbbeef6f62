/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TAP for unit tests: each CHECK is one numbered line; tap_done() prints the plan and gives main()
 * its exit status. A test program includes this once.
 */
#ifndef GH_TESTS_TAP_H
#define GH_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count;
static int tap_failed;

__attribute__((format(printf, 4, 5))) static bool tap_check(bool passed, const char *file, int line,
							    const char *format, ...)
{
	va_list arguments;

	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	if (!passed) {
		tap_failed++;
		printf("# at %s:%d\n", file, line);
	}
	return passed;
}

static inline bool tap_equal(const char *got, const char *wanted)
{
	if (got && wanted)
		return strcmp(got, wanted) == 0;
	return got == wanted;
}

/* CHECK(condition, "the behaviour it holds", …) */
#define CHECK(condition, ...) tap_check((condition), __FILE__, __LINE__, __VA_ARGS__)

/* CHECK_TEXT(got, wanted, "the behaviour it holds", …): prints both when they differ. */
#define CHECK_TEXT(got, wanted, ...)                                                               \
	do {                                                                                       \
		const char *got_ = (got);                                                          \
		const char *wanted_ = (wanted);                                                    \
		if (!tap_check(tap_equal(got_, wanted_), __FILE__, __LINE__, __VA_ARGS__))         \
			printf("# got:    %s\n# wanted: %s\n", got_ ? got_ : "(none)",             \
			       wanted_ ? wanted_ : "(none)");                                      \
	} while (0)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
