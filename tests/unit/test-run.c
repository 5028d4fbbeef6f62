/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/run.h"

#include <string.h>

#include "base/cleanup.h"
#include "tap.h"

static void check_hint(int code, const char *wanted)
{
	_cleanup_error_ struct error error = ERROR_INIT;

	CHECK(run_explain(error_set_errno(&error, code, "cannot write"), &error) == -code,
	      "%s is returned", strerror(code));
	CHECK(error.hint && strstr(error.hint, wanted), "%s: \"%s\" is what to do", strerror(code),
	      wanted);
	CHECK(error.hint && strstr(error.hint, "gpu-handoff recover"),
	      "%s: and how a VM's devices come back then", strerror(code));
	CHECK_TEXT(error.what, "cannot write", "what was tried stays");
	CHECK_TEXT(error.why, strerror(code), "and so does why");
}

static void test_other(void)
{
	_cleanup_error_ struct error error = ERROR_INIT;

	error_set_errno(&error, EIO, "cannot write");
	run_explain(-1, &error);
	CHECK(!error.hint, "another error is not taken for a full /run");
	error_hint(&error, "Do that.");
	run_explain(-1, &error);
	CHECK_TEXT(error.hint, "Do that.", "and keeps its hint");
	CHECK(run_explain(-EIO, NULL) == -EIO, "nor is one that nobody wants to see");
}

int main(void)
{
	check_hint(ENOSPC, "df -i /run");
	check_hint(EDQUOT, "df -h /run");
	check_hint(EROFS, "mount -o remount,rw /run");
	test_other();
	return tap_done();
}
