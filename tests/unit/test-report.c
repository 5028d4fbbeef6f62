/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/report.h"

#include "base/cleanup.h"
#include "scratch.h"
#include "tap.h"

static struct error whole_error(void)
{
	struct error error = ERROR_INIT;

	error_set(&error, EBUSY, "cannot bind to vfio-pci");
	error_device(&error, "0000:01:00.0");
	error_why(&error, "it is in use");
	error_hint(&error, "Do this:\nand that.");
	return error;
}

/* The machine has no modalias of the device, so that no hardware database is asked for its name. */
static void check_refusal(const char *vm, const struct error *error,
			  const struct acquire_result *result, const char *wanted, const char *what)
{
	SCRATCH(place);
	_cleanup_free_ char *text = report_refusal(&place.root, vm, error, result);

	CHECK_TEXT(text, wanted, "%s", what);
}

static void test_ended(void)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_acquire_result_ struct acquire_result result = ACQUIRE_RESULT_INIT;

	error_set(&error, EBUSY, "it is in use on the host");
	strings_add(&result.ended, "Xorg (pid 5, user gdm)");
	strings_add(&result.ended, "cuda (pid 6, user root)");
	check_refusal("win", &error, &result,
		      "gpu-handoff does not let the VM \"win\" start.\n"
		      "  Problem: it is in use on the host\n"
		      "  Host:    all devices are as they were before.\n"
		      "  Ended:   Xorg (pid 5, user gdm)\n"
		      "           cuda (pid 6, user root)\n",
		      "who was ended is told, and nobody says that nothing was changed");
}

static void test_refusal(void)
{
	_cleanup_error_ struct error error = whole_error();
	_cleanup_error_ struct error bare = ERROR_INIT;
	struct acquire_result result = ACQUIRE_RESULT_INIT;

	check_refusal("win", &error, &result,
		      "gpu-handoff does not let the VM \"win\" start.\n"
		      "  Problem: 0000:01:00.0: cannot bind to vfio-pci: it is in use\n"
		      "  To do:   Do this:\n"
		      "           and that.\n"
		      "  Host:    nothing was changed.\n",
		      "device, cause, what to do, the host's state; further lines below the first");
	result.host = HOST_AS_BEFORE;
	check_refusal("a\nb", &error, &result,
		      "gpu-handoff does not let the VM \"a\\x0ab\" start.\n"
		      "  Problem: 0000:01:00.0: cannot bind to vfio-pci: it is in use\n"
		      "  To do:   Do this:\n"
		      "           and that.\n"
		      "  Host:    all devices are as they were before.\n",
		      "a VM's name is no way to write lines of one's own");
	error_set(&bare, ENODEV, "something is wrong");
	result.host = HOST_UNTOUCHED;
	check_refusal("win", &bare, &result,
		      "gpu-handoff does not let the VM \"win\" start.\n"
		      "  Problem: something is wrong\n"
		      "  Host:    nothing was changed.\n",
		      "without a device, a cause and a hint, no empty lines for them");
	error_clear(&bare);
	bare.code = ENOMEM;
	check_refusal("win", &bare, &result,
		      "gpu-handoff does not let the VM \"win\" start.\n"
		      "  Problem: Cannot allocate memory\n"
		      "  Host:    nothing was changed.\n",
		      "an error that has nothing but its code is told by the system's text");
}

static void test_partly(void)
{
	_cleanup_error_ struct error error = whole_error();
	_cleanup_acquire_result_ struct acquire_result result = { .host = HOST_PARTLY };
	struct error first = ERROR_INIT, second = ERROR_INIT;

	error_set(&first, EIO, "cannot bind to snd_hda_intel");
	error_device(&first, "0000:01:00.1");
	error_hint(&first, "See dmesg.");
	error_set(&second, EIO, "cannot clear the driver override");
	error_device(&second, "0000:01:00.2");
	errors_add(&result.unrestored, &first);
	errors_add(&result.unrestored, &second);
	check_refusal(
		"win", &error, &result,
		"gpu-handoff does not let the VM \"win\" start.\n"
		"  Problem: 0000:01:00.0: cannot bind to vfio-pci: it is in use\n"
		"  To do:   Do this:\n"
		"           and that.\n"
		"  Host:    NOT all devices could be restored. The next start of the VM tries "
		"again.\n"
		"           0000:01:00.1: cannot bind to snd_hda_intel\n"
		"  To do:   See dmesg.\n"
		"           0000:01:00.2: cannot clear the driver override\n",
		"every device that could not be restored is told, with what to do");
}

static void test_line(void)
{
	SCRATCH(place);
	_cleanup_error_ struct error error = whole_error();
	_cleanup_free_ char *line = NULL;

	error_why(&error, "all of these:\n  one\n  two");
	line = report_line(&place.root, &error);
	CHECK_TEXT(line,
		   "0000:01:00.0: cannot bind to vfio-pci: all of these:   one   two. To do: Do "
		   "this: and that.",
		   "for the log: one line, with what to do");
}

/* Which names there are is the hardware database's business; an id that nobody has has none. */
static void test_unknown_name(void)
{
	SCRATCH(place);
	_cleanup_error_ struct error error = whole_error();
	_cleanup_free_ char *line = NULL;

	scratch_file(&place, "sys/bus/pci/devices/0000:01:00.0/modalias",
		     "pci:v0000FFFEd0000FFFEsv0000FFFEsd0000FFFEbcFFscFFiFF\n");
	line = report_line(&place.root, &error);
	CHECK_TEXT(line,
		   "0000:01:00.0 (fffe:fffe): cannot bind to vfio-pci: it is in use. To do: Do "
		   "this: and that.",
		   "a device whose name is not known is told by its address and id");
}

int main(void)
{
	test_refusal();
	test_ended();
	test_partly();
	test_line();
	test_unknown_name();
	return tap_done();
}
