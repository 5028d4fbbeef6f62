/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

/* The lowest number that is free is the one that open() takes. */
static void open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* without devices, what can be neither read nor written */
		if (open("/dev/null", O_RDWR | O_NOCTTY) < 0 && open("/", O_PATH) < 0)
			_exit(1);
	}
}

void process_begin(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t ends;

	open_standard();
	/* ignored, the kernel takes children away before they can be asked how they ended */
	sigaction(SIGCHLD, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGXFSZ, &action, NULL);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_UNBLOCK, &ends, NULL);
}

void process_reset(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* what is ignored would stay so in the next program */
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	/* where we are, the directory may be gone */
	(void)!chdir("/");
}
