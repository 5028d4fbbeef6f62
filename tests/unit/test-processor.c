/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/processor.h"

#include <errno.h>

#include "scratch.h"
#include "tap.h"

int main(void)
{
	SCRATCH(scratch);
	struct error error = ERROR_INIT;
	struct processor processor;

	CHECK(processor_read(&scratch.root, &processor, &error) == -ENOENT && error.code == ENOENT,
	      "without /proc/cpuinfo nothing is known");
	scratch_file(&scratch, "proc/cpuinfo",
		     "processor\t: 0\nvendor_id\t: GenuineIntel\n"
		     "flags\t\t: fpu pae vmx lm\nvmx flags\t: vnmi\n"
		     "address sizes\t: 46 bits physical, 48 bits virtual\n\n"
		     "processor\t: 1\naddress sizes\t: 39 bits physical, 48 bits virtual\n");
	CHECK(processor_read(&scratch.root, &processor, &error) == 0 &&
		      processor.maker == PROCESSOR_INTEL && processor.virtualisation &&
		      processor.width == 46,
	      "Intel's, by the first one");
	scratch_file(&scratch, "proc/cpuinfo",
		     "vendor_id\t: AuthenticAMD\nflags\t\t: fpu svm_lock\n");
	CHECK(processor_read(&scratch.root, &processor, &error) == 0 &&
		      processor.maker == PROCESSOR_AMD && !processor.virtualisation &&
		      processor.width == 0,
	      "AMD's without virtualisation: a flag is a whole word");
	scratch_file(&scratch, "proc/cpuinfo", "flags\t\t: fpu svm\n");
	CHECK(processor_read(&scratch.root, &processor, &error) == 0 &&
		      processor.maker == PROCESSOR_UNKNOWN && processor.virtualisation,
	      "another maker's");
	error_clear(&error);
	return tap_done();
}
