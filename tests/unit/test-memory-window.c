/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/memory_window.h"

#include "tap.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static struct pci_bar bar(uint64_t size, bool is_64_bit, bool prefetchable)
{
	return (struct pci_bar){
		.size = size,
		.is_64_bit = is_64_bit,
		.prefetchable = prefetchable,
	};
}

static void test_need(void)
{
	struct pci_bar bars[PCI_BARS] = {
		bar(16 * MIB, false, false), bar(32 * GIB, true, true), { 0 },
		bar(32 * MIB, true, true),   bar(1 * GIB, true, false),
	};
	struct memory_need need;

	bars[6] = bar(512 * GIB, true, true);
	need = memory_need_of(bars);
	CHECK(need.size == 32 * GIB + 32 * MIB,
	      "64-bit prefetchable BARs count; others and the ROM do not");
	CHECK(need.align == 32 * GIB, "they are aligned to the largest");
	bars[1] = bars[3] = (struct pci_bar){ 0 };
	need = memory_need_of(bars);
	CHECK(need.size == 0 && need.align == 0, "a function without any needs nothing");
	bars[1] = bar(16 * 1024, true, true);
	need = memory_need_of(bars);
	CHECK(need.size == MIB && need.align == MIB, "a bridge's window has 1 MiB at the least");
}

static void test_total(void)
{
	struct memory_need needs[] = {
		{ 256 * MIB, 256 * MIB },
		{ 0, 0 },
		{ 128 * GIB + 48 * MIB, 128 * GIB },
		{ 128 * GIB + 48 * MIB, 128 * GIB },
	};

	CHECK(memory_need_total(NULL, 0) == 0, "no function needs nothing");
	CHECK(memory_need_total(needs, 1) == 256 * MIB, "one needs its own");
	CHECK(memory_need_total(needs, 4) == 384 * GIB + 256 * MIB + 256 * MIB,
	      "the largest go first, each to its alignment; small ones fill up behind them");
}

static const struct domain_view q35 = { .q35 = true, .memory = 8 * GIB };
static const struct processor intel46 = { .maker = PROCESSOR_INTEL, .width = 46 };

static struct memory_verdict judge(const struct domain_view *guest, const struct processor *host,
				   uint64_t needed)
{
	struct memory_verdict verdict;

	memory_window_judge(guest, host, needed, &verdict);
	return verdict;
}

static void test_seabios(void)
{
	struct memory_verdict verdict = judge(&q35, &intel46, 32 * GIB);
	struct domain_view guest = q35;

	CHECK(verdict.fits && verdict.width_fits && !verdict.resize && !verdict.widen,
	      "32 GiB fit into q35's own window");
	verdict = judge(&q35, &intel46, 32 * GIB + MIB);
	CHECK(!verdict.fits && verdict.window == 32 * GIB, "more do not");
	CHECK(verdict.resize && verdict.hole64 == 64 * GIB && !verdict.widen,
	      "the next power of two has room, and 40 bits are enough for it");
	guest.has_hole64 = true;
	guest.hole64 = 0;
	verdict = judge(&guest, &intel46, GIB);
	CHECK(!verdict.fits && verdict.window == 0, "a window that is switched off has no room");
	guest.hole64 = 64 * GIB;
	CHECK(judge(&guest, &intel46, 40 * GIB).fits, "the window that the XML asks for counts");
	guest = (struct domain_view){ .i440fx = true, .memory = GIB };
	CHECK(judge(&guest, &intel46, 2 * GIB).fits && !judge(&guest, &intel46, 3 * GIB).fits,
	      "i440fx has 2 GiB");
	guest = (struct domain_view){ .memory = GIB };
	verdict = judge(&guest, &intel46, 1024 * GIB);
	CHECK(verdict.fits && verdict.width_fits && !verdict.resize,
	      "of another machine nothing is said");
}

static void test_width(void)
{
	struct domain_view guest = q35;
	struct processor narrow = { .maker = PROCESSOR_INTEL, .width = 39 };
	struct memory_verdict verdict;

	guest.memory = 1000 * GIB;
	verdict = judge(&guest, &intel46, GIB);
	CHECK(verdict.fits && !verdict.width_fits && verdict.width == 40,
	      "memory and the window end above 40 bits");
	CHECK(verdict.widen && !verdict.resize && !verdict.host_too_narrow,
	      "the host's width helps");
	verdict = judge(&guest, &narrow, GIB);
	CHECK(verdict.widen && verdict.host_too_narrow, "unless the host has less");
	guest.host_width = true;
	verdict = judge(&guest, &intel46, GIB);
	CHECK(verdict.width == 46 && verdict.width_fits, "with the host's width it fits");
	guest.width = 40;
	CHECK(judge(&guest, &intel46, GIB).width == 40, "a limit counts");
	guest = q35;
	guest.width = 42;
	CHECK(judge(&guest, &intel46, GIB).width == 42, "so does a width that is emulated");
	guest = q35;
	guest.has_hole64 = true;
	guest.hole64 = 1024 * GIB;
	verdict = judge(&guest, &intel46, 40 * GIB);
	CHECK(!verdict.width_fits && verdict.resize && verdict.hole64 == 64 * GIB && !verdict.widen,
	      "a window that is needlessly large is to be smaller");
	guest = q35;
	guest.memory_pluggable = 1000 * GIB;
	guest.slots = 4;
	CHECK(!judge(&guest, &intel46, GIB).width_fits, "memory that can be plugged in counts");
	guest = q35;
	verdict = judge(&guest, &intel46, 600 * GIB);
	CHECK(!verdict.fits && verdict.hole64 == 1024 * GIB && verdict.widen,
	      "a larger window may need a larger width");
}

static void test_ovmf(void)
{
	struct domain_view guest = q35;
	struct processor amd = { .maker = PROCESSOR_AMD, .width = 48 };
	struct processor narrow = { .maker = PROCESSOR_INTEL, .width = 39 };
	struct memory_verdict verdict;

	guest.uefi = true;
	guest.has_hole64 = true;
	guest.hole64 = 256 * GIB;
	verdict = judge(&guest, &intel46, 64 * GIB);
	CHECK(!verdict.fits && verdict.window == 32 * GIB,
	      "OVMF has 32 GiB, whatever QEMU's window is");
	CHECK(verdict.widen && !verdict.resize, "and gets more by the width alone");
	guest.host_width = true;
	verdict = judge(&guest, &intel46, 64 * GIB);
	CHECK(verdict.fits && verdict.window == 8192 * GIB, "an eighth of the addresses");
	CHECK(judge(&guest, &amd, GIB).window == 8192 * GIB, "of 46 bits at the most");
	guest.host_processor = true;
	CHECK(judge(&guest, &narrow, GIB).window == 64 * GIB, "39 bits of Intel's are believed");
	guest.host_processor = false;
	CHECK(judge(&guest, &narrow, GIB).window == 32 * GIB,
	      "but not of a processor that is another one for the guest");
	guest = q35;
	guest.uefi = true;
	guest.host_processor = true;
	CHECK(judge(&guest, &amd, GIB).window == 128 * GIB, "40 bits of AMD's are believed");
	CHECK(judge(&guest, &intel46, GIB).window == 32 * GIB, "of Intel's they are not");
	guest.firmware_window = 256 * GIB;
	CHECK(judge(&guest, &intel46, 200 * GIB).fits, "OVMF does as it is told");
	guest.firmware_window = 0;
	verdict = judge(&guest, &narrow, 200 * GIB);
	CHECK(!verdict.fits && verdict.host_too_narrow, "39 bits are not enough for 200 GiB");
}

int main(void)
{
	test_need();
	test_total();
	test_seabios();
	test_width();
	test_ovmf();
	return tap_done();
}
