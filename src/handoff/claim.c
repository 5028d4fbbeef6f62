/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims as files. */
#include "handoff/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/run.h"

#define CLAIMS "/" STORE_DIRECTORY "/vm/"
#define SUFFIX ".claim"
/* All claims' that are being written: one at a time is, under the claims' lock. */
#define TEMPORARY ".claim.gpu-handoff~"
#define CLAIM_FILE_MAX_BYTES (4 * 1024 * 1024)
#define BOOT_ID "proc/sys/kernel/random/boot_id"

#define HINT_BROKEN                                                                                \
	"gpu-handoff does not follow a claim that it cannot trust. See with `lspci -k` that the\n" \
	"VM's devices are on the drivers you want, then remove the file"

static int read_file(const struct store *store, const char *name, char **ret_text,
		     size_t *ret_length)
{
	_cleanup_close_ int fd = openat(store->claims_fd, name,
					O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return negative_errno();
	if (fstat(fd, &status) < 0)
		return negative_errno();
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	return file_read(fd, CLAIM_FILE_MAX_BYTES, ret_text, ret_length);
}

/* The path of the claim's file, for messages; NULL without memory. */
static char *shown_path(const char *vm)
{
	_cleanup_free_ char *shown = text_quote(vm);

	return shown ? text_format(CLAIMS "%s" SUFFIX, shown) : NULL;
}

int claim_read(const struct store *store, const char *vm, struct claim *ret_claim,
	       struct error *error)
{
	_cleanup_claim_ struct claim claim = CLAIM_INIT;
	_cleanup_free_ char *name = text_format("%s" SUFFIX, vm);
	_cleanup_free_ char *path = shown_path(vm);
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r;

	if (!name || !path)
		return error_set_errno(error, ENOMEM, "cannot read the VM's claim");
	r = read_file(store, name, &text, &length);
	if (r == -ENOENT || r == -ENAMETOOLONG)
		return -ENOENT;
	if (r < 0) {
		error_set_errno(error, -r, "cannot read the claim %s", path);
		if (r == -EPERM || r == -ELOOP)
			error_why(error, "it is not a regular file that is root's alone");
	} else {
		r = claim_parse(path, text, length, &claim, error);
	}
	if (r == 0 && strcmp(claim.vm, vm) != 0)
		r = error_set(error, EINVAL, "%s: the claim is another VM's", path);
	if (r < 0) {
		if (r != -ENOMEM)
			error_hint(error, HINT_BROKEN " %s", path);
		return r;
	}
	*ret_claim = claim;
	claim = CLAIM_INIT;
	return 0;
}

int claim_write(const struct store *store, const struct claim *claim, struct error *error)
{
	_cleanup_free_ char *name = text_format("%s" SUFFIX, claim->vm);
	_cleanup_free_ char *text = claim_format(claim);
	int r;

	if (!name || !text)
		return error_set_errno(error, ENOMEM, "cannot write the VM's claim");
	r = claim_check_names("cannot write the VM's claim", claim, error);
	if (r < 0)
		return r;
	r = file_replace_by(store->claims_fd, TEMPORARY, name, text, strlen(text));
	if (r == 0)
		return 0;
	error_set_errno(error, -r, "cannot write the VM's claim in " CLAIMS);
	if (r == -EISDIR) {
		error_hint(error, "Look at what it is, then remove it: rm -r " CLAIMS TEMPORARY);
		return r;
	}
	return run_explain(r, error);
}

int claim_remove(const struct store *store, const char *vm, struct error *error)
{
	_cleanup_free_ char *name = text_format("%s" SUFFIX, vm);

	if (!name)
		return error_set_errno(error, ENOMEM, "cannot remove the VM's claim");
	if (unlinkat(store->claims_fd, name, 0) < 0 && errno != ENOENT)
		return run_explain(
			error_set_errno(error, errno, "cannot remove the VM's claim in " CLAIMS),
			error);
	unlinkat(store->claims_fd, TEMPORARY, 0);
	return 0;
}

void claim_sweep(const struct store *store)
{
	_cleanup_close_ int lock = store_lock_claims(store, NULL, NULL);

	if (lock >= 0)
		unlinkat(store->claims_fd, TEMPORARY, 0);
}

int claim_list(const struct store *store, struct strings *ret_vms, struct error *error)
{
	const struct root here = { .fd = store->claims_fd };
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	_cleanup_strings_ struct strings vms = STRINGS_INIT;
	int r = root_list(&here, &names, ".");

	if (r < 0)
		return error_set_errno(error, -r, "cannot list the claims in " CLAIMS);
	for (size_t i = 0; i < names.count; i++) {
		char *name = names.items[i];

		if (text_cut_suffix(name, SUFFIX) && strings_add(&vms, name) < 0)
			return error_set_errno(error, ENOMEM, "cannot list the claims");
	}
	strings_clear(ret_vms);
	*ret_vms = vms;
	vms = STRINGS_INIT;
	return 0;
}

int claim_boot_id(const struct root *root, char **ret_boot_id, struct error *error)
{
	int r = root_read(root, 256, ret_boot_id, BOOT_ID);

	if (r == 0)
		return 0;
	error_set_errno(error, -r, "cannot read /" BOOT_ID);
	return -EIO; /* -ENOENT is a claim's word */
}

bool claim_is_boot(const char *vm)
{
	return strncmp(vm, CLAIM_BOOT_PREFIX, strlen(CLAIM_BOOT_PREFIX)) == 0;
}

/* Behind the prefix of a hot-plugged device's claim and its function; NULL for another name. */
static const char *hotplug_owner(const char *vm)
{
	size_t prefix = strlen(CLAIM_HOTPLUG_PREFIX);
	char text[PCI_ADDRESS_SIZE], same[PCI_ADDRESS_SIZE];
	struct pci_address address;
	size_t length;

	if (strncmp(vm, CLAIM_HOTPLUG_PREFIX, prefix) != 0)
		return NULL;
	/* "0000:02:00" has colons of its own */
	length = strcspn(vm + prefix, ".");
	length += strcspn(vm + prefix + length, ":");
	if (length >= sizeof(text) || !vm[prefix + length] || !vm[prefix + length + 1])
		return NULL;
	memcpy(text, vm + prefix, length);
	text[length] = '\0';
	if (pci_address_parse(text, &address) < 0)
		return NULL;
	pci_address_format(&address, same);
	return strcmp(text, same) == 0 ? vm + prefix + length + 1 : NULL;
}

bool claim_is_hotplug(const char *vm)
{
	return hotplug_owner(vm) != NULL;
}

char *claim_hotplug_name(const struct pci_address *first, const char *owner)
{
	char function[PCI_ADDRESS_SIZE];

	pci_address_format(first, function);
	return text_format(CLAIM_HOTPLUG_PREFIX "%s:%s", function, owner);
}

const char *claim_owner(const char *vm)
{
	const char *owner = hotplug_owner(vm);

	if (claim_is_boot(vm))
		return NULL;
	return owner ? owner : vm;
}

bool claim_vm_name_valid(const char *vm)
{
	return *vm && !strchr(vm, '/') && text_same(claim_owner(vm), vm);
}

bool claim_same_owner(const char *a, const char *b)
{
	const char *owner = claim_owner(a);

	return owner && text_same(owner, claim_owner(b));
}

char *claim_title(const char *vm)
{
	const char *owner = claim_owner(vm);
	_cleanup_free_ char *shown = text_quote(owner ? owner : vm);

	return shown ? text_format("VM \"%s\"%s", shown,
				   claim_is_hotplug(vm) ? " (hot-plugged)" : "")
		     : NULL;
}

int claim_check_boot(const struct root *root, const struct claim *claim, struct error *error)
{
	_cleanup_free_ char *boot_id = NULL;
	_cleanup_free_ char *title = NULL;
	_cleanup_free_ char *path = NULL;
	int r = claim_boot_id(root, &boot_id, error);

	if (r < 0)
		return r;
	if (strcmp(boot_id, claim->boot_id) == 0)
		return 0;
	title = claim_title(claim->vm);
	path = shown_path(claim->vm);
	error_set(error, ESTALE, "the claim of the %s is from before the last boot",
		  title ? title : "VM");
	error_hint(error, HINT_BROKEN " %s", path ? path : "in " CLAIMS);
	return -ESTALE;
}
