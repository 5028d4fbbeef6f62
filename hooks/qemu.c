/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The doorman: /etc/libvirt/hooks/qemu. libvirt runs it at every step of every VM's life, so it
 * costs next to nothing for a VM that is none of ours: linked to libc alone, it looks whether the
 * VM has a configuration or a claim, and only then loads the engine.
 *
 * Exit status 0 on everything but a refused prepare: libvirt kills a running VM for a failed
 * "started" or "reconnect" (src/qemu/qemu_process.c).
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "handoff/hook.h"

#ifndef ENGINE_PATH
#error "ENGINE_PATH: where the engine is installed"
#endif

#define CONFIGURATIONS "/etc/gpu-handoff/domains.d/"
#define CLAIMS "/run/gpu-handoff/vm/"
/* its number is the kernel's, fixed (include/linux/proc_ns.h, PROC_USER_INIT_INO) */
#define FIRST_USER_NAMESPACE "user:[4026531837]"
#define HOTPLUG "hotplug:" /* CLAIM_HOTPLUG_PREFIX; its header needs more than libc */

/* Whether something of the name is there. When that cannot be told, the engine shall say why. */
static bool is_there(const char *directory, const char *name, const char *suffix)
{
	char path[PATH_MAX];
	struct stat status;
	int length = snprintf(path, sizeof(path), "%s%s%s", directory, name, suffix);

	if (length < 0 || (size_t)length >= sizeof(path))
		return false;
	if (lstat(path, &status) == 0)
		return true;
	return errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG;
}

/*
 * Whether a claim of what was plugged into the running VM is there, "hotplug:ADDRESS:NAME.claim".
 * The engine looks closer.
 */
static bool has_hotplugged(const char *name)
{
	char end[NAME_MAX + 1];
	int length = snprintf(end, sizeof(end), ":%s.claim", name);
	bool found = false;
	struct dirent *entry;
	DIR *directory;

	if (length < 0 || (size_t)length >= sizeof(end))
		return false;
	directory = opendir(CLAIMS);
	if (!directory)
		return errno != ENOENT && errno != ENOTDIR;
	while (!found && (entry = readdir(directory))) {
		size_t size = strlen(entry->d_name);

		found = strncmp(entry->d_name, HOTPLUG, strlen(HOTPLUG)) == 0 &&
			size > strlen(HOTPLUG) + (size_t)length &&
			strcmp(entry->d_name + size - length, end) == 0;
	}
	closedir(directory);
	return found;
}

/*
 * Whether we are root, and not only called so in a user namespace: such a one, a user's container,
 * has no say in the host's devices. Where there is no /proc, nobody has made a namespace either.
 */
static bool is_root(void)
{
	char namespace[64];
	ssize_t length;

	if (geteuid() != 0)
		return false;
	length = readlink("/proc/self/ns/user", namespace, sizeof(namespace) - 1);
	if (length < 0)
		return true;
	namespace[length] = '\0';
	return strcmp(namespace, FIRST_USER_NAMESPACE) == 0;
}

static bool concerns_us(int argument_count, char **arguments)
{
	const char *name, *operation;

	if (argument_count < 3)
		return false;
	name = arguments[1];
	operation = arguments[2];
	if (strcmp(operation, "prepare") != 0 && strcmp(operation, "release") != 0)
		return false;
	if (!*name || strchr(name, '/') || !is_root())
		return false;
	return is_there(CONFIGURATIONS, name, ".ini") || is_there(CLAIMS, name, ".claim") ||
	       has_hotplugged(name);
}

static int report_broken(const char *operation)
{
	const char *why = dlerror();

	log_error("cannot load the engine: %s", why ? why : "?");
	if (strcmp(operation, "prepare") != 0)
		return 0;
	fprintf(stderr,
		"gpu-handoff does not let the VM start.\n"
		"  Problem: cannot load the engine: %s\n"
		"  To do:   install gpu-handoff again.\n"
		"  Host:    nothing was changed.\n",
		why ? why : "?");
	return 1;
}

int main(int argument_count, char **arguments)
{
	pid_t daemon_pid = getppid();
	hook_run_function *run;
	void *engine;

	if (!concerns_us(argument_count, arguments))
		return 0;
	/* whose variables these are is not known, and libraries go by some: TZ is a path */
	clearenv();
	engine = dlopen(ENGINE_PATH, RTLD_NOW | RTLD_LOCAL);
	/* for a release there is no other time */
	if (!engine)
		engine = dlopen(ENGINE_PATH, RTLD_NOW | RTLD_LOCAL);
	run = engine ? (hook_run_function *)dlsym(engine, HOOK_RUN_SYMBOL) : NULL;
	if (!run)
		return report_broken(arguments[2]);
	return run(arguments[1], arguments[2], daemon_pid);
}
