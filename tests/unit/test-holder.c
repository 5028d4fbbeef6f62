/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/holder.h"

#include <errno.h>

#include "base/cleanup.h"
#include "tap.h"

static void test_round_trip(void)
{
	static const char *const texts[] = { "Xorg (pid 1, user a b) has /dev/dri/card0 open",
					     "  leading", "100% [x] = ; #", "Bücher", "x" };
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;
	_cleanup_holders_ struct holders back = HOLDERS_INIT;
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *again = NULL;
	bool same = true;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (int kind = HOLDER_PROCESS; kind <= HOLDER_REFERENCE; kind++) {
			struct holder *holder = holders_add(&holders, "0000:01:00.0",
							    (enum holder_kind)kind, texts[i]);

			holder->usb = kind % 2;
			holder->pid = kind * 1000;
			holder->started = 12345678901ULL * (unsigned long long)kind;
		}
	holders.unseen = 7;
	text = holders_format(&holders);
	CHECK(holders_parse(text, &back, NULL) == 0 && back.count == holders.count &&
		      back.unseen == 7,
	      "a list comes back");
	for (size_t i = 0; i < back.count; i++)
		same = same && back.items[i].kind == holders.items[i].kind &&
		       back.items[i].usb == holders.items[i].usb &&
		       back.items[i].pid == holders.items[i].pid &&
		       back.items[i].started == holders.items[i].started &&
		       strcmp(back.items[i].function, holders.items[i].function) == 0;
	CHECK(same, "with every field of every holder");
	again = holders_format(&back);
	/* blanks in front are not kept: no holder begins so */
	CHECK(strstr(again, " Bücher\n") && strstr(again, " 100% [x] = ; #\n"), "and its text");
	CHECK(holders_count(&back, "0000:01:00.0") == back.count &&
		      holders_count(&back, "0000:01:00.1") == 0,
	      "holders are counted for each function");
}

static void test_lines(void)
{
	_cleanup_holders_ struct holders holders = HOLDERS_INIT;

	holders_add(&holders, "0000:01:00.0", HOLDER_MOUNT, "/a\nb is mounted from /dev/c");
	CHECK_TEXT(holders.items[0].text, "/a b is mounted from /dev/c",
		   "a holder is one line, whatever its name");
}

static void test_garbage(void)
{
	static const char *const texts[] = {
		"",
		"x",
		"gpu-handoff holders 2 0 0\n",
		"gpu-handoff holders 1 0 0 x\n",
		"gpu-handoff holders 1 1 0\n",
		"gpu-handoff holders 1 999999999 0\n",
		"gpu-handoff holders 1 0 0\n0000:01:00.0 mount 0 0 0 text\n",
		"gpu-handoff holders 1 1 0\n0000:01:00.0 mount 0 0 0\n",
		"gpu-handoff holders 1 1 0\n0000:01:00.0 mount 2 0 0 text\n",
		"gpu-handoff holders 1 1 0\n0000:01:00.0 mount 0 -5 0 text\n",
		"gpu-handoff holders 1 1 0\n0000:01:00 mount 0 0 0 text\n",
		"gpu-handoff holders 1 1 0\n0000:01:00.0 nothing 0 0 0 text\n",
		"usage: gpu-handoff holders\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct holders holders = { .unseen = 42 };
		_cleanup_error_ struct error error = ERROR_INIT;

		CHECK(holders_parse(texts[i], &holders, &error) == -EINVAL && error.what &&
			      holders.unseen == 42 && !holders.items,
		      "refused: garbage %zu", i);
	}
}

int main(void)
{
	test_round_trip();
	test_lines();
	test_garbage();
	return tap_done();
}
