/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/nvidia.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "host/kmod.h"

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

static bool modeset_is_on(const struct root *root)
{
	_cleanup_free_ char *text = NULL;

	return root_read(root, ATTRIBUTE_MAX_BYTES, &text,
			 "sys/module/nvidia_drm/parameters/modeset") == 0 &&
	       (*text == 'Y' || *text == '1');
}

int nvidia_check_unload(const struct root *root, const char *function, const struct strings *unload,
			struct error *error)
{
	static const char *const needed[] = { "nvidia_uvm", "nvidia_drm" };
	_cleanup_strings_ struct strings missing = STRINGS_INIT;
	_cleanup_free_ char *joined = NULL;

	if (!modeset_is_on(root) || lets_go(root))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (kmod_is_loaded(root, needed[i]) && !strings_contain(unload, needed[i]) &&
		    strings_add(&missing, needed[i]) < 0)
			return error_set_errno(error, ENOMEM, "cannot look at NVIDIA's modules");
	if (missing.count == 0)
		return 0;
	joined = strings_join(&missing, ", ");
	error_set(error, EBUSY, "its driver would not let go of it");
	error_why(error,
		  "nvidia_drm runs with modeset, and this version of NVIDIA's driver holds the GPU "
		  "as long as %s %s loaded",
		  joined ? joined : "nvidia_drm", missing.count == 1 ? "is" : "are");
	error_device(error, function);
	error_hint(error,
		   "Have them unloaded first: unload = nvidia_uvm nvidia_drm in [host] of the "
		   "VM's INI file.\nOr use version 580.105.08 or later.");
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

/* The major number of the character driver `name` in /proc/devices, or -1. */
static int find_major(const struct root *root, const char *name)
{
	_cleanup_free_ char *text = NULL;
	char *rest = NULL;

	if (root_read(root, DEVICES_MAX_BYTES, &text, "proc/devices") < 0)
		return -1;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char word[64];
		int number;

		if (strncmp(line, "Block", 5) == 0)
			break;
		if (sscanf(line, "%d %63s", &number, word) == 2 && strcmp(word, name) == 0)
			return number;
	}
	return -1;
}

/* The minor number of the GPU's own node. */
static bool find_minor(const struct root *root, const char *function, unsigned int *ret_number)
{
	_cleanup_free_ char *information = NULL;
	const char *line;

	return root_read(root, ATTRIBUTE_MAX_BYTES, &information,
			 "proc/driver/nvidia/gpus/%s/information", function) == 0 &&
	       (line = strstr(information, "Device Minor:")) &&
	       sscanf(line, "Device Minor: %u", ret_number) == 1;
}

size_t nvidia_nodes(const struct root *root, const char *function, bool own,
		    dev_t ret_numbers[NVIDIA_NODES_MAX])
{
	int uvm = find_major(root, "nvidia-uvm");
	unsigned int minor_number;
	size_t count = 0;

	if (own && find_minor(root, function, &minor_number))
		ret_numbers[count++] = makedev(MAJOR, minor_number);
	/* these may be open for any of the GPUs */
	ret_numbers[count++] = makedev(MAJOR, MINOR_CONTROL);
	ret_numbers[count++] = makedev(MAJOR, MINOR_MODESET);
	if (uvm >= 0) {
		ret_numbers[count++] = makedev(uvm, 0);
		ret_numbers[count++] = makedev(uvm, 1);
	}
	return count;
}
