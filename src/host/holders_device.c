/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What sysfs tells of a function's own children: USB devices, mediated devices, virtual functions;
 * and references on the driver's module that nobody is seen to have.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/holders_search.h"

#define ATTRIBUTE_MAX_BYTES 4096
#define USB_DEVICES "sys/bus/usb/devices"

/* ---- USB ---------------------------------------------------------------------------------- */

int holders_visit_usb(struct holders_search *search, holders_usb_visitor *visit)
{
	_cleanup_strings_ struct strings entries = STRINGS_INIT;
	int r = root_list(search->root, &entries, USB_DEVICES);

	if (root_says_missing(r))
		return 0;
	for (size_t i = 0; r == 0 && i < entries.count; i++) {
		_cleanup_free_ char *link = text_format(USB_DEVICES "/%s", entries.items[i]);
		_cleanup_free_ char *path = NULL;

		if (!link)
			return -ENOMEM;
		r = device_path_read(search->root, link, &path);
		if (root_says_missing(r)) {
			r = 0;
			continue;
		}
		for (size_t j = 0; r == 0 && j < search->nodes.function_count; j++)
			if (device_path_below(&search->nodes.functions[j], path))
				r = visit(search, j, path);
	}
	return r;
}

/*
 * A hexadecimal attribute of a USB interface, -1 without one; none of those read here takes a lock.
 * Returns 0 or a negative errno.
 */
static int read_hex(const struct root *root, const char *interface, const char *attribute,
		    long *ret_number)
{
	_cleanup_free_ char *text = NULL;
	char *end;
	int r = root_read(root, ATTRIBUTE_MAX_BYTES, &text, USB_DEVICES "/%s/%s", interface,
			  attribute);

	*ret_number = -1;
	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	*ret_number = strtol(text, &end, 16);
	if (end == text)
		*ret_number = -1;
	return 0;
}

/*
 * What the interface is to the host, or NULL for what nobody misses (USB's class codes). Returns 0
 * or a negative errno.
 */
static int what_it_is(const struct root *root, const char *interface, const char **ret_what)
{
	long class = -1, protocol = -1;
	int r = read_hex(root, interface, "bInterfaceClass", &class);

	if (r == 0)
		r = read_hex(root, interface, "bInterfaceProtocol", &protocol);
	*ret_what = NULL;
	if (class == 0x08)
		*ret_what = "USB storage";
	else if (class == 0x03 && protocol == 1)
		*ret_what = "a USB keyboard";
	else if (class == 0x03 && protocol == 2)
		*ret_what = "a USB mouse";
	return r;
}

/* "1-2:1.0" is an interface of the device "1-2". */
static int add_usb(struct holders_search *search, size_t function, const char *interface,
		   const char *what)
{
	_cleanup_free_ char *device = strndup(interface, strcspn(interface, ":"));
	_cleanup_free_ char *vendor = NULL;
	_cleanup_free_ char *product = NULL;
	_cleanup_free_ char *text = NULL;

	if (!device)
		return -ENOMEM;
	if (root_read(search->root, ATTRIBUTE_MAX_BYTES, &vendor, USB_DEVICES "/%s/idVendor",
		      device) == -ENOMEM ||
	    root_read(search->root, ATTRIBUTE_MAX_BYTES, &product, USB_DEVICES "/%s/idProduct",
		      device) == -ENOMEM)
		return -ENOMEM;
	text = text_format("%s (%s:%s) is attached to it at %s", what, vendor ? vendor : "?",
			   product ? product : "?", device);
	return text ? holders_search_add(search, function, HOLDER_USB, true, text, NULL) : -ENOMEM;
}

static int look_at_usb(struct holders_search *search, size_t function, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	const char *what = NULL;
	int r = strchr(name, ':') ? what_it_is(search->root, name, &what) : 0;

	return r == 0 && what ? add_usb(search, function, name, what) : r;
}

int holders_search_usb(struct holders_search *search)
{
	return holders_visit_usb(search, look_at_usb);
}

/* ---- mediated devices and virtual functions ------------------------------------------------ */

static int add_count(struct holders_search *search, size_t function, enum holder_kind kind,
		     size_t count, const char *what)
{
	_cleanup_free_ char *text = NULL;

	if (count == 0)
		return 0;
	text = text_format("it has %zu %s%s", count, what, count == 1 ? "" : "s");
	return text ? holders_search_add(search, function, kind, false, text, NULL) : -ENOMEM;
}

static int look_at_children(struct holders_search *search, size_t function)
{
	const char *path = search->nodes.functions[function].path;
	_cleanup_strings_ struct strings entries = STRINGS_INIT;
	size_t mediated = 0, virtual = 0;
	int r = root_list(search->root, &entries, "sys/%s", path);

	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	for (size_t i = 0; i < entries.count; i++) {
		virtual += strncmp(entries.items[i], "virtfn", strlen("virtfn")) == 0;
		r = root_look(search->root, "sys/%s/%s/mdev_type", path, entries.items[i]);
		if (r < 0)
			return r;
		mediated += r > 0;
	}
	if (add_count(search, function, HOLDER_MEDIATED, mediated, "mediated device") < 0 ||
	    add_count(search, function, HOLDER_VIRTUAL, virtual, "SR-IOV virtual function") < 0)
		return -ENOMEM;
	return 0;
}

int holders_search_children(struct holders_search *search)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < search->nodes.function_count; i++)
		if (search->nodes.functions[i].asked && search->nodes.functions[i].path)
			r = look_at_children(search, i);
	return r;
}

/* ---- references --------------------------------------------------------------------------- */

/* Whether anybody is seen who uses a function on that driver, asked for or not. */
static bool is_explained(const struct device_nodes *nodes, const char *driver)
{
	for (size_t i = 0; i < nodes->function_count; i++)
		if (nodes->functions[i].used && text_same(nodes->functions[i].driver, driver))
			return true;
	return false;
}

/*
 * The framebuffers of all functions on the driver: the console (fbcon) has a reference on the
 * module of each, and lets go when it goes (drivers/video/fbdev/core/fbcon.c, fbcon_open()).
 * Returns 0 or a negative errno.
 */
static int count_framebuffers(const struct holders_search *search, const char *driver,
			      long *ret_count)
{
	long count = 0;

	for (size_t i = 0; i < search->nodes.function_count; i++) {
		const struct device_function *function = &search->nodes.functions[i];
		_cleanup_strings_ struct strings entries = STRINGS_INIT;
		int r;

		if (!function->path || !text_same(function->driver, driver))
			continue;
		r = root_list(search->root, &entries, "sys/%s/graphics", function->path);
		if (r < 0 && !root_says_missing(r))
			return r;
		count += (long)entries.count;
	}
	*ret_count = count;
	return 0;
}

/*
 * How many references on the module are no other module's; 0 for one that the kernel counts none
 * of. Returns 0 or a negative errno.
 */
static int count_references(const struct root *root, const char *module, long *ret_count)
{
	_cleanup_strings_ struct strings modules = STRINGS_INIT;
	_cleanup_free_ char *text = NULL;
	int r = root_read(root, ATTRIBUTE_MAX_BYTES, &text, "sys/module/%s/refcnt", module);

	if (r == 0)
		r = root_list(root, &modules, "sys/module/%s/holders", module);
	*ret_count = 0;
	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	*ret_count = strtol(text, NULL, 10) - (long)modules.count;
	return 0;
}

/* What holds references on the driver's module, when nobody is seen. Returns 0 or a negative errno.
 */
static int look_at_references(struct holders_search *search, size_t i)
{
	const struct device_function *function = &search->nodes.functions[i];
	_cleanup_free_ char *module = NULL;
	_cleanup_free_ char *text = NULL;
	long references = 0, framebuffers = 0;
	int r = root_link_name(search->root, &module, "sys/bus/pci/drivers/%s/module",
			       function->driver);

	if (r < 0) /* without one, it is built in */
		return root_says_missing(r) ? 0 : r;
	r = count_references(search->root, module, &references);
	if (r == 0)
		r = count_framebuffers(search, function->driver, &framebuffers);
	if (r < 0 || references <= framebuffers)
		return r;
	text = text_format("a reference on its driver's module %s is held, but no holder is "
			   "visible",
			   module);
	if (!text)
		return -ENOMEM;
	r = holders_search_add(search, i, HOLDER_REFERENCE, false, text, NULL);
	/* it explains nothing to the other functions of the driver */
	search->nodes.functions[i].used = false;
	return r;
}

int holders_search_references(struct holders_search *search)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < search->nodes.function_count; i++) {
		const struct device_function *function = &search->nodes.functions[i];

		if (function->asked && function->driver &&
		    !is_explained(&search->nodes, function->driver))
			r = look_at_references(search, i);
	}
	return r;
}
