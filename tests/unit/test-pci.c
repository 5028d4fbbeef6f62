/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/pci.h"
#include "host/pci_binding.h"

#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "scratch.h"
#include "tap.h"

#define NAME "0000:01:00.0"
#define DEVICE "sys/bus/pci/devices/" NAME

static const struct pci_id example = { 0x1e57, 0x0010, true, 0x1e57, 0xd001 };

static void put_device(const struct scratch *place)
{
	scratch_file(place, DEVICE "/modalias",
		     "pci:v00001E57d00000010sv00001E57sd0000D001bc03sc00i00\n");
	scratch_file(place, DEVICE "/driver_override", "(null)\n");
	scratch_file(place, DEVICE "/power/control", "on\n");
	scratch_link(place, DEVICE "/driver", "../../drivers/bochs-drm");
	scratch_directory(place, "locks");
}

/* Another process whose call to the kernel ends after a while, and the driver's link with it. */
static pid_t unbind_in_flight(const struct scratch *place, int locks_fd, int64_t duration_ms)
{
	int lock = lock_take(locks_fd, NAME ".lock", NULL);
	pid_t child = fork();

	if (child == 0) {
		clock_sleep_ms(duration_ms, clock_now_ms() + duration_ms);
		unlinkat(place->root.fd, DEVICE "/driver", 0);
		_exit(0);
	}
	if (lock < 0 || child < 0)
		scratch_fail("a call in flight");
	close(lock);
	return child;
}

static void test_call_in_flight(void)
{
	SCRATCH(place);
	const struct root *root = (put_device(&place), &place.root);
	_cleanup_close_ int locks_fd = root_open(root, O_RDONLY | O_DIRECTORY, "locks");
	_cleanup_pci_state_ struct pci_state state = PCI_STATE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	const struct patience patience = { .deadline_ms = clock_now_ms() + 20000 };
	const struct worker_context context = {
		.root = root,
		.locks_fd = locks_fd,
		.patience = &patience,
	};
	pid_t child = unbind_in_flight(&place, locks_fd, 300);
	int r = pci_state_read(&context, NAME, &state, &error);

	waitpid(child, NULL, 0);
	CHECK(r == 0, "a state is read when a call in flight has returned");
	CHECK_TEXT(state.driver, NULL, "it is the state after that call, not the one before");
	CHECK_TEXT(state.driver_override, NULL, "no override is none");
	CHECK_TEXT(state.power_control, "on", "power/control is read");
	CHECK_TEXT(state.d3cold_allowed, NULL, "an attribute that is not there is none");
}

static void test_is_there(void)
{
	SCRATCH(place);
	struct pci_id other = example;

	CHECK(pci_is_there(&place.root, NAME, &example) == 0,
	      "a function that is gone is not there");
	put_device(&place);
	CHECK(pci_is_there(&place.root, NAME, &example) == 1, "a function with its id is there");
	other.subdevice++;
	CHECK(pci_is_there(&place.root, NAME, &other) == 0, "another subsystem is another device");
	scratch_file(&place, DEVICE "/modalias", "pci:v00001E57d00000010\n");
	CHECK(pci_is_there(&place.root, NAME, &example) == -EINVAL, "half a modalias says nothing");
	unlinkat(place.root.fd, DEVICE "/modalias", 0);
	scratch_link(&place, DEVICE "/modalias", "modalias");
	CHECK(pci_is_there(&place.root, NAME, &example) < 0,
	      "what cannot be read is an error, not a device that is gone");
}

int main(void)
{
	test_call_in_flight();
	test_is_there();
	return tap_done();
}
