/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/udev.h"

#include "base/cleanup.h"
#include "scratch.h"
#include "tap.h"

#define ADDRESS "0000:01:00.0"
#define RECORD "run/udev/data/+pci:" ADDRESS
/* One that every hardware database knows, and one that nobody has. */
#define KNOWN "pci:v00008086d00001237sv00001AF4sd00001100bc06sc00i00"
#define UNKNOWN "pci:v0000FFFEd0000FFFEsv0000FFFEsd0000FFFEbcFFscFFiFF"

/* NULL for no record. */
static void check_name(const char *record, const char *modalias, const char *wanted,
		       const char *what)
{
	SCRATCH(place);
	_cleanup_free_ char *name = NULL;

	if (record)
		scratch_file(&place, RECORD, record);
	name = udev_pci_name(&place.root, ADDRESS, modalias);
	CHECK_TEXT(name, wanted, "%s", what);
}

static void test_recorded(void)
{
	check_name("I:1\n"
		   "E:ID_PATH=pci-0000:01:00.0\n"
		   "E:ID_MODEL_FROM_DATABASE=GP106 [GeForce GTX 1060]\n"
		   "E:ID_VENDOR_FROM_DATABASE=NVIDIA Corporation\n"
		   "G:seat\n"
		   "V:1\n",
		   UNKNOWN, "NVIDIA Corporation GP106 [GeForce GTX 1060]",
		   "the name is the one that udev has recorded, in whatever order");
	check_name("E:ID_VENDOR_FROM_DATABASE=Example=1", UNKNOWN, "Example=1",
		   "a vendor without a model is a name");
	check_name("E:ID_MODEL_FROM_DATABASE=Card\n", UNKNOWN, NULL,
		   "a model without a vendor is none");
	check_name("E:ID_VENDOR_FROM_DATABASE_OLD=Example\nID_VENDOR_FROM_DATABASE=Example\n"
		   "S:ID_VENDOR_FROM_DATABASE=Example\n",
		   UNKNOWN, NULL, "what is like the property is not it");
}

static void test_database(void)
{
	_cleanup_free_ char *vendor = NULL;
	_cleanup_free_ char *model = NULL;
	_cleanup_free_ char *name = NULL;

	udev_hwdb_names(KNOWN, &vendor, &model);
	name = vendor && model ? text_format("%s %s", vendor, model) : NULL;
	check_name(NULL, KNOWN, name, "without a record, the hardware database is asked");
	check_name("I:1\nV:1\n", KNOWN, NULL,
		   "udev has asked it already: a record without a name has none");
	check_name("", KNOWN, NULL, "and so has an empty one");
	check_name(NULL, UNKNOWN, NULL, "what neither knows has no name");
}

int main(void)
{
	test_recorded();
	test_database();
	return tap_done();
}
