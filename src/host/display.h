/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What shows the host's text: the firmware's framebuffer (efifb, vesafb, simpledrm), which can sit
 * on a GPU's memory without being its driver, and the VT's consoles.
 */
#ifndef GH_HOST_DISPLAY_H
#define GH_HOST_DISPLAY_H

#include <stdbool.h>

#include "base/error.h"
#include "base/root.h"
#include "base/text.h"
#include "base/worker.h"

/*
 * Whether the text of /proc/iomem has a firmware framebuffer inside a BAR of the function.
 * *ret_name is then what the kernel calls the region ("BOOTFB", "efifb", …), a constant.
 */
bool display_iomem_has_framebuffer(const char *iomem, const char *function, const char **ret_name);

/*
 * Appends the platform devices that hold memory of the function as firmware framebuffers, as
 * "DRIVER/DEVICE". Returns 0 or a negative errno with `error` filled.
 */
int display_find_framebuffers(const struct root *root, const char *function,
			      struct strings *framebuffers, struct error *error);

int display_unbind_framebuffer(const struct worker_context *context, const char *framebuffer,
			       struct error *error);

/*
 * Done too when the device is there no more: a driver for the GPU removes it for good
 * (drivers/video/aperture.c, sysfb_disable(); vfio-pci does so for class 0300).
 */
int display_bind_framebuffer(const struct worker_context *context, const char *framebuffer,
			     struct error *error);

/*
 * Appends the consoles ("vtcon1") on framebuffers to which the VT is attached; by workers, since
 * that is read under the console's lock (drivers/tty/vt/vt.c, show_bind()). Returns as
 * display_find_framebuffers(), and as worker_run().
 */
int display_find_consoles(const struct worker_context *context, struct strings *consoles,
			  struct error *error);

/* Attaches it or detaches it; done too when it is there no more. */
int display_set_console(const struct worker_context *context, const char *console, bool attached,
			struct error *error);

#endif
