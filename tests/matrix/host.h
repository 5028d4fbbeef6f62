/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host as far as a hand-over of the GPU may change it, as text to be compared. */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>

#define HOOK "/etc/libvirt/hooks/qemu"
#define COMMAND "/usr/bin/gpu-handoff"

/* Drivers, overrides, power management, consoles, the units of $UNITS. The caller's. */
char *host_devices(void);

/*
 * What is below /run/gpu-handoff but for locks, with its content; claims' tokens as ones. "" when
 * there is nothing. The caller's.
 */
char *host_claims(void);

/* Whether all three functions are on vfio-pci. */
bool host_devices_given(const char *devices);

/* Puts the claims of an earlier host_claims() back as they are, for a host whose devices fit them.
 */
void host_put_claims(const char *claims);

/* The text of a small file, or "". The caller's. */
char *host_read(const char *path);

#endif
