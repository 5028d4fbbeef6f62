/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GH210: what AppArmor or SELinux has denied the hook, by the kernel's log and the audit daemon's.
 * The hook runs in the daemon's profile or domain.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/check.h"
#include "host/boot_time.h"

#define KERNEL_LOG "dev/kmsg"
#define AUDIT_LOG "var/log/audit/audit.log"
#define LOG_MAX_BYTES (64 * 1024 * 1024)
#define AUDIT_TAIL_BYTES (4 * 1024 * 1024)
#define RECORD_MAX_BYTES 8192 /* CONSOLE_EXT_LOG_MAX */
#define TOLD_MAX 5
#define TOLD_LIMIT 100

/* ---- the logs ----------------------------------------------------------------------------- */

/* One record a read, until there is none; one that was overwritten meanwhile is skipped. */
static int read_records(int fd, char **ret_text)
{
	_cleanup_free_ char *text = strdup("");

	while (text) {
		char record[RECORD_MAX_BYTES + 1];
		ssize_t length = read(fd, record, sizeof(record) - 1);

		if (length < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (length < 0 && errno != EAGAIN)
			return -errno;
		if (length <= 0)
			break;
		record[length] = '\0';
		if (strstr(record, "DENIED") || strstr(record, "denied"))
			if (text_append(&text, "%s", record) < 0)
				return -ENOMEM;
	}
	if (!text)
		return -ENOMEM;
	*ret_text = take_ptr(text);
	return 0;
}

static int open_log(const struct root *root, const char *path, struct stat *ret_status)
{
	_cleanup_close_ int fd = root_open(root, O_RDONLY | O_NONBLOCK | O_NOCTTY, "%s", path);

	if (fd < 0)
		return fd;
	return fstat(fd, ret_status) < 0 ? -errno : take_fd(&fd);
}

/* As /dev/kmsg has it, or a file with the same. */
static int read_kernel_log(const struct root *root, char **ret_text)
{
	struct stat status;
	_cleanup_close_ int fd = open_log(root, KERNEL_LOG, &status);
	size_t length;

	if (fd < 0)
		return fd;
	return S_ISCHR(status.st_mode) ? read_records(fd, ret_text)
				       : file_read(fd, LOG_MAX_BYTES, ret_text, &length);
}

/* The end of the audit daemon's. */
static int read_audit_log(const struct root *root, char **ret_text)
{
	struct stat status;
	_cleanup_close_ int fd = open_log(root, AUDIT_LOG, &status);
	size_t length;

	if (fd < 0)
		return fd;
	if (status.st_size > AUDIT_TAIL_BYTES &&
	    lseek(fd, status.st_size - AUDIT_TAIL_BYTES, SEEK_SET) < 0)
		return -errno;
	return file_read(fd, LOG_MAX_BYTES, ret_text, &length);
}

/* ---- a denial ----------------------------------------------------------------------------- */

/* The value of KEY="VALUE" or KEY=VALUE in a line; the caller frees it. NULL for none. */
static char *find_field(const char *line, const char *key)
{
	_cleanup_free_ char *start = text_format(" %s=", key);
	const char *found = start ? strstr(line, start) : NULL;

	if (!found)
		return NULL;
	found += strlen(start);
	return *found == '"' ? strndup(found + 1, strcspn(found + 1, "\""))
			     : strndup(found, strcspn(found, " "));
}

struct denial {
	bool apparmor;
	char *name; /* of a file; may be NULL */
	char *profile, *program, *what, *mask;
};

static void denial_clear(struct denial *denial)
{
	free(denial->name);
	free(denial->profile);
	free(denial->program);
	free(denial->what);
	free(denial->mask);
}

/* The "read open" of SELinux's "{ read open }". */
static char *find_permissions(const char *line)
{
	const char *start = strstr(line, "{ ");
	const char *end = start ? strstr(start + 2, " }") : NULL;

	return end ? strndup(start + 2, (size_t)(end - start - 2)) : NULL;
}

static void read_denial(const char *line, bool apparmor, struct denial *denial)
{
	denial->apparmor = apparmor;
	denial->name = find_field(line, "name");
	if (!apparmor && !denial->name)
		denial->name = find_field(line, "path");
	denial->profile = find_field(line, apparmor ? "profile" : "scontext");
	denial->program = find_field(line, "comm");
	denial->what = apparmor ? find_field(line, "operation") : find_permissions(line);
	denial->mask = find_field(line, "requested_mask");
}

/* Whether it was denied to libvirt's daemon, in whose profile or domain the hook runs. */
static bool is_daemon(const struct denial *denial)
{
	static const char *const profiles[] = { "libvirtd", "virtqemud" };
	static const char *const domains[] = { ":virtd_t:", ":virtqemud_t:", ":virt_hook_t:" };

	for (size_t i = 0; denial->apparmor && i < ARRAY_SIZE(profiles); i++)
		if (text_same(denial->profile, profiles[i]))
			return true;
	for (size_t i = 0; !denial->apparmor && i < ARRAY_SIZE(domains); i++)
		if (denial->profile && strstr(denial->profile, domains[i]))
			return true;
	return false;
}

/* Whether it was denied to the hook, or concerns a file of ours. */
static bool concerns_us(const char *line, const struct denial *denial)
{
	if (!is_daemon(denial))
		return false;
	return strstr(line, "gpu-handoff") || strstr(line, "gpu_handoff") ||
	       strstr(line, "libvirt/hooks/qemu") ||
	       (denial->program && strcmp(denial->program, "qemu") == 0);
}

static char *describe(const struct denial *denial)
{
	_cleanup_free_ char *name = denial->name ? text_quote(denial->name) : NULL;
	_cleanup_free_ char *profile = text_quote(denial->profile ? denial->profile : "?");
	_cleanup_free_ char *program = text_quote(denial->program ? denial->program : "?");
	_cleanup_free_ char *what = text_quote(denial->what ? denial->what : "?");

	return text_format("\n  %s%s%s, to %s in %s", what ? what : "?", name ? " of " : "",
			   name ? name : "", program ? program : "?", profile ? profile : "?");
}

/* The profile's own name for what was asked for; see apparmor.d(5). "": not known. */
static void rule_permissions(const char *mask, char ret_permissions[8])
{
	size_t length = 0;

	for (const char *c = "rmkl"; *c; c++)
		if (strchr(mask, *c))
			ret_permissions[length++] = *c;
	if (strpbrk(mask, "wcda"))
		ret_permissions[length++] = 'w';
	if (strchr(mask, 'x')) {
		ret_permissions[length++] = 'i';
		ret_permissions[length++] = 'x';
	}
	ret_permissions[length] = '\0';
}

static char *advise(const struct denial *denial)
{
	char permissions[8] = "";
	_cleanup_free_ char *rule = NULL;
	_cleanup_free_ char *word = NULL;

	if (!denial->apparmor)
		return strdup("Give the files their labels again:\n"
			      "  restorecon -RFv /etc/libvirt/hooks /etc/gpu-handoff "
			      "/usr/lib/gpu-handoff /usr/bin/gpu-handoff\n"
			      "If that does not help, see what it was:\n"
			      "  ausearch -m avc -ts boot");
	if (denial->mask)
		rule_permissions(denial->mask, permissions);
	if (!denial->name || !*permissions || !denial->profile || strchr(denial->profile, '/'))
		return strdup("See what it was:\n  journalctl -k -b -g apparmor=.DENIED");
	rule = text_format("  \"%s\" %s,", denial->name, permissions);
	word = rule ? text_shell_word(rule) : NULL;
	return word ? text_format("If the hook needs it, allow it:\n"
				  "  echo %s >>/etc/apparmor.d/local/usr.sbin.%s\n"
				  "  apparmor_parser -r /etc/apparmor.d/usr.sbin.%s",
				  word, denial->profile, denial->profile)
		    : NULL;
}

/* ---- all of them -------------------------------------------------------------------------- */

struct denials {
	struct strings told; /* each once, without its time and process */
	char *advice;        /* for the first */
	int64_t boot_s;      /* of the audit log, what is earlier is of another boot */
};

static bool is_earlier(const char *line, int64_t boot_s)
{
	const char *stamp = strstr(line, "audit(");
	long long seconds;

	return stamp && sscanf(stamp, "audit(%lld", &seconds) == 1 && seconds < boot_s;
}

static int take_line(const char *line, struct denials *denials)
{
	_cleanup_(denial_clear) struct denial denial = { 0 };
	_cleanup_free_ char *text = NULL;
	bool apparmor = strstr(line, "apparmor=\"DENIED\"");

	if ((!apparmor && !strstr(line, "avc:  denied")) || is_earlier(line, denials->boot_s))
		return 0;
	read_denial(line, apparmor, &denial);
	if (!concerns_us(line, &denial))
		return 0;
	text = describe(&denial);
	if (!text)
		return -ENOMEM;
	if (!denials->advice)
		denials->advice = advise(&denial);
	/* more of them say no more */
	return denials->told.count >= TOLD_LIMIT || strings_contain(&denials->told, text)
		       ? 0
		       : strings_add(&denials->told, text);
}

static int take_lines(char *text, struct denials *denials)
{
	char *save = NULL;
	int r = 0;

	for (char *line = strtok_r(text, "\n", &save); r == 0 && line;
	     line = strtok_r(NULL, "\n", &save))
		r = take_line(line, denials);
	return r;
}

/* Returns whether there is such a log. */
static bool look(const struct command *command, const char *path,
		 int (*read_log)(const struct root *root, char **ret_text), struct denials *denials,
		 struct findings *findings)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *about = text_format("/%s", path);
	_cleanup_free_ char *text = NULL;
	int r = read_log(&command->root, &text);

	if (r == 0 && take_lines(text, denials) < 0)
		findings->no_memory = true;
	if (r == 0 || r == -ENOENT)
		return r == 0;
	error_set_errno(&error, -r, "cannot look for denials");
	finding_add_unseen(findings, FINDING_INSTALLATION_UNSEEN, about ? about : path, &error);
	return true;
}

void check_denials(const struct command *command, struct findings *findings)
{
	struct denials denials = { 0 };
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *list = NULL;
	bool there;

	/* not known: nothing is taken for earlier */
	(void)boot_time_read(&command->root, &denials.boot_s);
	there = look(command, KERNEL_LOG, read_kernel_log, &denials, findings);
	there = look(command, AUDIT_LOG, read_audit_log, &denials, findings) || there;
	if (!there) {
		error_set_errno(&error, ENOENT, "cannot look for denials of AppArmor and SELinux");
		finding_add_unseen(findings, FINDING_INSTALLATION_UNSEEN, "/" KERNEL_LOG, &error);
	}
	for (size_t i = 0; i < denials.told.count && i < TOLD_MAX; i++)
		if (text_append(&list, "%s", denials.told.items[i]) < 0)
			findings->no_memory = true;
	if (denials.told.count > TOLD_MAX &&
	    text_append(&list, "\n  and %zu more", denials.told.count - TOLD_MAX) < 0)
		findings->no_memory = true;
	if (denials.told.count)
		finding_add(findings, FINDING_DENIED, "host",
			    text_format("Since the boot:%s", list ? list : ""),
			    take_ptr(denials.advice));
	free(denials.advice);
	strings_clear(&denials.told);
}
