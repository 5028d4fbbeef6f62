/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's log: in an initramfs there is no other. What the stub has to say goes there, and to
 * whoever runs it on a terminal.
 */
#ifndef GH_UDEV_KERNEL_LOG_H
#define GH_UDEV_KERNEL_LOG_H

#include "base/error.h"

void kernel_log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void kernel_log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "DEVICE: WHAT: WHY. HINT", an error. */
void kernel_log_problem(const struct error *error);

#endif
