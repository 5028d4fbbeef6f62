/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/memory_window.h"

#include <stdlib.h>

#define GIB (1ULL << 30)
#define MIB (1ULL << 20)

#define HOLE64_Q35 (32 * GIB)
#define HOLE64_I440FX (2 * GIB)
#define OVMF_WINDOW (32 * GIB)
#define OVMF_WIDTH_MAX 46
#define WIDTH_DEFAULT 40

/* Six base address registers; behind them in `resource` are the ROM and virtual functions. */
#define GUEST_BARS 6

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return align ? (value + align - 1) / align * align : value;
}

struct memory_need memory_need_of(const struct pci_bar bars[PCI_BARS])
{
	struct memory_need need = { 0 };

	/* each is a power of two and the largest goes first, so that they leave no gap */
	for (size_t i = 0; i < GUEST_BARS; i++) {
		const struct pci_bar *bar = &bars[i];

		if (bar->io || !bar->is_64_bit || !bar->prefetchable)
			continue;
		need.size += bar->size;
		if (bar->size > need.align)
			need.align = bar->size;
	}
	/* a bridge's window is in steps of 1 MiB */
	need.size = align_up(need.size, MIB);
	if (need.align && need.align < MIB)
		need.align = MIB;
	return need;
}

static int compare_needs(const void *a, const void *b)
{
	const struct memory_need *left = a;
	const struct memory_need *right = b;

	return left->align < right->align ? 1 : left->align > right->align ? -1 : 0;
}

uint64_t memory_need_total(struct memory_need *needs, size_t count)
{
	uint64_t end = 0;

	if (count)
		qsort(needs, count, sizeof(*needs), compare_needs);
	for (size_t i = 0; i < count; i++)
		end = align_up(end, needs[i].align) + needs[i].size;
	return end;
}

/* ---- the window --------------------------------------------------------------------------- */

/* As QEMU places it: behind the memory above 4 GiB, and what can be plugged in. */
static uint64_t hole64_start(const struct domain_view *guest)
{
	uint64_t low = guest->q35 ? 2 * GIB : 3 * GIB;
	uint64_t start = 4 * GIB + (guest->memory > low ? guest->memory - low : 0);

	/* each slot may need another GiB to be aligned */
	if (guest->memory_pluggable)
		start = align_up(start, GIB) + guest->memory_pluggable + guest->slots * GIB;
	return align_up(start, GIB);
}

static unsigned int guest_width(const struct domain_view *guest, const struct processor *host)
{
	if (!guest->host_width)
		return guest->width ? guest->width : WIDTH_DEFAULT;
	if (guest->width && (!host->width || guest->width < host->width))
		return guest->width;
	return host->width;
}

/* Whether OVMF believes the processor about its width. */
static bool ovmf_believes(const struct domain_view *guest, const struct processor *host,
			  unsigned int width)
{
	if (width > 40)
		return true;
	if (!guest->host_processor)
		return false;
	return (host->maker == PROCESSOR_INTEL && (width == 36 || width == 39)) ||
	       (host->maker == PROCESSOR_AMD && width == 40);
}

/* The next power of two; what the guest's own devices need fits beside it. */
#define SIZE_MOST (1ULL << 62)

static uint64_t roomy(uint64_t needed)
{
	uint64_t size = GIB;

	while (size <= needed && size < SIZE_MOST)
		size *= 2;
	return size;
}

static bool ends_within(uint64_t start, uint64_t size, unsigned int width)
{
	return width == 0 || width > 63 || start + size <= 1ULL << width;
}

/* What OVMF makes of a width by itself: an eighth of the address space. */
static uint64_t dynamic_window(unsigned int width)
{
	if (width > OVMF_WIDTH_MAX)
		width = OVMF_WIDTH_MAX;
	return width > 3 ? 1ULL << (width - 3) : 0;
}

static uint64_t firmware_window(const struct domain_view *guest, const struct processor *host,
				unsigned int width)
{
	uint64_t window = guest->firmware_window ? guest->firmware_window : OVMF_WINDOW;

	if (ovmf_believes(guest, host, width) && dynamic_window(width) > window)
		window = dynamic_window(width);
	return window;
}

static uint64_t find_hole64(const struct domain_view *guest)
{
	if (guest->has_hole64)
		return align_up(guest->hole64, GIB);
	return guest->q35 ? HOLE64_Q35 : HOLE64_I440FX;
}

/* One that is too large for the guest's addresses is no better than one that is too small. */
static uint64_t choose_hole64(const struct memory_verdict *verdict, const struct domain_view *guest,
			      uint64_t hole64, uint64_t needed)
{
	uint64_t good = roomy(needed);

	if ((!verdict->fits && good > hole64) ||
	    (!verdict->width_fits && guest->has_hole64 && good < hole64))
		return good;
	return hole64;
}

void memory_window_judge(const struct domain_view *guest, const struct processor *host,
			 uint64_t needed, struct memory_verdict *ret_verdict)
{
	struct memory_verdict verdict = { .fits = true, .width_fits = true };
	uint64_t start = hole64_start(guest);
	uint64_t hole64 = find_hole64(guest);

	if (!guest->q35 && !guest->i440fx) {
		*ret_verdict = verdict;
		return;
	}
	verdict.width = guest_width(guest, host);
	verdict.window = guest->uefi ? firmware_window(guest, host, verdict.width) : hole64;
	verdict.fits = needed <= verdict.window;
	verdict.width_fits = ends_within(start, hole64, verdict.width);
	verdict.hole64 = choose_hole64(&verdict, guest, hole64, needed);
	verdict.resize = verdict.hole64 != hole64;
	/* OVMF has no other way to a larger window than a width that it believes */
	verdict.widen = (!verdict.fits && guest->uefi) ||
			!ends_within(start, verdict.hole64, verdict.width);
	verdict.host_too_narrow =
		verdict.widen && host->width &&
		(!ends_within(start, verdict.hole64, host->width) ||
		 (!verdict.fits && guest->uefi && dynamic_window(host->width) < needed));
	*ret_verdict = verdict;
}
