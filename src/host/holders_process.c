/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes with a device node open: one pass over /proc for all functions together. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/holders_search.h"

#define STAT_MAX_BYTES 4096
#define STATUS_MAX_BYTES (64 * 1024)
#define LIBVIRT_RUN "run/libvirt/qemu"
/* What fails may fail for a moment. */
#define LOOKS 2

/* One process while it is looked at. */
struct process {
	pid_t pid;
	int fd; /* of its directory in /proc */
	bool unseen;
	bool refused; /* each further look would be refused too, and logged */
};

/* ---- who it is ---------------------------------------------------------------------------- */

/* By /etc/passwd alone: other sources of names may wait for a network. */
static char *user_name(const struct root *root, uid_t uid)
{
	int fd = root_open(root, O_RDONLY, "etc/passwd");
	_cleanup_fclose_ FILE *file = fd >= 0 ? fdopen(fd, "re") : NULL;
	struct passwd *entry;

	if (fd >= 0 && !file)
		close(fd);
	while (file && (entry = fgetpwent(file)))
		if (entry->pw_uid == uid)
			return text_quote(entry->pw_name);
	return text_format("%u", uid);
}

char *holders_describe_process(const struct root *root, pid_t pid)
{
	_cleanup_free_ char *status = NULL;
	_cleanup_free_ char *command = NULL;
	_cleanup_free_ char *shown = NULL;
	_cleanup_free_ char *user = NULL;
	const char *line;
	unsigned int uid;

	if (root_read(root, STAT_MAX_BYTES, &command, "proc/%d/comm", (int)pid) == 0)
		shown = text_quote(command);
	if (root_read(root, STATUS_MAX_BYTES, &status, "proc/%d/status", (int)pid) == 0 &&
	    (line = strstr(status, "\nUid:")) && sscanf(line, "\nUid: %u", &uid) == 1)
		user = user_name(root, uid);
	return text_format("%s (pid %d, user %s)", shown ? shown : "?", (int)pid,
			   user ? user : "?");
}

/* The fields of /proc/PID/stat behind the name, which may hold anything (proc(5)). */
static int read_stat(const struct root *root, pid_t pid, char **ret_text, const char **ret_fields)
{
	const char *end;
	int r = root_read(root, STAT_MAX_BYTES, ret_text, "proc/%d/stat", (int)pid);

	if (r < 0)
		return r;
	end = strrchr(*ret_text, ')');
	if (!end)
		return -EINVAL;
	*ret_fields = end + 1;
	return 0;
}

int holders_process_started(const struct root *root, pid_t pid, unsigned long long *ret_started)
{
	_cleanup_free_ char *text = NULL;
	const char *fields = NULL;
	int r = read_stat(root, pid, &text, &fields);

	if (r < 0)
		return r;
	/* fields 3 to 21 stand before it */
	return sscanf(fields,
		      " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		      "%*s %llu",
		      ret_started) == 1
		       ? 0
		       : -EINVAL;
}

int holders_process_parent(const struct root *root, pid_t pid, pid_t *ret_parent)
{
	_cleanup_free_ char *text = NULL;
	const char *fields;
	int parent;
	int r = read_stat(root, pid, &text, &fields);

	if (r < 0)
		return r;
	if (sscanf(fields, " %*s %d", &parent) != 1)
		return -EINVAL;
	*ret_parent = parent;
	return 0;
}

/*
 * Those that have devices for others, and close them when those end: of a session's programs, which
 * logind opens (process 1 keeps its own, FDSTORE in systemd-logind.service), and what is on its way
 * in a message.
 */
static bool is_broker(pid_t pid, const char *description)
{
	static const char *const brokers[] = { "systemd-logind (", "elogind-daemon (",
					       "elogind (",        "seatd (",
					       "dbus-daemon (",    "dbus-broker (" };

	if (pid == 1)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(brokers); i++)
		if (strncmp(description, brokers[i], strlen(brokers[i])) == 0)
			return true;
	return false;
}

/*
 * Whether libvirt has started the process as a VM: RUN/qemu/NAME.pid has its number. Where that
 * cannot be told it may have: a VM is never ended.
 */
static bool may_be_domain(const struct root *root, pid_t pid)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	int r = root_list(root, &names, LIBVIRT_RUN);

	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_free_ char *text = NULL;
		const char *suffix = strrchr(names.items[i], '.');

		if (!suffix || strcmp(suffix, ".pid") != 0)
			continue;
		r = root_read(root, 64, &text, LIBVIRT_RUN "/%s", names.items[i]);
		if (r == 0 && strtol(text, NULL, 10) == pid)
			return true;
		if (root_says_missing(r))
			r = 0;
	}
	return r < 0 && !root_says_missing(r);
}

/* Whether it has a VM of KVM's open, or may have one. */
static bool may_have_machine(const struct root *root, pid_t pid)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	int r = root_list(root, &names, "proc/%d/fd", (int)pid);

	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_free_ char *target = NULL;

		r = root_link_name(root, &target, "proc/%d/fd/%s", (int)pid, names.items[i]);
		if (r == 0 && strcmp(target, "anon_inode:kvm-vm") == 0)
			return true;
		/* a path that is too long is a file's */
		if (root_says_missing(r) || r == -ENAMETOOLONG)
			r = 0;
	}
	return r < 0 && !root_says_missing(r);
}

/* ---- what it has -------------------------------------------------------------------------- */

static bool is_known(const struct holders_search *search, const char *function, pid_t pid,
		     const char *text)
{
	for (size_t i = search->holders.count; i > 0; i--) {
		const struct holder *holder = &search->holders.items[i - 1];

		if (holder->pid != pid)
			return false;
		if (strcmp(holder->function, function) == 0 && strcmp(holder->text, text) == 0)
			return true;
	}
	return false;
}

int holders_search_add_process(struct holders_search *search, pid_t pid,
			       const struct device_node *node, const char *object, const char *how)
{
	size_t function = node->function;
	enum holder_kind kind = HOLDER_PROCESS;
	const struct root *root = search->root;
	_cleanup_free_ char *who = NULL;
	_cleanup_free_ char *what = NULL;
	_cleanup_free_ char *text = NULL;
	struct holder *holder = NULL;
	int r;

	if (!search->nodes.functions[function].asked)
		return holders_search_add(search, function, HOLDER_PROCESS, node->usb, "", NULL);
	who = holders_describe_process(root, pid);
	what = text_quote(object);
	text = who && what ? text_format("%s has %s %s", who, what, how) : NULL;
	if (!text)
		return -ENOMEM;
	if (is_known(search, search->nodes.functions[function].name, pid, text))
		return 0;
	if (node->vfio || may_be_domain(root, pid) || may_have_machine(root, pid))
		kind = HOLDER_GUEST;
	else if (is_broker(pid, who))
		kind = HOLDER_BROKER;
	r = holders_search_add(search, function, kind, node->usb, text, &holder);
	if (r == 0 && holder) {
		holder->pid = pid;
		(void)holders_process_started(root, pid, &holder->started);
	}
	return r;
}

int holders_search_add_number(struct holders_search *search, pid_t pid, bool block, dev_t number,
			      const char *object, const char *how)
{
	const struct device_node *node = device_nodes_find(&search->nodes, block, number);
	int r = 0;

	for (; node && r == 0 && device_nodes_same(&search->nodes, node, block, number); node++)
		r = holders_search_add_process(search, pid, node, object, how);
	return r;
}

int holders_look_device(int directory_fd, const char *name, bool *ret_block, dev_t *ret_number)
{
	struct statx status;
	int r = -1;

	/*
	 * Nothing is asked for but what every inode has by itself: a user's FUSE refuses root more
	 * than that (fs/fuse/dir.c, fuse_getattr), and would hide whoever has a file of it open
	 */
	for (int i = 0; r < 0 && i < LOOKS; i++)
		r = statx(directory_fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &status);
	if (r < 0)
		return negative_errno();
	if (!S_ISCHR(status.stx_mode) && !S_ISBLK(status.stx_mode))
		return 0;
	*ret_block = S_ISBLK(status.stx_mode);
	*ret_number = makedev(status.stx_rdev_major, status.stx_rdev_minor);
	return 1;
}

bool holders_host_fails(int r)
{
	return r == -ENOMEM || r == -EMFILE || r == -ENFILE;
}

/*
 * Whether one who may not look has been told so: what a process has is then not seen. Another
 * failure than that is no answer at all.
 */
static bool is_refused(int r)
{
	return r == -EACCES || r == -EPERM;
}

/*
 * What is left of the failure of a look at the process: nothing when it has ended, or closed what
 * was looked at, nor when it may not be looked at, which is noted.
 */
static int take_failure(struct process *process, int r)
{
	process->refused |= is_refused(r);
	process->unseen |= is_refused(r);
	return is_refused(r) || root_says_missing(r) ? 0 : r;
}

/*
 * A file system may fail for a file of its own as it likes: NFS without a server, FUSE on a user's
 * behalf. No device's node is on those, but by its name, "" when that is not known, it may be one.
 * The rest is this host's own failure. Returns as take_failure().
 */
static int take_unknown(struct process *process, const char *object, int r)
{
	if (is_refused(r) || root_says_missing(r) || holders_host_fails(r))
		return take_failure(process, r);
	process->unseen |= !*object || strncmp(object, "/dev/", strlen("/dev/")) == 0;
	return 0;
}

static int look_at_fd(struct holders_search *search, struct process *process, int fds_fd,
		      const char *name)
{
	char object[PATH_MAX];
	ssize_t length;
	dev_t number = 0;
	bool block = false;
	int r = holders_look_device(fds_fd, name, &block, &number);

	if (r == 0 || (r > 0 && !device_nodes_find(&search->nodes, block, number)))
		return 0;
	length = readlinkat(fds_fd, name, object, sizeof(object) - 1);
	if (length < 0 && root_says_missing(negative_errno()))
		return 0;
	object[length < 0 ? 0 : length] = '\0';
	if (r < 0)
		return take_unknown(process, object, r);
	/* that it has it is certain, by the number */
	return holders_search_add_number(search, process->pid, block, number,
					 *object ? object : "?", "open");
}

static int look_at_fds(struct holders_search *search, struct process *process)
{
	int fds_fd = openat(process->fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *directory = NULL;
	struct dirent *entry;
	int r = 0;

	if (fds_fd < 0)
		return take_failure(process, negative_errno());
	directory = fdopendir(fds_fd);
	if (!directory) {
		r = negative_errno();
		close(fds_fd);
		return r;
	}
	while (r == 0 && !process->refused) {
		errno = 0;
		entry = readdir(directory);
		if (!entry)
			return errno ? take_failure(process, negative_errno()) : 0;
		if (entry->d_name[0] != '.')
			r = look_at_fd(search, process, fds_fd, entry->d_name);
	}
	return r;
}

/* ---- the pass ----------------------------------------------------------------------------- */

/* The mount table of each mount namespace, once. */
static int note_mounts(struct holders_search *search, struct process *process,
		       struct strings *namespaces)
{
	_cleanup_free_ char *table = NULL;
	char namespace[64];
	ssize_t length = readlinkat(process->fd, "ns/mnt", namespace, sizeof(namespace) - 1);

	if (length < 0)
		return take_failure(process, negative_errno());
	namespace[length] = '\0';
	if (strings_contain(namespaces, namespace))
		return 0;
	table = text_format("proc/%d/mountinfo", (int)process->pid);
	if (!table || strings_add(namespaces, namespace) < 0 ||
	    strings_add(&search->mount_tables, table) < 0)
		return -ENOMEM;
	return 0;
}

static bool has_disks(const struct device_nodes *nodes)
{
	return nodes->node_count && nodes->nodes[nodes->node_count - 1].block;
}

static int look_at_process(struct holders_search *search, struct holders_process *seen,
			   struct strings *namespaces)
{
	struct process process = { .pid = seen->pid };
	int r;

	process.fd = root_open(search->root, O_RDONLY | O_DIRECTORY, "proc/%d", (int)seen->pid);
	r = process.fd < 0 ? take_failure(&process, process.fd) : look_at_fds(search, &process);
	if (process.fd >= 0 && r == 0 && has_disks(&search->nodes))
		r = note_mounts(search, &process, namespaces);
	seen->unseen = process.unseen;
	if (process.fd >= 0)
		close(process.fd);
	return r;
}

/*
 * Not a kernel thread's, nor that of who has ended but is not reaped: without a program there are
 * neither descriptors nor maps (Linux 6.1, fs/proc/base.c, proc_exe_link()). Most of a host's
 * processes are such.
 */
static bool has_program(const struct root *root, long pid)
{
	char path[64], target;

	snprintf(path, sizeof(path), "proc/%ld/exe", pid);
	return readlinkat(root->fd, path, &target, 1) >= 0 || errno != ENOENT;
}

/* Every process that runs a program, but this one. */
static int list_processes(const struct root *root, struct holders_process **ret_items,
			  size_t *ret_count)
{
	_cleanup_free_ struct holders_process *items = NULL;
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	size_t count = 0;
	int r = root_list(root, &names, "proc");

	if (r == 0)
		items = calloc(names.count + 1, sizeof(*items));
	if (r < 0 || !items)
		return r < 0 && r != -ENOENT ? r : r == 0 ? -ENOMEM : 0;
	for (size_t i = 0; i < names.count; i++) {
		long pid;

		if (!isdigit((unsigned char)names.items[i][0]))
			continue;
		pid = strtol(names.items[i], NULL, 10);
		if (pid > 0 && pid <= INT_MAX && (pid_t)pid != getpid() && has_program(root, pid))
			items[count++].pid = (pid_t)pid;
	}
	*ret_items = take_ptr(items);
	*ret_count = count;
	return 0;
}

int holders_search_processes(struct holders_search *search)
{
	_cleanup_free_ struct holders_process *items = NULL;
	_cleanup_strings_ struct strings namespaces = STRINGS_INIT;
	size_t count = 0;
	int r = list_processes(search->root, &items, &count);

	if (r == 0 && has_disks(&search->nodes))
		r = strings_add(&search->mount_tables, "proc/self/mountinfo");
	for (size_t i = 0; r == 0 && i < count; i++)
		r = look_at_process(search, &items[i], &namespaces);
	if (r == 0)
		r = holders_search_maps(search, items, count);
	for (size_t i = 0; i < count; i++)
		search->holders.unseen += items[i].unseen;
	return r;
}
