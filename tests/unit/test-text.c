/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "tap.h"

#define TEN "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static void test_format(void)
{
	_cleanup_free_ char *text = text_format("%s-%d", "a", 7);
	_cleanup_free_ char *grown = NULL;

	CHECK_TEXT(text, "a-7", "text_format() formats");
	CHECK(text_append(&grown, "%s", "one") == 0, "text_append() begins with nothing");
	CHECK(text_append(&grown, "%s", "") == 0 && text_append(&grown, " %d", 2) == 0,
	      "text_append() appends");
	CHECK_TEXT(grown, "one 2", "text_append() keeps what was there");
}

static void test_quote(void)
{
	static const struct {
		const char *text;
		const char *wanted;
		const char *name;
	} cases[] = {
		{ "", "", "nothing" },
		{ "plain \"text\" \\", "plain \"text\" \\", "printable ASCII is kept" },
		{ "a\tb\nc\rd", "a\\x09b\\x0ac\\x0dd", "control characters" },
		{ "\x1b[31m", "\\x1b[31m", "a terminal's escape sequence" },
		{ "\x7f", "\\x7f", "DEL" },
		{ "Müller €", "Müller €", "UTF-8 of two and three bytes is kept" },
		{ "\xf0\x9f\x96\xa5", "\xf0\x9f\x96\xa5", "UTF-8 of four bytes is kept" },
		{ "\xfc", "\\xfc", "Latin-1" },
		{ "\xc3", "\\xc3", "a sequence that is cut off" },
		{ "\xe2\x82", "\\xe2\\x82", "a longer sequence that is cut off" },
		{ "\xc3(", "\\xc3(", "a lead byte before a letter" },
		{ "\x80", "\\x80", "a lone continuation byte" },
		{ "\xc0\xaf", "\\xc0\\xaf", "an overlong form of two bytes" },
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf", "an overlong form of three bytes" },
		{ "\xc2\x9b", "\\xc2\\x9b", "a C1 control character" },
		{ "\xc2\xa0", "\xc2\xa0", "the first character after them is kept" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "a surrogate" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "a number above U+10FFFF" },
		{ "\xff\xfe", "\\xff\\xfe", "bytes that UTF-8 does not have" },
		{ SEVENTY TEN, SEVENTY TEN, "80 bytes are kept" },
		{ SEVENTY TEN "x", SEVENTY TEN "…", "81 bytes are cut" },
		{ SEVENTY "012345678ü", SEVENTY "012345678ü",
		  "a character across the limit is not cut in two" },
		{ SEVENTY "012345678\x01y", SEVENTY "012345678\\x01…",
		  "nor is an escape across the limit" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *quoted = text_quote(cases[i].text);

		CHECK_TEXT(quoted, cases[i].wanted, "text_quote(): %s", cases[i].name);
	}
}

static void test_quote_all_bytes(void)
{
	for (int byte = 1; byte < 256; byte++) {
		const char text[] = { (char)byte, '\0' };
		_cleanup_free_ char *quoted = text_quote(text);
		_cleanup_free_ char *wanted =
			byte >= 0x20 && byte < 0x7f ? strdup(text) : text_format("\\x%02x", byte);

		CHECK_TEXT(quoted, wanted, "text_quote(): the byte %d alone", byte);
	}
}

static void test_nearest(void)
{
	static const char *const candidates[] = { "address", "id",      "count",
						  "driver",  "restore", NULL };
	static const char *const none[] = { NULL };
	static const struct {
		const char *word;
		const char *wanted;
	} cases[] = {
		{ "adress", "address" },
		{ "addres", "address" },
		{ "addresses", "address" },
		{ "Address", "address" },
		{ "addr", NULL },
		{ "counts", "count" },
		{ "cuont", "count" },
		{ "driver", "driver" },
		{ "drivers", "driver" },
		{ "restart", "restore" },
		{ "ids", NULL },
		{ "in-use", NULL },
		{ "", NULL },
		{ "xyz", NULL },
		{ SEVENTY, NULL },
		{ "diver", "driver" },
		{ "restored", "restore" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_TEXT(text_nearest(cases[i].word, candidates), cases[i].wanted,
			   "text_nearest(): \"%s\"", cases[i].word);
	CHECK_TEXT(text_nearest("address", none), NULL, "text_nearest(): no candidates");
}

static void test_nearest_prefers(void)
{
	static const char *const candidates[] = { "abcdefgh", "abcdefxx", SEVENTY, NULL };

	CHECK_TEXT(text_nearest("abcdefxy", candidates), "abcdefxx",
		   "text_nearest(): the nearer of two");
	CHECK_TEXT(text_nearest(SEVENTY, candidates), NULL,
		   "text_nearest(): no word that is too long to be a key");
}

static void test_strings(void)
{
	_cleanup_strings_ struct strings strings = STRINGS_INIT;
	_cleanup_free_ char *empty = strings_join(&strings, ", ");
	_cleanup_free_ char *joined = NULL;
	char word[] = "two";

	CHECK_TEXT(empty, "", "strings_join(): no strings");
	CHECK(strings_add(&strings, "one") == 0 && strings_add(&strings, word) == 0,
	      "strings_add() appends");
	word[0] = 'x';
	joined = strings_join(&strings, ", ");
	CHECK_TEXT(joined, "one, two", "strings_add() keeps a copy");
	CHECK(strings_contain(&strings, "two") && !strings_contain(&strings, "tw"),
	      "strings_contain() compares whole strings");
	strings_clear(&strings);
	CHECK(strings.count == 0 && !strings.items, "strings_clear() leaves an empty list");
}

static void test_split(void)
{
	static const struct {
		const char *text;
		const char *wanted;
	} cases[] = {
		{ "a b", "x|a|b" },       { "  a\t b  ", "x|a|b" }, { "", "x" },
		{ " \t ", "x" },          { "a", "x|a" },           { "a,b", "x|a,b" },
		{ "a\nb c", "x|a\nb|c" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strings_ struct strings strings = STRINGS_INIT;
		_cleanup_free_ char *joined = NULL;

		CHECK(strings_add(&strings, "x") == 0 &&
			      strings_split(&strings, cases[i].text) == 0,
		      "strings_split(): case %zu", i);
		joined = strings_join(&strings, "|");
		CHECK_TEXT(joined, cases[i].wanted, "strings_split(): words of case %zu", i);
	}
}

static void test_array(void)
{
	_cleanup_free_ int *numbers = NULL;
	bool kept = true;

	for (size_t i = 0; i < 100; i++) {
		if (array_grow(&numbers, i, sizeof(*numbers)) < 0 || numbers[i] != 0)
			kept = false;
		else
			numbers[i] = (int)i + 1;
	}
	for (size_t i = 0; kept && i < 100; i++)
		kept = numbers[i] == (int)i + 1;
	CHECK(kept, "array_grow() adds zeroed items and keeps the others");
}

static void check_word(const char *text, const char *wanted, const char *what)
{
	char *word = text_shell_word(text);

	CHECK_TEXT(word, wanted, "%s", what);
	free(word);
}

static void test_shell_word(void)
{
	check_word("/etc/win.ini", "/etc/win.ini", "a plain word stays");
	check_word("", "''", "an empty one is a word too");
	check_word("my win", "'my win'", "a blank is quoted");
	check_word("it's $HOME", "'it'\\''s $HOME'", "so are quotes and what a shell replaces");
	check_word("a\nb\\'\033", "$'a\\x0ab\\\\\\'\\x1b'",
		   "what a terminal might obey is escaped");
	check_word("\302\23331m", "$'\\xc2\\x9b31m'", "also where it is UTF-8");
}

static void check_printable(const char *text, const char *wanted, const char *what)
{
	char *printable = text_printable(text);

	CHECK_TEXT(printable, wanted, "%s", what);
	free(printable);
}

static void check_encoded(const char *text, const char *wanted, const char *what)
{
	char *encoded = text_encode(text);

	CHECK_TEXT(encoded, wanted, "%s", what);
	free(encoded);
}

static void test_printable(void)
{
	char many[300];

	check_printable("two\nlines", "two\nlines", "a message keeps its lines");
	check_printable("\033[31mred", "\\x1b[31mred", "what a terminal obeys is escaped");
	check_printable("\302\23331m", "\\xc2\\x9b31m", "so is what it obeys in UTF-8");
	check_printable("\377", "\\xff", "and what is no UTF-8");
	check_printable("größe", "größe", "and nothing else");
	memset(many, 'a', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	check_printable(many, many, "nothing is cut");
}

static void test_encode(void)
{
	check_encoded("a\nb\033", "a\nb\033", "text is left alone");
	check_encoded("\\x41", "\\x5cx41", "a backslash is written as one of what is escaped");
	check_encoded("\377größe\302", "\\xffgröße\\xc2", "bytes that are no UTF-8 too");
	check_encoded("", "", "nothing is nothing");
}

static void test_cut_suffix(void)
{
	char claim[] = "win.claim", other[] = "win.lock", only[] = ".claim";

	CHECK(text_cut_suffix(claim, ".claim"), "a suffix is cut off");
	CHECK_TEXT(claim, "win", "what stands before it is left");
	CHECK(!text_cut_suffix(other, ".claim"), "another one is not");
	CHECK_TEXT(other, "win.lock", "the text is left alone");
	CHECK(!text_cut_suffix(only, ".claim"), "nor where nothing stands before it");
}

int main(void)
{
	test_format();
	test_cut_suffix();
	test_quote();
	test_shell_word();
	test_printable();
	test_encode();
	test_quote_all_bytes();
	test_nearest();
	test_nearest_prefers();
	test_strings();
	test_split();
	test_array();
	return tap_done();
}
