/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/boot_select.h"
#include "handoff/boot_state.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "scratch.h"
#include "tap.h"

enum {
	BMC,
	CARD,
	SOUND,
	TWIN,
	COMPUTE,
	DISK,
	DISK2,
	PCH,
	NIC,
	USB,
	CARD_USB,
};

/*
 * A board's own display, two cards, a compute card without a screen, two disks of a kind, parts of
 * a chipset, a USB controller of its own and a card's.
 */
static struct pci_function functions[] = {
	[BMC] = { .name = "0000:01:00.0",
		  .address = { .bus = 1 },
		  .id = { 0x1a03, 0x2000, true, 0, 0 },
		  .class = 0x030000,
		  .boot_display = true },
	[CARD] = { .name = "0000:02:00.0",
		   .address = { .bus = 2 },
		   .id = { 0x1e57, 0x0010, true, 0x1e57, 0xa001 },
		   .class = 0x030000 },
	[SOUND] = { .name = "0000:02:00.1",
		    .address = { .bus = 2, .function = 1 },
		    .id = { 0x1e57, 0x0011, true, 0x1e57, 0xa001 },
		    .class = 0x040300 },
	[TWIN] = { .name = "0000:03:00.0",
		   .address = { .bus = 3 },
		   .id = { 0x1e57, 0x0010, true, 0x1e57, 0xa002 },
		   .class = 0x038000 },
	[COMPUTE] = { .name = "0000:04:00.0",
		      .address = { .bus = 4 },
		      .id = { 0x1e57, 0x0030, true, 0, 0 },
		      .class = 0x030200 },
	[DISK] = { .name = "0000:05:00.0",
		   .address = { .bus = 5 },
		   .id = { 0x1e57, 0x0020, true, 0, 0 },
		   .class = 0x010802 },
	[DISK2] = { .name = "0000:06:00.0",
		    .address = { .bus = 6 },
		    .id = { 0x1e57, 0x0020, true, 0, 0 },
		    .class = 0x010802 },
	[PCH] = { .name = "0000:00:1f.3",
		  .address = { .slot = 0x1f, .function = 3 },
		  .id = { 0x8086, 0xa170, true, 0, 0 },
		  .class = 0x040300 },
	[NIC] = { .name = "0000:00:1f.6",
		  .address = { .slot = 0x1f, .function = 6 },
		  .id = { 0x8086, 0x15b8, true, 0, 0 },
		  .class = 0x020000 },
	[USB] = { .name = "0000:07:00.0",
		  .address = { .bus = 7 },
		  .id = { 0x1e57, 0x0040, true, 0, 0 },
		  .class = 0x0c0330 },
	[CARD_USB] = { .name = "0000:02:00.2",
		       .address = { .bus = 2, .function = 2 },
		       .id = { 0x1e57, 0x0012, true, 0x1e57, 0xa001 },
		       .class = 0x0c0330 },
};

static const struct pci_functions host = { functions, ARRAY_SIZE(functions) };

/* Everything selected and every error, "0000:02:00.0 0000:02:00.1 | f.ini:1: …". */
static char *select_text(const char *ini, const struct boot_storage *storage)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_selection_ struct selection selection = SELECTION_INIT;
	_cleanup_errors_ struct errors absent = ERRORS_INIT;
	_cleanup_errors_ struct errors errors = ERRORS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	char *text = strdup("");

	if (config_parse_boot("f.ini", ini, strlen(ini), &config, &error) < 0) {
		printf("Bail out! %s\n", error.what);
		exit(1);
	}
	boot_select(&config, &host, storage, &selection, &absent, &errors);
	for (size_t i = 0; i < selection.count; i++)
		text_append(&text, "%s%s", i ? " " : "", selection.items[i].function->name);
	for (size_t i = 0; i < errors.count; i++) {
		_cleanup_free_ char *line = error_text(&errors.items[i]);

		text_append(&text, " | %s", line);
	}
	for (size_t i = 0; i < absent.count; i++) {
		_cleanup_free_ char *line = error_text(&absent.items[i]);

		text_append(&text, " ? %s", line);
	}
	return text;
}

static void check_selected(const char *ini, const struct boot_storage *storage, const char *wanted,
			   const char *what)
{
	_cleanup_free_ char *got = select_text(ini, storage);

	CHECK_TEXT(got, wanted, "%s", what);
}

static void test_displays(void)
{
	check_selected("[device a]\nid = 1e57:0010\n", NULL,
		       "0000:02:00.0 0000:02:00.1 0000:02:00.2 0000:03:00.0",
		       "all cards: the board's own display stays");
	check_selected("[device a]\nid = 1e57:0010\n[device b]\naddress = 01:00\n", NULL,
		       "0000:02:00.0 0000:02:00.1 0000:02:00.2 0000:03:00.0 | f.ini:3: [device b]: "
		       "0000:01:00.0 "
		       "is the only display that the host would have",
		       "all displays: the firmware's one stays");
	check_selected("[device b]\naddress = 01:00\n", NULL, "0000:01:00.0",
		       "the firmware's display, and another one stays");
	check_selected("[device a]\nid = 1e57:0010\n[device b]\naddress = 01:00\n[host]\n"
		       "allow-boot-display = yes\n",
		       NULL, "0000:02:00.0 0000:02:00.1 0000:02:00.2 0000:03:00.0 0000:01:00.0",
		       "all displays, when that is allowed");
	functions[BMC].class = 0x030200;
	functions[BMC].boot_display = false;
	check_selected("[device a]\nid = 1e57:0010\n", NULL,
		       "0000:03:00.0 | f.ini:1: [device a]: 0000:02:00.0 is the only display that "
		       "the host would have",
		       "no display is the firmware's: the first one stays, with all its functions; "
		       "a 3D controller is none");
	functions[BMC].class = 0x030000;
	functions[BMC].boot_display = true;
	functions[CARD].driver = functions[TWIN].driver = (char *)"vfio-pci";
	check_selected(
		"[device b]\naddress = 01:00\n", NULL,
		" | f.ini:1: [device b]: 0000:01:00.0 is the only display that the host would "
		"have",
		"displays that VMs have are none of the host's");
	functions[CARD].driver = functions[TWIN].driver = (char *)"pci-stub";
	functions[TWIN].virtual_function = true;
	functions[TWIN].driver = NULL;
	check_selected(
		"[device b]\naddress = 01:00\n", NULL,
		" | f.ini:1: [device b]: 0000:01:00.0 is the only display that the host would "
		"have",
		"nor are displays on pci-stub, and virtual functions");
	functions[TWIN].virtual_function = false;
	functions[CARD].driver = NULL;
}

static void test_sections(void)
{
	check_selected("[device a]\naddress = 02:00\n[device b]\nid = 1e57:0011\n", NULL,
		       "0000:02:00.0 0000:02:00.1 0000:02:00.2", "two sections that agree");
	check_selected("[device a]\nid = 8086:a170\n", NULL, "0000:00:1f.3",
		       "a part of the chipset by its id: without the network card beside it");
	check_selected("[device a]\naddress = 00:1f\n", NULL, "0000:00:1f.3 0000:00:1f.6",
		       "the whole slot when it is named");
	check_selected("[device a]\naddress = 02:00.0\n[device b]\nid = 1e57:0011\ndriver = "
		       "pci-stub\n",
		       NULL,
		       " | f.ini:3: [device b]: 0000:02:00.0 is to be on vfio-pci by [device a]",
		       "two that do not, about one function: the whole device stays");
	check_selected("[device a]\nid = dead:beef\n[device b]\naddress = 04:00\n", NULL,
		       "0000:04:00.0", "an id that no device has is no error");
	check_selected("[device a]\nid = dead:beef\ncount = 1\n[device b]\naddress = 04:00\n", NULL,
		       "0000:04:00.0 | f.ini:2: [device a]: no device with the id dead:beef is on "
		       "this host",
		       "with a count it is one, and other sections go on");
	check_selected("[device a]\naddress = 09:00\n[device b]\naddress = 04:00\n", NULL,
		       "0000:04:00.0 ? f.ini:2: [device a]: this host has no PCI device 0000:09:00",
		       "an address that no device has: it may be plugged in later");
	check_selected("[device a]\naddress = 09:00 04:00\n", NULL,
		       " | f.ini:2: [device a]: this host has no PCI device 0000:09:00",
		       "one of two addresses: an error");
}

static void test_storage(void)
{
	struct boot_storage storage = BOOT_STORAGE_INIT;

	check_selected("[device a]\naddress = 06:00\n", NULL, "0000:06:00.0",
		       "a mounted root file system guards itself");
	check_selected("[device a]\naddress = 06:00 04:00\n", &storage,
		       "0000:04:00.0 | f.ini:1: [device a]: whether 0000:06:00.0 leads to the "
		       "root file system is not known here",
		       "nothing is known: no storage controller");
	check_selected(
		"[device a]\naddress = 02:00\n[device b]\naddress = 07:00\n[device c]\n"
		"address = 00:1f.6\n",
		&storage,
		"0000:02:00.0 0000:02:00.1 0000:02:00.2 | f.ini:3: [device b]: whether "
		"0000:07:00.0 leads to the root file system is not known here | f.ini:5: "
		"[device c]: whether 0000:00:1f.6 leads to the root file system is not known "
		"here",
		"... no USB controller but a card's own, no network card");
	storage.known = true;
	strings_add(&storage.functions, "0000:05:00.0 1e57:0020");
	check_selected("[device a]\naddress = 06:00\n", &storage, "0000:06:00.0",
		       "the other one of two disks of a kind");
	check_selected("[device a]\nid = 1e57:0020\n", &storage,
		       "0000:06:00.0 | f.ini:1: [device a]: 0000:05:00.0 holds the root file "
		       "system",
		       "both by their id: the one that holds it stays");
	strings_clear(&storage.functions);
	strings_add(&storage.functions, "0000:07:00.0 1e57:0020");
	check_selected("[device a]\naddress = 06:00 04:00\n", &storage,
		       "0000:04:00.0 | f.ini:1: [device a]: whether 0000:06:00.0 leads to the "
		       "root file system is not known here",
		       "the controller has moved: no storage controller");
	strings_clear(&storage.functions);
	strings_add(&storage.functions, "0000:05:00.0 1e57:0020");
	strings_add(&storage.functions, "10000:e1:00.0 1e57:0020");
	check_selected("[device a]\naddress = 06:00\n", &storage, "0000:06:00.0",
		       "a disk behind VMD is not there before VMD's driver is");
	strings_clear(&storage.functions);
}

static void test_storage_file(void)
{
	SCRATCH(place);
	_cleanup_boot_storage_ struct boot_storage storage = BOOT_STORAGE_INIT;

	CHECK(boot_storage_read(&place.root, &storage) == 0 && !storage.known,
	      "no file: it is not known");
	scratch_file(&place, BOOT_STORAGE_FILE, "");
	CHECK(boot_storage_read(&place.root, &storage) == 0 && !storage.known,
	      "an empty file: it is not known");
	scratch_file(&place, BOOT_STORAGE_FILE, "0000:00:1c.0 8086:9d10\n0000:05:00.0 1e57:0020\n");
	CHECK(boot_storage_read(&place.root, &storage) == 0 && storage.functions.count == 2,
	      "a line each");
	CHECK_TEXT(storage.functions.items[1], "0000:05:00.0 1e57:0020", "the line");
}

static void check_off(const char *line, bool wanted)
{
	SCRATCH(place);

	scratch_file(&place, "proc/cmdline", line);
	CHECK(boot_switched_off(&place.root) == wanted, "switched off by \"%.40s\": %s", line,
	      wanted ? "yes" : "no");
}

static void check_initramfs(const char *mounts, bool wanted, const char *what)
{
	SCRATCH(place);

	scratch_file(&place, "proc/self/mountinfo", mounts);
	CHECK(boot_in_initramfs(&place.root) == wanted, "%s: %s", what,
	      wanted ? "an initramfs" : "no initramfs");
}

static void test_initramfs(void)
{
	SCRATCH(place);

	check_initramfs("1 1 0:2 / / rw - rootfs rootfs rw\n22 1 0:20 / /proc rw - proc proc rw\n",
			true, "the kernel's first /");
	check_initramfs("1 1 0:2 / / rw - rootfs rootfs rw\n"
			"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n",
			false, "a disk over it");
	check_initramfs("22 1 0:25 / / rw,relatime shared:1 - tmpfs tmpfs rw\n", false,
			"a system in memory");
	check_initramfs("", false, "nothing to be seen");
	scratch_file(&place, "etc/initrd-release", "");
	CHECK(boot_in_initramfs(&place.root), "one that says so");
}

static void test_note(void)
{
	SCRATCH(place);
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_free_ char *text = NULL;

	scratch_directory(&place, "run");
	CHECK(store_open(&place.root, &store, NULL) == 0, "(a store)");
	CHECK(boot_note_read(&store, BOOT_INITRAMFS, &text) == -ENOENT, "no note");
	CHECK(boot_note_write(&store, BOOT_INITRAMFS, "[device a]\n") == 0 &&
		      boot_note_read(&store, BOOT_INITRAMFS, &text) == 0,
	      "a note");
	CHECK_TEXT(text, "[device a]\n", "its text");
	CHECK(boot_note_read(&store, BOOT_HOST, &text) == -ENOENT, "none of the other stage");
}

int main(void)
{
	test_displays();
	test_sections();
	test_storage();
	test_storage_file();
	check_off("root=/dev/sda1 quiet gpu_handoff=off", true);
	check_off("gpu-handoff=off root=/dev/sda1", true);
	check_off("root=/dev/sda1 gpu_handoff=on", false);
	check_off("root=/dev/sda1 xgpu_handoff=off gpu_handoff=offline", false);
	check_off("", false);
	test_initramfs();
	test_note();
	return tap_done();
}
