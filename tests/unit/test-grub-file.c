/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/grub_file.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tap.h"

#define NAME "GRUB_CMDLINE_LINUX"

/* What a file is taken for, and what it is when the value has become "new". */
struct shape {
	const char *what;
	const char *text;
	enum grub_line found;
	const char *value;   /* for GRUB_PLAIN */
	const char *changed; /* for all but GRUB_OTHER */
};

#define PLAIN(what, text, value, changed)              \
	{                                              \
		what, text, GRUB_PLAIN, value, changed \
	}
#define OTHER(what, text)                          \
	{                                          \
		what, text, GRUB_OTHER, NULL, NULL \
	}

static const struct shape shapes[] = {
	{ "an empty file", "", GRUB_NONE, NULL, NAME "=\"new\"\n" },
	{ "a file without such a line", "A=1\n", GRUB_NONE, NULL, "A=1\n" NAME "=\"new\"\n" },
	{ "... and without an end of its last line", "A=1", GRUB_NONE, NULL,
	  "A=1\n" NAME "=\"new\"\n" },
	{ "a line of a longer name", NAME "_DEFAULT=\"quiet\"\n", GRUB_NONE, NULL,
	  NAME "_DEFAULT=\"quiet\"\n" NAME "=\"new\"\n" },
	{ "a comment", "#" NAME "=\"a\"\n  # " NAME "=\"b\"\n", GRUB_NONE, NULL,
	  "#" NAME "=\"a\"\n  # " NAME "=\"b\"\n" NAME "=\"new\"\n" },
	{ "a comment with an apostrophe", "# it's\nA=1 # don't\n", GRUB_NONE, NULL,
	  "# it's\nA=1 # don't\n" NAME "=\"new\"\n" },
	{ "the value is used elsewhere", "A=\"$" NAME " b\"\n", GRUB_NONE, NULL,
	  "A=\"$" NAME " b\"\n" NAME "=\"new\"\n" },
	PLAIN("a plain line", "A=1\n" NAME "=\"quiet splash\"\nB=2\n", "quiet splash",
	      "A=1\n" NAME "=\"new\"\nB=2\n"),
	PLAIN("an empty value", NAME "=\"\"\n", "", NAME "=\"new\"\n"),
	PLAIN("no end of the last line", NAME "=\"a\"", "a", NAME "=\"new\""),
	PLAIN("single quotes", NAME "='a \"b c\"'\n", "a \"b c\"", NAME "='new'\n"),
	PLAIN("a comment behind it", NAME "=\"a\"  # it's mine\n", "a",
	      NAME "=\"new\"  # it's mine\n"),
	PLAIN("no quotes", NAME "=quiet\n", "quiet", NAME "=\"new\"\n"),
	PLAIN("no value", NAME "=\nB=1\n", "", NAME "=\"new\"\nB=1\n"),
	PLAIN("programs in other lines",
	      "GRUB_DISTRIBUTOR=`( . /etc/os-release; echo ${NAME:-it} ) 2>/dev/null || echo it`\n"
	      "X=\"$(sed 's, release .*$,,g' /etc/system-release)\"\n" NAME "=\"a\"\n",
	      "a",
	      "GRUB_DISTRIBUTOR=`( . /etc/os-release; echo ${NAME:-it} ) 2>/dev/null || echo it`\n"
	      "X=\"$(sed 's, release .*$,,g' /etc/system-release)\"\n" NAME "=\"new\"\n"),
	PLAIN("other variables are exported", "export A=1\nexport B\n" NAME "=\"a\"\n", "a",
	      "export A=1\nexport B\n" NAME "=\"new\"\n"),
	PLAIN("another line goes on", "A=\"b\\\nc\"\n" NAME "=\"a\"\n", "a",
	      "A=\"b\\\nc\"\n" NAME "=\"new\"\n"),
	OTHER("two lines", NAME "=\"a\"\n" NAME "=\"b\"\n"),
	OTHER("one that is added to", NAME "=\"a\"\n" NAME "+=\" b\"\n"),
	OTHER("a variable in it", NAME "=\"$A b\"\n"),
	OTHER("a command in it", NAME "=\"`uname` b\"\n"),
	OTHER("a backslash in it", NAME "=\"a \\\"b\\\"\"\n"),
	OTHER("a variable without quotes", NAME "=$A\n"),
	OTHER("quotes that go on", NAME "=\"a\"b\n"),
	OTHER("a \"#\" that is no comment", NAME "=\"a\"#b\n"),
	OTHER("more behind it", NAME "=\"a\" b\n"),
	OTHER("a command behind it", NAME "=\"a\"; B=1\n"),
	OTHER("quotes over two lines", NAME "=\"a\nb\"\n"),
	OTHER("quotes without an end", NAME "=\"a\n"),
	OTHER("the end of a line as in DOS", NAME "=\"a\"\r\n"),
	OTHER("an exported one", "export " NAME "=\"a\"\n"),
	OTHER("an indented one", "  " NAME "=\"a\"\n"),
	OTHER("one behind another", "A=1 " NAME "=\"a\"\n"),
	OTHER("one within quotes", "A=\"\n" NAME "=\"a\"\n"),
	OTHER("one that belongs to the line before", "A=b\\\n" NAME "=\"a\"\n"),
	OTHER("a condition", "if true; then\n" NAME "=\"a\"\nfi\n"),
	OTHER("another file", ". /etc/other\n" NAME "=\"a\"\n"),
	OTHER("a command, and no such line", "exit\n"),
	OTHER("a text in place", "A=$(cat <<END\n" NAME "=\"a\"\nEND\n)\n"),
};

static void check_shape(const struct shape *shape)
{
	_cleanup_free_ char *value = NULL;
	_cleanup_free_ char *changed = grub_file_set(shape->text, NAME, "new");
	char quote = 0;

	CHECK(grub_file_get(shape->text, NAME, &value, &quote) == shape->found &&
		      text_same(value, shape->value),
	      "%s", shape->what);
	CHECK(text_same(changed, shape->changed), "... and another value: %s", shape->what);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		check_shape(&shapes[i]);
	return tap_done();
}
