/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/nvidia.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

#define ATTRIBUTE_MAX_BYTES 4096
#define DEVICES_MAX_BYTES (64 * 1024)

/* kernel-open/common/inc/nv-chardev-numbers.h; nvidia-uvm's is the kernel's choice. */
#define MAJOR 195
#define MINOR_CONTROL 255
#define MINOR_MODESET 254

/* ---- modules ------------------------------------------------------------------------------ */

/* The first version in which nvidia_drm lets go by itself. */
static const unsigned int fixed_version[] = { 580, 105, 8 };

/* Whether the loaded driver is that version or a later one; one that tells none is taken as old. */
static bool lets_go(const struct root *root)
{
	unsigned int version[ARRAY_SIZE(fixed_version)] = { 0 };
	_cleanup_free_ char *text = NULL;

	if (root_read(root, ATTRIBUTE_MAX_BYTES, &text, "sys/module/nvidia/version") < 0 ||
	    sscanf(text, "%u.%u.%u", &version[0], &version[1], &version[2]) < 2)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(fixed_version); i++)
		if (version[i] != fixed_version[i])
			return version[i] > fixed_version[i];
	return true;
}

/* Returns whether it is on, or a negative errno: only root may read it. */
static int read_modeset(const struct root *root)
{
	_cleanup_free_ char *text = NULL;
	int r = root_read(root, ATTRIBUTE_MAX_BYTES, &text,
			  "sys/module/nvidia_drm/parameters/modeset");

	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	return *text == 'Y' || *text == '1';
}

static bool may_be_loaded(const struct root *root, const char *module)
{
	return root_look(root, "sys/module/%s/initstate", module) != 0;
}

int nvidia_check_unload(const struct root *root, const char *function, const struct strings *unload,
			struct error *error)
{
	static const char *const needed[] = { "nvidia_uvm", "nvidia_drm" };
	_cleanup_strings_ struct strings missing = STRINGS_INIT;
	_cleanup_free_ char *joined = NULL;
	int modeset = read_modeset(root);
	bool forbidden = modeset == -EACCES || modeset == -EPERM;

	if (modeset == 0 || lets_go(root))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (may_be_loaded(root, needed[i]) && !strings_contain(unload, needed[i]) &&
		    strings_add(&missing, needed[i]) < 0)
			return error_set_errno(error, ENOMEM, "cannot look at NVIDIA's modules");
	if (missing.count == 0)
		return 0;
	joined = strings_join(&missing, ", ");
	if (modeset < 0)
		error_set(error, EBUSY, "cannot read whether its driver would let go of it: %s",
			  strerror(-modeset));
	else
		error_set(error, EBUSY, "its driver would not let go of it");
	error_why(error,
		  "nvidia_drm %s with modeset, and this version of NVIDIA's driver holds the GPU "
		  "then as long as %s %s loaded",
		  modeset < 0 ? "may run" : "runs", joined ? joined : "nvidia_drm",
		  missing.count == 1 ? "is" : "are");
	error_device(error, function);
	error_hint(error,
		   "%sHave them unloaded first: unload = nvidia_uvm nvidia_drm in [host] of the "
		   "VM's INI file.\nOr use version 580.105.08 or later.",
		   forbidden ? "Only root may read it: try it with sudo. If it is on:\n" : "");
	return -EBUSY;
}

bool nvidia_has_module(const struct strings *modules)
{
	for (size_t i = 0; i < modules->count; i++)
		if (strncmp(modules->items[i], "nvidia_", strlen("nvidia_")) == 0)
			return true;
	return false;
}

/* ---- nodes -------------------------------------------------------------------------------- */

/*
 * The major number of the character driver `name` in /proc/devices; *ret_number is 0, which is no
 * driver's, when there is none. Returns 0 or a negative errno.
 */
static int find_major(const struct root *root, const char *name, unsigned int *ret_number)
{
	_cleanup_free_ char *text = NULL;
	char *rest = NULL;
	int r = root_read(root, DEVICES_MAX_BYTES, &text, "proc/devices");

	*ret_number = 0;
	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char word[64];
		unsigned int number;

		if (strncmp(line, "Block", 5) == 0)
			break;
		if (sscanf(line, "%u %63s", &number, word) == 2 && strcmp(word, name) == 0) {
			*ret_number = number;
			break;
		}
	}
	return 0;
}

/* The minor number of the GPU's own node. Returns 1, 0 when it has none, or a negative errno. */
static int find_minor(const struct root *root, const char *function, unsigned int *ret_number)
{
	_cleanup_free_ char *information = NULL;
	const char *line;
	int r = root_read(root, ATTRIBUTE_MAX_BYTES, &information,
			  "proc/driver/nvidia/gpus/%s/information", function);

	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	line = strstr(information, "Device Minor:");
	return line && sscanf(line, "Device Minor: %u", ret_number) == 1;
}

int nvidia_nodes(const struct root *root, const char *function, bool own,
		 dev_t ret_numbers[NVIDIA_NODES_MAX], size_t *ret_count)
{
	unsigned int uvm, minor_number = 0;
	int r = find_major(root, "nvidia-uvm", &uvm);
	size_t count = 0;

	if (r == 0 && own)
		r = find_minor(root, function, &minor_number);
	if (r < 0)
		return r;
	if (r > 0)
		ret_numbers[count++] = makedev(MAJOR, minor_number);
	/* these may be open for any of the GPUs */
	ret_numbers[count++] = makedev(MAJOR, MINOR_CONTROL);
	ret_numbers[count++] = makedev(MAJOR, MINOR_MODESET);
	if (uvm) {
		ret_numbers[count++] = makedev(uvm, 0);
		ret_numbers[count++] = makedev(uvm, 1);
	}
	*ret_count = count;
	return 0;
}
