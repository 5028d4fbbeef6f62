/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/domain_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "handoff/domain.h"
#include "handoff/xml.h"

#define OVMF_WINDOW "opt/ovmf/X-PciMmio64Mb"

/* docs/formatdomain.rst, "unit"; the default of memory is KiB. */
static uint64_t unit_bytes(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{ "b", 1 },          { "bytes", 1 },        { "KB", 1000 },
		{ "k", 1ULL << 10 }, { "KiB", 1ULL << 10 }, { "MB", 1000000 },
		{ "M", 1ULL << 20 }, { "MiB", 1ULL << 20 }, { "GB", 1000000000 },
		{ "G", 1ULL << 30 }, { "GiB", 1ULL << 30 }, { "TB", 1000000000000 },
		{ "T", 1ULL << 40 }, { "TiB", 1ULL << 40 },
	};

	for (size_t i = 0; unit && i < ARRAY_SIZE(units); i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].bytes;
	return 1ULL << 10;
}

/* The number that is the element's text, by its unit; 0 without it. */
static uint64_t read_size(const struct xml_node *node)
{
	_cleanup_free_ char *text = node ? xml_text(node) : NULL;

	return text ? strtoull(text, NULL, 10) * unit_bytes(xml_attribute(node, "unit")) : 0;
}

static unsigned int read_number(const struct xml_node *node, const char *attribute)
{
	const char *value = xml_attribute(node, attribute);

	return value ? (unsigned int)strtoul(value, NULL, 10) : 0;
}

static void read_system(const struct xml_node *os, struct domain_view *view)
{
	const struct xml_node *loader = xml_child(os, "loader");
	const char *machine = xml_attribute(xml_child(os, "type"), "machine");

	/* "pc-q35-9.2", "pc-i440fx-9.2", or a distribution's "rhel9.4.0" behind "pc-q35-" */
	view->q35 = machine && strstr(machine, "q35");
	view->i440fx = machine && !view->q35 && strncmp(machine, "pc", 2) == 0;
	view->uefi = xml_attribute_is(os, "firmware", "efi") ||
		     xml_attribute_is(loader, "type", "pflash");
}

static void read_memory(const struct xml_node *top, struct domain_view *view)
{
	const struct xml_node *most = xml_child(top, "maxMemory");
	uint64_t most_bytes = read_size(most);

	view->memory = read_size(xml_child(top, "memory"));
	if (most_bytes > view->memory)
		view->memory_pluggable = most_bytes - view->memory;
	view->slots = read_number(most, "slots");
}

static void read_processor(const struct xml_node *cpu, struct domain_view *view)
{
	const struct xml_node *width = xml_child(cpu, "maxphysaddr");

	view->host_processor = xml_attribute_is(cpu, "mode", "host-passthrough") ||
			       xml_attribute_is(cpu, "mode", "host-model") ||
			       xml_attribute_is(cpu, "mode", "maximum");
	view->host_width = xml_attribute_is(width, "mode", "passthrough");
	view->width = read_number(width, view->host_width ? "limit" : "bits");
}

static bool is_root_controller(const struct xml_node *device)
{
	return xml_is(device, "controller") && xml_attribute_is(device, "type", "pci") &&
	       (xml_attribute_is(device, "model", "pcie-root") ||
		xml_attribute_is(device, "model", "pci-root"));
}

static void read_devices(const struct xml_node *devices, struct domain_view *view)
{
	const struct xml_node *device = devices ? xml_first(devices) : NULL;

	for (; device; device = xml_next(device)) {
		if (xml_is(device, "video") &&
		    !xml_attribute_is(xml_child(device, "model"), "type", "none"))
			view->display = true;
		if (is_root_controller(device) && xml_child(device, "pcihole64")) {
			view->has_hole64 = true;
			view->hole64 = read_size(xml_child(device, "pcihole64"));
		}
	}
}

/* <sysinfo type='fwcfg'>; what is given to QEMU behind libvirt's back is not seen. */
static void read_firmware_window(const struct xml_node *top, struct domain_view *view)
{
	unsigned long long mebibytes = 0;
	const struct xml_node *info = xml_child(top, "sysinfo");

	for (; info; info = xml_sibling(info, "sysinfo")) {
		const struct xml_node *entry = xml_child(info, "entry");

		for (; entry; entry = xml_sibling(entry, "entry")) {
			_cleanup_free_ char *text = NULL;

			if (!xml_attribute_is(entry, "name", OVMF_WINDOW))
				continue;
			text = xml_text(entry);
			mebibytes = text ? strtoull(text, NULL, 10) : 0;
		}
	}
	view->firmware_window = mebibytes << 20;
}

int domain_view_parse(const char *xml, size_t length, struct domain_view *ret_view,
		      struct error *error)
{
	_cleanup_xml_ struct xml_document *document = NULL;
	struct domain_view view = { 0 };
	const struct xml_node *top;
	int r = xml_parse(xml, length, DOMAIN_XML_MAX_BYTES, &document, error);

	if (r < 0)
		return r;
	top = xml_top(document);
	read_system(xml_child(top, "os"), &view);
	read_memory(top, &view);
	read_processor(xml_child(top, "cpu"), &view);
	read_devices(xml_child(top, "devices"), &view);
	read_firmware_window(top, &view);
	*ret_view = view;
	return 0;
}
