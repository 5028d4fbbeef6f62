/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/select.h"

#include <errno.h>

#include "base/cleanup.h"
#include "tap.h"

/* A host: a bridge, a GPU of three functions, its twin of another maker, a disk, a VMD's disk. */
static const struct {
	const char *address;
	const char *id;
	bool bridge;
} there[] = {
	{ "0000:00:1c.0", "8086:9d10/8086:7270", true },
	{ "0000:01:00.0", "1e57:0010/1e57:a001", false },
	{ "0000:01:00.1", "1e57:0011/1e57:a001", false },
	{ "0000:01:00.2", "1e57:0012/1e57:a001", false },
	{ "0000:02:00.0", "1e57:0010/1e57:a002", false },
	{ "0000:02:00.1", "1e57:0011/1e57:a002", false },
	{ "0000:03:00.0", "1e57:0020/1e57:b001", false },
	{ "10000:01:00.0", "1e57:0020/1e57:b001", false },
};

static struct pci_function functions[ARRAY_SIZE(there)];
static const struct pci_functions host = { functions, ARRAY_SIZE(there) };

static void make_host(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
		pci_address_parse(there[i].address, &functions[i].address);
		pci_address_format(&functions[i].address, functions[i].name);
		pci_id_parse(there[i].id, &functions[i].id);
		functions[i].bridge = there[i].bridge;
	}
}

struct attempt {
	struct config config;
	struct domain domain;
	struct selection selection;
	struct strings warnings;
	struct error error;
	int r;
};

static void attempt_clear(struct attempt *attempt)
{
	config_clear(&attempt->config);
	domain_clear(&attempt->domain);
	selection_clear(&attempt->selection);
	strings_clear(&attempt->warnings);
	error_clear(&attempt->error);
}

#define _cleanup_attempt_ __attribute__((cleanup(attempt_clear)))

/* `hostdevs`: addresses with blanks between, "+" before a managed one. */
static struct attempt select_on(const struct pci_functions *on, const char *ini,
				const char *hostdevs)
{
	struct attempt attempt = { 0 };
	_cleanup_strings_ struct strings words = STRINGS_INIT;

	if (config_parse("f.ini", ini, strlen(ini), &attempt.config, &attempt.error) < 0) {
		printf("Bail out! %s\n", attempt.error.what);
		exit(1);
	}
	strings_split(&words, hostdevs);
	for (size_t i = 0; i < words.count; i++) {
		bool managed = words.items[i][0] == '+';
		struct domain_hostdev *hostdev;

		array_grow(&attempt.domain.hostdevs, i, sizeof(*attempt.domain.hostdevs));
		hostdev = &attempt.domain.hostdevs[attempt.domain.hostdev_count++];
		hostdev->managed = managed;
		pci_address_parse(words.items[i] + managed, &hostdev->address);
	}
	attempt.r = select_functions(&attempt.config, &attempt.domain, on, &attempt.selection,
				     &attempt.warnings, &attempt.error);
	return attempt;
}

static void check_selected(const char *ini, const char *hostdevs, const char *wanted,
			   const char *warnings, const char *what)
{
	_cleanup_attempt_ struct attempt attempt = select_on(&host, ini, hostdevs);
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_free_ char *got = NULL;
	_cleanup_free_ char *warned = strings_join(&attempt.warnings, "\n");

	for (size_t i = 0; i < attempt.selection.count; i++)
		strings_add(&names, attempt.selection.items[i].function->name);
	got = strings_join(&names, " ");
	CHECK(attempt.r == 0 && !attempt.error.code, "accepted: %s", what);
	CHECK_TEXT(got, wanted, "%s", what);
	CHECK_TEXT(warned, warnings, "warned of: %s", what);
}

static void check_refused(const char *ini, const char *hostdevs, int code, const char *message,
			  const char *what)
{
	_cleanup_attempt_ struct attempt attempt = select_on(&host, ini, hostdevs);
	_cleanup_free_ char *text = error_text(&attempt.error);

	CHECK(attempt.r == code && attempt.selection.count == 0 && !attempt.selection.items,
	      "refused, nothing selected: %s", what);
	CHECK_TEXT(text, message, "the message: %s", what);
	CHECK(attempt.error.hint, "what to do: %s", what);
}

#define GPU "[device gpu]\naddress = 0000:01:00\n"
#define ALL_OF_GPU "0000:01:00.0 0000:01:00.1 0000:01:00.2"

static void test_by_address(void)
{
	check_selected(GPU, ALL_OF_GPU, ALL_OF_GPU, "", "a device: all its functions");
	check_selected(GPU, "0000:01:00.1", ALL_OF_GPU, "", "all functions go when the VM has one");
	check_selected("[device a]\naddress = 01:00.1\n", "0000:01:00.1", "0000:01:00.1", "",
		       "a function: it alone");
	check_selected("[device a]\naddress = 01:00.2 03:00.0 01:00.0\n", "0000:03:00.0",
		       "0000:01:00.0 0000:01:00.2 0000:03:00.0", "",
		       "several addresses, put into their order");
	check_selected("[device a]\naddress = 10000:01:00\n", "10000:01:00.0", "10000:01:00.0", "",
		       "a domain above 0xffff is not the one below");
	check_selected(GPU "id = 1e57:0012\n", "0000:01:00.0", ALL_OF_GPU, "",
		       "the id of any of its functions confirms an address");
	check_selected("[device a]\naddress = 01:00.0\nid = 1e57:0010/1e57:a001\n", "0000:01:00.0",
		       "0000:01:00.0", "", "so does an id with subsystem");
}

static void test_by_id(void)
{
	check_selected("[device a]\nid = 1e57:0010/1e57:a002\n", "0000:02:00.0",
		       "0000:02:00.0 0000:02:00.1", "", "an id with subsystem: one of the twins");
	check_selected("[device a]\nid = 1e57:0012\n", "0000:01:00.0", ALL_OF_GPU, "",
		       "an id of a later function: the whole device");
	check_selected("[device a]\nid = 1e57:0010\ncount = 2\n", "0000:01:00.0 0000:02:00.0",
		       ALL_OF_GPU " 0000:02:00.0 0000:02:00.1", "", "count = 2 of two");
	check_selected("[device a]\nid = 1e57:0010\ncount = any\n", "0000:02:00.0",
		       ALL_OF_GPU " 0000:02:00.0 0000:02:00.1", "", "count = any");
	check_selected("[device a]\nid = 1e57:0020\ncount = 2\n", "10000:01:00.0",
		       "0000:03:00.0 10000:01:00.0", "", "an id in several PCI domains");
}

static void test_refused(void)
{
	check_refused("[device a]\naddress = 09:00\n", "", -ENODEV,
		      "f.ini:2: [device a]: this host has no PCI device 0000:09:00",
		      "a device that is not there");
	check_refused("[device a]\naddress = 01:00.7\n", "", -ENODEV,
		      "f.ini:2: [device a]: this host has no PCI device 0000:01:00.7",
		      "a function that is not there");
	check_refused("[device a]\naddress = 00:1c.0\n", "", -EINVAL,
		      "f.ini:2: [device a]: 0000:00:1c.0 is a bridge", "a bridge");
	check_refused("[device a]\naddress = 00:1c\n", "", -EINVAL,
		      "f.ini:2: [device a]: 0000:00:1c is a bridge", "a bridge's device");
	check_refused("[device a]\nid = 8086:9d10\n", "", -ENODEV,
		      "f.ini:2: [device a]: no device with the id 8086:9d10 is on this host",
		      "a bridge's id");
	check_refused(GPU "id = 1e57:0020\n", "", -ENODEV,
		      "f.ini:2: [device gpu]: no function of the device at 0000:01:00 has the id: "
		      "0000:01:00.0 is 1e57:0010 (subsystem 1e57:a001)",
		      "an address with another device's id");
	check_refused(GPU "id = 1e57:0010/1e57:a002\n", "", -ENODEV,
		      "f.ini:2: [device gpu]: no function of the device at 0000:01:00 has the id: "
		      "0000:01:00.0 is 1e57:0010 (subsystem 1e57:a001)",
		      "an address with another maker's subsystem");
	check_refused("[device a]\nid = 1e57:0010\n", "", -ENODEV,
		      "f.ini:2: [device a]: 2 devices with the id 1e57:0010 are on this host, not "
		      "1: they are "
		      "0000:01:00, 0000:02:00",
		      "an id that two devices have");
	check_refused("[device a]\nid = 1e57:0010\ncount = 3\n", "", -ENODEV,
		      "f.ini:2: [device a]: 2 devices with the id 1e57:0010 are on this host, not "
		      "3: they are "
		      "0000:01:00, 0000:02:00",
		      "fewer devices than count");
	check_refused(GPU "[device b]\naddress = 09:00\n", ALL_OF_GPU, -ENODEV,
		      "f.ini:4: [device b]: this host has no PCI device 0000:09:00",
		      "a device that the VM does not have is verified all the same");
}

static void test_any_of_none(void)
{
	_cleanup_attempt_ struct attempt attempt =
		select_on(&host, "[device a]\nid = 1e57:0099\ncount = any\n", "");

	CHECK(attempt.r == -ENODEV && attempt.selection.count == 0, "count = any of none: refused");
	CHECK(attempt.error.what && !strstr(attempt.error.what, "not 0"),
	      "the message does not say that none were wanted: %s", attempt.error.what);
}

#define SKIPPED(line, label) \
	"f.ini:" line ": [device " label "] is skipped: no function of it is a hostdev of the VM"
#define UNLISTED(address) \
	"the VM's hostdev " address " is neither managed by libvirt nor listed in f.ini"

static void test_warnings(void)
{
	check_selected(GPU "[device disk]\naddress = 03:00\n", ALL_OF_GPU, ALL_OF_GPU,
		       SKIPPED("3", "disk"), "a device that the VM does not have is skipped");
	check_selected(GPU "[device disk]\naddress = 03:00\n", "", "",
		       SKIPPED("1", "gpu") "\n" SKIPPED("3", "disk"), "a VM that has none");
	check_selected(GPU, ALL_OF_GPU " 0000:03:00.0", ALL_OF_GPU, UNLISTED("0000:03:00.0"),
		       "a hostdev that nobody takes care of");
	check_selected(GPU, ALL_OF_GPU " +0000:03:00.0", ALL_OF_GPU, "",
		       "a hostdev that libvirt takes care of");
	check_selected(GPU, "10000:01:00.0", "", UNLISTED("10000:01:00.0") "\n" SKIPPED("1", "gpu"),
		       "the same bus in another PCI domain is another device");
}

/* It would have two answers to what driver it goes to and what becomes of it. */
static void test_twice(void)
{
	check_refused("[device a]\nid = 1e57:0010/1e57:a001\n[device b]\naddress = 01:00\n", "",
		      -EINVAL, "f.ini:3: [device b]: 0000:01:00.0 is selected by [device a] too",
		      "a device that two sections select");
	check_refused("[device a]\naddress = 01:00.1\n[device b]\nid = 1e57:0012\n", "", -EINVAL,
		      "f.ini:3: [device b]: 0000:01:00.1 is selected by [device a] too",
		      "a function that another section selects with its device");
	check_refused("[device a]\nid = 1e57:0010\ncount = 2\n[device b]\nid = 1e57:0011\n"
		      "count = any\n",
		      "", -EINVAL,
		      "f.ini:4: [device b]: 0000:01:00.0 is selected by [device a] too",
		      "devices that two sections have by different ids");
}

static void test_links(void)
{
	_cleanup_attempt_ struct attempt attempt = select_on(
		&host, GPU "[device disk]\naddress = 03:00\n", "0000:01:00.1 0000:03:00.0");
	const struct selection *selection = &attempt.selection;
	struct pci_address there_not = { .bus = 2 };

	CHECK(selection->count == 4 && selection->items[1].function == &functions[2] &&
		      selection->items[1].device == &attempt.config.devices[0] &&
		      selection->items[1].hostdev == &attempt.domain.hostdevs[0] &&
		      selection->items[3].device == &attempt.config.devices[1] &&
		      selection->items[3].hostdev == &attempt.domain.hostdevs[1],
	      "a selected function knows its section and its hostdev");
	CHECK(selection->count == 4 && !selection->items[0].hostdev && !selection->items[2].hostdev,
	      "one that goes along has no hostdev");
	CHECK(selection_has(selection, &functions[3].address) &&
		      !selection_has(selection, &there_not),
	      "a selection knows what is in it");
}

/* Its bridge stays, whichever function it is. */
static void test_bridge_in_device(void)
{
	struct pci_function mixed[3] = { functions[1], functions[2], functions[3] };
	const struct pci_functions on = { mixed, 3 };
	_cleanup_attempt_ struct attempt attempt = { 0 };

	mixed[1].bridge = true;
	attempt = select_on(&on, GPU, "0000:01:00.0");
	CHECK(attempt.r == 0 && attempt.selection.count == 2 &&
		      attempt.selection.items[0].function == &mixed[0] &&
		      attempt.selection.items[1].function == &mixed[2],
	      "a bridge among a device's functions stays with the host");
}

static void test_nothing(void)
{
	const struct pci_functions none = PCI_FUNCTIONS_INIT;
	_cleanup_attempt_ struct attempt attempt = select_on(&none, GPU, ALL_OF_GPU);

	CHECK(attempt.r == -ENODEV, "a host without PCI devices has none of them");
}

int main(void)
{
	make_host();
	test_by_address();
	test_by_id();
	test_refused();
	test_any_of_none();
	test_warnings();
	test_twice();
	test_links();
	test_bridge_in_device();
	test_nothing();
	return tap_done();
}
