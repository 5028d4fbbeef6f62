/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/domain_view.h"

#include "tap.h"

#define GIB (1ULL << 30)

static struct domain_view parse(const char *xml)
{
	struct domain_view view = { 0 };
	struct error error = ERROR_INIT;

	CHECK(domain_view_parse(xml, strlen(xml), &view, &error) == 0, "it can be read");
	error_clear(&error);
	return view;
}

static void test_machine(void)
{
	CHECK(parse("<domain><os><type machine='pc-q35-9.2'/></os></domain>").q35, "q35");
	CHECK(parse("<domain><os><type machine='q35'/></os></domain>").q35, "q35, by its alias");
	CHECK(parse("<domain><os><type machine='pc-i440fx-9.2'/></os></domain>").i440fx, "i440fx");
	CHECK(parse("<domain><os><type machine='pc'/></os></domain>").i440fx, "pc is i440fx");
	CHECK(!parse("<domain><os><type machine='virt'/></os></domain>").i440fx,
	      "another machine is neither");
	CHECK(parse("<domain><os firmware='efi'/></domain>").uefi, "UEFI by choice of firmware");
	CHECK(parse("<domain><os><loader type='pflash'>/x</loader></os></domain>").uefi,
	      "UEFI by its loader");
	CHECK(!parse("<domain><os><loader type='rom'>/x</loader></os></domain>").uefi,
	      "a ROM is no UEFI");
}

static void test_memory(void)
{
	struct domain_view view = parse("<domain><memory>2097152</memory></domain>");

	CHECK(view.memory == 2 * GIB && view.memory_pluggable == 0, "KiB without a unit");
	view = parse("<domain><maxMemory slots='4' unit='GiB'>16</maxMemory>"
		     "<memory unit='MiB'>8192</memory></domain>");
	CHECK(view.memory == 8 * GIB && view.memory_pluggable == 8 * GIB && view.slots == 4,
	      "memory that can be plugged in, with units");
}

static void test_processor(void)
{
	struct domain_view view =
		parse("<domain><cpu mode='host-passthrough'>"
		      "<maxphysaddr mode='passthrough' limit='42'/></cpu></domain>");

	CHECK(view.host_processor && view.host_width && view.width == 42, "the host's width");
	view = parse("<domain><cpu><maxphysaddr mode='emulate' bits='41'/></cpu></domain>");
	CHECK(!view.host_processor && !view.host_width && view.width == 41, "an emulated width");
	view = parse("<domain/>");
	CHECK(!view.host_width && view.width == 0, "none is said");
}

static void test_devices(void)
{
	struct domain_view view =
		parse("<domain><devices><controller type='pci' index='0' model='pcie-root'>"
		      "<pcihole64 unit='GiB'>128</pcihole64></controller>"
		      "<video><model type='virtio'/></video></devices></domain>");

	CHECK(view.display, "an emulated display");
	CHECK(view.has_hole64 && view.hole64 == 128 * GIB, "the root's window");
	view = parse("<domain><devices><video><model type='none'/></video>"
		     "<controller type='pci' model='pcie-root-port'><pcihole64>1</pcihole64>"
		     "</controller></devices></domain>");
	CHECK(!view.display, "a display of type none is none");
	CHECK(!view.has_hole64, "a port's window is not the root's");
	view = parse("<domain><sysinfo type='fwcfg'><entry name='opt/other'>1</entry>"
		     "<entry name='opt/ovmf/X-PciMmio64Mb'>65536</entry></sysinfo></domain>");
	CHECK(view.firmware_window == 64 * GIB, "what OVMF is told");
}

int main(void)
{
	test_machine();
	test_memory();
	test_processor();
	test_devices();
	return tap_done();
}
