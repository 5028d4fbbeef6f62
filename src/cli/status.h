/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the verb `status`: what is looked at, and how it is told. */
#ifndef GH_CLI_STATUS_H
#define GH_CLI_STATUS_H

#include "base/error.h"
#include "base/worker.h"
#include "cli/verb.h"
#include "handoff/boot_view.h"
#include "handoff/claim.h"
#include "host/pci_id.h"

enum status_runs {
	RUNS_UNKNOWN, /* nobody was asked, or could say */
	RUNS_YES,
	RUNS_NO,
};

struct status_claim {
	struct claim claim;
	bool working; /* an operation of its VM is running just now */
	enum status_runs runs;
};

/* A call to the kernel that has not returned, or has crashed. */
struct status_call {
	char *device; /* or a module */
	struct worker_note note;
	bool late; /* nobody waits for it any more */
};

struct status {
	struct status_claim *claims;
	size_t claim_count;
	struct status_call *calls;
	size_t call_count;
	struct boot_view boot;
	bool boot_known;        /* boot.ini is there, and could be read */
	struct errors broken;   /* claims that cannot be read, a broken boot.ini */
	struct error no_answer; /* why libvirt could not be asked */
};

#define STATUS_INIT ((struct status){ 0 })

/*
 * Looks at all of it. Takes no lock, and opens no device. libvirt is asked about VMs that have
 * devices and are neither being started nor stopped: for others it would have the answer after
 * their hook. Returns 0; -ENOENT without `error` when there is no /run/gpu-handoff, which leaves
 * boot.ini; or another negative errno with `error` filled. The caller clears *status in any case.
 */
int status_read(const struct command *command, struct status *status, struct error *error);

void status_clear(struct status *status);

#define _cleanup_status_ __attribute__((cleanup(status_clear)))

/* Whether a start, a stop or an attach was interrupted, or a device was left behind. */
bool status_is_left(const struct status_claim *claim);

/* Whether a function is as boot.ini says, or a VM's. */
bool status_boot_agrees(const struct status *status, const struct selected_function *selected);

/* A claim's phase in words. */
const char *status_phase(const struct status_claim *claim);

/*
 * Prints it. Each returns the exit status that it stands for, EXIT_REFUSED when something needs
 * the reader, or EXIT_FAILED.
 */
int status_print_text(const struct command *command, const struct status *status);
int status_print_json(const struct command *command, const struct status *status);

/* Prints it at first and whenever it has changed, until a signal comes. Returns the exit status. */
int status_watch(const struct command *command);

/* What status_watch() prints each time; returns the exit status. */
int status_run_once(const struct command *command);

#endif
