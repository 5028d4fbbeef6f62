/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boot stub: keeps the devices of /etc/gpu-handoff/boot.ini from the host's drivers. A static
 * program, since it goes into initramfs images. Run before udevd's coldplug (--all), by the udev
 * rule (ADDRESS), and by who makes images. Takes nothing from the environment.
 */
#include "stub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/process.h"
#include "host/root_storage.h"
#include "kernel_log.h"

static const char usage[] =
	"usage: gpu-handoff-stub --all [--initramfs]\n"
	"       gpu-handoff-stub ADDRESS\n"
	"       gpu-handoff-stub --modules | --root-storage\n"
	"\n"
	"Keeps the PCI devices of /etc/gpu-handoff/boot.ini from the host's drivers: all of\n"
	"them, before udev begins, or one that has appeared. --modules prints the kernel\n"
	"modules that this takes, --root-storage the PCI functions that the root file system\n"
	"is on, for who makes an initramfs. What it does is told in the kernel's log.\n"
	"\n"
	"Exit status: 0 done or nothing to do; 1 something is not as boot.ini says; 2 wrong\n"
	"usage, or a boot.ini that is broken, which is ignored as a whole.\n";

static void print_problem(const struct error *error)
{
	_cleanup_free_ char *text = error_text(error);

	fprintf(stderr, "gpu-handoff-stub: %s\n", text ? text : "no memory");
	if (error->hint)
		fprintf(stderr, "%s\n", error->hint);
}

static int print_modules(const struct root *root)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_strings_ struct strings modules = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = config_load_boot(root, &config, NULL, &error);

	if (r == -ENOENT)
		return STUB_EXIT_DONE;
	if (r < 0) {
		print_problem(&error);
		return STUB_EXIT_USAGE;
	}
	for (size_t i = 0; i < config.device_count; i++) {
		if (strings_contain(&modules, config.devices[i].driver))
			continue;
		if (strings_add(&modules, config.devices[i].driver) < 0)
			return STUB_EXIT_FAILED;
		puts(config.devices[i].driver);
	}
	return STUB_EXIT_DONE;
}

static int print_root_storage(const struct root *root)
{
	_cleanup_strings_ struct strings functions = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;

	if (root_storage_find(root, &functions, &error) < 0) {
		print_problem(&error);
		return STUB_EXIT_FAILED;
	}
	for (size_t i = 0; i < functions.count; i++)
		puts(functions.items[i]);
	return STUB_EXIT_DONE;
}

/* Claims and locks, where there is a place for them. */
static void open_store(struct stub *stub)
{
	_cleanup_error_ struct error error = ERROR_INIT;

	if (store_open(&stub->root, &stub->store, &error) < 0)
		kernel_log_problem(&error);
	stub->workers.locks_fd = stub->store.pci_fd;
}

static int run(struct stub *stub, int count, char **arguments)
{
	struct pci_address address;
	bool all = strcmp(arguments[1], "--all") == 0;

	if (count == 2 && strcmp(arguments[1], "--help") == 0) {
		printf("%s", usage);
		return STUB_EXIT_DONE;
	}
	if (count == 2 && strcmp(arguments[1], "--modules") == 0)
		return print_modules(&stub->root);
	if (count == 2 && strcmp(arguments[1], "--root-storage") == 0)
		return print_root_storage(&stub->root);
	if (all && count == 3 && strcmp(arguments[2], "--initramfs") == 0)
		stub->initramfs = true;
	else if (count != 2 || (!all && pci_address_parse(arguments[1], &address) < 0)) {
		fprintf(stderr, "%s", usage);
		return STUB_EXIT_USAGE;
	}
	if (boot_switched_off(&stub->root)) {
		if (all)
			kernel_log_info("switched off by gpu_handoff=off on the kernel's command "
					"line");
		return STUB_EXIT_DONE;
	}
	stub->initramfs = stub->initramfs || boot_in_initramfs(&stub->root);
	if (!all)
		return stub_run_one(stub, &address);
	open_store(stub);
	return stub_run_all(stub);
}

int main(int count, char **arguments)
{
	struct stub stub = { .root = ROOT_INIT, .store = STORE_INIT };
	int status;
	int r;

	process_begin();
	/* udev's has the device's properties in it */
	clearenv();
	if (count < 2) {
		fprintf(stderr, "%s", usage);
		return STUB_EXIT_USAGE;
	}
	umask(0077);
	r = root_open_tree("/", &stub.root);
	if (r < 0) {
		fprintf(stderr, "gpu-handoff-stub: cannot open /: %s\n", strerror(-r));
		return STUB_EXIT_FAILED;
	}
	stub.patience.deadline_ms = clock_now_ms() + STUB_TIMEOUT_MS;
	stub.workers = (struct worker_context){
		.root = &stub.root,
		.locks_fd = -1,
		.patience = &stub.patience,
	};
	status = run(&stub, count, arguments);
	store_close(&stub.store);
	root_close(&stub.root);
	return fflush(stdout) == 0 ? status : STUB_EXIT_FAILED;
}
