/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/ini.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tap.h"

#define A16 "aaaaaaaaaaaaaaaa"
#define A48 A16 A16 A16
#define A192 A48 A48 A48 A48
#define GARBAGE_BYTES (1024 * 1024)

/* A handler that writes down what it is told: "LINE [SECTION]" or "LINE SECTION/KEY=VALUE". */
static int record(const struct ini_event *event, void *data, struct error *error)
{
	(void)error;
	if (!event->key)
		return text_append(data, "%u [%s]\n", event->line, event->section);
	return text_append(data, "%u %s/%s=%s\n", event->line, event->section, event->key,
			   event->value);
}

static int refuse_stop(const struct ini_event *event, void *data, struct error *error)
{
	record(event, data, error);
	if (event->key && strcmp(event->key, "stop") == 0)
		return ini_error(event, error, "stopped at \"%s\"", event->value);
	return 0;
}

static int refuse_headers(const struct ini_event *event, void *data, struct error *error)
{
	record(event, data, error);
	return event->key ? 0 : error_set(error, ESTALE, "not this one");
}

static void check_events_of(const char *text, size_t length, const char *events, const char *name)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *seen = strdup("");
	int r = ini_parse_text("f.ini", text, length, true, record, &seen, &error);

	CHECK(r == 0 && error.code == 0, "%s: accepted", name);
	CHECK_TEXT(seen, events, "%s", name);
}

static void check_events(const char *text, const char *events, const char *name)
{
	check_events_of(text, strlen(text), events, name);
}

static void check_refused_of(const char *text, size_t length, const char *message, const char *hint,
			     const char *name)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *seen = NULL;
	_cleanup_free_ char *got = NULL;
	int r = ini_parse_text("f.ini", text, length, true, record, &seen, &error);

	got = error_text(&error);
	CHECK(r == -EINVAL && error.code == EINVAL, "%s: refused", name);
	CHECK_TEXT(got, message, "%s: the message", name);
	CHECK_TEXT(error.hint, hint, "%s: the hint", name);
}

static void check_refused(const char *text, const char *message, const char *hint, const char *name)
{
	check_refused_of(text, strlen(text), message, hint, name);
}

#define HINT_FORMS "a line is KEY = VALUE, [SECTION], or ; COMMENT"
#define HINT_LONG "a long comment can be spread over several lines"
#define HINT_EMPTY "give it a value, or leave the line out"

static void test_accepted(void)
{
	check_events("", "", "an empty text");
	check_events("[a]\nk = v\n", "1 [a]\n2 a/k=v\n", "a section and a key");
	check_events("[a]\nk = v", "1 [a]\n2 a/k=v\n", "a last line without its end");
	check_events("[a]", "1 [a]\n", "a last header without its end");
	check_events("[a]\n\n[b]\n", "1 [a]\n3 [b]\n", "sections without keys");
	check_events("[ device  gpu ]\n", "1 [device  gpu]\n", "blanks within the brackets");
	check_events("[a]\r\nk = v\r\n\r\n", "1 [a]\n2 a/k=v\n", "CR LF");
	check_events("\xef\xbb\xbf[a]\nk=v\n", "1 [a]\n2 a/k=v\n", "a byte order mark");
	check_events("\xef\xbb\xbf", "", "a byte order mark alone");
	check_events("[a]\nk = v = w : x\n", "1 [a]\n2 a/k=v = w : x\n", "\"=\" in a value");
	check_events("[a]\nk=10de:11fa\n", "1 [a]\n2 a/k=10de:11fa\n", "\":\" in a value");
	check_events("[a]\nlong key = v\n", "1 [a]\n2 a/long key=v\n", "a blank within a key");
	check_events("[a]\nk = [v]\n", "1 [a]\n2 a/k=[v]\n", "brackets in a value");
	check_events("[a]\nk = ö\n", "1 [a]\n2 a/k=ö\n", "UTF-8");
	check_events("[a]\nk=v\n[b]\nk=v\n", "1 [a]\n2 a/k=v\n3 [b]\n4 b/k=v\n",
		     "the same key in two sections");
}

static void test_indentation(void)
{
	check_events("[a]\n\tk = v\n\t  l = w\n", "1 [a]\n2 a/k=v\n3 a/l=w\n",
		     "an indented key is a key of its own");
	check_events("  [a]\nk = v\n  [b]  \n", "1 [a]\n2 a/k=v\n3 [b]\n", "an indented header");
	check_events("[a]\nk = v\n\v\f l = w\n", "1 [a]\n2 a/k=v\n3 a/l=w\n",
		     "a form feed and a vertical tab are blanks");
	check_events("[a]\nk = v\n  ; l = w\n\t# m = x\n", "1 [a]\n2 a/k=v\n",
		     "an indented comment");
	check_events("[a]\n\t k \t = \t v \t \n", "1 [a]\n2 a/k=v\n",
		     "blanks around key and value");
	check_refused("[a]\nk = v\n  w\n", "f.ini:3: line without \"=\": \"w\"", HINT_FORMS,
		      "an indented word does not continue the value above");
}

static void test_comments(void)
{
	check_events("; [x]\n# y = 1\n[a]\n;k = v\n#k = v\n", "3 [a]\n", "comment lines");
	check_events("[a] ; c\nk = v ; c\n", "1 [a]\n2 a/k=v\n", "a comment behind");
	check_events("[a]\nk = v\t;c ; d\n", "1 [a]\n2 a/k=v\n", "a comment behind a tab");
	check_events("[a]\nk = v;w\n", "1 [a]\n2 a/k=v;w\n", "\";\" without a blank before it");
	check_events("[a]\nk =;v\n", "1 [a]\n2 a/k=;v\n", "\";\" right behind \"=\"");
	check_events("[a]\nk = v # w\n", "1 [a]\n2 a/k=v # w\n", "\"#\" is part of a value");
	check_events("[a;b]\n", "1 [a;b]\n", "\";\" in a header without a blank");
	check_refused("[a]\nk = ; c\n", "f.ini:2: key without a value: \"k\"", HINT_EMPTY,
		      "a comment is not a value");
	check_refused("[a]\nk ; = v\n", "f.ini:2: line without \"=\": \"k\"", HINT_FORMS,
		      "a comment before \"=\"");
	check_refused("[a ; b]\n", "f.ini:1: section header without \"]\": \"[a\"", NULL,
		      "a comment within a header");
}

static void test_headers(void)
{
	check_refused("[a\n", "f.ini:1: section header without \"]\": \"[a\"", NULL,
		      "a header without its end");
	check_refused("[", "f.ini:1: section header without \"]\": \"[\"", NULL, "a lone bracket");
	check_refused("\n[device gpu] junk\n", "f.ini:2: text behind a section header: \"junk\"",
		      NULL, "text behind a header");
	check_refused("[a]]\n", "f.ini:1: text behind a section header: \"]\"", NULL,
		      "a second closing bracket");
	check_refused("[a] # c\n", "f.ini:1: text behind a section header: \"# c\"", NULL,
		      "\"#\" behind a header");
	check_refused("[]\n", "f.ini:1: empty section header: \"[]\"", NULL, "an empty header");
	check_refused("[ \t]\n", "f.ini:1: empty section header: \"[]\"", NULL, "a blank header");
	check_refused("[a]\n[b]\n[ a ]\n", "f.ini:3: duplicate section: \"a\"",
		      "the first one stands in line 1", "a repeated section");
	check_events("[" A48 "]\n", "1 [" A48 "]\n", "a header of 48 bytes");
	check_refused("[" A48 "b]\n",
		      "f.ini:1: section header of 49 bytes: at most 48 are accepted", NULL,
		      "a header of 49 bytes");
}

static void test_keys(void)
{
	check_refused("k = v\n[a]\n", "f.ini:1: key before the first [section]: \"k = v\"",
		      "put it below the [section] that it belongs to",
		      "a key before the first section");
	check_refused("[a]\nword\n", "f.ini:2: line without \"=\": \"word\"", HINT_FORMS,
		      "a line without \"=\"");
	check_refused("[a]\nk: v\n", "f.ini:2: line without \"=\": \"k: v\"", HINT_FORMS,
		      "\":\" is not \"=\"");
	check_refused("[a]\nk:l = v\n", "f.ini:2: line without \"=\": \"k:l = v\"", HINT_FORMS,
		      "\":\" before \"=\"");
	check_refused("[a]\n = v\n", "f.ini:2: value without a key: \"v\"", NULL, "an empty key");
	check_refused("[a]\nk =\n", "f.ini:2: key without a value: \"k\"", HINT_EMPTY,
		      "an empty value");
	check_refused("[a]\n=\n", "f.ini:2: value without a key: \"\"", NULL, "a lone \"=\"");
	check_refused("[a]\nk = v\nl = w\nk = v\n", "f.ini:4: duplicate key: \"k\"",
		      "the first one stands in line 2", "a key given twice");
	check_refused("[a]\nw\x1b[0m\xff\n", "f.ini:2: line without \"=\": \"w\\x1b[0m\\xff\"",
		      HINT_FORMS, "foreign text is quoted");
	check_refused("[a]\nk = v\rl\n[b\n", "f.ini:3: section header without \"]\": \"[b\"", NULL,
		      "a lone CR does not end a line");
}

static void test_repeated_keys_allowed(void)
{
	static const char text[] = "[a]\nk = v\nk = w\n";
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *seen = NULL;
	int r = ini_parse_text("f.ini", text, strlen(text), false, record, &seen, &error);

	CHECK(r == 0, "without unique_keys a key may be repeated");
	CHECK_TEXT(seen, "1 [a]\n2 a/k=v\n3 a/k=w\n", "without unique_keys both values come");
}

static void test_zero_bytes(void)
{
	static const char within[] = "[a]\nk = v\0w\n";
	static const char last[] = "[a]\nk = v\n";
	static const char wide[] = "\xff\xfe[\0a\0]\0\n\0";
	const char *hint = "save the file as UTF-8 text";

	check_refused_of(within, sizeof(within) - 1, "f.ini:2: zero byte: this is not a text file",
			 hint, "a zero byte in a value");
	check_refused_of(last, sizeof(last), "f.ini:3: zero byte: this is not a text file", hint,
			 "a zero byte at the end");
	check_refused_of(wide, sizeof(wide) - 1, "f.ini:1: zero byte: this is not a text file",
			 hint, "UTF-16");
}

static void test_limits(void)
{
	check_events("[a]\nk=" A192 "5678\n", "1 [a]\n2 a/k=" A192 "5678\n", "a line of 198 bytes");
	check_events("[a]\nk=" A192 "5678\r\n", "1 [a]\n2 a/k=" A192 "5678\n",
		     "a line of 198 bytes and CR LF");
	check_events("[a]\nk=" A192 "5678", "1 [a]\n2 a/k=" A192 "5678\n",
		     "a last line of 198 bytes without its end");
	check_events("[a]\n" A192 "56=8\n", "1 [a]\n2 a/" A192 "56=8\n", "a key of 196 bytes");
	check_refused("[a]\nk=" A192 "56789\n",
		      "f.ini:2: line of 199 bytes: at most 198 are accepted", HINT_LONG,
		      "a line of 199 bytes");
	check_refused("[a]\nk=" A192 A192 "\n",
		      "f.ini:2: line of 386 bytes: at most 198 are accepted", HINT_LONG,
		      "a line that inih would split");
	check_refused("[a]\n;" A192 "234567\n",
		      "f.ini:2: line of 199 bytes: at most 198 are accepted", HINT_LONG,
		      "a comment of 199 bytes");
	check_refused("[a]\nk=v\n" A192 "       \n",
		      "f.ini:3: line of 199 bytes: at most 198 are accepted", HINT_LONG,
		      "a line of 199 bytes with its blanks");
}

static void test_handler_errors(void)
{
	static const char text[] = "[a]\nk = v\nstop = here\nl = w\nno equals sign\n[b]\n";
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_error_ struct error second = ERROR_INIT;
	_cleanup_free_ char *seen = NULL;
	_cleanup_free_ char *headers = NULL;
	_cleanup_free_ char *got = NULL;
	int r = ini_parse_text("f.ini", text, strlen(text), true, refuse_stop, &seen, &error);

	got = error_text(&error);
	CHECK(r == -EINVAL, "the handler's error is returned");
	CHECK_TEXT(seen, "1 [a]\n2 a/k=v\n3 a/stop=here\n", "the handler's error ends the reading");
	CHECK_TEXT(got, "f.ini:3: stopped at \"here\"", "ini_error() names file and line");
	r = ini_parse_text("f.ini", text, strlen(text), true, refuse_headers, &headers, &second);
	CHECK(r == -ESTALE && second.code == ESTALE, "the handler's code is kept");
	CHECK_TEXT(headers, "1 [a]\n", "the handler's error at a header ends the reading");
	r = ini_parse_text("f.ini", text, strlen(text), true, refuse_headers, &headers, NULL);
	CHECK(r == -ESTALE, "an error object is not needed");
}

static void test_comment_hint(void)
{
	struct ini_event event = { .file = "f.ini", .line = 7, .section = "a", .key = "k" };
	const char *wanted = "a comment behind a value starts with \" ;\", not with \"#\"";
	_cleanup_error_ struct error error = ERROR_INIT;

	event.value = "v # w";
	CHECK(ini_error(&event, &error, "bad") == -EINVAL, "ini_error() returns -EINVAL");
	CHECK_TEXT(error.hint, wanted, "\" #\" in a refused value gets the hint");
	event.value = "# w";
	ini_error(&event, &error, "bad");
	CHECK_TEXT(error.hint, wanted, "\"#\" at the start of a refused value gets the hint");
	event.value = "v#w";
	ini_error(&event, &error, "bad");
	CHECK_TEXT(error.hint, NULL, "\"#\" without a blank gets no hint");
	event.value = NULL;
	ini_error(&event, &error, "bad");
	CHECK_TEXT(error.hint, NULL, "a header gets no hint");
	CHECK_TEXT(error.what, "f.ini:7: bad", "ini_error() begins with FILE:LINE");
}

/* 1 MB of the bytes of `alphabet` at random; without one, of all bytes. */
static void check_garbage(const char *alphabet, const char *name)
{
	_cleanup_free_ char *garbage = malloc(GARBAGE_BYTES);
	size_t letters = alphabet ? strlen(alphabet) : 256;

	if (!garbage)
		abort();
	srandom(7);
	for (int round = 0; round < 4; round++) {
		_cleanup_error_ struct error error = ERROR_INIT;
		_cleanup_free_ char *seen = NULL;
		int r;

		for (size_t i = 0; i < GARBAGE_BYTES; i++) {
			size_t letter = (size_t)random() % letters;

			garbage[i] = alphabet ? alphabet[letter] : (char)letter;
		}
		r = ini_parse_text("f.ini", garbage, GARBAGE_BYTES, true, record, &seen, &error);
		CHECK(r == -EINVAL && strncmp(error.what, "f.ini:", 6) == 0, "1 MB of %s, round %d",
		      name, round);
	}
}

static void check_empty_lines(void)
{
	_cleanup_free_ char *lines = malloc(GARBAGE_BYTES);

	if (!lines)
		abort();
	memset(lines, '\n', GARBAGE_BYTES);
	check_events_of(lines, GARBAGE_BYTES, "", "1 MB of empty lines");
}

int main(void)
{
	test_accepted();
	test_indentation();
	test_comments();
	test_headers();
	test_keys();
	test_repeated_keys_allowed();
	test_zero_bytes();
	test_limits();
	test_handler_errors();
	test_comment_hint();
	check_garbage(NULL, "random bytes");
	check_garbage("[", "\"[\"");
	check_garbage("=", "\"=\"");
	check_garbage("[]=\n", "brackets, \"=\" and line ends");
	check_garbage("[]=ab; \t\r\n\n", "what an INI file is made of");
	check_empty_lines();
	return tap_done();
}
