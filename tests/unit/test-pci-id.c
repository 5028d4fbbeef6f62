/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/pci_id.h"

#include <errno.h>

#include "base/cleanup.h"
#include "tap.h"

static void test_addresses(void)
{
	static const struct {
		const char *text;
		const char *wanted; /* NULL: refused */
	} cases[] = {
		{ "0000:02:00.0", "0000:02:00.0" },
		{ "02:00.0", "0000:02:00.0" },
		{ "0000:AB:1F.7", "0000:ab:1f.7" },
		{ "ff:1f.7", "0000:ff:1f.7" },
		{ "10000:e1:00.0", "10000:e1:00.0" },
		{ "ffffffff:ff:1f.7", "ffffffff:ff:1f.7" },
		{ "0001:00:00.0", "0001:00:00.0" },
		{ "02:20.0", NULL },
		{ "02:00.8", NULL },
		{ "02:00.00", NULL },
		{ "02:00.", NULL },
		{ "02:00", NULL },
		{ "0000:02:00", NULL },
		{ "100:00.0", NULL },
		{ "2:00.0", NULL },
		{ "02:0.0", NULL },
		{ "000:02:00.0", NULL },
		{ "1ffffffff:02:00.0", NULL },
		{ "0:0:0000:02:00.0", NULL },
		{ ":02:00.0", NULL },
		{ "02:00.0 ", NULL },
		{ " 02:00.0", NULL },
		{ "0x02:00.0", NULL },
		{ "-2:00.0", NULL },
		{ "02:00,0", NULL },
		{ "02.00.0", NULL },
		{ "02:00.g", NULL },
		{ "pci_0000_02_00_0", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pci_address address = { .domain = 0xdead, .slot = 9 };
		char text[PCI_ADDRESS_SIZE];
		int r = pci_address_parse(cases[i].text, &address);

		if (cases[i].wanted) {
			pci_address_format(&address, text);
			CHECK(r == 0, "\"%s\" is an address", cases[i].text);
			CHECK_TEXT(text, cases[i].wanted, "\"%s\" as the kernel writes it",
				   cases[i].text);
		} else {
			CHECK(r == -EINVAL, "\"%s\" is not an address", cases[i].text);
			CHECK(address.domain == 0xdead && address.slot == 9,
			      "\"%s\" leaves the result untouched", cases[i].text);
		}
	}
}

static void test_device_addresses(void)
{
	static const struct {
		const char *text;
		const char *wanted; /* NULL: refused */
		bool whole;
	} cases[] = {
		{ "0000:02:00", "0000:02:00.0", true },
		{ "02:00", "0000:02:00.0", true },
		{ "10000:e1:1f", "10000:e1:1f.0", true },
		{ "0000:02:00.3", "0000:02:00.3", false },
		{ "02:00.0", "0000:02:00.0", false },
		{ "02", NULL, false },
		{ "0000:02", NULL, false },
		{ "0000:02:", NULL, false },
		{ "0000:02:00.", NULL, false },
		{ "0000:02:00:0", NULL, false },
		{ "02:00.*", NULL, false },
		{ "02:20", NULL, false },
		{ ":", NULL, false },
		{ "::", NULL, false },
		{ "", NULL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pci_address address = { .bus = 0xee };
		bool whole = !cases[i].whole;
		char text[PCI_ADDRESS_SIZE];
		int r = pci_address_parse_device(cases[i].text, &address, &whole);

		if (cases[i].wanted) {
			pci_address_format(&address, text);
			CHECK(r == 0 && whole == cases[i].whole, "\"%s\" is %s", cases[i].text,
			      cases[i].whole ? "a whole device" : "one function");
			CHECK_TEXT(text, cases[i].wanted, "\"%s\" has its numbers", cases[i].text);
		} else {
			CHECK(r == -EINVAL, "\"%s\" is neither device nor function", cases[i].text);
			CHECK(address.bus == 0xee && whole, "\"%s\" leaves the results untouched",
			      cases[i].text);
		}
	}
}

static void test_format(void)
{
	struct pci_address address = { 0xffffffff, 0xff, 0x1f, 7 };
	char text[PCI_ADDRESS_SIZE];

	pci_address_format(&address, text);
	CHECK_TEXT(text, "ffffffff:ff:1f.7", "the longest address has room");
	pci_address_format_device(&address, text);
	CHECK_TEXT(text, "ffffffff:ff:1f", "a device has no function");
	address = (struct pci_address){ 0, 2, 0, 1 };
	pci_address_format_device(&address, text);
	CHECK_TEXT(text, "0000:02:00", "a device with leading zeros");
}

static void test_compare(void)
{
	/* in their order */
	static const struct pci_address list[] = {
		{ 0, 1, 0, 7 }, { 0, 2, 0, 0 }, { 0, 2, 0, 1 },          { 0, 2, 1, 0 },
		{ 0, 3, 0, 0 }, { 1, 0, 0, 0 }, { 0x80000000, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(list); j++) {
			int order = pci_address_compare(&list[i], &list[j]);

			CHECK(i < j   ? order < 0
			      : i > j ? order > 0
				      : order == 0,
			      "addresses %zu and %zu are in order", i, j);
			CHECK(pci_address_same_device(&list[i], &list[j]) ==
				      (i == j || (i + j == 3 && i && j)),
			      "addresses %zu and %zu: same device or not", i, j);
		}
	}
}

static void test_ids(void)
{
	static const char *const refused[] = {
		"",
		"10de",
		"10de:",
		"10de:11f",
		"10de:11fa0",
		"010de:11fa",
		"0x10de:0x11fa",
		"10de:11fa/",
		"10de:11fa/1462",
		"10de:11fa/1462:330",
		"10de:11fa ",
		"10de:11fa/1462:3301x",
		"10de:11fg",
		"10de 11fa",
		":",
		"10de:11fa:1462:3301",
	};
	struct pci_id id;

	CHECK(pci_id_parse("10de:11fa", &id) == 0 && id.vendor == 0x10de && id.device == 0x11fa &&
		      !id.has_subsystem,
	      "vendor:device");
	CHECK(pci_id_parse("10DE:11Fa/1462:3301", &id) == 0 && id.has_subsystem &&
		      id.subvendor == 0x1462 && id.subdevice == 0x3301 && id.vendor == 0x10de,
	      "vendor:device/subvendor:subdevice");
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		id = (struct pci_id){ .vendor = 0x1234 };
		CHECK(pci_id_parse(refused[i], &id) == -EINVAL && id.vendor == 0x1234,
		      "\"%s\" is not an id", refused[i]);
	}
}

static void test_id_matches(void)
{
	struct pci_id bare = { .vendor = 1, .device = 2 };
	struct pci_id full = { 1, 2, true, 3, 4 };
	struct pci_id other = { 1, 2, true, 3, 5 };
	struct pci_id device = { 1, 3, true, 3, 4 };
	struct pci_id vendor = { 2, 2, true, 3, 4 };

	CHECK(pci_id_matches(&bare, &full), "an id without subsystem means every subsystem");
	CHECK(pci_id_matches(&bare, &bare), "an id without subsystem means none too");
	CHECK(pci_id_matches(&full, &full), "a subsystem means itself");
	CHECK(!pci_id_matches(&full, &other), "a subsystem does not mean another");
	CHECK(!pci_id_matches(&full, &bare), "a subsystem does not mean none");
	CHECK(!pci_id_matches(&bare, &device), "another device is not meant");
	CHECK(!pci_id_matches(&bare, &vendor), "another vendor is not meant");
}

static void test_driver_names(void)
{
	static const char *const names[] = { "vfio-pci", "snd_hda_intel", "a",
					     "8139too",  "x.y",           "Serial_CS" };
	static const char *const others[] = { "",     ".",    "..",   ".x",     "-r",  "a/b",
					      "a b",  "a\nb", "ä",    "../x",   "a,b", "a=b",
					      "a\tb", "$x",   "a\\b", "vfio\"", "a;b" };
	char longest[65];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		CHECK(pci_driver_name_valid(names[i]), "\"%s\" can be a driver", names[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		CHECK(!pci_driver_name_valid(others[i]), "name %zu cannot be a driver's", i);
	memset(longest, 'x', 64);
	longest[64] = '\0';
	CHECK(!pci_driver_name_valid(longest), "64 characters are no driver's name");
	longest[63] = '\0';
	CHECK(pci_driver_name_valid(longest), "63 characters can be a driver's name");
}

int main(void)
{
	test_addresses();
	test_device_addresses();
	test_format();
	test_compare();
	test_ids();
	test_id_matches();
	test_driver_names();
	return tap_done();
}
