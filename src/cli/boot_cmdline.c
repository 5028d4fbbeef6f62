/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `boot --cmdline`: what the kernel itself can be told. It knows ids alone, and takes all devices
 * that have one (drivers/pci/pci-stub.c, drivers/vfio/pci/vfio_pci.c: the parameter `ids`).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/boot.h"
#include "host/grub_file.h"
#include "host/kernel_line.h"
#include "host/vfio.h"

#define FILE_MAX_BYTES 65536
#define GRUB_VARIABLE "GRUB_CMDLINE_LINUX_DEFAULT"
#define SYSTEMD_BOOT_FILE "etc/kernel/cmdline"

/* ---- the options -------------------------------------------------------------------------- */

/* One that is not to be kept has the same id, as far as `id` says it. */
static const struct pci_function *find_other(const struct boot_command *command,
					     const struct pci_id *id)
{
	for (size_t i = 0; i < command->view.host.count; i++)
		if (pci_id_matches(id, &command->view.host.items[i].id) &&
		    !selection_has(&command->view.selection, &command->view.host.items[i].address))
			return &command->view.host.items[i];
	return NULL;
}

/* Adds the id, with the subsystem when that tells it from another one. */
static int add_id(const struct boot_command *command, const struct pci_function *function,
		  struct strings *ids, struct errors *errors)
{
	struct pci_id id = function->id;
	const struct pci_function *other;
	_cleanup_free_ char *text = NULL;

	id.has_subsystem = false;
	if (find_other(command, &id))
		id.has_subsystem = true;
	other = id.has_subsystem ? find_other(command, &id) : NULL;
	if (other) {
		_cleanup_error_ struct error error = ERROR_INIT;

		error_set(&error, EINVAL, "the kernel's command line cannot keep it");
		error_device(&error, function->name);
		error_why(&error, "it knows ids alone, and %s has the same one", other->name);
		error_hint(&error, "boot.ini keeps it by its address, unless the driver is built "
				   "into the kernel.");
		errors_add(errors, &error);
		return 0;
	}
	text = text_format(id.has_subsystem ? "%04x:%04x:%04x:%04x" : "%04x:%04x", id.vendor,
			   id.device, id.subvendor, id.subdevice);
	if (!text)
		return -ENOMEM;
	return strings_contain(ids, text) ? 0 : strings_add(ids, text);
}

/* As grub_file_get(), of the file. */
static enum grub_line read_grub(const struct root *root, char **ret_value, char *ret_quote)
{
	_cleanup_free_ char *text = NULL;

	*ret_quote = '"';
	if (root_read(root, FILE_MAX_BYTES, &text, GRUB_FILE) < 0)
		return GRUB_NONE;
	return grub_file_get(text, GRUB_VARIABLE, ret_value, ret_quote);
}

static int add_ids_of(const char *line, const char *driver, struct strings *ids)
{
	_cleanup_strings_ struct strings words = STRINGS_INIT;
	_cleanup_free_ char *name = text_format("%s.ids=", driver);
	char *save = NULL;

	if (!name || kernel_line_select(line, (const char *const[]){ name, NULL }, &words) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < words.count; i++)
		for (char *id = strtok_r(strchr(words.items[i], '=') + 1, ",", &save); id;
		     id = strtok_r(NULL, ",", &save))
			if (!strings_contain(ids, id) && strings_add(ids, id) < 0)
				return -ENOMEM;
	return 0;
}

/* What the kernel was told before, or will be: the last such option counts alone. */
static int add_earlier_ids(const struct root *root, const char *driver, struct strings *ids)
{
	_cleanup_free_ char *running = NULL;
	_cleanup_free_ char *installed = NULL;
	_cleanup_free_ char *grub = NULL;
	char quote;

	if (root_read(root, FILE_MAX_BYTES, &running, "proc/cmdline") == 0 &&
	    add_ids_of(running, driver, ids) < 0)
		return -ENOMEM;
	if (root_read(root, FILE_MAX_BYTES, &installed, SYSTEMD_BOOT_FILE) == 0 &&
	    add_ids_of(installed, driver, ids) < 0)
		return -ENOMEM;
	if (read_grub(root, &grub, &quote) == GRUB_PLAIN && add_ids_of(grub, driver, ids) < 0)
		return -ENOMEM;
	return 0;
}

/* "vfio-pci.ids=…" for the functions that go to the driver; NULL in *ret_option: none. */
static int make_option(const struct boot_command *command, const char *driver, char **ret_option,
		       struct errors *errors)
{
	_cleanup_strings_ struct strings ids = STRINGS_INIT;
	_cleanup_free_ char *joined = NULL;
	size_t listed;

	for (size_t i = 0; i < command->view.selection.count; i++)
		if (strcmp(command->view.selection.items[i].device->driver, driver) == 0 &&
		    add_id(command, command->view.selection.items[i].function, &ids, errors) < 0)
			return -ENOMEM;
	if (ids.count == 0)
		return 0;
	listed = ids.count;
	if (add_earlier_ids(command->root, driver, &ids) < 0)
		return -ENOMEM;
	for (size_t i = listed; i < ids.count; i++)
		printf("# %s is there already, and stays: boot.ini does not list it.\n",
		       ids.items[i]);
	joined = strings_join(&ids, ",");
	*ret_option = joined ? text_format("%s.ids=%s", driver, joined) : NULL;
	return *ret_option ? 0 : -ENOMEM;
}

/* A command line with the options in place of earlier ones. The caller frees it. */
static char *add_options(const char *line, const char *options)
{
	_cleanup_strings_ struct strings earlier = STRINGS_INIT;
	_cleanup_strings_ struct strings added = STRINGS_INIT;

	if (strings_split(&added, options) < 0)
		return NULL;
	for (size_t i = 0; i < added.count; i++) {
		_cleanup_free_ char *name =
			strndup(added.items[i], strcspn(added.items[i], "=") + 1);

		if (!name || strings_add(&earlier, name) < 0)
			return NULL;
	}
	return kernel_line_change(line, &earlier, &added);
}

/* ---- the boot loaders --------------------------------------------------------------------- */

static void print_title(const char *name, bool here)
{
	printf("\n# %s%s\n", name, here ? " (this host has it)" : "");
}

static void print_grubby(const struct root *root, const char *options)
{
	print_title("grubby", root_exists(root, "usr/sbin/grubby"));
	printf("grubby --update-kernel=ALL --args=\"%s\"\n", options);
}

static const char *grub_command(const struct root *root)
{
	if (root_exists(root, "usr/sbin/update-grub"))
		return "update-grub";
	if (root_exists(root, "usr/sbin/grub2-mkconfig"))
		return "grub2-mkconfig -o /boot/grub2/grub.cfg";
	return "grub-mkconfig -o /boot/grub/grub.cfg";
}

/* Not GRUB_CMDLINE_LINUX: the entries for recovery are to come up with all devices. */
static void print_grub(const struct root *root, const char *options)
{
	_cleanup_free_ char *value = NULL;
	_cleanup_free_ char *line = NULL;
	char quote;
	enum grub_line found = read_grub(root, &value, &quote);

	line = add_options(value ? value : "", options);
	print_title("GRUB: in /" GRUB_FILE ", then the command below",
		    root_exists(root, GRUB_FILE));
	if (found == GRUB_OTHER)
		printf("(add to what " GRUB_VARIABLE " has there:) %s\n", options);
	else
		printf(GRUB_VARIABLE "=%c%s%c\n", quote, line ? line : options, quote);
	printf("%s\n", grub_command(root));
}

static void print_systemd_boot(const struct root *root, const char *options)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_free_ char *added = NULL;
	bool here = root_exists(root, "boot/loader/loader.conf") ||
		    root_exists(root, "efi/loader/loader.conf") ||
		    root_exists(root, "boot/efi/loader/loader.conf");

	if (root_read(root, FILE_MAX_BYTES, &line, SYSTEMD_BOOT_FILE) < 0) {
		print_title("systemd-boot: at the end of the line `options` of the entry in "
			    "loader/entries",
			    here);
		printf("%s\n", options);
		return;
	}
	line[strcspn(line, "\n")] = '\0';
	added = add_options(line, options);
	print_title("systemd-boot: in /" SYSTEMD_BOOT_FILE ", then the command below", true);
	printf("%s\n", added ? added : options);
	printf("kernel-install add \"$(uname -r)\" \"/lib/modules/$(uname -r)/vmlinuz\"\n");
}

static void print_kernelstub(const struct root *root, const char *options)
{
	print_title("kernelstub", root_exists(root, "usr/bin/kernelstub"));
	printf("kernelstub --add-options \"%s\"\n", options);
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* `options` are those of vfio-pci and pci-stub. */
static void print_modules(const struct root *root, const char *const *options)
{
	static const char *const drivers[] = { VFIO_DRIVER, STUB_DRIVER };

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (options[i] && !pci_driver_built_in(root, drivers[i]))
			printf("# %s is a module of this kernel: the option takes effect when it "
			       "is loaded,\n# and a driver that is built in is faster.\n",
			       drivers[i]);
	if (options[0] && !pci_driver_built_in(root, VFIO_DRIVER) &&
	    pci_driver_built_in(root, STUB_DRIVER))
		printf("# " STUB_DRIVER " is built in: a device with \"driver = " STUB_DRIVER
		       "\" in boot.ini\n# is kept from such a driver as well.\n");
}

int boot_print_command_line(const struct boot_command *command)
{
	_cleanup_errors_ struct errors errors = ERRORS_INIT;
	_cleanup_free_ char *vfio = NULL;
	_cleanup_free_ char *stub = NULL;
	_cleanup_free_ char *options = NULL;

	if (make_option(command, VFIO_DRIVER, &vfio, &errors) < 0 ||
	    make_option(command, STUB_DRIVER, &stub, &errors) < 0 ||
	    (options = text_format("%s%s%s", vfio ? vfio : "", vfio && stub ? " " : "",
				   stub ? stub : "")) == NULL) {
		fprintf(stderr, "gpu-handoff boot: no memory\n");
		return EXIT_FAILED;
	}
	if (!*options) {
		printf("There is nothing to put on the kernel's command line.\n");
	} else {
		printf("# For drivers that are built into the kernel: what %s says, as options "
		       "for\n"
		       "# the kernel's command line.\n",
		       command->view.config.path);
		print_modules(command->root, (const char *const[]){ vfio, stub });
		print_grubby(command->root, options);
		print_grub(command->root, options);
		print_systemd_boot(command->root, options);
		print_kernelstub(command->root, options);
	}
	for (size_t i = 0; i < errors.count; i++)
		command_report(command->root, &errors.items[i]);
	for (size_t i = 0; i < command->view.absent.count; i++)
		command_report(command->root, &command->view.absent.items[i]);
	for (size_t i = 0; i < command->view.errors.count; i++)
		command_report(command->root, &command->view.errors.items[i]);
	return errors.count || command->view.absent.count || command->view.errors.count
		       ? EXIT_REFUSED
		       : EXIT_DONE;
}
