/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/display.h"

#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "host/pci_nodes.h"
#include "scratch.h"
#include "tap.h"

#define GPU "0000:01:00.0"

static const struct {
	const char *what, *iomem, *name;
} maps[] = {
	{ "efifb in a BAR",
	  "00000000-00000fff : Reserved\n"
	  "c0000000-dfffffff : PCI Bus 0000:00\n"
	  "  c0000000-d1ffffff : PCI Bus 0000:01\n"
	  "    c0000000-cfffffff : 0000:01:00.0\n"
	  "      c0000000-c02fffff : efifb\n"
	  "    d0000000-d1ffffff : 0000:01:00.0\n",
	  "efifb" },
	{ "what the firmware told, below a bridge window, deeper",
	  "c0000000-dfffffff : PCI Bus 0000:00\n"
	  "  c0000000-cfffffff : 0000:01:00.0\n"
	  "    c0000000-c02fffff : BOOTFB\n"
	  "      c0000000-c02fffff : simpledrm\n",
	  "BOOTFB" },
	{ "a driver of its own",
	  "  c0000000-cfffffff : 0000:01:00.0\n    c0000000-c0ffffff : bochs-drm\n", NULL },
	{ "of another function",
	  "  c0000000-cfffffff : 0000:02:00.0\n    c0000000-c02fffff : efifb\n"
	  "  d0000000-dfffffff : 0000:01:00.0\n",
	  NULL },
	{ "after its last BAR", "  c0000000-cfffffff : 0000:01:00.0\n  e0000000-e02fffff : efifb\n",
	  NULL },
	{ "in the second BAR",
	  "  c0000000-cfffffff : 0000:01:00.0\n    c0000000-c00fffff : nothing\n"
	  "  d0000000-dfffffff : 0000:01:00.0\n    d0000000-d02fffff : vesafb",
	  "vesafb" },
	{ "nothing at all", "", NULL },
	{ "a line without a name before one that has its own",
	  "  c0000000-cfffffff : 0000:01:00.0\n    c0000000\nd0000000-d02fffff : efifb\n", NULL },
	{ "lines that are none", "garbage\n\n   \n: \n", NULL },
};

static void test_iomem(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		const char *name = NULL;
		bool found = display_iomem_has_framebuffer(maps[i].iomem, GPU, &name);

		CHECK(found == (maps[i].name != NULL), "a framebuffer in /proc/iomem: %s",
		      maps[i].what);
		CHECK_TEXT(name, maps[i].name, "its name: %s", maps[i].what);
	}
}

static char *framebuffers_of(const struct scratch *place)
{
	_cleanup_strings_ struct strings found = STRINGS_INIT;

	if (display_find_framebuffers(&place->root, GPU, &found, NULL) < 0)
		return NULL;
	return strings_join(&found, " ");
}

static void test_framebuffers(void)
{
	SCRATCH(place);
	SCRATCH(boot);
	SCRATCH(without);
	_cleanup_free_ char *efi = NULL;
	_cleanup_free_ char *any = NULL;
	_cleanup_free_ char *none = NULL;
	_cleanup_free_ char *vga = NULL;
	_cleanup_free_ char *other = NULL;
	_cleanup_free_ char *unknown = NULL;

	scratch_file(&place, "proc/iomem", maps[0].iomem);
	scratch_directory(&place, "sys/bus/platform/drivers/efi-framebuffer/efi-framebuffer.0");
	scratch_file(&place, "sys/bus/platform/drivers/efi-framebuffer/bind", "");
	scratch_directory(&place, "sys/bus/platform/drivers/vesa-framebuffer/vesa-framebuffer.0");
	efi = framebuffers_of(&place);
	CHECK_TEXT(efi, "efi-framebuffer/efi-framebuffer.0", "the device of the region's driver");
	scratch_file(&boot, "proc/iomem", maps[1].iomem);
	scratch_directory(&boot,
			  "sys/bus/platform/drivers/simple-framebuffer/simple-framebuffer.0");
	any = framebuffers_of(&boot);
	CHECK_TEXT(any, "simple-framebuffer/simple-framebuffer.0",
		   "the device of any driver for a region without one");
	scratch_file(&boot, "sys/bus/pci/devices/" GPU "/class", "0x030000\n");
	vga = framebuffers_of(&boot);
	CHECK_TEXT(vga, "simple-framebuffer/simple-framebuffer.0", "a display controller's");
	scratch_file(&boot, "sys/bus/pci/devices/" GPU "/class", "0x040300\n");
	other = framebuffers_of(&boot);
	CHECK_TEXT(other, "", "not that of anything else");
	none = framebuffers_of(&without);
	CHECK_TEXT(none, "", "a kernel without /proc/iomem has none");
	scratch_file(&without, "proc/iomem", maps[0].iomem);
	scratch_link(&without, "sys/bus/platform/drivers/efi-framebuffer", "efi-framebuffer");
	unknown = framebuffers_of(&without);
	CHECK(!unknown, "a driver whose devices cannot be seen is none without any");
}

static struct worker_context context_of(const struct scratch *place, struct patience *patience)
{
	*patience = (struct patience){ .deadline_ms = clock_now_ms() + 30000 };
	return (struct worker_context){ .root = &place->root,
					.locks_fd = -1,
					.patience = patience };
}

static int find_consoles(const struct scratch *place, struct strings *found)
{
	struct patience patience;
	const struct worker_context context = context_of(place, &patience);

	return display_find_consoles(&context, found, NULL);
}

static int set_console(const struct scratch *place, const char *console, bool attached,
		       struct error *error)
{
	struct patience patience;
	const struct worker_context context = context_of(place, &patience);

	return display_set_console(&context, console, attached, error);
}

static void test_consoles(void)
{
	SCRATCH(place);
	_cleanup_strings_ struct strings found = STRINGS_INIT;
	_cleanup_free_ char *joined = NULL;

	scratch_file(&place, "sys/class/vtconsole/vtcon0/name", "(S) dummy device\n");
	scratch_file(&place, "sys/class/vtconsole/vtcon0/bind", "1\n");
	scratch_file(&place, "sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
	scratch_file(&place, "sys/class/vtconsole/vtcon1/bind", "1\n");
	scratch_file(&place, "sys/class/vtconsole/vtcon2/name", "(M) frame buffer device\n");
	scratch_file(&place, "sys/class/vtconsole/vtcon2/bind", "0\n");
	CHECK(find_consoles(&place, &found) == 0, "consoles can be looked for");
	joined = strings_join(&found, " ");
	CHECK_TEXT(joined, "vtcon1", "those on a framebuffer that have the VT");
}

static void test_set_console(void)
{
	SCRATCH(place);
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *bind = NULL;

	scratch_file(&place, "sys/class/vtconsole/vtcon1/bind", "1\n");
	CHECK(set_console(&place, "vtcon1", false, NULL) == 0 &&
		      root_read(&place.root, 16, &bind, "sys/class/vtconsole/vtcon1/bind") == 0,
	      "a console can be detached");
	CHECK(bind && bind[0] == '0', "and is then");
	CHECK(set_console(&place, "vtcon9", true, NULL) == 0,
	      "one that is there no more needs nothing");
	scratch_link(&place, "sys/class/vtconsole/vtcon2/bind", "/dev/null");
	CHECK(set_console(&place, "vtcon2", true, &error) == -EIO,
	      "one on which a write does nothing has not been attached");
	CHECK_TEXT(error.what, "cannot attach the console", "which is said");
	CHECK_TEXT(error.device, "vtcon2", "with its name");
}

static void test_nodes(void)
{
	SCRATCH(place);
	dev_t number = 0;

	scratch_file(&place, "sys/bus/pci/devices/" GPU "/drm/card1/dev", "226:1\n");
	scratch_file(&place, "sys/bus/pci/devices/" GPU "/drm/card1-HDMI-A-1/dev", "226:9\n");
	scratch_file(&place, "sys/bus/pci/devices/0000:02:00.0/virtio3/drm/card0/dev", "226:0\n");
	scratch_file(&place, "sys/bus/pci/devices/0000:01:00.1/sound/card2/controlC2/dev",
		     "116:7\n");
	scratch_directory(&place, "sys/bus/pci/devices/0000:03:00.0/sound/card3");
	CHECK(pci_node_find(&place.root, GPU, PCI_NODE_DRM, &number) && number == makedev(226, 1),
	      "a GPU's DRM node, and not one of its connectors");
	CHECK(pci_node_find(&place.root, "0000:02:00.0", PCI_NODE_DRM, &number) &&
		      number == makedev(226, 0),
	      "that of a virtio GPU");
	CHECK(pci_node_find(&place.root, "0000:01:00.1", PCI_NODE_SOUND, &number) &&
		      number == makedev(116, 7),
	      "a sound card's control node");
	CHECK(!pci_node_find(&place.root, GPU, PCI_NODE_SOUND, &number) &&
		      !pci_node_find(&place.root, "0000:01:00.1", PCI_NODE_DRM, &number) &&
		      !pci_node_find(&place.root, "0000:03:00.0", PCI_NODE_SOUND, &number) &&
		      !pci_node_find(&place.root, "0000:04:00.0", PCI_NODE_DRM, &number),
	      "none where there is none, or half a one");
}

int main(void)
{
	test_iomem();
	test_framebuffers();
	test_consoles();
	test_set_console();
	test_nodes();
	return tap_done();
}
