/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libvirt's qemu hook does, and the engine's only door: reads the domain's XML from stdin,
 * reports to stderr (which libvirt shows when a start is refused) and to the system's log. Never
 * writes to stdout, never calls libvirt.
 */
#ifndef GH_HANDOFF_HOOK_H
#define GH_HANDOFF_HOOK_H

#include <sys/types.h>

/* The name under which the doorman finds hook_run(). */
#define HOOK_RUN_SYMBOL "gpu_handoff_hook_run"

/*
 * Carries out "prepare" or "release" for the VM. `daemon_pid` is the hook's parent at its start.
 * Returns the hook's exit status: 0, or 1 for a prepare that is refused.
 */
int hook_run(const char *vm, const char *operation, pid_t daemon_pid) __asm__(HOOK_RUN_SYMBOL)
	__attribute__((visibility("default")));

typedef int hook_run_function(const char *vm, const char *operation, pid_t daemon_pid);

#endif
