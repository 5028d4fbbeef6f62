/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole files: reading with a limit and a deadline, and replacing one so that it is there old or
 * new but never half.
 */
#ifndef GH_BASE_FILE_H
#define GH_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * Reads from the descriptor's position to its end. A zero byte is added that is not counted. The
 * caller frees the text. Returns 0 or a negative errno, -EFBIG when there is more than `limit`
 * bytes.
 */
int file_read(int fd, size_t limit, char **ret_text, size_t *ret_length);

/*
 * As file_read(), for a pipe whose writer may be slow or gone: -ETIMEDOUT at the deadline
 * (clock_now_ms() time).
 */
int file_read_until(int fd, size_t limit, int64_t deadline_ms, char **ret_text, size_t *ret_length);

/*
 * Replaces `name` in a directory: writes a temporary file beside it, mode 0600, and renames it.
 * Returns 0 or a negative errno, and then the file is as it was.
 */
int file_replace(int directory_fd, const char *name, const char *text, size_t length);

/*
 * As file_replace(), by way of a temporary file of that name, for who wants to find again what a
 * process that was killed has left. One process at a time.
 */
int file_replace_by(int directory_fd, const char *temporary, const char *name, const char *text,
		    size_t length);

/*
 * As file_replace(), with the mode and the owner that `as` has, and it is on the disk when this
 * returns: for files that must outlive a loss of power.
 */
int file_replace_as(int directory_fd, const char *name, const char *text, size_t length,
		    const struct stat *as);

/* As file_replace_as(), for a name that is not there yet: -EEXIST. */
int file_create_as(int directory_fd, const char *name, const char *text, size_t length,
		   const struct stat *as);

#endif
