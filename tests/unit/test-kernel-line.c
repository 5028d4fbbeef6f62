/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/kernel_line.h"

#include "base/cleanup.h"
#include "tap.h"

static void test_has(void)
{
	CHECK(kernel_line_has("root=/dev/sda1 iommu=pt quiet", "iommu=pt"), "a word is found");
	CHECK(!kernel_line_has("root=/dev/sda1 iommu=pt2", "iommu=pt"), "a longer value is not it");
	CHECK(!kernel_line_has("intel_iommu=pt", "iommu=pt"), "a longer name is not it");
	CHECK(!kernel_line_has("iommu", "iommu=pt"), "a name without a value is not it");
	CHECK(!kernel_line_has("", "iommu=pt"), "an empty line has nothing");
	CHECK(kernel_line_has("intel_iommu=sm_on,on", "intel_iommu=on"), "one of several values");
	CHECK(kernel_line_has("intel_iommu=on,sm_on", "intel_iommu=on"), "the first of several");
	CHECK(!kernel_line_has("intel_iommu=sm_on,onn", "intel_iommu=on"), "no part of a value");
	CHECK(kernel_line_has("intel-iommu=on", "intel_iommu=on"),
	      "\"-\" and \"_\" are the same in a name");
	CHECK(!kernel_line_has("x=a-b", "x=a_b"), "and not in a value");
	CHECK(kernel_line_has("quiet\n", "quiet"), "a name alone, at the end of a line");
	CHECK(!kernel_line_has("dyndbg=\"file iommu=pt +p\"", "iommu=pt"),
	      "what is in quotes is no word");
	CHECK(!kernel_line_has("quiet -- iommu=pt", "iommu=pt"),
	      "what is for init is not the kernel's");
	CHECK(kernel_line_has("--x iommu=pt", "iommu=pt"),
	      "a word that begins with dashes ends nothing");
	CHECK(kernel_line_has_word("a=1 iommu=off", "iommu=off"), "a very word is found");
	CHECK(!kernel_line_has_word("iommu=off,noagp", "iommu=off"),
	      "which one of several values is not");
	CHECK(kernel_line_has_word("vfio_pci.ids=1:2", "vfio-pci.ids="), "a name with any value");
	CHECK(!kernel_line_has_word("vfio-pci.ids", "vfio-pci.ids="), "and not without one");
}

static void check_change(const char *line, const char *remove, const char *add, const char *wanted,
			 const char *what)
{
	_cleanup_strings_ struct strings removed = STRINGS_INIT;
	_cleanup_strings_ struct strings added = STRINGS_INIT;
	_cleanup_free_ char *got = NULL;

	if (strings_split(&removed, remove) < 0 || strings_split(&added, add) < 0)
		abort();
	got = kernel_line_change(line, &removed, &added);
	CHECK(got && strcmp(got, wanted) == 0, "%s: \"%s\"", what, got ? got : "?");
}

static void test_change(void)
{
	check_change("", "", "intel_iommu=on iommu=pt", "intel_iommu=on iommu=pt", "an empty line");
	check_change("quiet", "", "iommu=pt", "quiet iommu=pt", "a word is added at the end");
	check_change("iommu=pt  quiet", "", "iommu=pt", "iommu=pt  quiet",
		     "what is there stays, byte for byte");
	check_change(" ", "x", "", " ", "nothing to do, byte for byte");
	check_change("intel_iommu=on,sm_on", "", "intel_iommu=on", "intel_iommu=on,sm_on",
		     "one of several values is enough");
	check_change("a  amd_iommu=off\tb", "amd_iommu=off", "", "a\tb", "a word is taken out");
	check_change("amd_iommu=off b", "amd_iommu=off", "", "b", "the first one");
	check_change("a amd_iommu=off", "amd_iommu=off", "", "a", "the last one");
	check_change("amd_iommu=off", "amd_iommu=off", "", "", "the only one");
	check_change("iommu=off a iommu=off", "iommu=off", "iommu=pt", "a iommu=pt",
		     "each time that it is there");
	check_change("intel_iommu=off", "intel_iommu=off", "intel_iommu=on", "intel_iommu=on",
		     "one value for another");
	check_change("vfio_pci.ids=1:2 quiet", "vfio-pci.ids=", "vfio-pci.ids=3:4",
		     "quiet vfio-pci.ids=3:4", "whatever the value and the spelling");
	check_change("dyndbg=\"file  dd.c +p\" x", "x", "y", "dyndbg=\"file  dd.c +p\" y",
		     "blanks in quotes are no end of a word");
	check_change("dyndbg=\"a iommu=off\"", "iommu=off", "", "dyndbg=\"a iommu=off\"",
		     "what is in quotes stays");
	check_change("a x=\"b c", "a", "iommu=pt y", "iommu=pt y x=\"b c",
		     "a word is added before a quote that is never closed");
	check_change("quiet  x=\"b quiet", "iommu=off quiet", "", "x=\"b quiet",
		     "and nothing for nothing");
	check_change("a vfio-pci.ids=1:2,\"", "a", "vfio-pci.ids=1:2", "vfio-pci.ids=1:2,\"",
		     "a word with an open quote is there, too");
	check_change("quiet -- iommu=off", "iommu=off", "iommu=pt", "quiet iommu=pt -- iommu=off",
		     "what is for init stays, and behind");
	check_change("-- single", "", "iommu=pt", "iommu=pt -- single", "also when it is all");
	check_change("a b \n", "", "c", "a b c \n", "what is at the end stays there");
}

static void test_select(void)
{
	static const char *const names[] = { "iommu", "intel_iommu=", NULL };
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	_cleanup_free_ char *joined = NULL;

	if (kernel_line_select("quiet iommu=pt iommu.strict=1 intel-iommu=on x=iommu -- iommu=1",
			       names, &words) < 0)
		abort();
	joined = strings_join(&words, " ");
	CHECK(joined && strcmp(joined, "iommu=pt iommu.strict=1 intel-iommu=on") == 0,
	      "words are selected by how they begin: %s", joined);
}

int main(void)
{
	test_has();
	test_change();
	test_select();
	return tap_done();
}
