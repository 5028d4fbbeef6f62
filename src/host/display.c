/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/display.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define IOMEM_MAX_BYTES (4 * 1024 * 1024)
#define ATTRIBUTE_MAX_BYTES 4096
#define DRIVERS "sys/bus/platform/drivers"
#define CONSOLES "sys/class/vtconsole"
/* "0x030000", as sysfs has the class of a VGA controller. */
#define DISPLAY_CLASS "0x03"

/*
 * What the kernel calls the memory of a firmware framebuffer, and the platform driver that has it
 * (Linux 6.1: drivers/firmware/sysfb_simplefb.c, drivers/video/fbdev/{efifb,vesafb,simplefb}.c,
 * drivers/gpu/drm/tiny/simpledrm.c). NULL: any of them.
 */
static const struct {
	const char *region;
	const char *driver;
} framebuffers_known[] = {
	{ "BOOTFB", NULL },
	{ "efifb", "efi-framebuffer" },
	{ "vesafb", "vesa-framebuffer" },
	{ "simplefb", "simple-framebuffer" },
	{ "simpledrm", "simple-framebuffer" },
};

static const char *const drivers_known[] = { "efi-framebuffer", "vesa-framebuffer",
					     "simple-framebuffer" };

/* ---- framebuffers ------------------------------------------------------------------------- */

/* A line of /proc/iomem, "    fd000000-fdffffff : 0000:01:00.0": its depth and its name. */
static size_t read_region(const char *line, char name[64])
{
	const char *end = line + strcspn(line, "\n");
	const char *colon = memmem(line, (size_t)(end - line), " : ", 3);

	snprintf(name, 64, "%.*s", colon ? (int)(end - colon - 3) : 0, colon ? colon + 3 : "");
	return strspn(line, " ");
}

static const char *known_region(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(framebuffers_known); i++)
		if (strcmp(framebuffers_known[i].region, name) == 0)
			return framebuffers_known[i].region;
	return NULL;
}

bool display_iomem_has_framebuffer(const char *iomem, const char *function, const char **ret_name)
{
	bool inside = false;
	size_t bar_depth = 0;

	for (const char *line = iomem; *line; line += strspn(line, "\n")) {
		char name[64];
		size_t depth = read_region(line, name);

		line += strcspn(line, "\n");
		if (inside && depth > bar_depth) {
			const char *region = known_region(name);

			if (region) {
				*ret_name = region;
				return true;
			}
			continue;
		}
		inside = strcmp(name, function) == 0;
		bar_depth = depth;
	}
	return false;
}

/* Appends the devices that the driver has. */
static int add_devices(const struct root *root, const char *driver, struct strings *framebuffers)
{
	_cleanup_strings_ struct strings entries = STRINGS_INIT;
	size_t length = strlen(driver);
	int r = root_list(root, &entries, DRIVERS "/%s", driver);

	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	for (size_t i = 0; i < entries.count; i++) {
		_cleanup_free_ char *item = NULL;

		if (strncmp(entries.items[i], driver, length) != 0 ||
		    entries.items[i][length] != '.')
			continue;
		item = text_format("%s/%s", driver, entries.items[i]);
		if (!item)
			return -ENOMEM;
		if (!strings_contain(framebuffers, item) && strings_add(framebuffers, item) < 0)
			return -ENOMEM;
	}
	return 0;
}

static const char *driver_of_region(const char *region)
{
	for (size_t i = 0; i < ARRAY_SIZE(framebuffers_known); i++)
		if (strcmp(framebuffers_known[i].region, region) == 0)
			return framebuffers_known[i].driver;
	return NULL;
}

int display_find_framebuffers(const struct root *root, const char *function,
			      struct strings *framebuffers, struct error *error)
{
	_cleanup_free_ char *iomem = NULL;
	_cleanup_free_ char *class = NULL;
	const char *region, *driver;
	int r;

	/* the table is long, and no firmware draws on anything else */
	if (root_read(root, ATTRIBUTE_MAX_BYTES, &class, "sys/bus/pci/devices/%s/class",
		      function) == 0 &&
	    strncmp(class, DISPLAY_CLASS, strlen(DISPLAY_CLASS)) != 0)
		return 0;
	r = root_read(root, IOMEM_MAX_BYTES, &iomem, "proc/iomem");
	if (r < 0)
		return root_says_missing(r) ? 0
					    : error_set_errno(error, -r, "cannot read /proc/iomem");
	r = 0;
	if (!display_iomem_has_framebuffer(iomem, function, &region))
		return 0;
	driver = driver_of_region(region);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(drivers_known); i++)
		if (!driver || strcmp(driver, drivers_known[i]) == 0)
			r = add_devices(root, drivers_known[i], framebuffers);
	return r < 0 ? error_set_errno(error, -r, "cannot look for framebuffers") : 0;
}

/* ---- changes ------------------------------------------------------------------------------ */

/* One write by a worker. Returns 0 when the kernel has taken it. */
static int write_attribute(const struct worker_context *context, const char *device,
			   const char *path, const char *text, const char *step,
			   struct error *error)
{
	const struct worker_call call = {
		.access = WORKER_WRITE,
		.device = device,
		.step = step,
		.path = path,
		.text = text,
	};
	int answer;
	int r = worker_run(context, &call, &answer, NULL, error);

	if (r < 0 || answer == 0)
		return r;
	error_set_errno(error, -answer, "cannot %s", step);
	error_device(error, device);
	return answer;
}

/* Writes the device to its driver's file `verb`. "DRIVER/DEVICE" is the place of both. */
static int driver_command(const struct worker_context *context, const char *framebuffer,
			  const char *verb, struct error *error)
{
	_cleanup_free_ char *step = text_format("%s the framebuffer", verb);
	const char *device = strchr(framebuffer, '/');
	char path[PATH_MAX];

	if (!step)
		return error_set_errno(error, ENOMEM, "cannot %s a framebuffer", verb);
	if (!device)
		return error_set(error, EINVAL, "malformed framebuffer \"%s\"", framebuffer);
	device++;
	snprintf(path, sizeof(path), DRIVERS "/%.*s/%s", (int)(device - 1 - framebuffer),
		 framebuffer, verb);
	return write_attribute(context, device, path, device, step, error);
}

static bool framebuffer_is_bound(const struct root *root, const char *framebuffer)
{
	return root_look(root, DRIVERS "/%s", framebuffer) == 1;
}

int display_unbind_framebuffer(const struct worker_context *context, const char *framebuffer,
			       struct error *error)
{
	int r = driver_command(context, framebuffer, "unbind", error);

	if (r != -ETIMEDOUT && r != -ENOTRECOVERABLE &&
	    root_look(context->root, DRIVERS "/%s", framebuffer) == 0)
		return 0;
	if (r == 0)
		r = error_set(error, EBUSY, "the framebuffer %s does not let go", framebuffer);
	return r;
}

int display_bind_framebuffer(const struct worker_context *context, const char *framebuffer,
			     struct error *error)
{
	const char *device = strchr(framebuffer, '/');
	int r;

	if (framebuffer_is_bound(context->root, framebuffer) ||
	    (device && root_look(context->root, "sys/bus/platform/devices%s", device) == 0))
		return 0;
	r = driver_command(context, framebuffer, "bind", error);
	if (r == 0 && !framebuffer_is_bound(context->root, framebuffer))
		r = error_set(error, EIO, "the framebuffer %s does not come back", framebuffer);
	return r;
}

/* ---- consoles ----------------------------------------------------------------------------- */

/* Whether the VT is attached to it. One that is there no more counts as `wanted`. */
static int read_attached(const struct worker_context *context, const char *console, bool wanted,
			 bool *ret_attached, struct error *error)
{
	_cleanup_free_ char *path = text_format(CONSOLES "/%s/bind", console);
	_cleanup_free_ char *text = NULL;
	const struct worker_call call = {
		.access = WORKER_READ,
		.device = console,
		.step = "see whether the console is attached",
		.path = path,
	};
	int answer;
	int r;

	if (!path)
		return error_set_errno(error, ENOMEM, "cannot look for consoles");
	r = worker_run(context, &call, &answer, &text, error);
	if (r < 0)
		return r;
	if (answer < 0 && answer != -ENOENT) {
		error_set_errno(error, -answer, "cannot %s", call.step);
		error_device(error, console);
		return answer;
	}
	*ret_attached = answer == 0 ? strcmp(text, "1") == 0 : wanted;
	return 0;
}

int display_find_consoles(const struct worker_context *context, struct strings *consoles,
			  struct error *error)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	int r = root_list(context->root, &names, CONSOLES);

	if (root_says_missing(r)) /* a kernel without VTs */
		return 0;
	if (r < 0)
		return error_set_errno(error, -r, "cannot look for consoles");
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *kind = NULL;
		bool attached = false;

		r = root_read(context->root, ATTRIBUTE_MAX_BYTES, &kind, CONSOLES "/%s/name",
			      names.items[i]);
		if (r < 0 && !root_says_missing(r))
			return error_set_errno(error, -r, "cannot look for consoles");
		if (r < 0 || !strstr(kind, "frame buffer"))
			continue;
		r = read_attached(context, names.items[i], false, &attached, error);
		if (r < 0)
			return r;
		if (attached && !strings_contain(consoles, names.items[i]) &&
		    strings_add(consoles, names.items[i]) < 0)
			return error_set_errno(error, ENOMEM, "cannot look for consoles");
	}
	return 0;
}

int display_set_console(const struct worker_context *context, const char *console, bool attached,
			struct error *error)
{
	const char *step = attached ? "attach the console" : "detach the console";
	_cleanup_free_ char *path = text_format(CONSOLES "/%s/bind", console);
	bool now = attached;
	int r;

	if (!path)
		return error_set_errno(error, ENOMEM, "cannot %s", step);
	r = read_attached(context, console, attached, &now, error);
	if (r < 0 || now == attached)
		return r;
	r = write_attribute(context, console, path, attached ? "1" : "0", step, error);
	if (r == 0)
		r = read_attached(context, console, attached, &now, error);
	if (r < 0 || now == attached)
		return r;
	error_set(error, EIO, "cannot %s", step);
	error_device(error, console);
	error_why(error, "the kernel accepted it, but nothing has changed");
	return -EIO;
}
