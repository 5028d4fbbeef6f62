/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time: milliseconds of the monotonic clock, deadlines as points on it, and durations as people
 * write them.
 */
#ifndef GH_BASE_CLOCK_H
#define GH_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC. Cannot fail. */
int64_t clock_now_ms(void);

/* Milliseconds until `deadline_ms`, 0 when it has passed. */
int64_t clock_left_ms(int64_t deadline_ms);

/* Sleeps, at most until the deadline. */
void clock_sleep_ms(int64_t duration_ms, int64_t deadline_ms);

/*
 * "30s", "2min": a positive whole number with a unit, one hour at most. Returns 0 or -EINVAL.
 */
int duration_parse(const char *text, int64_t *ret_ms);

#endif
