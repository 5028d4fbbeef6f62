/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/run.h"
#include "base/text.h"

/*
 * Opens a directory below `parent_fd` that belongs to us alone, and makes it when `make`. Returns
 * the descriptor, or -ENOENT without `error` when it is not there and not to be made.
 */
static int open_private(int parent_fd, const char *name, bool make, const char *shown,
			struct error *error)
{
	_cleanup_close_ int fd = -1;
	bool made = make && mkdirat(parent_fd, name, 0700) == 0;
	struct stat status;

	if (make && !made && errno != EEXIST)
		return run_explain(
			error_set_errno(error, errno, "cannot make the directory /%s", shown),
			error);
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		int code = errno;

		if (code == ENOENT && !make)
			return -ENOENT;
		error_set_errno(error, code, "cannot open the directory /%s", shown);
		if (code == ELOOP || code == ENOTDIR) {
			error_why(error, "it is a link or a file, not a directory");
			error_hint(error, "Look at what it is, then remove it: rm /%s", shown);
		}
		return -code;
	}
	/* whatever the umask is */
	if (made && fchmod(fd, 0700) < 0)
		return error_set_errno(error, errno, "cannot make the directory /%s", shown);
	if (fstat(fd, &status) < 0)
		return error_set_errno(error, errno, "cannot look at the directory /%s", shown);
	if (status.st_uid != geteuid() || (status.st_mode & 0077)) {
		error_set(error, EPERM, "the directory /%s is not private", shown);
		error_why(error, "its owner is uid %u and its mode %04o", status.st_uid,
			  status.st_mode & 07777);
		error_hint(error, "Look at what is in it, then: chown root /%s && chmod 0700 /%s",
			   shown, shown);
		return -EPERM;
	}
	return take_fd(&fd);
}

/* A part that is missing says nothing of what the others have. */
static int report_part(int code, const char *shown, struct error *error)
{
	if (code != -ENOENT)
		return code;
	error_set_errno(error, ENOENT, "cannot open the directory /%s", shown);
	error_hint(error,
		   "Somebody has removed it. If no VM has a device: rm -r /" STORE_DIRECTORY);
	return code;
}

/* Where others can take our directory away, or remove it, a claim is lost. */
static int open_run(const struct root *root, struct error *error)
{
	_cleanup_close_ int fd = root_open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, "run");
	struct stat status;

	if (fd < 0)
		return error_set_errno(error, -fd, "cannot open the directory /run");
	if (fstat(fd, &status) < 0)
		return error_set_errno(error, errno, "cannot look at the directory /run");
	if ((status.st_uid == 0 || status.st_uid == geteuid()) &&
	    (!(status.st_mode & (S_IWGRP | S_IWOTH)) || (status.st_mode & S_ISVTX)))
		return take_fd(&fd);
	error_set(error, EPERM, "the directory /run is not root's alone");
	error_why(error, "its owner is uid %u and its mode %04o", status.st_uid,
		  status.st_mode & 07777);
	error_hint(error, "chown root /run && chmod 0755 /run");
	return -EPERM;
}

static int open_store(const struct root *root, bool make, struct store *ret_store,
		      struct error *error)
{
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_close_ int run_fd = open_run(root, error);

	if (run_fd < 0)
		return run_fd;
	store.fd = open_private(run_fd, "gpu-handoff", make, STORE_DIRECTORY, error);
	if (store.fd < 0)
		return store.fd;
	store.claims_fd = open_private(store.fd, "vm", make, STORE_DIRECTORY "/vm", error);
	if (store.claims_fd < 0)
		return report_part(store.claims_fd, STORE_DIRECTORY "/vm", error);
	store.pci_fd = open_private(store.fd, "pci", make, STORE_DIRECTORY "/pci", error);
	if (store.pci_fd < 0)
		return report_part(store.pci_fd, STORE_DIRECTORY "/pci", error);
	*ret_store = store;
	store = STORE_INIT;
	return 0;
}

int store_open(const struct root *root, struct store *ret_store, struct error *error)
{
	return open_store(root, true, ret_store, error);
}

int store_open_existing(const struct root *root, struct store *ret_store, struct error *error)
{
	return open_store(root, false, ret_store, error);
}

void store_close(struct store *store)
{
	cleanup_close(&store->pci_fd);
	cleanup_close(&store->claims_fd);
	cleanup_close(&store->fd);
	*store = STORE_INIT;
}

/* `path` is the lock's, below the store. */
static int report_lock(int code, const char *what, const char *path, struct error *error)
{
	_cleanup_free_ char *whole = text_format("/" STORE_DIRECTORY "/%s", path);
	_cleanup_free_ char *word = whole ? text_shell_word(whole) : NULL;

	error_set_errno(error, -code, "cannot lock %s", what);
	if (code == -ETIMEDOUT || code == -EWOULDBLOCK) {
		error_why(error, "another operation of gpu-handoff has it and does not end");
	} else if (code == -ECANCELED) {
		error_why(error, "the start was called off");
	} else if (code == -ELOOP || code == -EPERM || code == -EISDIR) {
		error_why(error, "its lock is not a regular file of root's");
		error_hint(error, "Look at what it is, then remove it: rm -r %s",
			   word ? word : "it");
	} else {
		run_explain(code, error);
	}
	return code;
}

int store_lock_vm(const struct store *store, const char *vm, const struct patience *patience,
		  struct error *error)
{
	_cleanup_free_ char *name = text_format("%s.lock", vm);
	_cleanup_free_ char *shown = text_quote(vm);
	int fd;

	if (!name || !shown)
		return error_set_errno(error, ENOMEM, "cannot lock the VM");
	fd = lock_take(store->claims_fd, name, patience);
	if (fd < 0) {
		_cleanup_free_ char *what = text_format("the VM \"%s\"", shown);

		_cleanup_free_ char *path = text_format("vm/%s", name);

		return report_lock(fd, what ? what : "the VM", path ? path : "vm", error);
	}
	return fd;
}

int store_lock_claims(const struct store *store, const struct patience *patience,
		      struct error *error)
{
	int fd = lock_take(store->fd, "lock", patience);

	return fd < 0 ? report_lock(fd, "the claims", "lock", error) : fd;
}

bool store_vm_is_locked(const struct root *root, const struct store *store, const char *vm)
{
	_cleanup_free_ char *lock = text_format("%s.lock", vm);

	return lock && lock_is_taken(root, store->claims_fd, lock) == 1;
}
