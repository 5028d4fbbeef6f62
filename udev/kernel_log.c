/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel_log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* A longer record is refused (Linux 6.1, kernel/printk/printk.c, LOG_LINE_MAX). */
#define RECORD_MAX_BYTES 900

__attribute__((format(printf, 2, 0))) static void write_record(int priority, const char *format,
							       va_list arguments)
{
	_cleanup_close_ int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char record[RECORD_MAX_BYTES + 1];
	size_t length;
	int head, body;

	head = snprintf(record, RECORD_MAX_BYTES, "<%d>gpu-handoff: ", LOG_DAEMON | priority);
	body = vsnprintf(record + head, RECORD_MAX_BYTES - (size_t)head, format, arguments);
	if (body < 0)
		return;
	/* a line of its own each would be a record of its own */
	for (char *c = record; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = *c == '\n' ? ' ' : '?';
	/* without a line's end it would wait for the rest of a line, and nobody would see it */
	length = strlen(record);
	record[length++] = '\n';
	if (fd >= 0)
		(void)!write(fd, record, length);
	if (isatty(STDERR_FILENO))
		(void)!write(STDERR_FILENO, strchr(record, '>') + 1,
			     length - (size_t)(strchr(record, '>') + 1 - record));
}

void kernel_log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_record(LOG_INFO, format, arguments);
	va_end(arguments);
}

void kernel_log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_record(LOG_ERR, format, arguments);
	va_end(arguments);
}

void kernel_log_problem(const struct error *error)
{
	_cleanup_free_ char *text = error_text(error);

	kernel_log_error("%s%s%s", text ? text : "no memory", error->hint ? ". " : "",
			 error->hint ? error->hint : "");
}
