/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `status --watch`: looks again when udev or libvirt tell of a change, and now and then. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/connection.h"
#include "cli/interrupt.h"
#include "cli/status.h"
#include "host/udev.h"

/* A claim of devices that stay on their drivers changes without an event. */
#define LOOK_AGAIN_MS 2000
/* One change brings many events. */
#define PAUSE_US 100000

/* What is printed in the meantime, the caller's; NULL without memory. */
static char *capture(const struct command *command, int *ret_status)
{
	FILE *terminal = stdout, *errors = stderr;
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return NULL;
	/* variables in glibc: "Standard Streams" in its manual */
	stdout = stderr = memory;
	*ret_status = status_run_once(command);
	stdout = terminal;
	stderr = errors;
	return fclose(memory) == 0 ? text : NULL;
}

static void print_time(void)
{
	time_t now = time(NULL);
	struct tm local;
	char text[64];

	if (localtime_r(&now, &local) && strftime(text, sizeof(text), "%F %T", &local))
		printf("---- %s\n", text);
}

/* Waits for a change, whichever can be seen. */
static void wait_for_change(const struct command *command, struct connection **connection,
			    struct udev_watch *udev)
{
	int fd = udev ? udev_watch_fd(udev) : -1;
	int r = -1;

	if (!*connection)
		(void)connection_open(command->uri, CONNECTION_WATCH, connection, NULL);
	if (*connection) {
		r = connection_watch(*connection, fd, LOOK_AGAIN_MS, NULL);
		if (r < 0 && r != -ETIMEDOUT) {
			connection_close(*connection);
			*connection = NULL;
		}
	}
	if (r < 0 && r != -ETIMEDOUT)
		udev_watch_wait(udev, LOOK_AGAIN_MS);
	if (r == 0 && !interrupt_seen(NULL))
		usleep(PAUSE_US);
	if (udev)
		udev_watch_drain(udev);
}

int status_watch(const struct command *command)
{
	_cleanup_connection_ struct connection *connection = NULL;
	struct udev_watch *udev = udev_watch_new(0);
	_cleanup_free_ char *told = NULL;
	int status = EXIT_DONE;

	interrupt_catch();
	while (!interrupt_seen(NULL)) {
		char *text = capture(command, &status);

		if (!text) {
			status = command_no_memory();
			break;
		}
		if (!text_same(text, told)) {
			if (!command->json)
				print_time();
			fputs(text, stdout);
			if (fflush(stdout) != 0)
				break;
		}
		free(told);
		told = text;
		wait_for_change(command, &connection, udev);
	}
	udev_watch_free(udev);
	return status;
}
