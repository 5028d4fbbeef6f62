/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syslog(3) waits without a limit for a log daemon that does not read, and libvirt waits for us; so
 * the line goes out by a socket that does not block, in the form of RFC 3164 that syslog(3) sends.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LOG_SOCKET "/dev/log"
/* What the daemons take at least (RFC 3164: 1024; journald and rsyslog: 8 KiB and more). */
#define LOG_LINE_BYTES 8000

static bool also_to_stderr;

void log_to_stderr(void)
{
	also_to_stderr = true;
}

/* English names, whatever the locale. */
static int format_time(char *text, size_t size)
{
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm local;

	if (!localtime_r(&now, &local))
		return -1;
	return snprintf(text, size, "%s %2d %02d:%02d:%02d", months[local.tm_mon], local.tm_mday,
			local.tm_hour, local.tm_min, local.tm_sec);
}

/* Whatever is in it, one call is one line, and no terminal obeys it. */
static void flatten(char *line)
{
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = *c == '\n' ? ' ' : '?';
}

/* A line that does not find its way at once is dropped. */
static void send_line(const char *line, size_t length)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = LOG_SOCKET };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		(void)!send(fd, line, length, MSG_NOSIGNAL);
	close(fd);
}

__attribute__((format(printf, 2, 0))) static void log_line(int priority, const char *format,
							   va_list arguments)
{
	char line[LOG_LINE_BYTES];
	char stamp[32];
	int head, body;

	if (format_time(stamp, sizeof(stamp)) < 0)
		return;
	head = snprintf(line, sizeof(line), "<%d>%s gpu-handoff[%d]: ", LOG_DAEMON | priority,
			stamp, (int)getpid());
	body = vsnprintf(line + head, sizeof(line) - (size_t)head, format, arguments);
	if (body < 0)
		return;
	flatten(line);
	send_line(line, strlen(line));
	if (also_to_stderr)
		dprintf(STDERR_FILENO, "gpu-handoff: %s\n", line + head);
}

#define LOG_FUNCTION(name, priority)                   \
	void name(const char *format, ...)             \
	{                                              \
		va_list arguments;                     \
                                                       \
		va_start(arguments, format);           \
		log_line(priority, format, arguments); \
		va_end(arguments);                     \
	}

LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_warning, LOG_WARNING)
LOG_FUNCTION(log_error, LOG_ERR)
