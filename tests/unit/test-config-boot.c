/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "handoff/config.h"
#include "tap.h"

static void test_defaults(void)
{
	static const char text[] = "[device gpu]\nid = 10de:11fa\n";
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = config_parse_boot("b.ini", text, strlen(text), &config, &error);

	CHECK(r == 0 && config.device_count == 1, "an id is enough");
	CHECK_TEXT(config.devices[0].driver, "vfio-pci", "the driver is vfio-pci by default");
	CHECK(config.devices[0].count == CONFIG_COUNT_ANY, "the count is any by default");
	CHECK(!config.allow_boot_display, "the boot display is not allowed by default");
}

static void test_everything(void)
{
	static const char text[] = "[device gpu]\naddress = 02:00 0000:03:00.1\ndriver = pci-stub\n"
				   "[device usb]\nid = 1b73:1100/1b73:0001\ncount = 2\n"
				   "driver = vfio-pci\n[host]\nallow-boot-display = yes\n";
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = config_parse_boot("b.ini", text, strlen(text), &config, &error);

	CHECK(r == 0 && config.device_count == 2 && config.devices[0].address_count == 2,
	      "everything at once");
	CHECK_TEXT(config.devices[0].driver, "pci-stub", "pci-stub");
	CHECK(config.devices[1].count == 2 && config.devices[1].id.has_subsystem,
	      "a count, and an id with its subsystem");
	CHECK(config.allow_boot_display, "the boot display is allowed");
}

static void test_empty(void)
{
	static const char text[] = "; nothing yet\n";
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;

	CHECK(config_parse_boot("b.ini", text, strlen(text), &config, &error) == 0 &&
		      config.device_count == 0,
	      "a boot.ini without a device is fine");
}

static void check_refused(const char *text, const char *message, const char *hint)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	struct config config = { .timeout_ms = 7 };
	_cleanup_free_ char *got = NULL;
	int r = config_parse_boot("b.ini", text, strlen(text), &config, &error);

	got = error_text(&error);
	CHECK_TEXT(got, message, "refused: %s", message);
	CHECK_TEXT(error.hint, hint, "the hint of: %s", message);
	CHECK(r == -EINVAL && config.timeout_ms == 7 && !config.devices,
	      "the code, and the result untouched: %s", message);
}

int main(void)
{
	test_defaults();
	test_everything();
	test_empty();
	check_refused("[device gpu]\nid = 10de:11fa\ndriver = nouveau\n",
		      "b.ini:3: malformed driver \"nouveau\": vfio-pci or pci-stub is accepted, as "
		      "in \"driver = vfio-pci\"",
		      NULL);
	check_refused(
		"[device gpu]\nid = 10de:11fa\ndriver = vfio_pci\n",
		"b.ini:3: malformed driver \"vfio_pci\": vfio-pci or pci-stub is accepted, as "
		"in \"driver = vfio-pci\"",
		"did you mean \"vfio-pci\"?");
	check_refused("[device gpu]\nid = 10de:11fa\nallow-boot-display = yes\n",
		      "b.ini:3: unknown key \"allow-boot-display\" in [device gpu]",
		      "\"allow-boot-display\" belongs in [host]");
	check_refused(
		"[host]\nallow-boot-display = true\n",
		"b.ini:2: malformed allow-boot-display \"true\": yes or no is accepted, as in "
		"\"allow-boot-display = no\"",
		NULL);
	check_refused("[device gpu]\nid = 10de:11fa\nrestore = stay\n",
		      "b.ini:3: unknown key \"restore\" in [device gpu]",
		      "the keys of this section: address, id, count, driver");
	check_refused("[device gpu]\nid = 10de:11fa\n[host]\nstop = sddm.service\n",
		      "b.ini:4: unknown key \"stop\" in [host]",
		      "the keys of this section: allow-boot-display");
	check_refused("[device gpu]\nid = 10de:11fa\ncount = 0\n",
		      "b.ini:3: malformed count \"0\": 1 to 64 or any is accepted, as in \"count = "
		      "2\"",
		      NULL);
	check_refused("[device gpu]\naddress = 02:00\n[device gpu2]\naddress = 02:00.1\n",
		      "b.ini:4: duplicate address \"02:00.1\": [device gpu] has 0000:02:00",
		      "list each device or function once");
	check_refused("[device gpu]\n", "b.ini:1: [device gpu] has neither address nor id",
		      "lspci -nn shows both; for example \"address = 0000:02:00\" or \"id = "
		      "10de:11fa\"");
	return tap_done();
}
