/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/domain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxml/xmlmemory.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "tap.h"

#define UUID "c7a5fdbd-cdaf-9455-926a-d65c16db1809"
#define TOP "<domain type='kvm'>\n<name>win10</name>\n<devices>\n"
#define END "</devices>\n</domain>\n"
#define ADDRESS "<address domain='0x0000' bus='0x02' slot='0x00' function='0x1'/>"
#define HOSTDEV(address) \
	"<hostdev mode='subsystem' type='pci'><source>" address "</source></hostdev>\n"

static void parse(const char *xml, struct domain *domain)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = domain_parse(xml, strlen(xml), domain, &error);

	CHECK(r == 0 && error.code == 0, "accepted: %.30s", strchr(xml, '>') + 2);
	if (r < 0) {
		printf("Bail out! %s\n", error.what);
		exit(1);
	}
}

static void check_refused_of(const char *xml, size_t length, int code, const char *message,
			     const char *name)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *got = NULL;
	struct domain domain = { .hostdev_count = 7 };
	int r = domain_parse(xml, length, &domain, &error);

	got = error_text(&error);
	CHECK(r == -code && error.code == code && domain.hostdev_count == 7 && !domain.name,
	      "%s: refused, the result untouched", name);
	if (message)
		CHECK_TEXT(got, message, "%s: the message", name);
	else
		CHECK(got && strncmp(got, "domain XML", 10) == 0 && !strchr(got, '\n'),
		      "%s: one line of message", name);
}

static void check_refused(const char *xml, const char *message, const char *name)
{
	check_refused_of(xml, strlen(xml), EINVAL, message, name);
}

/* The hostdevs as "ADDRESS managed driver" lines. */
static void check_hostdevs(const char *devices, const char *wanted, const char *name)
{
	_cleanup_free_ char *xml = text_format(TOP "%s" END, devices);
	_cleanup_free_ char *got = strdup("");
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;

	parse(xml, &domain);
	for (size_t i = 0; i < domain.hostdev_count; i++) {
		const struct domain_hostdev *hostdev = &domain.hostdevs[i];
		char address[PCI_ADDRESS_SIZE];

		pci_address_format(&hostdev->address, address);
		text_append(&got, "%s %s %s\n", address, hostdev->managed ? "yes" : "no",
			    hostdev->driver ? hostdev->driver : "-");
	}
	CHECK_TEXT(got, wanted, "%s", name);
}

/* As libvirt writes it for a hook, shortened. */
static const char libvirt_xml[] =
	"<domain type='kvm' id='1'>\n"
	"  <name>win10</name>\n"
	"  <uuid>" UUID "</uuid>\n"
	"  <metadata>\n"
	"    <x:os xmlns:x='http://libosinfo.org/xmlns/libvirt/domain/1.0'>\n"
	"      <name>not this one</name>\n"
	"      <hostdev mode='subsystem' type='pci'><source>" ADDRESS "</source></hostdev>\n"
	"    </x:os>\n"
	"  </metadata>\n"
	"  <devices>\n"
	"    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
	"    <disk type='file' device='disk'>\n"
	"      <driver name='qemu' type='qcow2'/>\n"
	"      <source file='/x.qcow2'/>\n"
	"      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>\n"
	"    </disk>\n"
	"    <interface type='network'>\n"
	"      <source network='default'/>\n"
	"      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>\n"
	"    </interface>\n"
	"    <hostdev mode='subsystem' type='pci' managed='yes'>\n"
	"      <driver name='vfio'/>\n"
	"      <source>\n"
	"        <address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>\n"
	"      </source>\n"
	"      <alias name='hostdev0'/>\n"
	"      <rom bar='off'/>\n"
	"      <address type='pci' domain='0x0000' bus='0x06' slot='0x00' function='0x0'/>\n"
	"    </hostdev>\n"
	"    <hostdev mode='subsystem' type='pci' managed='no'>\n"
	"      <driver name='vfio' model='nvgrace-gpu-vfio-pci'/>\n"
	"      <source>\n"
	"        <address domain='0x0000' bus='0x02' slot='0x00' function='0x1'/>\n"
	"      </source>\n"
	"      <address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>\n"
	"    </hostdev>\n"
	"    <hostdev mode='subsystem' type='usb' managed='no'>\n"
	"      <source><vendor id='0x1234'/><product id='0xbeef'/></source>\n"
	"    </hostdev>\n"
	"  </devices>\n"
	"</domain>\n";

static void test_libvirt_xml(void)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	struct pci_address address = { 0, 2, 0, 1 };
	const struct domain_hostdev *found;

	parse(libvirt_xml, &domain);
	CHECK_TEXT(domain.name, "win10", "the name, not that of the metadata");
	CHECK_TEXT(domain.uuid, UUID, "the UUID");
	CHECK(domain.hostdev_count == 2,
	      "two PCI hostdevs: no guest address, USB device or metadata is one");
	CHECK(domain.hostdevs[0].managed && !domain.hostdevs[0].driver, "managed, no model");
	found = domain_find_hostdev(&domain, &address);
	CHECK(found == &domain.hostdevs[1] && !found->managed, "a hostdev is found by address");
	CHECK_TEXT(found ? found->driver : NULL, "nvgrace-gpu-vfio-pci", "the driver's model");
	address.bus = 6;
	CHECK(!domain_find_hostdev(&domain, &address), "a guest's address is not found");
}

static void test_names(void)
{
	static const struct {
		const char *xml;
		const char *wanted;
	} cases[] = {
		{ "a b", "a b" },
		{ ".", "." },
		{ "..", ".." },
		{ "Müller", "Müller" },
		{ "&lt;&amp;&quot;&apos;&gt;", "<&\"'>" },
		{ "&#252;&#xfc;", "üü" },
		{ "<![CDATA[<x>]]>", "<x>" },
		{ "0000:02:00.0", "0000:02:00.0" },
		{ " x ", " x " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *xml =
			text_format("<domain><name>%s</name></domain>", cases[i].xml);
		_cleanup_domain_ struct domain domain = DOMAIN_INIT;

		parse(xml, &domain);
		CHECK_TEXT(domain.name, cases[i].wanted, "the name %s", cases[i].xml);
		CHECK(!domain.uuid && !domain.hostdev_count, "no UUID, no hostdev");
	}
}

static void test_structure(void)
{
	check_refused("<domain></domain>", "domain XML, line 1: the domain has no name", "no name");
	check_refused("<domain><name/></domain>", "domain XML, line 1: the domain has no name",
		      "an empty name");
	check_refused("<domain>\n<name>a</name>\n<name>b</name></domain>",
		      "domain XML, line 3: a second <name>", "a repeated name");
	check_refused("<domain xmlns:q='q:q'><q:name>a</q:name></domain>",
		      "domain XML, line 1: the domain has no name", "a name of other namespaces");
	check_refused("<domain><devices><name>a</name></devices></domain>",
		      "domain XML, line 1: the domain has no name", "a name further down");
	check_refused("<network><name>a</name></network>",
		      "domain XML: the outermost element is not <domain>", "another root");
	check_refused("<domainsnapshot><domain><name>a</name></domain></domainsnapshot>",
		      "domain XML: the outermost element is not <domain>", "a snapshot");
	check_refused("<domain><name>a</name><uuid>" UUID "</uuid><uuid>" UUID "</uuid></domain>",
		      "domain XML, line 1: a second <uuid>", "a repeated UUID");
	check_refused("<domain><name>a</name><uuid>x\nphase=held</uuid></domain>",
		      "domain XML, line 1: malformed UUID", "a UUID that is none");
	check_refused("<domain><name>a</name><uuid>" UUID "0</uuid></domain>",
		      "domain XML, line 1: malformed UUID", "a UUID that is too long");
	check_refused("<domain><name>a</name><uuid/></domain>",
		      "domain XML, line 1: malformed UUID", "an empty UUID");
}

static void test_hostdevs(void)
{
	check_hostdevs("", "", "no hostdev");
	check_hostdevs(HOSTDEV(ADDRESS), "0000:02:00.1 no -\n", "managed is no by itself");
	check_hostdevs("<hostdev type='pci' managed='yes'><source>" ADDRESS "</source></hostdev>",
		       "0000:02:00.1 yes -\n", "mode is subsystem by itself");
	check_hostdevs("<hostdev mode='capabilities' type='misc'><source><char>/dev/x</char>"
		       "</source></hostdev>",
		       "", "a container's capability is no PCI function");
	check_hostdevs("<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address "
		       "uuid='" UUID "'/></source></hostdev>",
		       "", "a mediated device is no PCI function");
	check_hostdevs("<hostdev mode='subsystem' type='scsi_host'/>", "",
		       "a SCSI host is no PCI function");
	check_hostdevs("<video>" HOSTDEV(ADDRESS) "</video>", "",
		       "only direct children of <devices> count");
	check_hostdevs(HOSTDEV(ADDRESS) "</devices><devices>" HOSTDEV(
			       "<address bus='3' slot='0' function='0'/>"),
		       "0000:02:00.1 no -\n0000:03:00.0 no -\n", "a second <devices> counts too");
}

static void test_interfaces_and_disks(void)
{
	check_hostdevs("<interface type='hostdev' managed='yes'><mac address='52:54:00:6d:90:02'/>"
		       "<driver name='vfio' model='mlx5_vfio_pci'/><source><address type='pci' "
		       "domain='0x0000' bus='0x02' slot='0x10' function='0x3'/></source>"
		       "<address type='pci' domain='0' bus='9' slot='0' function='0'/></interface>",
		       "0000:02:10.3 yes mlx5_vfio_pci\n", "an interface of type hostdev");
	check_hostdevs("<interface type='hostdev'><source><address type='usb' bus='1' device='2'/>"
		       "</source></interface>",
		       "", "a USB interface");
	check_hostdevs("<interface type='bridge'><source bridge='br0'/></interface>", "",
		       "a bridge");
	check_hostdevs(
		"<disk type='nvme' device='disk'><driver name='qemu' type='raw' model='x/y'/>"
		"<source type='pci' managed='yes' namespace='1'>" ADDRESS
		"</source><target dev='vda' bus='virtio'/></disk>",
		"0000:02:00.1 yes -\n", "an NVMe disk; its driver is QEMU's");
	check_hostdevs("<disk type='nvme' managed='yes'><source type='pci'>" ADDRESS
		       "</source></disk>",
		       "0000:02:00.1 no -\n", "an NVMe disk is managed by its source");
	check_hostdevs("<disk type='file'><source file='x'>" ADDRESS "</source></disk>", "",
		       "a disk that is a file");
}

static void test_addresses(void)
{
	check_hostdevs(HOSTDEV("<address bus='0x02' slot='0x1f' function='0x7'/>"),
		       "0000:02:1f.7 no -\n", "an absent domain is 0");
	check_hostdevs(HOSTDEV("<address domain='0' bus='10' slot='31' function='7'/>"),
		       "0000:0a:1f.7 no -\n", "decimal numbers");
	check_hostdevs(HOSTDEV("<address domain='0x10000' bus='0xFF' slot='0x00' function='0'/>"),
		       "10000:ff:00.0 no -\n", "a domain above 0xffff");
	check_hostdevs(HOSTDEV("<address domain='0xffffffff' bus='255' slot='0' function='0'/>"),
		       "ffffffff:ff:00.0 no -\n", "the largest domain");
	check_hostdevs(HOSTDEV("<address bus='010' slot='00' function='0'/>"),
		       "0000:08:00.0 no -\n", "octal after a 0, as libvirt reads it");
}

static void test_malformed_addresses(void)
{
	static const struct {
		const char *attributes;
		const char *wrong;
	} cases[] = {
		{ "domain='0x100000000' bus='0' slot='0' function='0'", "domain='0x100000000'" },
		{ "domain='99999999999999999999999' bus='0' slot='0' function='0'",
		  "domain='99999999999999999999999'" },
		{ "bus='0x100' slot='0' function='0'", "bus='0x100'" },
		{ "bus='0' slot='0x20' function='0'", "slot='0x20'" },
		{ "bus='0' slot='0' function='8'", "function='8'" },
		{ "bus='-1' slot='0' function='0'", "bus='-1'" },
		{ "bus='+1' slot='0' function='0'", "bus='+1'" },
		{ "bus=' 1' slot='0' function='0'", "bus=' 1'" },
		{ "bus='1 ' slot='0' function='0'", "bus='1 '" },
		{ "bus='' slot='0' function='0'", "bus=''" },
		{ "bus='0x' slot='0' function='0'", "bus='0x'" },
		{ "bus='0xg' slot='0' function='0'", "bus='0xg'" },
		{ "bus='09' slot='0' function='0'", "bus='09'" },
		{ "domain='' bus='0' slot='0' function='0'", "domain=''" },
		{ "bus='&#10;' slot='0' function='0'", "bus='\\x0a'" },
		{ "slot='0' function='0'", "bus=''" },
		{ "bus='0' function='0'", "slot=''" },
		{ "bus='0' slot='0'", "function=''" },
		{ "xmlns:q='q:q' q:bus='0' slot='0' function='0'", "bus=''" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *xml =
			text_format(TOP "<hostdev mode='subsystem' type='pci'><source><address "
					"%s/></source></hostdev>" END,
				    cases[i].attributes);
		_cleanup_free_ char *message = text_format(
			"domain XML, line 4: malformed PCI address: %s", cases[i].wrong);

		check_refused(xml, message, cases[i].attributes);
	}
}

static void test_malformed_hostdevs(void)
{
	const char *none = "domain XML, line 4: a PCI device without a source address";

	check_refused(TOP "<hostdev mode='subsystem' type='pci'/>" END, none, "no source");
	check_refused(TOP "<hostdev mode='subsystem' type='pci'><source/>" ADDRESS "</hostdev>" END,
		      none, "a guest's address alone");
	check_refused(TOP "<interface type='hostdev'/>" END, none, "an interface without source");
	check_refused(TOP "<disk type='nvme'/>" END, none, "an NVMe disk without source");
	check_refused(TOP
		      "<hostdev mode='subsystem' type='pci'><driver model='../x'/><source>" ADDRESS
		      "</source></hostdev>" END,
		      "domain XML, line 4: malformed driver model '../x'", "a path as a driver");
	check_refused(TOP "<hostdev mode='subsystem' type='pci'><driver model=''/><source>" ADDRESS
			  "</source></hostdev>" END,
		      "domain XML, line 4: malformed driver model ''", "an empty driver");
}

static void check_many(size_t count, bool accepted)
{
	_cleanup_free_ char *xml = strdup(TOP);
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	int r;

	for (size_t i = 0; i < count; i++)
		text_append(&xml, HOSTDEV("<address bus='%zu' slot='%zu' function='0'/>"), i / 32,
			    i % 32);
	text_append(&xml, END);
	r = domain_parse(xml, strlen(xml), &domain, &error);
	if (accepted)
		CHECK(r == 0 && domain.hostdev_count == count, "%zu hostdevs", count);
	else
		CHECK(r == -EINVAL && strstr(error.what, "more than 256 PCI devices"),
		      "%zu hostdevs are refused", count);
}

static void test_not_xml(void)
{
	static const char zero[] = "<domain><name>a\0b</name></domain>";
	static const char behind[] = "<domain><name>a</name></domain>\0<domain/>";

	check_refused_of("", 0, EINVAL, "domain XML: empty", "nothing");
	check_refused("   \n", NULL, "blanks");
	check_refused("hello", NULL, "no XML");
	check_refused("<domain><name>a</name>", NULL, "a document that is cut off");
	check_refused("<domain>\n<name>a</nam>\n</domain>",
		      "domain XML, line 2: Opening and ending tag mismatch: name line 2 and nam",
		      "tags that do not match");
	check_refused("<domain><name>\xfc</name></domain>", NULL, "Latin-1");
	check_refused("<domain><name>a</name></domain><domain/>", NULL, "two documents");
	check_refused("<domain><name>&x;</name></domain>", NULL, "an undeclared entity");
	check_refused("<domain><name>\x01</name></domain>", NULL, "a control character");
	check_refused_of(zero, sizeof(zero) - 1, EINVAL, NULL, "a zero byte");
	check_refused_of(behind, sizeof(behind) - 1, EINVAL,
			 "domain XML: a zero byte: this is no text",
			 "a zero byte behind the end, and what comes after it");
}

#define DTD_REFUSED "domain XML: a document type declaration is refused"

static void test_dtd(void)
{
	check_refused("<!DOCTYPE domain><domain><name>a</name></domain>", DTD_REFUSED,
		      "an empty DTD");
	check_refused("<!DOCTYPE domain [<!ENTITY x 'y'>]><domain><name>&x;</name></domain>",
		      DTD_REFUSED, "an entity");
	check_refused("<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
		      "<domain><name>&x;</name></domain>",
		      DTD_REFUSED, "an external entity");
	check_refused("<!DOCTYPE domain SYSTEM 'http://127.0.0.1:1/x.dtd'>"
		      "<domain><name>a</name></domain>",
		      DTD_REFUSED, "an external DTD");
	check_refused("<!DOCTYPE domain PUBLIC '-//x' '/nowhere/x.dtd' [<!ENTITY % p SYSTEM "
		      "'/nowhere/y'> %p;]><domain><name>a</name></domain>",
		      DTD_REFUSED, "a parameter entity");
	check_refused("<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
		      "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;'>"
		      "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;'>"
		      "<!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;'><!ENTITY h '&g;&g;&g;&g;&g;&g;&g;'>]>"
		      "<domain x='&h;'><name>&h;</name></domain>",
		      DTD_REFUSED, "a billion laughs");
	check_refused("<!DOCTYPE domain [<!ATTLIST hostdev type CDATA 'pci'>]>"
		      "<domain><name>a</name></domain>",
		      DTD_REFUSED, "an attribute's default");
}

static void test_xinclude(void)
{
	check_hostdevs("<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' "
		       "href='/etc/passwd' parse='text'/>",
		       "", "nothing is included");
}

static void test_depth(void)
{
	size_t depth = 10000;
	_cleanup_free_ char *xml = malloc(depth * 7 + 100);
	char *end = xml;

	if (!xml)
		abort();
	end = stpcpy(end, "<domain><name>a</name>");
	for (size_t i = 0; i < depth; i++)
		end = stpcpy(end, "<a>");
	for (size_t i = 0; i < depth; i++)
		end = stpcpy(end, "</a>");
	stpcpy(end, "</domain>");
	check_refused(xml, NULL, "elements 10 000 deep");
}

static void test_size(void)
{
	static const char head[] = "<domain><name>a</name><!--";
	static const char tail[] = "--></domain>";
	size_t size = 9 * 1024 * 1024;
	_cleanup_free_ char *xml = malloc(size);
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	size_t limit = DOMAIN_XML_MAX_BYTES;

	if (!xml)
		abort();
	memset(xml, ' ', size);
	memcpy(xml, head, sizeof(head) - 1);
	memcpy(xml + size - strlen(tail), tail, strlen(tail));
	check_refused_of(xml, size, EFBIG, "domain XML: more than 8 MiB", "9 MiB");
	memcpy(xml + limit + 1 - strlen(tail), tail, strlen(tail));
	check_refused_of(xml, limit + 1, EFBIG, "domain XML: more than 8 MiB", "a byte too many");
	memset(xml + limit + 1 - strlen(tail), ' ', strlen(tail));
	memcpy(xml + limit - strlen(tail), tail, strlen(tail));
	CHECK(domain_parse(xml, limit, &domain, NULL) == 0, "8 MiB are accepted");
}

/* What costs libxml2 far more memory, or time in its square, than it has bytes. */
static void test_count(void)
{
	static const char refused[] = "domain XML: too many elements or attributes";
	size_t size = DOMAIN_XML_MAX_BYTES;
	_cleanup_free_ char *xml = malloc(size);
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	char *end;

	if (!xml)
		abort();
	end = stpcpy(xml, "<domain><name>a</name>");
	while (end < xml + size - 20)
		end = stpcpy(end, "<a/>");
	stpcpy(end, "</domain>");
	check_refused_of(xml, strlen(xml), E2BIG, refused, "two million elements");
	end = stpcpy(xml, "<domain><name>a</name><a");
	for (unsigned int i = 0; end < xml + size - 40; i++)
		end += sprintf(end, " b%u=''", i);
	stpcpy(end, "/></domain>");
	check_refused_of(xml, strlen(xml), E2BIG, refused, "a million attributes of one element");
	end = stpcpy(xml, "<domain><name>a</name>");
	for (unsigned int i = 0; i < 10000; i++)
		end = stpcpy(end, "<a b='1' c='2' d='3'>x</a>");
	stpcpy(end, "</domain>");
	CHECK(domain_parse(xml, strlen(xml), &domain, NULL) == 0,
	      "ten thousand elements are accepted");
}

/* Every document that begins as a good one and ends too early is refused. */
static void test_truncated(void)
{
	size_t length = strlen(libvirt_xml) - strlen("\n");
	bool refused = true;

	for (size_t i = 0; i < length && refused; i++) {
		_cleanup_free_ char *xml = strndup(libvirt_xml, i);
		_cleanup_domain_ struct domain domain = DOMAIN_INIT;

		refused = xml && domain_parse(xml, i, &domain, NULL) < 0 && !domain.name;
	}
	CHECK(refused, "a document cut off anywhere is refused");
}

static void test_garbage(void)
{
	static const char letters[] = "<>/='\"&;![]- abdomin#x\n";
	size_t size = 1024 * 1024;
	_cleanup_free_ char *garbage = malloc(size);

	if (!garbage)
		abort();
	srandom(7);
	for (int round = 0; round < 6; round++) {
		for (size_t i = 0; i < size; i++)
			garbage[i] = round % 2 ? (char)random()
					       : letters[(size_t)random() % (sizeof(letters) - 1)];
		if (round > 3)
			memcpy(garbage, "<domain>", 8);
		check_refused_of(garbage, size, EINVAL, NULL, "1 MB of garbage");
	}
}

/* What libxml2 would have printed is in the error; stderr is libvirt's log. */
static void test_silence(void)
{
	_cleanup_free_ char *printed = NULL;
	size_t length = 0;
	int saved = dup(STDERR_FILENO);
	int ends[2];

	if (saved < 0 || pipe2(ends, O_CLOEXEC) < 0 || dup2(ends[1], STDERR_FILENO) < 0)
		abort();
	close(ends[1]);
	domain_parse("<domain", 7, &(struct domain){ 0 }, NULL);
	domain_parse("<domain>&x;<b></domain>", 23, &(struct domain){ 0 }, NULL);
	domain_parse("<a xmlns:b='%'><c:d/></a>", 25, &(struct domain){ 0 }, NULL);
	domain_parse("<!DOCTYPE a SYSTEM 'x'><a/>", 27, &(struct domain){ 0 }, NULL);
	dup2(saved, STDERR_FILENO);
	close(saved);
	CHECK(file_read(ends[0], 4096, &printed, &length) == 0 && length == 0,
	      "nothing is printed on stderr");
	close(ends[0]);
}

/* ---- libxml2 without memory ----------------------------------------------------------------- */

static long allocations, failing;

static bool fails(void)
{
	return ++allocations == failing;
}

static void *try_malloc(size_t size)
{
	return fails() ? NULL : malloc(size);
}

static void *try_realloc(void *old, size_t size)
{
	return fails() ? NULL : realloc(old, size);
}

static char *try_strdup(const char *text)
{
	return fails() ? NULL : strdup(text);
}

/* It goes on without what it had no memory for: half a domain is none. */
static void test_no_memory(void)
{
	static const char xml[] = TOP "<disk type='file'>\n<alias name='a'/>\n</disk>\n" HOSTDEV(
		ADDRESS) "<controller>\nx\n</controller>\n" HOSTDEV(ADDRESS) END;
	long half = 0, silent = 0, refused = 0;

	xmlMemSetup(free, try_malloc, try_realloc, try_strdup);
	for (failing = 1, allocations = failing; allocations >= failing; failing++) {
		_cleanup_domain_ struct domain domain = DOMAIN_INIT;
		_cleanup_error_ struct error error = ERROR_INIT;
		int r;

		allocations = 0;
		r = domain_parse(xml, strlen(xml), &domain, &error);
		half += r == 0 && domain.hostdev_count != 2;
		silent += r < 0 && !error.what;
		refused += r == -ENOMEM;
	}
	xmlMemSetup(free, malloc, realloc, strdup);
	CHECK(half == 0 && silent == 0,
	      "libxml2 has no memory once, in turn: the whole domain, or a message (%ld, %ld)",
	      half, silent);
	CHECK(refused > 20, "most are refused for that (%ld of %ld)", refused, failing);
}

int main(void)
{
	test_libvirt_xml();
	test_names();
	test_structure();
	test_hostdevs();
	test_interfaces_and_disks();
	test_addresses();
	test_malformed_addresses();
	test_malformed_hostdevs();
	check_many(256, true);
	check_many(257, false);
	test_not_xml();
	test_dtd();
	test_xinclude();
	test_depth();
	test_size();
	test_count();
	test_truncated();
	test_garbage();
	test_silence();
	test_no_memory();
	return tap_done();
}
