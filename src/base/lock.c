/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define RETRY_MS 20
#define LOCKS_MAX_BYTES (16 * 1024 * 1024)

struct patience patience_share(const struct patience *patience)
{
	struct patience share = *patience;

	share.deadline_ms -= clock_left_ms(patience->deadline_ms) / 2;
	return share;
}

bool patience_cancelled(const struct patience *patience)
{
	return patience->cancelled && patience->cancelled(patience->data);
}

int lock_take(int directory_fd, const char *name, const struct patience *patience)
{
	_cleanup_close_ int fd =
		openat(directory_fd, name,
		       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	/* somebody else could keep it for ever */
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid())
		return -EPERM;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return -errno;
		if (!patience)
			return -EWOULDBLOCK;
		if (patience_cancelled(patience))
			return -ECANCELED;
		if (clock_left_ms(patience->deadline_ms) == 0)
			return -ETIMEDOUT;
		clock_sleep_ms(RETRY_MS, patience->deadline_ms);
	}
	return take_fd(&fd);
}

int lock_is_taken(const struct root *root, int directory_fd, const char *name)
{
	_cleanup_free_ char *locks = NULL;
	struct stat status;
	char place[64];
	char *rest = NULL;
	int r;

	if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	r = root_read(root, LOCKS_MAX_BYTES, &locks, "proc/locks");
	if (r < 0)
		return r;
	/* "1: FLOCK  ADVISORY  WRITE 744 00:19:1234 0 EOF"; a line with "->" waits for the lock */
	snprintf(place, sizeof(place), " %02x:%02x:%llu ", major(status.st_dev),
		 minor(status.st_dev), (unsigned long long)status.st_ino);
	for (char *line = strtok_r(locks, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strstr(line, " FLOCK ") && !strstr(line, "->") && strstr(line, place))
			return 1;
	return 0;
}
