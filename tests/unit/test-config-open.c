/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/config_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "scratch.h"
#include "tap.h"

/*
 * The engine's openat() is this one. While `change` is set, that happens once, when a file that has
 * been looked at is about to be opened.
 */
static void (*change)(const struct scratch *place);
static const struct scratch *changed_place;

int openat(int directory_fd, const char *path, int flags, ...)
{
	void (*now)(const struct scratch *) = change;
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	if (now && !(flags & O_PATH)) {
		change = NULL;
		now(changed_place);
	}
	return (int)syscall(SYS_openat, directory_fd, path, flags, mode);
}

static void must(int result)
{
	if (result < 0)
		scratch_fail("cannot change the file");
}

static void let_others_write(const struct scratch *place)
{
	must(fchmodat(place->root.fd, "etc/vm.ini", 0666, 0));
}

static void put_fifo(const struct scratch *place)
{
	must(unlinkat(place->root.fd, "etc/vm.ini", 0));
	must(mkfifoat(place->root.fd, "etc/vm.ini", 0600));
}

static void put_directory(const struct scratch *place)
{
	must(unlinkat(place->root.fd, "etc/vm.ini", 0));
	must(mkdirat(place->root.fd, "etc/vm.ini", 0700));
}

static void put_link(const struct scratch *place)
{
	must(unlinkat(place->root.fd, "etc/vm.ini", 0));
	must(symlinkat("other.ini", place->root.fd, "etc/vm.ini"));
}

static void put_other(const struct scratch *place)
{
	must(renameat(place->root.fd, "etc/other.ini", place->root.fd, "etc/vm.ini"));
}

static void remove_it(const struct scratch *place)
{
	must(unlinkat(place->root.fd, "etc/vm.ini", 0));
}

/* A file that is as it should be when it is looked at, and then is not. `message` NULL: it is. */
static void check_change(const char *what, void (*how)(const struct scratch *place), int code,
			 const char *message)
{
	SCRATCH(place);
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *got = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	scratch_file(&place, "etc/vm.ini", "");
	scratch_file(&place, "etc/other.ini", "");
	changed_place = &place;
	change = how;
	r = config_open(&place.root, "etc/vm.ini", &fd, &error);
	CHECK(!change, "%s before it is opened", what);
	change = NULL;
	got = error.what ? error_text(&error) : NULL;
	CHECK_TEXT(got, message, "%s: what is said", what);
	CHECK(r == -code && (fd >= 0) == !code, "%s: what is returned", what);
}

int main(void)
{
	check_change("it may be written by others", let_others_write, EPERM,
		     "/etc/vm.ini can be written by others than its owner (mode 0666)");
	check_change("it becomes a FIFO", put_fifo, EINVAL,
		     "/etc/vm.ini is a FIFO, not a regular file");
	check_change("it becomes a directory", put_directory, EINVAL,
		     "/etc/vm.ini is a directory, not a regular file");
	check_change("it becomes a link", put_link, ELOOP,
		     "cannot open /etc/vm.ini: Too many levels of symbolic links");
	check_change("it becomes another file", put_other, 0, NULL);
	check_change("it goes", remove_it, ENOENT, NULL);
	return tap_done();
}
