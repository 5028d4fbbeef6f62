/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"

#include <errno.h>

#include "base/cleanup.h"
#include "tap.h"

static void test_durations(void)
{
	static const struct {
		const char *text;
		int64_t wanted_ms; /* 0: refused */
	} cases[] = {
		{ "1s", 1000 },    { "30s", 30000 },     { "3600s", 3600000 },
		{ "1min", 60000 }, { "60min", 3600000 }, { "0030s", 30000 },
		{ "0s", 0 },       { "0min", 0 },        { "3601s", 0 },
		{ "61min", 0 },    { "9999min", 0 },     { "00030s", 0 },
		{ "30", 0 },       { "s", 0 },           { "", 0 },
		{ "30 s", 0 },     { " 30s", 0 },        { "30s ", 0 },
		{ "-30s", 0 },     { "+30s", 0 },        { "1.5min", 0 },
		{ "30ms", 0 },     { "30S", 0 },         { "1h", 0 },
		{ "30sec", 0 },    { "1min30s", 0 },     { "0x10s", 0 },
		{ "any", 0 },      { "2m", 0 },          { "18446744073s", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t duration_ms = -7;
		int r = duration_parse(cases[i].text, &duration_ms);

		if (cases[i].wanted_ms)
			CHECK(r == 0 && duration_ms == cases[i].wanted_ms, "\"%s\" is a duration",
			      cases[i].text);
		else
			CHECK(r == -EINVAL && duration_ms == -7,
			      "\"%s\" is refused, the result untouched", cases[i].text);
	}
}

static void test_deadlines(void)
{
	int64_t now = clock_now_ms();

	CHECK(now > 0, "the clock runs");
	CHECK(clock_left_ms(now - 1) == 0, "nothing is left of a deadline that has passed");
	CHECK(clock_left_ms(INT64_MIN / 2) == 0, "nothing is left of a deadline long ago");
	CHECK(clock_left_ms(now + 60000) > 50000 && clock_left_ms(now + 60000) <= 60000,
	      "what is left is counted from now");
}

static void test_sleep(void)
{
	int64_t start = clock_now_ms();

	clock_sleep_ms(20, start + 60000);
	CHECK(clock_now_ms() - start >= 19, "it sleeps as long as it shall");
	start = clock_now_ms();
	clock_sleep_ms(60000, start + 20);
	CHECK(clock_now_ms() - start < 30000, "it does not sleep beyond the deadline");
	start = clock_now_ms();
	clock_sleep_ms(60000, start - 1);
	CHECK(clock_now_ms() - start < 30000, "it does not sleep after the deadline");
}

int main(void)
{
	test_durations();
	test_deadlines();
	test_sleep();
	return tap_done();
}
