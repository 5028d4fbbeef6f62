/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define RETRY_MS 20

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
	_cleanup_close_ int fd = openat(directory_fd, name,
					O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0)
		return -errno;
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
