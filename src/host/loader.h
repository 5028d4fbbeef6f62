/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's boot loader: which one it is, and what has to be done so that it gives other words to
 * the kernel. Reads only; loader_apply.h does it.
 */
#ifndef GH_HOST_LOADER_H
#define GH_HOST_LOADER_H

#include <stdbool.h>

#include "base/root.h"

#define LOADER_CMDLINE_FILE "etc/kernel/cmdline"

enum loader_kind {
	LOADER_UNKNOWN,
	LOADER_OSTREE,     /* rpm-ostree keeps the command line */
	LOADER_NIXOS,      /* the system's configuration has it */
	LOADER_KERNELSTUB, /* Pop!_OS */
	LOADER_GRUBBY,     /* Fedora, Red Hat Enterprise Linux: whatever the loader */
	LOADER_GRUB,
	LOADER_CMDLINE, /* entries or unified images that are made from /etc/kernel/cmdline */
	LOADER_ENTRIES, /* systemd-boot, with entries that somebody has written */
};

/*
 * By the programs and files that are there, and by what the loader has told of itself at this boot
 * (LoaderInfo, systemd's Boot Loader Interface).
 */
enum loader_kind loader_find(const struct root *root);

/* "GRUB", "grubby"; for LOADER_UNKNOWN NULL. */
const char *loader_name(enum loader_kind kind);

/* The program's path, with a leading slash; the caller frees it. NULL when it is not there. */
char *loader_find_program(const struct root *root, const char *name);

/* Words for the kernel. */
struct loader_words {
	struct strings add, remove; /* as kernel_line_change() takes them */
};

enum loader_state {
	LOADER_READY,   /* it is as it is to be */
	LOADER_TO_DO,   /* `file` and `commands` make it so */
	LOADER_BY_HAND, /* somebody has to do what `by_hand` says */
};

/* What is to be done, in this order. */
struct loader_change {
	enum loader_state state;
	enum loader_kind kind;
	bool running;             /* the kernel that runs was given it */
	const char *file;         /* to be changed, below the root; NULL: none */
	char *before, *after;     /* its text */
	struct strings lines;     /* of it, those that change */
	struct strings *commands; /* to be run; the first word is a path */
	size_t command_count;
	const char *result; /* what GRUB then reads, below the root; NULL: it is not this one */
	char *undo;         /* what undoes the commands where no file is changed; for people */
	char *why;     /* for LOADER_BY_HAND: why it is not done here; NULL: the loader's way */
	char *by_hand; /* for LOADER_BY_HAND: what to do, for people */
};

#define LOADER_CHANGE_INIT ((struct loader_change){ 0 })

/*
 * What gives the words to the kernel. Where it cannot be seen what the loader has, what the running
 * kernel was given counts. Returns 0 or -ENOMEM; the caller clears *ret_change.
 */
int loader_plan(const struct root *root, const struct loader_words *words,
		struct loader_change *ret_change);

/* A command as a shell takes it, without the directory of its program; the caller frees it. */
char *loader_command_text(const struct strings *command);

void loader_change_clear(struct loader_change *change);

#define _cleanup_loader_change_ __attribute__((cleanup(loader_change_clear)))

#endif
