/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of holders_scan(): each looks for one sort of holders and adds those that it finds. For
 * holders*.c alone.
 */
#ifndef GH_HOST_HOLDERS_SEARCH_H
#define GH_HOST_HOLDERS_SEARCH_H

#include "base/root.h"
#include "host/device_nodes.h"
#include "host/holder.h"

struct holders_search {
	const struct root *root;
	struct device_nodes nodes;
	struct holders holders;
	/* of each mount namespace that processes are in, its /proc/PID/mountinfo below the root */
	struct strings mount_tables;
};

/*
 * Adds a holder, unless the function was not asked for, and notes that it is in use. Returns 0 or
 * -ENOMEM; *ret_holder, when not NULL, is the new one or NULL.
 */
int holders_search_add(struct holders_search *search, size_t function, enum holder_kind kind,
		       bool usb, const char *text, struct holder **ret_holder);

/* A process that is looked into. */
struct holders_process {
	pid_t pid;
	bool unseen; /* not all of it */
};

/*
 * Calls `visit` for each USB device and interface behind a function, asked for or not, with its
 * path below sys/: "…/usb1/1-2/1-2:1.0". Returns 0, a negative errno, or what the visitor returned
 * that is not 0.
 */
typedef int holders_usb_visitor(struct holders_search *search, size_t function, const char *path);
int holders_visit_usb(struct holders_search *search, holders_usb_visitor *visit);

/*
 * Each returns 0 or a negative errno. Only what is not there, or has gone (root_says_missing()),
 * holds nothing: a look that fails otherwise has not seen that a function is free.
 */
int holders_search_processes(struct holders_search *search); /* and the mount tables */
int holders_search_disks(struct holders_search *search);     /* after the mount tables */
int holders_search_networks(struct holders_search *search);
int holders_search_usb(struct holders_search *search);
int holders_search_children(struct holders_search *search);   /* mediated, virtual */
int holders_search_references(struct holders_search *search); /* after all others */

/*
 * Looks at what the processes have mapped. One that may not be looked into, or whose memory is
 * locked for long by a call that is stuck in the kernel, is left out as not seen. Returns 0 or a
 * negative errno.
 */
int holders_search_maps(struct holders_search *search, struct holders_process *processes,
			size_t count);

/*
 * Adds a process that uses the node's function, once for each object; the node's number does not
 * matter. Returns 0 or -ENOMEM.
 */
int holders_search_add_process(struct holders_search *search, pid_t pid,
			       const struct device_node *node, const char *object, const char *how);

/* The same for every function that the device number leads to. */
int holders_search_add_number(struct holders_search *search, pid_t pid, bool block, dev_t number,
			      const char *object, const char *how);

/*
 * The device number behind a link of /proc, from what the kernel has in memory: no file server is
 * asked. Returns 1 for a device, 0 for anything else, or a negative errno.
 */
int holders_look_device(int directory_fd, const char *name, bool *ret_block, dev_t *ret_number);

/* Whether a negative errno of a look at one file is this host's own failure, not that file's. */
bool holders_host_fails(int r);

/* "Xorg (pid 1234, user gdm)"; the caller frees it. NULL without memory. */
char *holders_describe_process(const struct root *root, pid_t pid);

/* When the process began, in clock ticks since boot. Returns 0 or a negative errno. */
int holders_process_started(const struct root *root, pid_t pid, unsigned long long *ret_started);

/* The process's parent. Returns 0 or a negative errno. */
int holders_process_parent(const struct root *root, pid_t pid, pid_t *ret_parent);

#endif
