/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GH416, GH417: room for the memory of a domain's functions in its guest. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/check.h"
#include "handoff/memory_window.h"
#include "host/pci_bar.h"
#include "host/processor.h"

#define KIB 1024ULL
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

/* "129 GiB", rounded up; below that in MiB. The caller frees it. */
static char *format_size(uint64_t bytes)
{
	return bytes < GIB ? text_format("%" PRIu64 " MiB", (uint64_t)((bytes + MIB - 1) / MIB))
			   : text_format("%" PRIu64 " GiB", (uint64_t)((bytes + GIB - 1) / GIB));
}

/* What all hostdevs need; one that is not there needs nothing. */
static uint64_t sum_needs(const struct root *root, const struct domain *domain,
			  struct findings *findings)
{
	struct memory_need *needs = calloc(domain->hostdev_count, sizeof(*needs));
	uint64_t total = 0;

	if (!needs) {
		findings->no_memory |= domain->hostdev_count > 0;
		return 0;
	}
	for (size_t i = 0; i < domain->hostdev_count; i++) {
		struct pci_bar bars[PCI_BARS];
		char name[PCI_ADDRESS_SIZE];

		pci_address_format(&domain->hostdevs[i].address, name);
		if (pci_bar_read(root, name, bars) == 0)
			needs[i] = memory_need_of(bars);
	}
	total = memory_need_total(needs, domain->hostdev_count);
	free(needs);
	return total;
}

/* The XML that makes the room. */
static char *advise(const struct domain *domain, const struct domain_view *view,
		    const struct memory_verdict *verdict)
{
	_cleanup_free_ char *word = text_shell_word(domain->name);
	_cleanup_free_ char *text = NULL;
	const char *controller = view->q35 ? "pcie-root" : "pci-root";

	if (verdict->host_too_narrow)
		return strdup("This host's processor has not enough address bits for more: give "
			      "the VM fewer devices or less memory, or switch Resizable BAR off in "
			      "the firmware setup.");
	if (!word || text_append(&text, "  virsh edit %s", word) < 0)
		return NULL;
	if (verdict->resize && text_append(&text,
					   "\nIn <devices>, for the controller of that index:\n"
					   "  <controller type='pci' index='0' model='%s'>\n"
					   "    <pcihole64 unit='KiB'>%" PRIu64 "</pcihole64>\n"
					   "  </controller>",
					   controller, (uint64_t)(verdict->hole64 / KIB)) < 0)
		return NULL;
	if (verdict->widen && !view->host_width &&
	    text_append(&text, "\nIn <cpu mode='host-passthrough'>, since libvirt 8.7:\n"
			       "  <maxphysaddr mode='passthrough'/>") < 0)
		return NULL;
	return take_ptr(text);
}

static char *explain_window(const struct domain_view *view, const struct memory_verdict *verdict,
			    uint64_t needed)
{
	_cleanup_free_ char *wanted = format_size(needed);
	_cleanup_free_ char *window = format_size(verdict->window);
	const char *maker = view->uefi ? "the guest's firmware (OVMF)" : "QEMU";

	if (!wanted || !window)
		return NULL;
	return text_format("The large memory areas (64-bit BARs) of its devices need %s in a row; "
			   "the window that %s keeps for them has %s. A device without room does "
			   "not work in the guest, or the guest does not boot.",
			   wanted, maker, window);
}

void check_memory(const struct command *command, const struct domain *domain,
		  const struct domain_view *view, struct findings *findings)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	struct processor processor = { 0 };
	struct memory_verdict verdict;
	uint64_t needed = sum_needs(&command->root, domain, findings);

	if (needed == 0)
		return;
	/* without it, what the host can is not known */
	(void)processor_read(&command->root, &processor, &error);
	memory_window_judge(view, &processor, needed, &verdict);
	if (!verdict.fits)
		finding_add(findings, FINDING_WINDOW_SMALL, domain->name,
			    explain_window(view, &verdict, needed), advise(domain, view, &verdict));
	if (!verdict.width_fits)
		finding_add(findings, FINDING_WIDTH_SMALL, domain->name,
			    text_format("Its memory and the 64-bit window behind it end above what "
					"%u bits can address: QEMU says \"phys-bits too low\" and "
					"does not start.",
					verdict.width),
			    advise(domain, view, &verdict));
}
