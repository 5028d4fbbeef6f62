/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel modules: which ones there are and are loaded, and what stands on them. */
#ifndef GH_HOST_KMOD_H
#define GH_HOST_KMOD_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"

/* Writes a module's name as the kernel does: "_" for "-", in place. */
void kmod_normalize(char *name);

/* Whether the module is one of VFIO's, which VMs stand on. */
bool kmod_is_vfio(const char *name);

/*
 * Opens a list of the running kernel's modules, "modules.alias" or "modules.builtin". Returns the
 * descriptor, the caller's, or a negative errno.
 */
int kmod_open_list(const struct root *root, const char *name);

/* Whether the running kernel has the module built in, by modules.builtin. */
bool kmod_is_built_in(const struct root *root, const char *module);

/*
 * Whether the running kernel has the module, built in or as a file, by modules.builtin and
 * modules.dep: 1 or 0, or a negative errno when there are no such lists.
 */
int kmod_is_there(const struct root *root, const char *module);

/* Whether it is loaded, or still on its way out or in, or cannot be looked at; a built-in one is
 * not. */
bool kmod_is_loaded(const struct root *root, const char *module);

/*
 * Refuses a list in which a module is built into the kernel. Returns 0, -EINVAL then, or another
 * negative errno; `error` is filled. One that is not loaded is fine.
 */
int kmod_check_unloadable(const struct root *root, const struct strings *modules,
			  struct error *error);

/*
 * All loaded modules in the order in which they were loaded: unloading one may take others along,
 * what it depends on and what modprobe.d says. The caller clears *ret_list. Returns 0 or a negative
 * errno with `error` filled.
 */
int kmod_list_loaded(const struct root *root, struct strings *ret_list, struct error *error);

/*
 * Those of the list that are not there to be used, one that is being unloaded among them; the
 * caller clears *ret_list. Returns 0 or -ENOMEM.
 */
int kmod_list_missing(const struct root *root, const struct strings *list,
		      struct strings *ret_list);

/*
 * The PCI functions that are on drivers of the module; the caller clears *ret_functions. Returns 0
 * or a negative errno.
 */
int kmod_list_functions(const struct root *root, const char *module, struct strings *ret_functions);

/* Whether a device of any bus is on a driver of the module; when that cannot be told, too. */
bool kmod_has_devices(const struct root *root, const char *module);

/*
 * What a loaded module depends on, each before its own dependencies; the caller clears *ret_list.
 * Returns 0 or a negative errno.
 */
int kmod_list_dependencies(const struct root *root, const char *module, struct strings *ret_list);

#endif
