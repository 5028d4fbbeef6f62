/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/in_use_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

char *in_use_list(const struct holders *holders, const char *separator)
{
	_cleanup_free_ char *list = strdup("");

	for (size_t i = 0; list && i < holders->count; i++)
		if (text_append(&list, "%s%s  %s", separator, holders->items[i].function,
				holders->items[i].text) < 0)
			return NULL;
	return take_ptr(list);
}

static bool has_kind(const struct holders *holders, enum holder_kind kind)
{
	for (size_t i = 0; i < holders->count; i++)
		if (holders->items[i].kind == kind)
			return true;
	return false;
}

/* Where the INI file has a key for it. */
static int advise_keys(char **text, const struct holders *holders, const char *label)
{
	int r = 0;

	if (has_kind(holders, HOLDER_PROCESS) || has_kind(holders, HOLDER_BROKER))
		r = text_append(
			text,
			"\nEnd what uses it. Or have that done, by the VM's INI file: stop = "
			"NAME.service in [host]\nstops units, in-use = terminate in [device "
			"%s] ends processes.",
			label);
	if (r == 0 && has_kind(holders, HOLDER_USB))
		r = text_append(text,
				"\nUnplug the USB devices; or let them go along with their "
				"controller: take-usb = yes in\n[device %s] of the VM's INI file.",
				label);
	return r;
}

char *in_use_advice(const struct holders *holders, const char *label)
{
	static const struct {
		enum holder_kind kinds[3];
		const char *advice;
	} advices[] = {
		{ { HOLDER_GUEST, HOLDER_GUEST, HOLDER_GUEST },
		  "Stop the VM that has it (`virsh list`); in-use = terminate never ends one." },
		{ { HOLDER_MOUNT, HOLDER_SWAP, HOLDER_VOLUME },
		  "Unmount the file systems, end the swapping, close the volumes." },
		{ { HOLDER_NETWORK, HOLDER_NETWORK, HOLDER_NETWORK },
		  "Take the network interface down, and out of its bridge." },
		{ { HOLDER_VIRTUAL, HOLDER_VIRTUAL, HOLDER_VIRTUAL },
		  "Hand over a virtual function instead, or switch them off: echo 0 >\n"
		  "/sys/bus/pci/devices/ADDRESS/sriov_numvfs" },
		{ { HOLDER_MEDIATED, HOLDER_MEDIATED, HOLDER_MEDIATED },
		  "Remove the mediated devices: mdevctl stop -u UUID" },
		{ { HOLDER_REFERENCE, HOLDER_REFERENCE, HOLDER_REFERENCE },
		  "See what has it: lsmod, dmesg; the driver may never let go of a device in "
		  "use." },
	};
	_cleanup_free_ char *text = strdup("");
	int r = text ? 0 : -1;

	if (r == 0 && label)
		r = advise_keys(&text, holders, label);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(advices); i++)
		if (has_kind(holders, advices[i].kinds[0]) ||
		    has_kind(holders, advices[i].kinds[1]) ||
		    has_kind(holders, advices[i].kinds[2]))
			r = text_append(&text, "\n%s", advices[i].advice);
	/* without the newline that each begins with */
	return r == 0 ? strdup(*text ? text + 1 : text) : NULL;
}
