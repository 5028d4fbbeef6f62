/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/hook.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "handoff/daemon.h"
#include "handoff/hotplug.h"
#include "handoff/report.h"
#include "handoff/restore_named.h"
#include "handoff/start.h"

/* For a release that waits for another operation of its VM; each of them is bounded by twice this
 * at the most when its configuration says nothing else. */
#define RELEASE_WAIT_MS (2 * CONFIG_TIMEOUT_DEFAULT_MS)

/* A release that has failed sooner is tried once more; with slow drivers and units that takes long.
 */
#define RELEASE_AGAIN_MS CONFIG_TIMEOUT_DEFAULT_MS

static volatile sig_atomic_t told_to_end;

static void on_end(int signal_number)
{
	(void)signal_number;
	told_to_end = 1;
}

/* libvirt hands SIGPIPE on in its default state: a dead daemon must not take the hook with it. */
static void set_up_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &action, NULL);
	action.sa_handler = on_end;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/*
 * A start is called off by SIGTERM, or when the daemon that waits for it is gone: there will be no
 * release then.
 */
static bool start_is_called_off(void *data)
{
	const pid_t *daemon_pid = data;
	struct pollfd reader = { .fd = STDERR_FILENO };

	return told_to_end || getppid() != *daemon_pid ||
	       (poll(&reader, 1, 0) > 0 && (reader.revents & (POLLERR | POLLNVAL)));
}

static int read_domain(const struct operation *operation, void *data, struct domain *ret_domain,
		       struct error *error)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_free_ char *xml = NULL;
	size_t length;
	int r = file_read_until(STDIN_FILENO, DOMAIN_XML_MAX_BYTES, operation->patience.deadline_ms,
				&xml, &length);

	(void)data;
	if (r < 0)
		return error_set_errno(error, -r,
				       "cannot read the domain's XML from standard input");
	r = domain_parse(xml, length, &domain, error);
	if (r < 0)
		return r;
	if (strcmp(domain.name, operation->vm) != 0) {
		_cleanup_free_ char *shown = text_quote(domain.name);

		return error_set(error, EINVAL,
				 "the XML on standard input is of another VM, \"%s\"",
				 shown ? shown : "?");
	}
	*ret_domain = domain;
	domain = DOMAIN_INIT;
	return 0;
}

/* ---- prepare ------------------------------------------------------------------------------ */

/* Where it was called off says nothing to a reader; that it was, and why, does. */
static void explain_called_off(struct error *error)
{
	error_set(error, ECANCELED, "the start was called off");
	error_why(error, "%s",
		  told_to_end ? "the hook was told to end (SIGTERM)"
			      : "the libvirt daemon that asked for it has ended");
}

/* `shown` is the VM's name as text_quote() gives it, or NULL. */
static void log_unrestored(const struct root *root, const char *shown, const struct errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		_cleanup_free_ char *line = report_line(root, &errors->items[i]);

		log_error("VM \"%s\": not restored: %s", shown ? shown : "?",
			  line ? line : "no memory");
	}
}

static void refuse(const struct root *root, const char *vm, const struct error *error,
		   const struct acquire_result *result)
{
	_cleanup_free_ char *line = report_line(root, error);
	_cleanup_free_ char *text = report_refusal(root, vm, error, result);
	_cleanup_free_ char *shown = text_quote(vm);

	log_error("VM \"%s\" is not started: %s", shown ? shown : "?", line ? line : "no memory");
	log_unrestored(root, shown, &result->unrestored);
	dprintf(STDERR_FILENO, "%s", text ? text : "gpu-handoff: no memory\n");
}

static int open_host(struct root *ret_root, struct error *error)
{
	int r = root_open_tree("/", ret_root);

	if (r < 0)
		return error_set_errno(error, -r, "cannot open /");
	return 0;
}

static int run_prepare(const char *vm, pid_t daemon_pid)
{
	_cleanup_root_ struct root root = ROOT_INIT;
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_acquire_result_ struct acquire_result result = ACQUIRE_RESULT_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	struct operation operation = {
		.root = &root,
		.store = &store,
		.vm = vm,
		.patience = { .cancelled = start_is_called_off, .data = &daemon_pid },
	};
	_cleanup_free_ char *shown = text_quote(vm);
	int64_t started_ms = clock_now_ms();
	int r = open_host(&root, &error);

	if (r == 0)
		r = start_prepare(&operation, &store, read_domain, NULL, NULL, &result, &error);
	/* for `check`; a start does not hang on it */
	if (store.fd >= 0)
		(void)daemon_note_write(&root, &store, daemon_pid);
	for (size_t i = 0; i < result.warnings.count; i++)
		log_warning("VM \"%s\": %s", shown ? shown : "?", result.warnings.items[i]);
	if (r == -ECANCELED)
		explain_called_off(&error);
	if (r < 0) {
		refuse(&root, vm, &error, &result);
		return 1;
	}
	if (result.moved)
		log_info("VM \"%s\": acquired %s in %lld ms", shown ? shown : "?", result.moved,
			 (long long)(clock_now_ms() - started_ms));
	return 0;
}

/* ---- release ------------------------------------------------------------------------------ */

/* Restores what the claim of this name has, and tells the log. */
static void release_claim(const struct operation *operation, const char *name,
			  struct errors *errors)
{
	_cleanup_free_ char *title = claim_title(name);
	_cleanup_free_ char *moved = NULL;
	int64_t started_ms = clock_now_ms();

	if (restore_named(operation, name, &moved, errors) == 0 && moved)
		log_info("%s: %s in %lld ms", title ? title : "VM", moved,
			 (long long)(clock_now_ms() - started_ms));
}

/* Releases those of the VM's hot-plugged devices; whether there were any. */
static bool release_hotplugged(const struct operation *operation, struct errors *errors)
{
	_cleanup_strings_ struct strings claims = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;

	if (hotplug_list(operation->store, operation->vm, &claims, &error) < 0)
		errors_add(errors, &error);
	for (size_t i = 0; i < claims.count; i++)
		release_claim(operation, claims.items[i], errors);
	return claims.count > 0;
}

/*
 * Reads nothing but the claims: the INI file and the XML may have changed since. What came last
 * goes first. A detach that was under way may have made another claim of one meanwhile.
 */
static void release(const struct operation *operation, struct errors *errors)
{
	bool again = release_hotplugged(operation, errors);

	release_claim(operation, operation->vm, errors);
	while (again && errors->count == 0)
		again = release_hotplugged(operation, errors);
}

/* One try, which opens the root if no earlier one has; what could not be done is in `errors`. */
static void try_release(struct root *root, const char *vm, struct errors *errors)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	struct operation operation = {
		.root = root,
		.store = &store,
		.vm = vm,
		.patience = { .deadline_ms = clock_now_ms() + RELEASE_WAIT_MS },
	};

	if ((root->fd < 0 && open_host(root, &error) < 0) || store_open(root, &store, &error) < 0)
		errors_add(errors, &error);
	else
		release(&operation, errors);
}

/* Whether what failed may have failed for a moment: no wait was in vain, no driver has crashed. */
static bool is_worth_another(const struct errors *errors, int64_t started_ms)
{
	for (size_t i = 0; i < errors->count; i++)
		if (errors->items[i].code == ETIMEDOUT || errors->items[i].code == ENOTRECOVERABLE)
			return false;
	return errors->count && clock_now_ms() - started_ms < RELEASE_AGAIN_MS;
}

/*
 * No other release will come, and restoring can be repeated at will: a screen does not stay black
 * for one call of the kernel's that failed.
 */
static int run_release(const char *vm)
{
	_cleanup_root_ struct root root = ROOT_INIT;
	_cleanup_errors_ struct errors errors = ERRORS_INIT;
	_cleanup_free_ char *shown = text_quote(vm);
	int64_t started_ms = clock_now_ms();

	try_release(&root, vm, &errors);
	if (is_worth_another(&errors, started_ms)) {
		errors_clear(&errors);
		try_release(&root, vm, &errors);
	}
	log_unrestored(&root, shown, &errors);
	return 0;
}

/* Its claim would be taken for one of what is plugged into another VM, or moved at boot. */
static int refuse_name(const char *vm, bool preparing)
{
	_cleanup_free_ char *shown = text_quote(vm);

	if (!preparing)
		return 0;
	log_error("VM \"%s\" is not started: its name is one of gpu-handoff's own",
		  shown ? shown : "?");
	dprintf(STDERR_FILENO,
		"gpu-handoff does not let the VM \"%s\" start.\n"
		"  Problem: its name is one that gpu-handoff gives to claims of its own.\n"
		"  To do:   virsh domrename it.\n"
		"  Host:    nothing was changed.\n",
		shown ? shown : "?");
	return 1;
}

int hook_run(const char *vm, const char *operation, pid_t daemon_pid)
{
	bool preparing = strcmp(operation, "prepare") == 0;

	process_begin();
	set_up_signals();
	if (!claim_vm_name_valid(vm))
		return refuse_name(vm, preparing);
	return preparing ? run_prepare(vm, daemon_pid) : run_release(vm);
}
