/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last look at a function: what somebody else has changed meanwhile is told. */
#include "handoff/apply_step.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "scratch.h"
#include "tap.h"

#define GPU "0000:01:00.0"
#define DEVICE "sys/bus/pci/devices/" GPU

static const struct {
	const char *what;
	const char *driver, *override, *power, *d3cold; /* as they are; NULL: none */
	const char *told; /* of a function that shall be on "host", override "host", auto, 1 */
} functions[] = {
	{ "as it shall be", "host", "host", "auto", "1", NULL },
	{ "on another driver", "nouveau", "host", "auto", "1", "its driver is nouveau, not host" },
	{ "on none", NULL, "host", "auto", "1", "its driver is (none), not host" },
	{ "without its override", "host", "(null)", "auto", "1",
	  "driver_override is (none), not host" },
	{ "with another override", "host", "vfio-pci", "auto", "1",
	  "driver_override is vfio-pci, not host" },
	{ "kept awake", "host", "host", "on", "1", "power/control is on, not auto" },
	{ "without D3cold", "host", "host", "auto", "0", "d3cold_allowed is 0, not 1" },
};

static void make_device(const struct scratch *place, const char *driver, const char *override,
			const char *power, const char *d3cold)
{
	_cleanup_free_ char *target = driver ? text_format("../drivers/%s", driver) : NULL;

	if (driver)
		scratch_link(place, DEVICE "/driver", target);
	scratch_file(place, DEVICE "/driver_override", override);
	scratch_file(place, DEVICE "/power/control", power);
	scratch_file(place, DEVICE "/d3cold_allowed", d3cold);
}

static int verify(const struct scratch *place, const struct plan_function *function,
		  bool override_read, struct error *error)
{
	const struct patience patience = { .deadline_ms = clock_now_ms() + 30000 };
	const struct worker_context context = { .root = &place->root,
						.locks_fd = -1,
						.patience = &patience };
	const struct apply_manner manner = { .override_read = override_read };
	const struct plan_step step = { .kind = PLAN_VERIFY };

	return apply_function_step(&context, &step, function, &manner, error);
}

static void test_differences(void)
{
	char host[] = "host", automatic[] = "auto", allowed[] = "1";
	const struct plan_function function = {
		.name = GPU,
		.target = { .driver = host,
			    .driver_override = host,
			    .power_control = automatic,
			    .d3cold_allowed = allowed },
	};

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		SCRATCH(place);
		_cleanup_error_ struct error error = ERROR_INIT;
		const char *told = functions[i].told;

		make_device(&place, functions[i].driver, functions[i].override, functions[i].power,
			    functions[i].d3cold);
		CHECK(verify(&place, &function, false, &error) == (told ? -EIO : 0),
		      "a function %s", functions[i].what);
		CHECK_TEXT(error.why, told, "what is told of it");
	}
}

static void test_override_read(void)
{
	SCRATCH(place);
	char host[] = "host";
	const struct plan_function function = {
		.name = GPU,
		.target = { .driver = host, .driver_override = host },
	};

	make_device(&place, "host", "other", "auto", "1");
	CHECK(verify(&place, &function, true, NULL) == 0,
	      "an override that has just been read back is not read again");
}

static void test_vfio(void)
{
	SCRATCH(place);
	_cleanup_error_ struct error error = ERROR_INIT;
	char variant[] = "nvgrace_gpu_vfio_pci";
	const struct plan_function function = {
		.name = GPU,
		.target = { .driver = variant },
		.target_vfio = true,
	};

	make_device(&place, variant, "\n", "auto", "1");
	CHECK(verify(&place, &function, false, &error) == -EINVAL,
	      "a driver that is none of VFIO's is no hand-over");
	CHECK(error.what && strstr(error.what, "which is no driver of VFIO's"), "it is told");
	scratch_directory(&place, DEVICE "/vfio-dev");
	CHECK(verify(&place, &function, false, NULL) == 0, "one of VFIO's is");
}

static void test_gone(void)
{
	SCRATCH(place);
	_cleanup_error_ struct error error = ERROR_INIT;
	const struct plan_function function = { .name = GPU };

	scratch_directory(&place, "sys/bus/pci/devices");
	CHECK(verify(&place, &function, false, &error) == -ENODEV, "a function that has gone");
	CHECK(error.what && *error.what, "it is told");
}

int main(void)
{
	test_differences();
	test_override_read();
	test_vfio();
	test_gone();
	return tap_done();
}
