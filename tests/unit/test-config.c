/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tap.h"

#define GOOD "[device gpu]\naddress = 0000:02:00\n"
#define HEADER "[device gpu]\n"
#define EIGHT "12345678"
#define LABEL_32 EIGHT EIGHT EIGHT EIGHT

static void parse(const char *text, struct config *config)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = config_parse("f.ini", text, strlen(text), config, &error);

	CHECK(r == 0, "accepted: %.40s", text);
	if (r < 0) {
		printf("Bail out! %s\n", error.what);
		exit(1);
	}
}

static void check_refused(const char *text, const char *message, const char *hint)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	struct config config = { .timeout_ms = 7 };
	_cleanup_free_ char *got = NULL;
	int r = config_parse("f.ini", text, strlen(text), &config, &error);

	got = error_text(&error);
	CHECK_TEXT(got, message, "refused: %s", message);
	CHECK_TEXT(error.hint, hint, "the hint of: %s", message);
	CHECK(r == -EINVAL && error.code == EINVAL && config.timeout_ms == 7 && !config.devices &&
		      !config.path,
	      "the code, and the result untouched: %s", message);
}

static const struct config_address *address_of(const struct config *config, size_t device, size_t i)
{
	return &config->devices[device].addresses[i];
}

static void test_whole_example(void)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	const struct config_device *device;

	parse("; all that there is\n[device gpu]  ; the card\n\taddress = 0000:02:00 04:00.1\n"
	      "\tid = 10de:11fa/1462:3301\n\tdriver = nvgrace-gpu-vfio-pci\n\trestore = stay\n"
	      "[device usb]\nid = 1b73:1100\ncount = 2\nrestore = xhci_hcd\n\n"
	      "[host]\ntimeout = 2min\n",
	      &config);
	CHECK(config.device_count == 2 && config.timeout_ms == 120000, "two devices, two minutes");
	CHECK_TEXT(config.path, "f.ini", "the path is kept");
	device = &config.devices[0];
	CHECK_TEXT(device->label, "gpu", "the label");
	CHECK(device->line == 2, "the header's line");
	CHECK(device->address_count == 2 && address_of(&config, 0, 0)->whole &&
		      address_of(&config, 0, 0)->address.bus == 2 &&
		      !address_of(&config, 0, 1)->whole &&
		      address_of(&config, 0, 1)->address.bus == 4 &&
		      address_of(&config, 0, 1)->address.function == 1,
	      "a device and a function by address");
	CHECK(device->has_id && device->id.vendor == 0x10de && device->id.subdevice == 0x3301,
	      "the id beside the addresses");
	CHECK(device->count == CONFIG_COUNT_ANY, "nothing to count beside addresses");
	CHECK_TEXT(device->driver, "nvgrace-gpu-vfio-pci", "a VFIO driver's name");
	CHECK(device->restore == CONFIG_RESTORE_STAY && !device->restore_driver, "restore = stay");
	device = &config.devices[1];
	CHECK(device->count == 2 && !device->address_count && device->line == 7, "count = 2");
	CHECK(device->restore == CONFIG_RESTORE_DRIVER, "restore = NAME");
	CHECK_TEXT(device->restore_driver, "xhci_hcd", "the driver to restore");
	CHECK_TEXT(device->driver, NULL, "driver is auto by itself");
}

static void test_defaults(void)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_config_ struct config said = CONFIG_INIT;

	parse("[device gpu]\nid = 10de:11fa\n", &config);
	CHECK(config.timeout_ms == 30000, "timeout is 30 s by itself");
	CHECK(config.devices[0].count == 1, "count is 1 by itself");
	CHECK(config.devices[0].restore == CONFIG_RESTORE_ORIGINAL && !config.devices[0].driver,
	      "restore is original by itself");
	parse("[host]\n[device gpu]\nid = 10de:11fa\ncount = any\ndriver = auto\n"
	      "restore = original\n",
	      &said);
	CHECK(said.devices[0].count == CONFIG_COUNT_ANY, "count = any");
	CHECK(!said.devices[0].driver, "driver = auto");
	CHECK(said.devices[0].restore == CONFIG_RESTORE_ORIGINAL, "restore = original");
	CHECK(said.timeout_ms == 30000, "an empty [host] changes nothing");
}

static void test_boundaries(void)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_config_ struct config ends = CONFIG_INIT;

	parse("[device " LABEL_32 "]\nid = 10de:11fa\ncount = 64\n[host]\ntimeout = 60min\n",
	      &config);
	CHECK_TEXT(config.devices[0].label, LABEL_32, "a label of 32 characters");
	CHECK(config.devices[0].count == 64 && config.timeout_ms == 3600000, "the largest numbers");
	parse("[device  ü 1 äöü]\nid = 10de:11fa\ncount = 1\ndriver = a\n[host]\ntimeout = 1s\n"
	      "[device \t" EIGHT EIGHT "üüüüüüü]\nid = 10de:11fb\n",
	      &ends);
	CHECK_TEXT(ends.devices[0].label, "ü 1 äöü", "a label with blanks and umlauts");
	CHECK(ends.devices[0].count == 1 && ends.timeout_ms == 1000, "the smallest numbers");
	CHECK_TEXT(ends.devices[1].label, EIGHT EIGHT "üüüüüüü",
		   "a label is measured in characters");
}

#define KEYS "the keys of this section: address, id, count, driver, restore, in-use, take-usb"
#define HOST_KEYS "the keys of this section: stop, unload, vtconsole, wait, timeout"

static void test_unknown_keys(void)
{
	static const char *const later[] = { "allow-boot-display", "x" };

	check_refused(GOOD "adress = 03:00\n", "f.ini:3: unknown key \"adress\" in [device gpu]",
		      "did you mean \"address\"?");
	check_refused(GOOD "Driver = auto\n", "f.ini:3: unknown key \"Driver\" in [device gpu]",
		      "did you mean \"driver\"?");
	check_refused(GOOD "timeout = 30s\n", "f.ini:3: unknown key \"timeout\" in [device gpu]",
		      "\"timeout\" belongs in [host]");
	check_refused(GOOD "[host]\ndriver = auto\n", "f.ini:4: unknown key \"driver\" in [host]",
		      "\"driver\" belongs in [device LABEL]");
	check_refused("[host]\ntime-out = 30s\n", "f.ini:2: unknown key \"time-out\" in [host]",
		      "did you mean \"timeout\"?");
	check_refused(GOOD "stop = x\n", "f.ini:3: unknown key \"stop\" in [device gpu]",
		      "\"stop\" belongs in [host]");
	check_refused("[device\tgpu]\nadress = 03:00\n",
		      "f.ini:2: unknown key \"adress\" in [device\\x09gpu]",
		      "did you mean \"address\"?");
	check_refused(GOOD "\x1b[2J = x\n", "f.ini:3: unknown key \"\\x1b[2J\" in [device gpu]",
		      KEYS);
	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		_cleanup_free_ char *text = text_format(GOOD "%s = x\n", later[i]);
		_cleanup_free_ char *message =
			text_format("f.ini:3: unknown key \"%s\" in [device gpu]", later[i]);
		_cleanup_free_ char *host = text_format("[host]\n%s = x\n", later[i]);
		_cleanup_free_ char *host_message =
			text_format("f.ini:2: unknown key \"%s\" in [host]", later[i]);

		check_refused(text, message, KEYS);
		check_refused(host, host_message, HOST_KEYS);
	}
}

static void test_sections(void)
{
	const char *all = "the sections: [device LABEL], [host]";

	check_refused("[gpu]\n", "f.ini:1: unknown section [gpu]", all);
	check_refused("[devices gpu]\n", "f.ini:1: unknown section [devices gpu]",
		      "did you mean [device LABEL]?");
	check_refused("[Device gpu]\n", "f.ini:1: unknown section [Device gpu]",
		      "did you mean [device LABEL]?");
	check_refused("[hosts]\n", "f.ini:1: unknown section [hosts]", "did you mean [host]?");
	check_refused("[host a]\n", "f.ini:1: unknown section [host a]", "did you mean [host]?");
	check_refused("[devicegpu]\n", "f.ini:1: unknown section [devicegpu]", all);
	check_refused("[\x01]\n", "f.ini:1: unknown section [\\x01]", all);
	check_refused("[device]\n", "f.ini:1: [device] without a label",
		      "choose a word for it, as in [device gpu]");
	check_refused("[device " LABEL_32 "9]\n",
		      "f.ini:1: malformed label \"" LABEL_32 "9\": 1 to 32 printable characters "
		      "without brackets are accepted, as in [device gpu]",
		      NULL);
	check_refused("[device a[b]\n",
		      "f.ini:1: malformed label \"a[b\": 1 to 32 printable characters without "
		      "brackets are accepted, as in [device gpu]",
		      NULL);
	check_refused("[device a\tb]\n",
		      "f.ini:1: malformed label \"a\\x09b\": 1 to 32 printable characters without "
		      "brackets are accepted, as in [device gpu]",
		      NULL);
	check_refused("[device \xfc]\n",
		      "f.ini:1: malformed label \"\\xfc\": 1 to 32 printable characters without "
		      "brackets are accepted, as in [device gpu]",
		      NULL);
	check_refused("[device gpu] junk\n", "f.ini:1: text behind a section header: \"junk\"",
		      NULL);
	check_refused(GOOD "[device gpu]\nid = 10de:11fa\n",
		      "f.ini:3: duplicate section: \"device gpu\"",
		      "the first one stands in line 1");
	check_refused(GOOD "[device  gpu]\nid = 10de:11fa\n", "f.ini:3: duplicate label \"gpu\"",
		      "the first one stands in line 1");
	check_refused("[host]\n[host]\n" GOOD, "f.ini:2: duplicate section: \"host\"",
		      "the first one stands in line 1");
}

static void test_completeness(void)
{
	const char *least = "the least that is needed:\n  [device gpu]\n  address = 0000:02:00";
	const char *how = "lspci -nn shows both; for example \"address = 0000:02:00\" or "
			  "\"id = 10de:11fa\"";
	const char *count = "count is for an id without an address: leave one of them out";

	check_refused("", "f.ini: no [device …] section: nothing to hand over", least);
	check_refused("[host]\ntimeout = 1s\n",
		      "f.ini: no [device …] section: nothing to hand over", least);
	check_refused("\n" HEADER, "f.ini:2: [device gpu] has neither address nor id", how);
	check_refused(HEADER "driver = auto\n[host]\n",
		      "f.ini:1: [device gpu] has neither address nor id", how);
	check_refused(HEADER "count = 1\n", "f.ini:1: [device gpu] has neither address nor id",
		      how);
	check_refused(HEADER "[device b]\nid = 10de:11fa\n",
		      "f.ini:1: [device gpu] has neither address nor id", how);
	check_refused(GOOD "[device b]\nid = 10de:11fa\ncount = 2\naddress = 03:00\n",
		      "f.ini:5: [device b] has address and count", count);
	check_refused(GOOD "count = any\n[host]\n", "f.ini:3: [device gpu] has address and count",
		      count);
	check_refused(GOOD "address = 03:00\n", "f.ini:3: duplicate key: \"address\"",
		      "the first one stands in line 2");
	check_refused(HEADER "address =\n", "f.ini:2: key without a value: \"address\"",
		      "give it a value, or leave the line out");
	check_refused(HEADER "address\n", "f.ini:2: line without \"=\": \"address\"",
		      "a line is KEY = VALUE, [SECTION], or ; COMMENT");
}

/* A count in one section says nothing of the next one. */
static void test_count_is_of_its_section(void)
{
	_cleanup_config_ struct config config = CONFIG_INIT;

	parse("[device a]\nid = 10de:11fa\ncount = 2\n[device b]\naddress = 02:00\n"
	      "[device c]\nid = 10de:11fb\n",
	      &config);
	CHECK(config.devices[0].count == 2 && config.devices[1].count == CONFIG_COUNT_ANY &&
		      config.devices[2].count == 1,
	      "each section has its own count");
}

static void test_values(void)
{
	static const struct {
		const char *key;
		const char *accepted;
		const char *values[16];
	} cases[] = {
		{ "address",
		  "addresses as lspci prints them are accepted, as in \"address = 0000:02:00\" "
		  "(the whole device) or \"address = 02:00.0\", several with blanks between",
		  { "02", "0000:02:00.8", "0000:02:20", "02:00.0,", "gpu", "10de:11fa",
		    "pci_0000_02_00_0" } },
		{ "id",
		  "vendor:device or vendor:device/subvendor:subdevice, four hexadecimal digits "
		  "each, is accepted, as in \"id = 10de:11fa\"",
		  { "10de", "0x10de:0x11fa", "10de:11fa/1462", "02:00.0", "10de:11fa 10de:11fb" } },
		{ "count",
		  "1 to 64 or any is accepted, as in \"count = 2\"",
		  { "0", "65", "99", "100", "-1", "+1", "1.5", "two", "01", "00", "Any", "1 2",
		    "4294967297" } },
		{ "driver",
		  "auto or a driver's name is accepted, as in \"driver = vfio-pci\"",
		  { ".", "..", "../vfio", "a/b", "a b", "-r", "ä",
		    EIGHT LABEL_32 EIGHT EIGHT EIGHT } },
		{ "restore",
		  "original, stay or a driver's name is accepted, as in \"restore = original\"",
		  { ".", "..", "a/b", "nvidia nouveau", EIGHT LABEL_32 EIGHT EIGHT EIGHT } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (const char *const *value = cases[i].values; *value; value++) {
			_cleanup_free_ char *text =
				text_format(HEADER "%s = %s\n", cases[i].key, *value);
			_cleanup_free_ char *message =
				text_format("f.ini:2: malformed %s \"%s\": %s", cases[i].key,
					    *value, cases[i].accepted);

			check_refused(text, message, NULL);
		}
	}
}

static void test_use(void)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_config_ struct config silent = CONFIG_INIT;
	_cleanup_free_ char *units = NULL;
	_cleanup_free_ char *modules = NULL;

	parse(GOOD "[device b]\nid = 1b73:1100\nin-use = wait\ntake-usb = yes\n"
		   "[device c]\nid = 1b73:1101\nin-use = terminate\ntake-usb = no\n"
		   "[device d]\nid = 1b73:1102\nin-use = refuse\n"
		   "[host]\nstop = display-manager.service  a@b\\x2dc.service nvidia.socket\n"
		   "unload = nvidia-uvm nvidia_drm\nwait = 2min\nvtconsole = detach\n",
	      &config);
	units = strings_join(&config.stop, "|");
	modules = strings_join(&config.unload, "|");
	CHECK(config.device_count == 4 && config.devices[0].in_use == CONFIG_IN_USE_REFUSE &&
		      config.devices[1].in_use == CONFIG_IN_USE_WAIT &&
		      config.devices[2].in_use == CONFIG_IN_USE_TERMINATE &&
		      config.devices[3].in_use == CONFIG_IN_USE_REFUSE,
	      "in-use is refuse by itself, refuse, wait or terminate");
	CHECK(!config.devices[0].take_usb && config.devices[1].take_usb &&
		      !config.devices[2].take_usb,
	      "take-usb is no by itself, yes or no");
	CHECK_TEXT(units, "display-manager.service|a@b\\x2dc.service|nvidia.socket",
		   "units to be stopped, in their order");
	CHECK_TEXT(modules, "nvidia_uvm|nvidia_drm",
		   "modules to be unloaded, as the kernel "
		   "writes them");
	CHECK(config.wait_ms == 120000 && config.detach_consoles, "how long to wait; consoles");
	parse(GOOD, &silent);
	CHECK(silent.wait_ms == 60000 && !silent.detach_consoles && !silent.stop.count &&
		      !silent.unload.count,
	      "a minute, consoles kept, no units and no modules by themselves");
	check_refused(HEADER "in-use = kill\n",
		      "f.ini:2: malformed in-use \"kill\": refuse, wait or terminate is accepted, "
		      "as in \"in-use = wait\"",
		      NULL);
	check_refused(HEADER "in-use = refused\n",
		      "f.ini:2: malformed in-use \"refused\": refuse, wait or terminate is "
		      "accepted, as in \"in-use = wait\"",
		      "did you mean \"refuse\"?");
	check_refused(HEADER "take-usb = true\n",
		      "f.ini:2: malformed take-usb \"true\": yes or no is accepted, as in "
		      "\"take-usb = yes\"",
		      NULL);
	check_refused("[host]\nvtconsole = detatch\n",
		      "f.ini:2: malformed vtconsole \"detatch\": keep or detach is accepted, as in "
		      "\"vtconsole = detach\"",
		      "did you mean \"detach\"?");
	check_refused("[host]\nwait = 0s\n",
		      "f.ini:2: malformed wait \"0s\": 1s to 60min is accepted, as in \"wait = "
		      "60s\"",
		      NULL);
}

static void test_units_and_modules(void)
{
	static const char *const bad_units[] = {
		"gdm",   "--now",      "a/b.service", ".service",
		"a.exe", "-a.service", "ä.service",   "a;b.service"
	};
	static const char *const bad_modules[] = { "../x", "-f", "a/b", "a,b" };

	for (size_t i = 0; i < ARRAY_SIZE(bad_units); i++) {
		_cleanup_free_ char *text = text_format("[host]\nstop = %s\n", bad_units[i]);
		_cleanup_free_ char *message = text_format(
			"f.ini:2: malformed stop \"%s\": names of systemd units are accepted, with "
			"their suffix and blanks between, as in \"stop = "
			"display-manager.service\"",
			bad_units[i]);

		check_refused(text, message, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_modules); i++) {
		_cleanup_free_ char *text = text_format("[host]\nunload = %s\n", bad_modules[i]);
		_cleanup_free_ char *message = text_format(
			"f.ini:2: malformed unload \"%s\": names of kernel modules are accepted, "
			"with blanks between, as in \"unload = nvidia_uvm nvidia_drm\"",
			bad_modules[i]);

		check_refused(text, message, NULL);
	}
	check_refused("[host]\nstop = a.service libvirtd.service\n",
		      "f.ini:2: libvirtd.service cannot be stopped: it is what starts the VM",
		      NULL);
	check_refused("[host]\nstop = virtqemud-admin.socket\n",
		      "f.ini:2: virtqemud-admin.socket cannot be stopped: it is what starts the VM",
		      NULL);
	check_refused("[host]\nstop = a.service a.service\n",
		      "f.ini:2: \"a.service\" is listed twice", NULL);
	check_refused("[host]\nunload = vfio-pci\n",
		      "f.ini:2: vfio_pci cannot be unloaded: VMs need it", NULL);
	check_refused("[host]\nunload = a-b a_b\n", "f.ini:2: \"a_b\" is listed twice", NULL);
}

static void test_timeouts(void)
{
	static const char *const values[] = { "0s", "3601s", "61min", "30", "30 s", "1h", "any" };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_free_ char *text = text_format("[host]\ntimeout = %s\n", values[i]);
		_cleanup_free_ char *message =
			text_format("f.ini:2: malformed timeout \"%s\": 1s to 60min is accepted, "
				    "as in \"timeout = 30s\"",
				    values[i]);

		check_refused(text, message, NULL);
	}
}

static void test_value_hints(void)
{
	const char *comment = "a comment behind a value starts with \" ;\", not with \"#\"";

	check_refused("[host]\ntimeout = 30s # long\n",
		      "f.ini:2: malformed timeout \"30s # long\": 1s to 60min is accepted, as in "
		      "\"timeout = 30s\"",
		      comment);
	check_refused(HEADER "address = 02:00 # card\n",
		      "f.ini:2: malformed address \"#\": addresses as lspci prints them are "
		      "accepted, as in \"address = 0000:02:00\" (the whole device) or \"address = "
		      "02:00.0\", several with blanks between",
		      comment);
	check_refused(HEADER "restore = orignal\n", "f.ini:2: malformed restore \"orignal\"",
		      "did you mean \"original\"?");
	check_refused(HEADER "restore = Stay\n", "f.ini:2: malformed restore \"Stay\"",
		      "did you mean \"stay\"?");
	check_refused(HEADER "driver = Auto\n", "f.ini:2: malformed driver \"Auto\"",
		      "did you mean \"auto\"?");
	check_refused(HEADER "count = \x1b]0;x\n",
		      "f.ini:2: malformed count \"\\x1b]0;x\": 1 to 64 or any is accepted, as in "
		      "\"count = 2\"",
		      NULL);
}

static void test_duplicate_addresses(void)
{
	static const struct {
		const char *first;
		const char *second;
		const char *shown; /* NULL: no duplicate */
	} cases[] = {
		{ "02:00.0", "0000:02:00.0", "0000:02:00.0" },
		{ "02:00", "02:00.0", "0000:02:00" },
		{ "02:00.7", "02:00", "0000:02:00.7" },
		{ "02:00", "0000:02:00", "0000:02:00" },
		{ "02:00.0", "02:00.1", NULL },
		{ "02:00", "02:01", NULL },
		{ "02:00", "0001:02:00", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *one =
			text_format(HEADER "address = %s %s\n", cases[i].first, cases[i].second);
		_cleanup_free_ char *two =
			text_format(HEADER "address = %s\n[device b]\naddress = %s\n",
				    cases[i].first, cases[i].second);
		_cleanup_free_ char *message =
			text_format("duplicate address \"%s\": [device gpu] has %s",
				    cases[i].second, cases[i].shown ? cases[i].shown : "");
		_cleanup_free_ char *message_one = text_format("f.ini:2: %s", message);
		_cleanup_free_ char *message_two = text_format("f.ini:4: %s", message);
		_cleanup_config_ struct config config = CONFIG_INIT;
		_cleanup_config_ struct config other = CONFIG_INIT;

		if (cases[i].shown) {
			check_refused(one, message_one, "list each device or function once");
			check_refused(two, message_two, "list each device or function once");
		} else {
			parse(one, &config);
			parse(two, &other);
		}
	}
}

static void test_many_devices(void)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_config_ struct config config = CONFIG_INIT;

	for (int i = 0; i < 64; i++)
		text_append(&text, "[device %d]\nid = 10de:%04x\n", i, i);
	parse(text, &config);
	CHECK(config.device_count == 64, "64 devices");
	text_append(&text, "[device 64]\nid = 10de:ffff\n");
	check_refused(text, "f.ini:129: more than 64 [device …] sections", NULL);
}

/* The machine's tree: a directory with an empty CONFIG_DIRECTORY in it. */
struct tree {
	char path[64];
	struct root root;
	int fd; /* of CONFIG_DIRECTORY */
};

/* The engine's geteuid() is this one: an ordinary user's test cannot give a file away. */
static uid_t pretended_uid;
static bool pretending;

uid_t geteuid(void)
{
	return pretending ? pretended_uid : getuid();
}

static struct tree tree_make(void)
{
	struct tree tree = { .path = "/tmp/test-config.XXXXXX", .root = ROOT_INIT };

	if (!mkdtemp(tree.path) || root_open_tree(tree.path, &tree.root) < 0 ||
	    mkdirat(tree.root.fd, "etc", 0755) < 0 ||
	    mkdirat(tree.root.fd, "etc/gpu-handoff", 0755) < 0 ||
	    mkdirat(tree.root.fd, CONFIG_DIRECTORY, 0755) < 0)
		abort();
	tree.fd = openat(tree.root.fd, CONFIG_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree.fd < 0)
		abort();
	return tree;
}

static void tree_remove(struct tree *tree)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;

	root_list(&tree->root, &names, CONFIG_DIRECTORY);
	for (size_t i = 0; i < names.count; i++)
		if (unlinkat(tree->fd, names.items[i], 0) < 0)
			unlinkat(tree->fd, names.items[i], AT_REMOVEDIR);
	close(tree->fd);
	unlinkat(tree->root.fd, CONFIG_DIRECTORY, AT_REMOVEDIR);
	unlinkat(tree->root.fd, "etc/gpu-handoff", AT_REMOVEDIR);
	unlinkat(tree->root.fd, "etc", AT_REMOVEDIR);
	root_close(&tree->root);
	rmdir(tree->path);
}

#define _cleanup_tree_ __attribute__((cleanup(tree_remove)))

static void put(const struct tree *tree, const char *name, const char *text, size_t length)
{
	_cleanup_close_ int fd =
		openat(tree->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || fchmod(fd, 0644) < 0 || write(fd, text, length) != (ssize_t)length)
		abort();
}

static void put_good(const struct tree *tree, const char *name)
{
	put(tree, name, GOOD, strlen(GOOD));
}

static void check_loads(const struct tree *tree, const char *name, const char *path)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_config_ struct config config = CONFIG_INIT;
	int r = config_load(&tree->root, name, &config, &error);

	CHECK(r == 0 && error.code == 0, "loaded: %s", path);
	CHECK_TEXT(config.path, path, "its path: %s", path);
}

static void check_load_refused(const struct tree *tree, const char *name, int code,
			       const char *message, const char *hint)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *got = NULL;
	struct config config = { .timeout_ms = 7 };
	int r = config_load(&tree->root, name, &config, &error);

	got = error_text(&error);
	CHECK_TEXT(got, message, "refused: %s", message);
	CHECK_TEXT(error.hint, hint, "the hint of: %s", message);
	CHECK(r == -code && error.code == code && config.timeout_ms == 7 && !config.devices,
	      "the code, and the result untouched: %s", message);
}

static void check_none(const struct tree *tree, const char *name, const char *case_name)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	struct config config = { .timeout_ms = 7 };
	int r = config_load(&tree->root, name, &config, &error);

	CHECK(r == -ENOENT && error.code == 0 && !error.what && config.timeout_ms == 7,
	      "no configuration and no error: %s", case_name);
}

#define DIRECTORY "/" CONFIG_DIRECTORY "/"
#define HINT_KIND "put the configuration, an INI file, in its place, or remove it"

static void test_load_names(void)
{
	_cleanup_tree_ struct tree tree = tree_make();
	char longest[251 + sizeof(".ini")];

	put_good(&tree, "win10.ini");
	put_good(&tree, "0000:02:00.0.ini");
	put_good(&tree, "...ini");
	put_good(&tree, "Müller's \"PC\" nr. 1.ini");
	put_good(&tree, "a\x1b[2J\n\xff.ini");
	memset(longest, 'n', 251);
	memcpy(longest + 251, ".ini", sizeof(".ini"));
	put_good(&tree, longest);
	check_loads(&tree, "win10", DIRECTORY "win10.ini");
	check_loads(&tree, "0000:02:00.0", DIRECTORY "0000:02:00.0.ini");
	check_loads(&tree, "..", DIRECTORY "...ini");
	check_loads(&tree, "Müller's \"PC\" nr. 1", DIRECTORY "Müller's \"PC\" nr. 1.ini");
	check_loads(&tree, "a\x1b[2J\n\xff", DIRECTORY "a\\x1b[2J\\x0a\\xff.ini");
	longest[251] = '\0';
	{
		_cleanup_free_ char *path = text_format(DIRECTORY "%s.ini", longest);

		check_loads(&tree, longest, path);
	}
	check_load_refused(&tree, "", EINVAL,
			   "malformed name of a VM \"\": it is empty or has a \"/\"", NULL);
	check_load_refused(&tree, "../win10", EINVAL,
			   "malformed name of a VM \"../win10\": it is empty or has a \"/\"", NULL);
}

static void test_load_none(void)
{
	_cleanup_tree_ struct tree tree = tree_make();
	_cleanup_root_ struct root bare = ROOT_INIT;
	char name[4000];

	check_none(&tree, "win10", "nothing there");
	put_good(&tree, "other.ini");
	check_none(&tree, "win10", "another VM's file");
	memset(name, 'n', sizeof(name) - 1);
	name[252] = '\0';
	check_none(&tree, name, "a name that no file can have");
	name[252] = 'n';
	name[sizeof(name) - 1] = '\0';
	check_none(&tree, name, "a very long name");
	if (root_open_tree("/proc/self/fdinfo", &bare) == 0) {
		struct tree other = { .root = bare };

		check_none(&other, "win10", "no directory of configurations");
	}
}

static void test_load_links(void)
{
	_cleanup_tree_ struct tree tree = tree_make();

	put_good(&tree, "shared");
	if (symlinkat("shared", tree.fd, "win10.ini") < 0 ||
	    symlinkat("win10.ini", tree.fd, "win11.ini") < 0 ||
	    symlinkat("../../.././..//etc/gpu-handoff/../gpu-handoff/domains.d/shared", tree.fd,
		      "up.ini") < 0 ||
	    symlinkat("/" CONFIG_DIRECTORY "/win11.ini", tree.fd, "top.ini") < 0 ||
	    symlinkat("shared/x", tree.fd, "through.ini") < 0 ||
	    symlinkat("nowhere", tree.fd, "dangling.ini") < 0 ||
	    symlinkat("loop.ini", tree.fd, "loop.ini") < 0 ||
	    symlinkat(".", tree.fd, "here.ini") < 0)
		abort();
	check_loads(&tree, "win10", DIRECTORY "win10.ini");
	check_loads(&tree, "win11", DIRECTORY "win11.ini");
	check_loads(&tree, "up", DIRECTORY "up.ini");
	check_loads(&tree, "top", DIRECTORY "top.ini");
	check_load_refused(&tree, "through", ENOTDIR,
			   "cannot open " DIRECTORY "through.ini: Not a directory", NULL);
	check_load_refused(&tree, "dangling", EINVAL,
			   DIRECTORY "dangling.ini is a link that leads nowhere",
			   "let it lead to the configuration, or remove it");
	check_load_refused(&tree, "loop", ELOOP,
			   "cannot open " DIRECTORY "loop.ini: Too many levels of symbolic links",
			   NULL);
	check_load_refused(&tree, "here", EINVAL,
			   DIRECTORY "here.ini is a directory, not a regular file", HINT_KIND);
}

static void test_load_kinds(void)
{
	_cleanup_tree_ struct tree tree = tree_make();
	_cleanup_close_ int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s" DIRECTORY "sock.ini", tree.path);
	if (mkdirat(tree.fd, "dir.ini", 0755) < 0 || mkfifoat(tree.fd, "fifo.ini", 0644) < 0 ||
	    bind(socket_fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		abort();
	check_load_refused(&tree, "dir", EINVAL,
			   DIRECTORY "dir.ini is a directory, not a regular file", HINT_KIND);
	check_load_refused(&tree, "fifo", EINVAL,
			   DIRECTORY "fifo.ini is a FIFO, not a regular file", HINT_KIND);
	check_load_refused(&tree, "sock", EINVAL,
			   DIRECTORY "sock.ini is a socket, not a regular file", HINT_KIND);
}

static void test_load_writable(void)
{
	_cleanup_tree_ struct tree tree = tree_make();

	put_good(&tree, "win10.ini");
	put_good(&tree, "it's a VM.ini");
	if (fchmodat(tree.fd, "win10.ini", 0664, 0) < 0 ||
	    fchmodat(tree.fd, "it's a VM.ini", 0646, 0) < 0)
		abort();
	check_load_refused(&tree, "win10", EPERM,
			   DIRECTORY
			   "win10.ini can be written by others than its owner (mode 0664)",
			   "chmod go-w " DIRECTORY "win10.ini");
	check_load_refused(&tree, "it's a VM", EPERM,
			   DIRECTORY
			   "it's a VM.ini can be written by others than its owner (mode 0646)",
			   "chmod go-w '" DIRECTORY "it'\\''s a VM.ini'");
	if (fchmodat(tree.fd, "win10.ini", 0755, 0) < 0)
		abort();
	check_loads(&tree, "win10", DIRECTORY "win10.ini");
}

static void set_mode(const struct tree *tree, const char *path, mode_t mode)
{
	if (fchmodat(tree->root.fd, path, mode, 0) < 0)
		abort();
}

/* The configuration's own directories, each of which decides what the file is. */
static void test_load_directories(void)
{
	static const char *const directories[] = { "etc", "etc/gpu-handoff", CONFIG_DIRECTORY };
	static const mode_t modes[] = { 0775, 0757, 0777, 01777 };
	_cleanup_tree_ struct tree tree = tree_make();

	put_good(&tree, "win10.ini");
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(modes); j++) {
			_cleanup_free_ char *message = text_format(
				"the directory /%s can be written by others than its owner "
				"(mode %04o)",
				directories[i], modes[j]);
			_cleanup_free_ char *hint = text_format(
				"look at what is in it, then: chmod go-w /%s", directories[i]);

			set_mode(&tree, directories[i], modes[j]);
			tree.root.is_host = true;
			check_load_refused(&tree, "win10", EPERM, message, hint);
			tree.root.is_host = false;
			check_loads(&tree, "win10", DIRECTORY "win10.ini");
		}
		set_mode(&tree, directories[i], 0755);
	}
	tree.root.is_host = true;
	check_loads(&tree, "win10", DIRECTORY "win10.ini");
}

/* Where a link leads through others' directories, they have a say in what is found there. */
static void test_load_link_directories(void)
{
	_cleanup_tree_ struct tree tree = tree_make();

	tree.root.is_host = true;
	if (mkdirat(tree.fd, "shared", 0755) < 0 ||
	    symlinkat("shared/win10", tree.fd, "win10.ini") < 0)
		abort();
	put_good(&tree, "shared/win10");
	check_loads(&tree, "win10", DIRECTORY "win10.ini");
	set_mode(&tree, CONFIG_DIRECTORY "/shared", 0777);
	check_load_refused(&tree, "win10", EPERM,
			   "the directory " DIRECTORY
			   "shared can be written by others than its owner (mode 0777): " DIRECTORY
			   "win10.ini leads to it",
			   "look at what is in it, then: chmod go-w " DIRECTORY "shared");
	set_mode(&tree, CONFIG_DIRECTORY "/shared", 01777);
	check_loads(&tree, "win10", DIRECTORY "win10.ini");
	set_mode(&tree, CONFIG_DIRECTORY "/shared/win10", 0666);
	check_load_refused(
		&tree, "win10", EPERM,
		DIRECTORY
		"shared/win10 can be written by others than its owner (mode 0666): " DIRECTORY
		"win10.ini leads to it",
		"chmod go-w " DIRECTORY "shared/win10");
	unlinkat(tree.fd, "shared/win10", 0);
	check_load_refused(&tree, "win10", EINVAL,
			   DIRECTORY "win10.ini is a link that leads nowhere",
			   "let it lead to the configuration, or remove it");
}

static void test_load_owner(void)
{
	_cleanup_tree_ struct tree tree = tree_make();
	_cleanup_free_ char *message = NULL;
	uid_t owner = getuid() ? getuid() : 4242;

	put_good(&tree, "win10.ini");
	if (owner != getuid() && fchownat(tree.fd, "win10.ini", owner, (gid_t)-1, 0) < 0)
		abort();
	message = text_format(DIRECTORY "win10.ini belongs to user %u, not to root", owner);
	pretending = true;
	pretended_uid = owner + 1;
	check_load_refused(&tree, "win10", EPERM, message,
			   "look at what is in it, then: chown root " DIRECTORY "win10.ini");
	pretended_uid = owner;
	check_loads(&tree, "win10", DIRECTORY "win10.ini");
	pretending = false;
}

static void test_load_sizes(void)
{
	_cleanup_tree_ struct tree tree = tree_make();
	size_t size = CONFIG_FILE_MAX_BYTES + 1;
	_cleanup_free_ char *text = malloc(size);

	if (!text)
		abort();
	memset(text, '\n', size);
	memcpy(text, GOOD, strlen(GOOD));
	put(&tree, "limit.ini", text, size - 1);
	put(&tree, "large.ini", text, size);
	put(&tree, "empty.ini", "", 0);
	check_loads(&tree, "limit", DIRECTORY "limit.ini");
	check_load_refused(&tree, "large", EFBIG,
			   DIRECTORY "large.ini has more than 256 KiB: it can hardly be right",
			   NULL);
	check_load_refused(&tree, "empty", EINVAL,
			   DIRECTORY "empty.ini: no [device …] section: nothing to hand over",
			   "the least that is needed:\n  [device gpu]\n  address = 0000:02:00");
}

static void test_load_text(void)
{
	_cleanup_tree_ struct tree tree = tree_make();
	static const char zero[] = GOOD "\0";

	put(&tree, "zero.ini", zero, sizeof(zero) - 1);
	put(&tree, "bad.ini", "[device gpu]\nadress = 1\n", 24);
	check_load_refused(&tree, "zero", EINVAL,
			   DIRECTORY "zero.ini:3: zero byte: this is not a text file",
			   "save the file as UTF-8 text");
	check_load_refused(&tree, "bad", EINVAL,
			   DIRECTORY "bad.ini:2: unknown key \"adress\" in [device gpu]",
			   "did you mean \"address\"?");
}

static void test_clear(void)
{
	struct config config = CONFIG_INIT;

	config_clear(&config);
	parse(GOOD, &config);
	config_clear(&config);
	CHECK(!config.devices && !config.path && config.device_count == 0,
	      "config_clear() leaves an empty configuration");
	config_clear(&config);
	CHECK(config_parse("f.ini", "x", 1, &config, NULL) == -EINVAL,
	      "an error object is not needed");
}

int main(void)
{
	umask(022);
	test_whole_example();
	test_defaults();
	test_boundaries();
	test_unknown_keys();
	test_sections();
	test_completeness();
	test_count_is_of_its_section();
	test_values();
	test_use();
	test_units_and_modules();
	test_timeouts();
	test_value_hints();
	test_duplicate_addresses();
	test_many_devices();
	test_load_names();
	test_load_none();
	test_load_links();
	test_load_kinds();
	test_load_writable();
	test_load_directories();
	test_load_link_directories();
	test_load_owner();
	test_load_sizes();
	test_load_text();
	test_clear();
	return tap_done();
}
