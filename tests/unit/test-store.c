/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/store.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "scratch.h"
#include "tap.h"

static bool is_private(const struct scratch *place, const char *path)
{
	struct stat status;

	return fstatat(place->root.fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode) && (status.st_mode & 07777) == 0700;
}

static void test_made(void)
{
	SCRATCH(place);
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_store_ struct store again = STORE_INIT;
	mode_t mask = umask(0);

	scratch_directory(&place, "run");
	CHECK(store_open(&place.root, &store, NULL) == 0, "it is made when it is missing");
	umask(mask);
	CHECK(is_private(&place, "run/gpu-handoff") && is_private(&place, "run/gpu-handoff/vm") &&
		      is_private(&place, "run/gpu-handoff/pci"),
	      "its directories are 0700, whatever the umask");
	CHECK(store.fd >= 0 && store.claims_fd >= 0 && store.pci_fd >= 0 &&
		      (fcntl(store.fd, F_GETFD) & fcntl(store.claims_fd, F_GETFD) &
		       fcntl(store.pci_fd, F_GETFD) & FD_CLOEXEC),
	      "they are open, for no program that is run");
	scratch_file(&place, "run/gpu-handoff/vm/win.claim", "x");
	CHECK(store_open(&place.root, &again, NULL) == 0 &&
		      root_exists(&place.root, "run/gpu-handoff/vm/win.claim"),
	      "it is opened again with what is in it");
	store_close(&again);
	CHECK(again.fd == -1 && again.claims_fd == -1 && again.pci_fd == -1,
	      "closed, nothing is left open");
}

static void check_refused(const struct scratch *place, const char *message, const char *what)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	struct store store = STORE_INIT;
	int r = store_open(&place->root, &store, &error);

	text = error_text(&error);
	CHECK(r < 0 && store.fd == -1 && store.claims_fd == -1 && store.pci_fd == -1,
	      "refused, nothing opened: %s", what);
	CHECK(text && strstr(text, message), "the message: %s", what);
	if (!text || !strstr(text, message))
		printf("# got: %s\n# wanted: %s\n", text, message);
}

static void test_no_run(void)
{
	SCRATCH(place);

	check_refused(&place, "cannot open the directory /run", "a machine without /run");
}

static void test_links(void)
{
	SCRATCH(place);
	static const char message[] = "it is a link or a file, not a directory";

	scratch_directory(&place, "run");
	scratch_directory(&place, "elsewhere");
	fchmodat(place.root.fd, "elsewhere", 0700, 0);
	scratch_link(&place, "run/gpu-handoff", "../elsewhere");
	check_refused(&place, message, "a link to a directory that would do");
	CHECK(!root_exists(&place.root, "elsewhere/vm"), "nothing is made where the link leads");
	unlinkat(place.root.fd, "run/gpu-handoff", 0);
	scratch_file(&place, "run/gpu-handoff", "");
	check_refused(&place, message, "a file");
	unlinkat(place.root.fd, "run/gpu-handoff", 0);
	mkdirat(place.root.fd, "run/gpu-handoff", 0700);
	scratch_link(&place, "run/gpu-handoff/vm", "../../elsewhere");
	check_refused(&place, message, "a link in place of vm/");
	unlinkat(place.root.fd, "run/gpu-handoff/vm", 0);
	scratch_link(&place, "run/gpu-handoff/pci", "../../elsewhere");
	check_refused(&place, message, "a link in place of pci/");
}

/* mkdir() takes more than a mode away. */
static void test_umask(void)
{
	SCRATCH(place);
	_cleanup_store_ struct store store = STORE_INIT;
	mode_t mask;

	scratch_directory(&place, "run");
	mask = umask(0277);
	CHECK(store_open(&place.root, &store, NULL) == 0,
	      "it is made under a umask that takes the owner's writing away");
	umask(mask);
	CHECK(is_private(&place, "run/gpu-handoff"), "and is 0700 all the same");
}

/* Its entries are the business of whoever may write to it. */
static void test_run(void)
{
	SCRATCH(place);
	_cleanup_store_ struct store store = STORE_INIT;

	scratch_directory(&place, "elsewhere");
	scratch_link(&place, "run", "elsewhere");
	check_refused(&place, "cannot open the directory /run", "a link in place of /run");
	unlinkat(place.root.fd, "run", 0);
	scratch_directory(&place, "run");
	fchmodat(place.root.fd, "run", 0777, 0);
	check_refused(&place, "and its mode 0777", "a /run that others can write to");
	CHECK(!root_exists(&place.root, "run/gpu-handoff"), "where nothing is made");
	fchmodat(place.root.fd, "run", 01777, 0);
	CHECK(store_open(&place.root, &store, NULL) == 0,
	      "where others cannot take it away, it may be");
}

static void test_modes(void)
{
	static const mode_t modes[] = { 0755, 0701, 0710, 0770, 0707, 0777, 01777 };
	SCRATCH(place);

	scratch_directory(&place, "run/gpu-handoff");
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		char what[32], message[64];

		fchmodat(place.root.fd, "run/gpu-handoff", modes[i], 0);
		snprintf(what, sizeof(what), "mode %04o", modes[i]);
		snprintf(message, sizeof(message), "and its mode %04o", modes[i]);
		check_refused(&place, message, what);
	}
	fchmodat(place.root.fd, "run/gpu-handoff", 0700, 0);
	mkdirat(place.root.fd, "run/gpu-handoff/vm", 0700);
	mkdirat(place.root.fd, "run/gpu-handoff/pci", 0755);
	fchmodat(place.root.fd, "run/gpu-handoff/pci", 0755, 0);
	check_refused(&place, "the directory /run/gpu-handoff/pci is not private",
		      "a directory in it that others can read");
}

/* Only root can give a directory away, so only root can try. */
static void test_owner(void)
{
	SCRATCH(place);

	if (geteuid() != 0)
		return;
	scratch_directory(&place, "run/gpu-handoff");
	fchmodat(place.root.fd, "run/gpu-handoff", 0700, 0);
	if (fchownat(place.root.fd, "run/gpu-handoff", 12345, 12345, 0) < 0)
		return; /* root of a user namespace that has no other users */
	check_refused(&place, "its owner is uid 12345", "another user's directory");
}

static void test_locks(void)
{
	SCRATCH(place);
	_cleanup_store_ struct store store = STORE_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_close_ int win = -1, other = -1, claims = -1;
	struct patience patience;

	scratch_directory(&place, "run");
	store_open(&place.root, &store, NULL);
	win = store_lock_vm(&store, "a\nb", NULL, &error);
	other = store_lock_vm(&store, "lock", NULL, &error);
	claims = store_lock_claims(&store, NULL, &error);
	CHECK(win >= 0 && other >= 0 && claims >= 0, "each VM and the claims have their own lock");
	CHECK(store_lock_vm(&store, "a\nb", NULL, &error) == -EWOULDBLOCK, "a VM's is exclusive");
	CHECK_TEXT(error.what, "cannot lock the VM \"a\\x0ab\"", "the message names the VM");
	CHECK_TEXT(error.why, "another operation of gpu-handoff has it and does not end",
		   "and why");
	patience = (struct patience){ .deadline_ms = clock_now_ms() + 50 };
	CHECK(store_lock_claims(&store, &patience, &error) == -ETIMEDOUT, "so is the claims'");
	CHECK_TEXT(error.what, "cannot lock the claims", "the message of the claims' lock");
}

int main(void)
{
	test_made();
	test_no_run();
	test_links();
	test_umask();
	test_run();
	test_modes();
	test_owner();
	test_locks();
	return tap_done();
}
