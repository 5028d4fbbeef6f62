/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/root.h"

#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "scratch.h"
#include "tap.h"

static void test_read(void)
{
	SCRATCH(place);
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *bare = NULL;
	char *untouched = (char *)"untouched";
	int r;

	scratch_file(&place, "sys/a", "on\n");
	scratch_file(&place, "sys/b", "\n\nx\n\n");
	CHECK(root_read(&place.root, 16, &text, "sys/%s", "a") == 0, "a file below the root");
	CHECK_TEXT(text, "on", "its text without the final newline");
	r = root_read(&place.root, 16, &bare, "sys/b");
	CHECK(r == 0 && strcmp(bare, "\n\nx\n") == 0, "only one newline is taken off");
	CHECK(root_read(&place.root, 2, &untouched, "sys/a") == -EFBIG, "above the limit: refused");
	CHECK(root_read(&place.root, 16, &untouched, "sys/none") == -ENOENT, "no file: refused");
	CHECK(root_read(&place.root, 16, &untouched, "sys") == -EISDIR, "a directory: refused");
	CHECK_TEXT(untouched, "untouched", "the result of a failure is untouched");
}

static void test_limit_is_exact(void)
{
	SCRATCH(place);
	_cleanup_free_ char *text = NULL;

	scratch_file(&place, "a", "1234");
	CHECK(root_read(&place.root, 4, &text, "a") == 0, "as much as the limit is read");
	CHECK(root_read(&place.root, 3, &text, "a") == -EFBIG, "a byte more is not");
}

static void test_long_paths(void)
{
	SCRATCH(place);
	static char longest[PATH_MAX + 1];
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	char *text = NULL;

	memset(longest, 'a', PATH_MAX);
	CHECK(root_read(&place.root, 16, &text, "%s", longest) == -ENAMETOOLONG &&
		      root_open(&place.root, O_RDONLY, "%s", longest) == -ENAMETOOLONG &&
		      root_link_name(&place.root, &text, "%s", longest) == -ENAMETOOLONG &&
		      root_list(&place.root, &names, "%s", longest) == -ENAMETOOLONG &&
		      !root_exists(&place.root, "%s", longest),
	      "a path that is too long is refused, not cut");
}

static void test_link_name(void)
{
	SCRATCH(place);
	_cleanup_free_ char *far = NULL;
	_cleanup_free_ char *near = NULL;
	char *untouched = (char *)"untouched";

	scratch_link(&place, "driver", "../../../bus/pci/drivers/vfio-pci");
	scratch_link(&place, "near", "target");
	scratch_file(&place, "file", "");
	CHECK(root_link_name(&place.root, &far, "driver") == 0,
	      "a link that leads nowhere is read");
	CHECK_TEXT(far, "vfio-pci", "the last part of where it leads");
	CHECK(root_link_name(&place.root, &near, "%s", "near") == 0, "a link without a slash");
	CHECK_TEXT(near, "target", "is the whole of it");
	CHECK(root_link_name(&place.root, &untouched, "none") == -ENOENT, "no link");
	CHECK(root_link_name(&place.root, &untouched, "file") == -EINVAL, "a file is no link");
	CHECK_TEXT(untouched, "untouched", "the result of a failure is untouched");
}

static void test_exists(void)
{
	SCRATCH(place);

	scratch_link(&place, "dangling", "nowhere");
	scratch_link(&place, "loop", "loop");
	scratch_directory(&place, "directory");
	scratch_file(&place, "file", "");
	CHECK(root_exists(&place.root, "dangling"), "a link that leads nowhere is there itself");
	CHECK(root_exists(&place.root, "directory"), "a directory is there");
	CHECK(!root_exists(&place.root, "nowhere"), "nothing is not");
	CHECK(root_is_missing(&place.root, "nowhere") &&
		      root_is_missing(&place.root, "file/below") &&
		      !root_is_missing(&place.root, "dangling") &&
		      !root_is_missing(&place.root, "directory"),
	      "it is missing, then, and what is there is not");
	CHECK(!root_is_missing(&place.root, "loop/below") &&
		      !root_exists(&place.root, "loop/below"),
	      "what cannot be looked at is neither seen nor missing");
	CHECK(root_look(&place.root, "dangling") == 1 && root_look(&place.root, "nowhere") == 0 &&
		      root_look(&place.root, "file/below") == 0 &&
		      root_look(&place.root, "loop/below") == -ELOOP,
	      "a look tells these apart");
	CHECK(root_says_missing(-ENOENT) && root_says_missing(-ESRCH) &&
		      root_says_missing(-ENODEV) && !root_says_missing(-EIO) &&
		      !root_says_missing(-EMFILE) && !root_says_missing(-EACCES) &&
		      !root_says_missing(0) && !root_says_missing(1),
	      "gone is something else than a failure");
}

static void test_list(void)
{
	SCRATCH(place);
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	static const char *const wanted[] = {
		".hidden", "0000:00:02.0", "0000:00:10.0", "10000:00:01.0", "B", "a"
	};
	size_t same = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		char path[32];

		snprintf(path, sizeof(path), "d/%s", wanted[(i * 5 + 3) % ARRAY_SIZE(wanted)]);
		scratch_file(&place, path, "");
	}
	strings_add(&names, "of an earlier list");
	CHECK(root_list(&place.root, &names, "d") == 0 && names.count == ARRAY_SIZE(wanted),
	      "all entries, without \".\" and \"..\", instead of what was in the list");
	for (size_t i = 0; i < names.count; i++)
		same += strcmp(names.items[i], wanted[i]) == 0;
	CHECK(same == ARRAY_SIZE(wanted), "sorted by byte value");
	CHECK(root_list(&place.root, &names, "none") == -ENOENT && names.count == 6,
	      "no directory: an error, and the list as it was");
	CHECK(root_list(&place.root, &names, "d/a") == -ENOTDIR, "a file has no entries");
	scratch_directory(&place, "empty");
	CHECK(root_list(&place.root, &names, "empty") == 0 && names.count == 0,
	      "an empty directory");
}

static void test_open(void)
{
	SCRATCH(place);
	struct root none = ROOT_INIT;
	_cleanup_close_ int fd = -1;

	scratch_file(&place, "a", "");
	fd = root_open(&place.root, O_RDONLY, "a");
	CHECK(fd >= 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC, "what is opened no program inherits");
	CHECK(fcntl(place.root.fd, F_GETFD) & FD_CLOEXEC, "neither the tree itself");
	CHECK(root_open_tree("/nowhere at all", &none) == -ENOENT && none.fd == -1,
	      "a tree that is not there: an error, and the object as it was");
	root_close(&none);
	CHECK(none.fd == -1, "closing what is not open does nothing");
}

/* A tree that somebody has sent. */
static void test_foreign(void)
{
	SCRATCH(place);
	_cleanup_free_ char *text = NULL;

	scratch_file(&place, "etc/passwd", "theirs\n");
	scratch_link(&place, "absolute", "/etc/passwd");
	scratch_link(&place, "up", "../../../../../../etc/passwd");
	CHECK(!place.root.is_host, "a tree that is not / is another machine's");
	CHECK(root_read(&place.root, 100, &text, "absolute") == 0, "an absolute link in it");
	CHECK_TEXT(text, "theirs", "leads to where it would there");
	free(take_ptr(text));
	CHECK(root_read(&place.root, 100, &text, "up") == 0, "one that climbs");
	CHECK_TEXT(text, "theirs", "does not get out");
	free(take_ptr(text));
	scratch_fifo(&place, "pipe");
	CHECK(root_read(&place.root, 100, &text, "pipe") == 0 && !*text,
	      "a pipe without a writer is not waited for");
}

/* Renames anywhere on the machine may disturb a look that climbs (openat2(2), EAGAIN). */
static void test_beside_renames(void)
{
	SCRATCH(place);
	unsigned int failed = 0;
	pid_t child;

	scratch_file(&place, "sys/devices/a/value", "1\n");
	scratch_link(&place, "sys/bus/a", "../devices/a");
	scratch_file(&place, "moved", "");
	child = fork();
	while (child == 0) {
		renameat(place.root.fd, "moved", place.root.fd, "moved-on");
		renameat(place.root.fd, "moved-on", place.root.fd, "moved");
	}
	for (int i = 0; i < 20000; i++) {
		_cleanup_free_ char *text = NULL;

		failed += root_read(&place.root, 16, &text, "sys/bus/a/value") < 0;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CHECK(failed == 0, "a look through a link that climbs, beside renames (%u failed)", failed);
}

int main(void)
{
	test_read();
	test_limit_is_exact();
	test_long_paths();
	test_link_name();
	test_exists();
	test_list();
	test_open();
	test_foreign();
	test_beside_renames();
	return tap_done();
}
