/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system's log, facility daemon, as "gpu-handoff". Never waits: a log daemon that is stuck
 * loses the line. Standard output is never used: libvirt takes it for a domain's XML.
 */
#ifndef GH_BASE_LOG_H
#define GH_BASE_LOG_H

/* From now on every line goes to standard error as well: for the command. */
void log_to_stderr(void);

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
