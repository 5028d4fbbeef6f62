/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What comes to a running VM and what leaves it: which functions, and by which configuration. That
 * they come and go is held by tests/lab.
 */
#include "handoff/hotplug.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "handoff/hotplug_config.h"
#include "handoff/hotplug_leave.h"
#include "scratch.h"
#include "tap.h"

#define BOOT_ID "b0070000-0000-4000-8000-000000000001"
#define INI "etc/gpu-handoff/domains.d/win.ini"

/* A GPU of three functions in one group, two cards of two functions in groups of their own. */
static const struct {
	const char *address;
	const char *device;
	int group;
} machine[] = {
	{ "0000:01:00.0", "0010", 1 }, { "0000:01:00.1", "0011", 1 }, { "0000:01:00.2", "0012", 1 },
	{ "0000:02:00.0", "0020", 2 }, { "0000:02:00.1", "0021", 3 }, { "0000:03:00.0", "0020", 4 },
	{ "0000:03:00.1", "0021", 5 },
};

static void add_machine(const struct scratch *place)
{
	scratch_directory(place, "run");
	scratch_file(place, "proc/sys/kernel/random/boot_id", BOOT_ID "\n");
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++) {
		_cleanup_free_ char *modalias =
			text_format("sys/bus/pci/devices/%s/modalias", machine[i].address);
		_cleanup_free_ char *names = text_format(
			"pci:v00001E57d0000%ssv00000001sd00000001bc03sc00i00\n", machine[i].device);
		_cleanup_free_ char *group =
			text_format("sys/bus/pci/devices/%s/iommu_group", machine[i].address);
		_cleanup_free_ char *target =
			text_format("../../../kernel/iommu_groups/%d", machine[i].group);

		scratch_file(place, modalias, names);
		scratch_link(place, group, target);
	}
}

static void add_addresses(const char *list, struct pci_addresses *addresses)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;

	strings_split(&words, list);
	for (size_t i = 0; i < words.count; i++) {
		struct pci_address address = { 0 };

		pci_address_parse(words.items[i], &address);
		pci_addresses_add(addresses, &address);
	}
}

static char *list_addresses(const struct pci_addresses *addresses)
{
	char *list = strdup("");

	for (size_t i = 0; i < addresses->count; i++) {
		char text[PCI_ADDRESS_SIZE];

		pci_address_format(&addresses->items[i], text);
		text_append(&list, "%s%s", i ? " " : "", text + strlen("0000:"));
	}
	return list;
}

static void write_claim(const struct store *store, const char *name, enum claim_phase phase,
			const char *functions)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_pci_addresses_ struct pci_addresses addresses = PCI_ADDRESSES_INIT;

	add_addresses(functions, &addresses);
	claim.vm = strdup(name);
	claim.boot_id = strdup(BOOT_ID);
	claim.token = strdup("t");
	claim.phase = phase;
	claim.timeout_ms = 1000;
	claim.functions = calloc(addresses.count, sizeof(*claim.functions));
	claim.function_count = addresses.count;
	for (size_t i = 0; i < addresses.count; i++) {
		struct claim_function *function = &claim.functions[i];

		function->address = addresses.items[i];
		pci_address_format(&function->address, function->name);
		function->vfio_driver = strdup("vfio-pci");
		function->id = (struct pci_id){ .vendor = 0x1e57, .has_subsystem = true };
		function->group = -1;
		for (size_t j = 0; j < ARRAY_SIZE(machine); j++)
			if (strcmp(machine[j].address, function->name) == 0)
				function->group = machine[j].group;
	}
	if (claim_write(store, &claim, NULL) < 0)
		scratch_fail("cannot write a claim");
}

/* ---- what leaves -------------------------------------------------------------------------- */

struct attempt {
	struct hotplug_leave leave;
	struct error error;
	int r;
	char *hostdevs;
	char *functions;
};

static void attempt_clear(struct attempt *attempt)
{
	hotplug_leave_clear(&attempt->leave);
	error_clear(&attempt->error);
	free(attempt->hostdevs);
	free(attempt->functions);
}

#define _cleanup_attempt_ __attribute__((cleanup(attempt_clear)))

/* `has`: the hostdevs of the running VM. */
static struct attempt leave(const struct scratch *place, const struct store *store, const char *has,
			    const char *wanted)
{
	struct attempt attempt = { 0 };
	_cleanup_pci_addresses_ struct pci_addresses hostdevs = PCI_ADDRESSES_INIT;
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	struct config_address addresses[8] = { 0 };
	const struct operation operation = { .root = &place->root, .store = store, .vm = "win" };

	add_addresses(has, &hostdevs);
	domain.hostdevs = calloc(hostdevs.count + 1, sizeof(*domain.hostdevs));
	domain.hostdev_count = hostdevs.count;
	for (size_t i = 0; i < hostdevs.count; i++)
		domain.hostdevs[i].address = hostdevs.items[i];
	strings_split(&words, wanted);
	for (size_t i = 0; i < words.count; i++)
		pci_address_parse_device(words.items[i], &addresses[i].address,
					 &addresses[i].whole);
	attempt.r = hotplug_leave_find(&operation, &domain, addresses, words.count, &attempt.leave,
				       &attempt.error);
	attempt.hostdevs = list_addresses(&attempt.leave.hostdevs);
	attempt.functions = list_addresses(&attempt.leave.functions);
	return attempt;
}

static void check_leave(const struct scratch *place, const struct store *store, const char *has,
			const char *wanted, const char *hostdevs, const char *functions)
{
	_cleanup_attempt_ struct attempt attempt = leave(place, store, has, wanted);

	CHECK(attempt.r == 0, "of <%s>, <%s> leaves", has, wanted);
	CHECK_TEXT(attempt.hostdevs, hostdevs, "libvirt detaches <%s>", hostdevs);
	CHECK_TEXT(attempt.functions, functions, "<%s> is given back", functions);
}

static void check_stays(const struct scratch *place, const struct store *store, const char *has,
			const char *wanted, int code, const char *hint)
{
	_cleanup_attempt_ struct attempt attempt = leave(place, store, has, wanted);

	CHECK(attempt.r == -code, "of <%s>, <%s> does not leave", has, wanted);
	CHECK_TEXT(attempt.error.hint, hint, "what to do is said");
}

static void test_leave(void)
{
	static const char gpu[] = "01:00.0 01:00.1 01:00.2";
	static const char status[] = "See what it has with: gpu-handoff status";
	SCRATCH(place);
	_cleanup_store_ struct store store = STORE_INIT;

	add_machine(&place);
	store_open(&place.root, &store, NULL);
	write_claim(&store, "win", CLAIM_HELD, "01:00.0 01:00.1 01:00.2 02:00.0");
	write_claim(&store, "hotplug:0000:02:00.1:win", CLAIM_HELD, "02:00.1");
	write_claim(&store, "hotplug:0000:03:00.0:win", CLAIM_RELEASING, "03:00.0");
	write_claim(&store, "hotplug:0000:03:00.1:mac", CLAIM_HELD, "03:00.1");

	check_leave(&place, &store, "01:00.0 01:00.1 01:00.2", "01:00", gpu, gpu);
	check_leave(&place, &store, "01:00.0 01:00.1 01:00.2", "01:00.1 01:00.0 01:00.2",
		    "01:00.1 01:00.0 01:00.2", "01:00.1 01:00.0 01:00.2");
	/* what only went along */
	check_leave(&place, &store, "01:00.0 02:00.0", "01:00.0", "01:00.0", gpu);
	check_leave(&place, &store, "01:00.1", "01:00", "01:00.1", "01:00.1 01:00.0 01:00.2");
	/* groups of their own, but one device */
	check_leave(&place, &store, "02:00.0 02:00.1", "02:00", "02:00.0 02:00.1",
		    "02:00.0 02:00.1");
	/* the guest has let go before, and nobody has given it back */
	check_leave(&place, &store, "01:00.0", "02:00.1", "", "02:00.1 02:00.0");
	check_leave(&place, &store, "", "01:00.1", "", "01:00.1 01:00.0 01:00.2");
	/* libvirt's own, managed */
	check_leave(&place, &store, "03:00.0", "03:00", "03:00.0", "03:00.0");

	check_stays(&place, &store, "01:00.0 01:00.1 01:00.2", "01:00.1", EBUSY,
		    "Detach with it: 0000:01:00.0 0000:01:00.2");
	check_stays(&place, &store, "01:00.0 01:00.2", "01:00.1", EBUSY,
		    "Detach with it: 0000:01:00.0 0000:01:00.2");
	check_stays(&place, &store, "02:00.0 02:00.1", "02:00.0", EBUSY,
		    "Detach with it: 0000:02:00.1");
	check_stays(&place, &store, "", "03:00.0", ENOENT, status);
	check_stays(&place, &store, "", "03:00.1", ENOENT, status);
	check_stays(&place, &store, "01:00.0", "01:00 04:00", ENOENT, status);
}

/* ---- by which configuration they come ----------------------------------------------------- */

/* "gpu: 01:00.0 01:00.1; attach: 02:00.0 stop 1", or the error. */
static char *configure(const struct scratch *place, const char *ini, const char *wanted,
		       const char *claimed)
{
	_cleanup_pci_addresses_ struct pci_addresses functions = PCI_ADDRESSES_INIT;
	_cleanup_pci_addresses_ struct pci_addresses taken = PCI_ADDRESSES_INIT;
	_cleanup_pci_functions_ struct pci_functions host = PCI_FUNCTIONS_INIT;
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	const struct operation operation = { .root = &place->root, .vm = "win" };
	char *text = strdup("");
	int r;

	if (ini)
		scratch_file(place, INI, ini);
	add_addresses(wanted, &functions);
	add_addresses(claimed, &taken);
	pci_scan(&place->root, &host, NULL);
	r = hotplug_configure(&operation, &functions, &taken, &host, &config, &error);
	if (r < 0) {
		free(text);
		return error_text(&error);
	}
	for (size_t i = 0; i < config.device_count; i++) {
		const struct config_device *device = &config.devices[i];

		text_append(&text, "%s%s:", i ? "; " : "", device->label);
		for (size_t j = 0; j < device->address_count; j++) {
			char address[PCI_ADDRESS_SIZE];

			pci_address_format(&device->addresses[j].address, address);
			text_append(&text, " %s", address + strlen("0000:"));
		}
		if (device->driver)
			text_append(&text, " (%s)", device->driver);
	}
	if (config.stop.count)
		text_append(&text, " stop %s", config.stop.items[0]);
	if (config.timeout_ms != CONFIG_TIMEOUT_DEFAULT_MS)
		text_append(&text, " %lld ms", (long long)config.timeout_ms);
	return text;
}

static void check_config(const char *ini, const char *wanted, const char *claimed, const char *is)
{
	SCRATCH(place);
	_cleanup_free_ char *text = NULL;

	add_machine(&place);
	text = configure(&place, ini, wanted, claimed);
	CHECK_TEXT(text, is, "<%s> beside <%s> is <%s>", wanted, claimed, is);
}

static void test_config(void)
{
	static const char ini[] = "[device gpu]\naddress = 01:00\ndriver = maker_vfio\n"
				  "[device cards]\nid = 1e57:0020\ncount = 2\n"
				  "[device elsewhere]\naddress = 44:00\n"
				  "[host]\nstop = a.service\ntimeout = 5s\n";
	static const char broken[] = "[device card]\naddress = 02:00\nid = 1e57:0099\n";

	check_config(NULL, "02:00.0", "", "attach: 02:00.0");
	check_config(NULL, "02:00.0 01:00.1", "02:00.0", "attach: 01:00.1");
	check_config(NULL, "02:00.0", "02:00.0", "");
	check_config(ini, "01:00.1", "",
		     "gpu: 01:00.0 01:00.1 01:00.2 (maker_vfio) stop a.service 5000 ms");
	check_config(ini, "01:00.1", "01:00.0 01:00.2",
		     "gpu: 01:00.1 (maker_vfio) stop a.service 5000 ms");
	check_config(ini, "01:00.1", "01:00.0 01:00.1 01:00.2", " 5000 ms");
	check_config(ini, "03:00.1", "",
		     "cards: 02:00.0 02:00.1 03:00.0 03:00.1 stop a.service 5000 ms");
	check_config(broken, "01:00.0", "", "attach: 01:00.0");
	check_config(broken, "02:00.1", "",
		     "/" INI ":2: [device card]: no function of the device at 0000:02:00 has the "
		     "id: 0000:02:00.0 is 1e57:0020 (subsystem 0001:0001)");
	check_config("[device a]\nid = 1e57:0020\n", "02:00.1", "",
		     "/" INI ":2: [device a]: 2 devices with the id 1e57:0020 are on this host, "
		     "not 1: they are 0000:02:00, 0000:03:00");
	check_config("[device a]\nid = 1e57:0020\n", "01:00.1", "", "attach: 01:00.1");
	check_config("[host]\nstop = a.service\n[device a]\naddress = 02:00\n", "01:00.1", "",
		     "attach: 01:00.1");
}

/* Claims of an earlier run that have nothing to restore, at the end of a start's time. */
static void test_settle_out_of_time(void)
{
	static const char *const names[] = { "hotplug:0000:02:00.0:win",
					     "hotplug:0000:03:00.0:win" };
	SCRATCH(place);
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_acquire_result_ struct acquire_result result = ACQUIRE_RESULT_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_strings_ struct strings left = STRINGS_INIT;
	struct operation operation = { .root = &place.root, .store = &store, .vm = "win" };

	add_machine(&place);
	store_open(&place.root, &store, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_claim_ struct claim claim = CLAIM_INIT;

		claim.vm = strdup(names[i]);
		claim.boot_id = strdup(BOOT_ID);
		claim.token = strdup("t");
		claim.timeout_ms = 1000;
		claim_write(&store, &claim, NULL);
	}
	operation.patience.deadline_ms = clock_now_ms();
	CHECK(hotplug_settle(&operation, &result, &error) == -ETIMEDOUT,
	      "a start does not last as long as all that an earlier run has left");
	CHECK(result.host == HOST_PARTLY, "what is not restored is told");
	CHECK(error.hint && strstr(error.hint, "gpu-handoff recover"), "with what to do");
	CHECK(claim_list(&store, &left, NULL) == 0 && left.count == 1,
	      "and has its claim still, others have none");
	operation.patience.deadline_ms = clock_now_ms() + 30000;
	CHECK(hotplug_settle(&operation, &result, NULL) == 0 && result.host == HOST_AS_BEFORE,
	      "the next one restores it");
}

int main(void)
{
	test_settle_out_of_time();
	test_leave();
	test_config();
	return tap_done();
}
