/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/vfio.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "scratch.h"
#include "tap.h"

#define MODALIAS "pci:v00001E57d00000041sv00001E57sd0000D001bc03sc02i00"
#define ALIASES "lib/modules/6.12.0-example/modules.alias"

static void check_choice(const char *aliases, const char *modalias, const char *driver,
			 const char *what)
{
	SCRATCH(place);
	_cleanup_free_ char *chosen = NULL;

	scratch_file(&place, "proc/sys/kernel/osrelease", "6.12.0-example\n");
	if (aliases)
		scratch_file(&place, ALIASES, aliases);
	CHECK(vfio_choose_driver(&place.root, modalias, &chosen) == 0, "a driver is chosen: %s",
	      what);
	CHECK_TEXT(chosen, driver, "%s", what);
}

static void test_choice(void)
{
	check_choice(NULL, MODALIAS, "vfio-pci", "no modules.alias: vfio-pci");
	check_choice("", MODALIAS, "vfio-pci", "no alias: vfio-pci");
	check_choice("alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n", MODALIAS, "vfio-pci",
		     "the module vfio_pci has the driver vfio-pci");
	check_choice("alias pci:v00001E57d00000041sv*sd*bc*sc*i* host\n", MODALIAS, "vfio-pci",
		     "a host driver's alias is none of VFIO's");
	check_choice("alias vfio_pci:v00001E57d00000042sv*sd*bc*sc*i* other\n", MODALIAS,
		     "vfio-pci", "an alias for another device does not match");
	check_choice("alias vfio_pci:v00001E57d00000041sv*sd*bc*sc*i* few\n"
		     "alias vfio_pci:v00001E57d*sv*sd*bc*sc*i* more\n"
		     "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n",
		     MODALIAS, "few", "the fewest wildcards, when they come first");
	check_choice("alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
		     "alias vfio_pci:v00001E57d*sv*sd*bc*sc*i* more\n"
		     "alias vfio_pci:v00001E57d00000041sv*sd*bc*sc*i* few\n",
		     MODALIAS, "few", "the fewest wildcards, when they come last");
	check_choice("alias vfio_pci:v00001E57d00000041sv00001E57sd0000D001bc03sc02i00 exact\n"
		     "alias vfio_pci:v00001E57d00000041sv*sd*bc*sc*i* few\n",
		     MODALIAS, "exact", "no wildcard at all");
	check_choice("alias vfio_pci:v00001E57d*sv*sd*bc*sc*i* first\n"
		     "alias vfio_pci:v*d00000041sv*sd*bc*sc*i* second\n",
		     MODALIAS, "first", "of equals the first, as libvirt has it");
	check_choice("alias vfio_pci:v00001E57d00000041sv*sd*bc*sc*i* few\n",
		     &MODALIAS[strlen("pci:")], "few", "a modalias without its prefix");
	check_choice("alias vfio_pci:v00001E57d00000041sv*sd*bc*sc*i* few\n", "", "vfio-pci",
		     "no modalias: vfio-pci");
}

static void test_malformed(void)
{
	check_choice("alias vfio_pci:\nalias vfio_pci:v*\nalias\n\nvfio_pci:v* x\n"
		     "alias vfio_pci:v00001E57d00000041sv*sd*bc*sc*i* few",
		     MODALIAS, "few",
		     "lines without a module are passed over; no newline at the end");
	check_choice("alias vfio_pci:v00001E57d00000041sv*sd*bc*sc*i* ../../x\n"
		     "alias vfio_pci:v00001E57d*sv*sd*bc*sc*i* more\n",
		     MODALIAS, "more", "lines with what can be no driver's name, too");
}

static void test_no_kernel(void)
{
	SCRATCH(place);
	_cleanup_free_ char *chosen = NULL;

	CHECK(vfio_choose_driver(&place.root, MODALIAS, &chosen) == 0, "an unknown kernel");
	CHECK_TEXT(chosen, "vfio-pci", "an unknown kernel: vfio-pci");
}

static void test_owns(void)
{
	SCRATCH(place);

	scratch_directory(&place, "sys/bus/pci/devices/0000:01:00.0/vfio-dev");
	scratch_directory(&place, "sys/bus/pci/devices/0000:01:00.1");
	CHECK(vfio_owns(&place.root, "0000:01:00.0", "maker_vfio_pci"),
	      "a driver that has registered the function with VFIO is one of VFIO's");
	CHECK(!vfio_owns(&place.root, "0000:01:00.1", "maker_vfio_pci"),
	      "a name alone proves nothing");
	CHECK(vfio_owns(&place.root, "0000:01:00.1", "vfio-pci"),
	      "but vfio-pci's, for kernels before 6.1");
	CHECK(!vfio_owns(&place.root, "0000:01:00.1", "pci-stub"), "pci-stub is not VFIO's");
}

static int wait_group(const struct scratch *place, int group, struct error *error)
{
	const struct patience patience = { .deadline_ms = clock_now_ms() + 30000 };
	const struct worker_context context = {
		.root = &place->root,
		.locks_fd = -1,
		.patience = &patience,
	};

	return vfio_wait_group_free(&context, "0000:01:00.0", group, error);
}

/* A group that is busy needs a kernel: tests/kernel. */
static void test_group(void)
{
	SCRATCH(place);
	_cleanup_error_ struct error error = ERROR_INIT;

	CHECK(wait_group(&place, 7, &error) == 0, "a group without a node is in nobody's use");
	scratch_file(&place, "dev/vfio/7", "");
	CHECK(wait_group(&place, 7, &error) == 0, "a group that can be opened is free");
	scratch_directory(&place, "dev/vfio/8");
	CHECK(wait_group(&place, 8, &error) == -EISDIR, "what else keeps it from being opened");
	CHECK_TEXT(error.what, "cannot open /dev/vfio/8", "is told at once");
	CHECK_TEXT(error.device, "0000:01:00.0", "with the device");
}

int main(void)
{
	test_choice();
	test_malformed();
	test_no_kernel();
	test_owns();
	test_group();
	return tap_done();
}
