/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define DURATION_MAX_S 3600

int64_t clock_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_left_ms(int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_now_ms();

	return left > 0 ? left : 0;
}

void clock_sleep_ms(int64_t duration_ms, int64_t deadline_ms)
{
	int64_t left = clock_left_ms(deadline_ms);
	struct timespec pause;

	if (duration_ms > left)
		duration_ms = left;
	pause.tv_sec = duration_ms / 1000;
	pause.tv_nsec = duration_ms % 1000 * 1000000;
	nanosleep(&pause, NULL);
}

int duration_parse(const char *text, int64_t *ret_ms)
{
	size_t digits = strspn(text, "0123456789");
	int64_t seconds = 0;

	if (digits == 0 || digits > 4)
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		seconds = seconds * 10 + (text[i] - '0');
	if (strcmp(text + digits, "min") == 0)
		seconds *= 60;
	else if (strcmp(text + digits, "s") != 0)
		return -EINVAL;
	if (seconds == 0 || seconds > DURATION_MAX_S)
		return -EINVAL;
	*ret_ms = seconds * 1000;
	return 0;
}
