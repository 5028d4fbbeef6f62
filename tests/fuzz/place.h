/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A tree for parsers that open their file by the root object. tests/fuzz/run gives each run a
 * TMPDIR and removes it, so that a crash leaves nothing behind.
 */
#ifndef GH_TESTS_FUZZ_PLACE_H
#define GH_TESTS_FUZZ_PLACE_H

#include "scratch.h"

#include "fuzz.h"

/* Made once, with the file of the path in it, which has the text now. */
static inline const struct scratch *fuzz_place_with(const char *path, const char *text)
{
	static struct scratch place = { .root = ROOT_INIT };
	static int fd = -1;
	const char *directory = getenv("TMPDIR");
	size_t length = strlen(text);

	if (fd < 0) {
		MUST((size_t)snprintf(place.path, sizeof(place.path), "%s/fuzz.XXXXXX",
				      directory ? directory : "/tmp") < sizeof(place.path));
		MUST(mkdtemp(place.path) && root_open_tree(place.path, &place.root) == 0);
		scratch_file(&place, path, "");
		fd = root_open(&place.root, O_WRONLY, "%s", path);
	}
	MUST(ftruncate(fd, 0) == 0 && pwrite(fd, text, length, 0) == (ssize_t)length);
	return &place;
}

#endif
