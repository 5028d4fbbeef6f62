/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/nvidia.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/kmod.h"

#define ATTRIBUTE_MAX_BYTES 4096

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
