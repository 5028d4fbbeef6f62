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
#include "host/vfio.h"

#define FILE_MAX_BYTES 65536
#define BUILTIN_MAX_BYTES (1024 * 1024)
#define GRUB_FILE "etc/default/grub"
#define GRUB_VARIABLE "GRUB_CMDLINE_LINUX_DEFAULT"
#define SYSTEMD_BOOT_FILE "etc/kernel/cmdline"

/* ---- the options -------------------------------------------------------------------------- */

/* One that is not to be kept has the same id, as far as `id` says it. */
static const struct pci_function *find_other(const struct boot_view *view, const struct pci_id *id)
{
	for (size_t i = 0; i < view->host.count; i++)
		if (pci_id_matches(id, &view->host.items[i].id) &&
		    !selection_has(&view->selection, &view->host.items[i].address))
			return &view->host.items[i];
	return NULL;
}

/* Adds the id, with the subsystem when that tells it from another one. */
static int add_id(const struct boot_view *view, const struct pci_function *function,
		  struct strings *ids, struct errors *errors)
{
	struct pci_id id = function->id;
	const struct pci_function *other;
	_cleanup_free_ char *text = NULL;

	id.has_subsystem = false;
	if (find_other(view, &id))
		id.has_subsystem = true;
	other = id.has_subsystem ? find_other(view, &id) : NULL;
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

/* "vfio-pci.ids=…" for the functions that go to the driver; NULL in *ret_option: none. */
static int make_option(const struct boot_view *view, const char *driver, char **ret_option,
		       struct errors *errors)
{
	_cleanup_strings_ struct strings ids = STRINGS_INIT;
	_cleanup_free_ char *joined = NULL;

	for (size_t i = 0; i < view->selection.count; i++)
		if (strcmp(view->selection.items[i].device->driver, driver) == 0 &&
		    add_id(view, view->selection.items[i].function, &ids, errors) < 0)
			return -ENOMEM;
	if (ids.count == 0)
		return 0;
	joined = strings_join(&ids, ",");
	*ret_option = joined ? text_format("%s.ids=%s", driver, joined) : NULL;
	return *ret_option ? 0 : -ENOMEM;
}

/* By modules.builtin of the running kernel. */
static bool is_built_in(const struct root *root, const char *module)
{
	_cleanup_free_ char *release = NULL;
	_cleanup_free_ char *list = NULL;
	_cleanup_free_ char *file = text_format("/%s.ko", module);

	return file &&
	       root_read(root, FILE_MAX_BYTES, &release, "proc/sys/kernel/osrelease") == 0 &&
	       root_read(root, BUILTIN_MAX_BYTES, &list, "lib/modules/%s/modules.builtin",
			 release) == 0 &&
	       strstr(list, file);
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

/* What stands in /etc/default/grub between the quotes. The caller frees it; NULL: nothing. */
static char *read_grub(const struct root *root)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;

	if (root_read(root, FILE_MAX_BYTES, &text, GRUB_FILE) < 0)
		return NULL;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = line + strlen(GRUB_VARIABLE "=\"");
		char *end;

		if (strncmp(line, GRUB_VARIABLE "=", strlen(GRUB_VARIABLE "=")) != 0 ||
		    !strchr("\"'", value[-1]) || !(end = strrchr(value, value[-1])))
			continue;
		*end = '\0';
		return strdup(value);
	}
	return NULL;
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
	_cleanup_free_ char *value = read_grub(root);

	print_title("GRUB: in /" GRUB_FILE ", then the command below",
		    root_exists(root, GRUB_FILE));
	printf(GRUB_VARIABLE "=\"%s%s%s\"\n%s\n", value ? value : "", value && *value ? " " : "",
	       options, grub_command(root));
}

static void print_systemd_boot(const struct root *root, const char *options)
{
	_cleanup_free_ char *line = NULL;
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
	print_title("systemd-boot: in /" SYSTEMD_BOOT_FILE ", then the command below", true);
	printf("%s%s%s\n", line, *line ? " " : "", options);
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
		if (options[i] && !is_built_in(root, drivers[i]))
			printf("# %s is a module of this kernel: the option takes effect when it "
			       "is loaded,\n# and a driver that is built in is faster.\n",
			       drivers[i]);
	if (options[0] && !is_built_in(root, VFIO_DRIVER) && is_built_in(root, STUB_DRIVER))
		printf("# " STUB_DRIVER " is built in: a device with \"driver = " STUB_DRIVER
		       "\" in boot.ini\n# is kept from such a driver as well.\n");
}

int boot_print_command_line(const struct boot_view *view)
{
	_cleanup_errors_ struct errors errors = ERRORS_INIT;
	_cleanup_free_ char *vfio = NULL;
	_cleanup_free_ char *stub = NULL;
	_cleanup_free_ char *options = NULL;

	if (make_option(view, VFIO_DRIVER, &vfio, &errors) < 0 ||
	    make_option(view, STUB_DRIVER, &stub, &errors) < 0 ||
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
		       view->config.path);
		print_modules(view->root, (const char *const[]){ vfio, stub });
		print_grubby(view->root, options);
		print_grub(view->root, options);
		print_systemd_boot(view->root, options);
		print_kernelstub(view->root, options);
	}
	for (size_t i = 0; i < errors.count; i++)
		command_report(view->root, &errors.items[i]);
	for (size_t i = 0; i < view->errors.count; i++)
		command_report(view->root, &view->errors.items[i]);
	return errors.count || view->errors.count ? EXIT_REFUSED : EXIT_DONE;
}
