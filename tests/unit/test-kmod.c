/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/kmod.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/nvidia.h"
#include "scratch.h"
#include "tap.h"

#define NOBODY 65534

/* The latest module first, as the kernel writes it. */
#define MODULES                                                                          \
	"nvidia_uvm 1523712 0 - Live 0x0000000000000000 (POE)\n"                         \
	"nvidia_drm 90112 4 - Live 0x0000000000000000 (POE)\n"                           \
	"nvidia_modeset 1306624 6 nvidia_drm, Live 0x0000000000000000 (POE)\n"           \
	"nvidia 56807424 287 nvidia_uvm,nvidia_modeset, Live 0x0000000000000000 (POE)\n" \
	"drm_kms_helper 204800 1 nvidia_drm, Live 0x0000000000000000\n"                  \
	"nvidia_drm_extra 4096 0 - Live 0x0000000000000000\n"                            \
	"drm 614400 8 nvidia_drm,drm_kms_helper, Live 0x0000000000000000\n"              \
	"broken\n"                                                                       \
	"snd 114688 1 snd_pcm, Live 0x0000000000000000\n"

static char *list_of(const struct scratch *place)
{
	_cleanup_strings_ struct strings list = STRINGS_INIT;

	if (kmod_list_loaded(&place->root, &list, NULL) < 0)
		return NULL;
	return strings_join(&list, " ");
}

static void test_list(void)
{
	SCRATCH(place);
	SCRATCH(without);

	_cleanup_free_ char *loaded = NULL;
	_cleanup_free_ char *none = NULL;
	_cleanup_free_ char *gone = NULL;
	_cleanup_strings_ struct strings list = STRINGS_INIT;
	_cleanup_strings_ struct strings missing = STRINGS_INIT;

	scratch_file(&place, "proc/modules", MODULES);
	loaded = list_of(&place);
	CHECK_TEXT(loaded,
		   "snd drm nvidia_drm_extra drm_kms_helper nvidia nvidia_modeset nvidia_drm "
		   "nvidia_uvm",
		   "all that are loaded, in the order in which they were");
	none = list_of(&without);
	CHECK_TEXT(none, "", "a kernel without modules has none");
	strings_split(&list, "drm nvidia nvidia_drm");
	scratch_file(&place, "sys/module/nvidia/initstate", "live\n");
	CHECK(kmod_list_missing(&place.root, &list, &missing) == 0, "what has gone can be listed");
	gone = strings_join(&missing, " ");
	CHECK_TEXT(gone, "drm nvidia_drm", "in the same order");
	free(take_ptr(gone));
	scratch_file(&place, "sys/module/nvidia/initstate", "going\n");
	CHECK(kmod_list_missing(&place.root, &list, &missing) == 0 &&
		      (gone = strings_join(&missing, " ")),
	      "... and again");
	CHECK_TEXT(gone, "drm nvidia nvidia_drm", "one that is on its way out is none any more");
	CHECK(kmod_is_loaded(&place.root, "nvidia"), "though it is there still");
}

static char *functions_of(const struct scratch *place, const char *module)
{
	_cleanup_strings_ struct strings list = STRINGS_INIT;

	if (kmod_list_functions(&place->root, module, &list) < 0)
		return NULL;
	return strings_join(&list, " ");
}

static void test_functions(void)
{
	SCRATCH(place);
	_cleanup_free_ char *functions = NULL;
	_cleanup_free_ char *none = NULL;
	_cleanup_free_ char *unknown = NULL;

	scratch_link(&place, "sys/module/nvidia/drivers/pci:nvidia",
		     "../../../bus/pci/drivers/nvidia");
	scratch_link(&place, "sys/module/nvidia/drivers/platform:nvidia",
		     "../../../bus/platform/drivers/nvidia");
	scratch_file(&place, "sys/bus/pci/drivers/nvidia/bind", "");
	scratch_link(&place, "sys/bus/pci/drivers/nvidia/module", "../../../../module/nvidia");
	scratch_link(&place, "sys/bus/pci/drivers/nvidia/0000:01:00.0", "x");
	scratch_link(&place, "sys/bus/pci/drivers/nvidia/0000:02:00.0", "x");
	scratch_link(&place, "sys/bus/platform/drivers/nvidia/0000:03:00.0", "x");
	functions = functions_of(&place, "nvidia");
	CHECK_TEXT(functions, "0000:01:00.0 0000:02:00.0",
		   "the PCI functions of a module's driver");
	none = functions_of(&place, "drm");
	CHECK_TEXT(none, "", "a module without drivers has none");
	CHECK(!kmod_has_devices(&place.root, "drm"), "and no devices");
	scratch_link(&place, "sys/module/snd/drivers", "drivers");
	unknown = functions_of(&place, "snd");
	CHECK(!unknown && kmod_has_devices(&place.root, "snd"),
	      "one whose drivers cannot be seen may have any");
}

static void test_loaded(void)
{
	SCRATCH(place);
	_cleanup_strings_ struct strings modules = STRINGS_INIT;
	_cleanup_strings_ struct strings unseen = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	char name[] = "snd-hda-intel";

	scratch_file(&place, "sys/module/bochs/initstate", "live\n");
	scratch_file(&place, "sys/module/drm/parameters/debug", "0\n");
	CHECK(kmod_is_loaded(&place.root, "bochs"), "a module with a state is loaded");
	CHECK(!kmod_is_loaded(&place.root, "drm") && !kmod_is_loaded(&place.root, "none"),
	      "a built-in one is not, nor one that is not there");
	strings_split(&modules, "bochs none");
	CHECK(kmod_check_unloadable(&place.root, &modules, &error) == 0,
	      "what is loaded, or not there, can be unloaded");
	strings_split(&modules, "drm");
	CHECK(kmod_check_unloadable(&place.root, &modules, &error) == -EINVAL,
	      "what is built in cannot");
	CHECK_TEXT(error.what, "the module drm cannot be unloaded", "and is named");
	scratch_link(&place, "sys/module/snd", "snd");
	strings_split(&unseen, "snd");
	CHECK(kmod_check_unloadable(&place.root, &unseen, &error) == -ELOOP,
	      "what cannot be looked at is not taken for unloadable");
	kmod_normalize(name);
	CHECK_TEXT(name, "snd_hda_intel", "names are as the kernel writes them");
	CHECK(kmod_is_vfio("vfio") && kmod_is_vfio("vfio_pci_core") && !kmod_is_vfio("kvm"),
	      "VFIO's modules are told by their names");
}

/* ---- NVIDIA ------------------------------------------------------------------------------- */

static const struct {
	const char *version, *modeset, *unload;
	bool uvm;
	const char *missing; /* NULL: nothing is wrong */
} drivers[] = {
	{ "535.183.01", "Y", "", true, "nvidia_uvm, nvidia_drm are loaded" },
	{ "535.183.01", "Y", "nvidia_uvm", true, "nvidia_drm is loaded" },
	{ "535.183.01", "Y", "nvidia_drm", true, "nvidia_uvm is loaded" },
	{ "535.183.01", "Y", "nvidia_uvm nvidia_drm", true, NULL },
	{ "535.183.01", "Y", "nvidia_drm", false, NULL },
	{ "535.183.01", "1", "", false, "nvidia_drm is loaded" },
	{ "535.183.01", "N", "", true, NULL },
	{ "580.105.07", "Y", "", false, "nvidia_drm is loaded" },
	{ "580.95.05", "Y", "", false, "nvidia_drm is loaded" },
	{ "580.105.08", "Y", "", true, NULL },
	{ "580.105", "Y", "", false, "nvidia_drm is loaded" },
	{ "590.1", "Y", "", true, NULL },
	{ "unknown", "Y", "", false, "nvidia_drm is loaded" },
	{ NULL, "Y", "", false, "nvidia_drm is loaded" },
	{ "535.183.01", NULL, "", true, NULL },
};

static void test_nvidia(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		SCRATCH(place);
		_cleanup_strings_ struct strings unload = STRINGS_INIT;
		_cleanup_error_ struct error error = ERROR_INIT;
		int r;

		if (drivers[i].version)
			scratch_file(&place, "sys/module/nvidia/version", drivers[i].version);
		if (drivers[i].modeset)
			scratch_file(&place, "sys/module/nvidia_drm/parameters/modeset",
				     drivers[i].modeset);
		scratch_file(&place, "sys/module/nvidia_drm/initstate", "live\n");
		if (drivers[i].uvm)
			scratch_file(&place, "sys/module/nvidia_uvm/initstate", "live\n");
		strings_split(&unload, drivers[i].unload);
		r = nvidia_check_unload(&place.root, "0000:01:00.0", &unload, &error);
		CHECK(drivers[i].missing
			      ? r == -EBUSY && error.why && strstr(error.why, drivers[i].missing)
			      : r == 0,
		      "nvidia %s, modeset %s, unload \"%s\": %s",
		      drivers[i].version ? drivers[i].version : "(none)",
		      drivers[i].modeset ? drivers[i].modeset : "(none)", drivers[i].unload,
		      drivers[i].missing ? drivers[i].missing : "fine");
	}
}

static void test_nvidia_forbidden(void)
{
	SCRATCH(place);
	_cleanup_strings_ struct strings unload = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	bool root = geteuid() == 0;
	int r;

	scratch_file(&place, "sys/module/nvidia_drm/parameters/modeset", "Y\n");
	scratch_file(&place, "sys/module/nvidia_drm/initstate", "live\n");
	if (fchmodat(place.root.fd, "sys/module/nvidia_drm/parameters/modeset", 0, 0) < 0 ||
	    (root && seteuid(NOBODY) < 0))
		scratch_fail("what only root may read");
	r = nvidia_check_unload(&place.root, "0000:01:00.0", &unload, &error);
	if (root && seteuid(0) < 0)
		scratch_fail("root again");
	CHECK(r == -EBUSY, "a modeset that only root may read is taken as on");
	CHECK(error.what && strstr(error.what, "cannot read whether") && error.hint &&
		      strstr(error.hint, "sudo"),
	      "the message says that it cannot be read, and who can");
}

static void test_nvidia_unreadable(void)
{
	SCRATCH(modeset);
	SCRATCH(state);
	_cleanup_strings_ struct strings unload = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;

	scratch_directory(&modeset, "sys/module/nvidia_drm/parameters/modeset");
	scratch_file(&modeset, "sys/module/nvidia_drm/initstate", "live\n");
	CHECK(nvidia_check_unload(&modeset.root, "0000:01:00.0", &unload, &error) == -EBUSY,
	      "a modeset that cannot be read is taken as on");
	CHECK(error.what && strstr(error.what, "cannot read whether") && error.hint &&
		      !strstr(error.hint, "sudo"),
	      "the message says that it cannot be read, and does not blame who asks");
	scratch_file(&state, "sys/module/nvidia_drm/parameters/modeset", "Y\n");
	scratch_link(&state, "sys/module/nvidia_uvm", "nvidia_uvm");
	CHECK(nvidia_check_unload(&state.root, "0000:01:00.0", &unload, NULL) == -EBUSY,
	      "a module that cannot be looked at is taken as loaded");
}

static void test_is_there(void)
{
	SCRATCH(place);

	CHECK(kmod_is_there(&place.root, "vfio-pci") == -ENOENT, "without lists nothing is known");
	scratch_file(&place, "proc/sys/kernel/osrelease", "6.1\n");
	scratch_file(&place, "lib/modules/6.1/modules.builtin", "kernel/drivers/pci/pci-stub.ko\n");
	scratch_file(&place, "lib/modules/6.1/modules.dep",
		     "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\n"
		     "kernel/drivers/vfio/vfio.ko.xz:\n");
	CHECK(kmod_is_there(&place.root, "vfio-pci") == 1, "a module is there, compressed or not");
	CHECK(kmod_is_there(&place.root, "vfio_pci") == 1, "by either of its names");
	CHECK(kmod_is_there(&place.root, "pci_stub") == 1, "one that is built in is there");
	CHECK(kmod_is_there(&place.root, "vfio-pc") == 0 && kmod_is_there(&place.root, "pci") == 0,
	      "a part of a name is no name");
}

int main(void)
{
	test_list();
	test_functions();
	test_loaded();
	test_nvidia();
	test_nvidia_forbidden();
	test_nvidia_unreadable();
	test_is_there();
	return tap_done();
}
