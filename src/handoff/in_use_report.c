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

#define KIND(kind) (1U << (kind))

/* The kinds that there are, as a sum of KIND(). */
static unsigned int kinds_of(const struct holders *holders)
{
	unsigned int kinds = 0;

	for (size_t i = 0; i < holders->count; i++)
		kinds |= KIND(holders->items[i].kind);
	return kinds;
}

/* Where the INI file has a key for it. */
static int advise_keys(char **text, unsigned int kinds, const char *label)
{
	int r = 0;

	if (kinds & (KIND(HOLDER_PROCESS) | KIND(HOLDER_BROKER)))
		r = text_append(
			text,
			"\nEnd what uses it. Or have that done, by the VM's INI file: stop = "
			"NAME.service in [host]\nstops units, in-use = terminate in [device "
			"%s] ends processes.",
			label);
	if (r == 0 && (kinds & KIND(HOLDER_USB)))
		r = text_append(text,
				"\nUnplug the USB devices; or let them go along with their "
				"controller: take-usb = yes in\n[device %s] of the VM's INI file.",
				label);
	return r;
}

char *in_use_advice(const struct holders *holders, const char *label)
{
	static const struct {
		unsigned int kinds;
		const char *advice;
	} advices[] = {
		{ KIND(HOLDER_GUEST),
		  "Stop the VM that has it (`virsh list`); in-use = terminate never ends one." },
		{ KIND(HOLDER_MOUNT) | KIND(HOLDER_SWAP) | KIND(HOLDER_VOLUME),
		  "Unmount the file systems, end the swapping, close the volumes." },
		{ KIND(HOLDER_NETWORK), "Take the network interface down, and out of its bridge." },
		{ KIND(HOLDER_VIRTUAL),
		  "Hand over a virtual function instead, or switch them off: echo 0 >\n"
		  "/sys/bus/pci/devices/ADDRESS/sriov_numvfs" },
		{ KIND(HOLDER_MEDIATED), "Remove the mediated devices: mdevctl stop -u UUID" },
		{ KIND(HOLDER_REFERENCE),
		  "See what has it: lsmod, dmesg; the driver may never let go of a device in "
		  "use." },
	};
	unsigned int kinds = kinds_of(holders);
	_cleanup_free_ char *text = strdup("");
	int r = text ? 0 : -1;

	if (r == 0 && label)
		r = advise_keys(&text, kinds, label);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(advices); i++)
		if (kinds & advices[i].kinds)
			r = text_append(&text, "\n%s", advices[i].advice);
	/* without the newline that each begins with */
	return r == 0 ? strdup(*text ? text + 1 : text) : NULL;
}
