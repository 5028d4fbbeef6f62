/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GH2xx: the hook, its engine, and other hooks. Which build a file is of is read in it; nothing is
 * run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/build.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/check.h"

#define HOOKS "etc/libvirt/hooks"
#define ENGINE_NAME "libgpu-handoff.so"
#define ENGINE "/" ENGINE_NAME
#define FILE_MAX_BYTES (64 * 1024 * 1024)

struct hook_file {
	char *path; /* below the root */
	bool executable;
	char *text; /* whole, with zero bytes in it */
	size_t length;
};

static void hook_file_clear(struct hook_file *file)
{
	free(file->path);
	free(file->text);
}

/* Returns 0, -ENOENT, -EISDIR for what is no file, or another negative errno. */
static int read_whole(const struct root *root, const char *path, struct hook_file *file)
{
	_cleanup_close_ int fd = root_open(root, O_RDONLY | O_NONBLOCK | O_NOCTTY, "%s", path);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return negative_errno();
	if (!S_ISREG(status.st_mode))
		return -EISDIR;
	file->executable = status.st_mode & 0111;
	return file_read(fd, FILE_MAX_BYTES, &file->text, &file->length);
}

static const char *find_text(const struct hook_file *file, const char *what)
{
	return memmem(file->text, file->length, what, strlen(what));
}

/* A program's string, from there on; the caller frees it. */
static char *take_string(const char *start)
{
	size_t length = 0;

	while ((unsigned char)start[length] >= ' ')
		length++;
	return strndup(start, length);
}

static bool is_script(const struct hook_file *file)
{
	return file->length > 2 && memcmp(file->text, "#!", 2) == 0;
}

/* A program of ours, not a script that mentions us; see conf/install-hook. */
static bool is_ours(const struct hook_file *file)
{
	return !is_script(file) && find_text(file, ENGINE_NAME);
}

/* ---- which build -------------------------------------------------------------------------- */

static void check_build(const struct hook_file *file, enum finding_kind kind,
			struct findings *findings)
{
	const char *mark = find_text(file, BUILD_MARK);
	_cleanup_free_ char *found = mark ? take_string(mark) : NULL;
	_cleanup_free_ char *about = text_format("/%s", file->path);
	_cleanup_free_ char *shown = NULL;

	if (found && strcmp(found, build_text) == 0)
		return;
	shown = found ? text_quote(found + strlen(BUILD_MARK)) : strdup("an earlier one");
	finding_add(findings, kind, about ? about : file->path,
		    text_format("It is %s%s, this command %s. Parts of different builds may not "
				"understand each other.",
				found ? "build " : "", shown ? shown : "?",
				build_text + strlen(BUILD_MARK)),
		    strdup("Install all parts again: the package, or from the sources:\n"
			   "  make install"));
}

/* ---- the engine --------------------------------------------------------------------------- */

/* Where the hook looks for it, below the root; the caller frees it. */
static char *find_engine(const struct hook_file *hook)
{
	const char *end = find_text(hook, ENGINE);
	const char *start = end;

	while (start && start > hook->text && (unsigned char)start[-1] >= ' ')
		start--;
	return start && *start == '/' ? take_string(start + 1) : NULL;
}

static void check_engine(const struct command *command, const struct hook_file *hook,
			 struct findings *findings)
{
	_cleanup_(hook_file_clear) struct hook_file engine = { .path = find_engine(hook) };
	_cleanup_free_ char *about = NULL;
	int r = engine.path ? read_whole(&command->root, engine.path, &engine) : -ENOENT;

	about = text_format("/%s", engine.path ? engine.path : ENGINE_NAME);
	if (!about) {
		findings->no_memory = true;
	} else if (r < 0) {
		finding_add(findings, FINDING_NO_ENGINE, about,
			    text_format("The hook needs it, and cannot read it: %s. No VM with "
					"an INI file can start.",
					strerror(-r)),
			    strdup("Install gpu-handoff again: the package, or from the "
				   "sources:\n  make install"));
	} else {
		check_build(&engine, FINDING_ENGINE_OTHER_BUILD, findings);
		check_owner(command, FINDING_HOOK_OF_OTHERS, engine.path, findings);
	}
}

/* ---- the hooks ---------------------------------------------------------------------------- */

static void check_ours(const struct command *command, const struct hook_file *file,
		       struct findings *findings)
{
	_cleanup_free_ char *about = text_format("/%s", file->path);
	_cleanup_free_ char *word = about ? text_shell_word(about) : NULL;

	if (!file->executable)
		finding_add(findings, FINDING_HOOK_NOT_EXECUTABLE, about ? about : file->path,
			    strdup("libvirt passes over it: VMs start without their devices being "
				   "handed over."),
			    word ? text_format("  chmod 0755 %s", word) : NULL);
	check_owner(command, FINDING_HOOK_OF_OTHERS, file->path, findings);
	check_build(file, FINDING_HOOK_OTHER_BUILD, findings);
	check_engine(command, file, findings);
}

/* The line of a script that calls libvirt, or 0. */
static unsigned int find_call(const struct hook_file *file)
{
	static const char *const calls[] = { "virsh ", "virt-xml ", "libvirt.open", "virt-admin " };
	unsigned int number = 0;

	for (const char *line = file->text; line && *line; line = strchr(line, '\n')) {
		_cleanup_free_ char *copy = NULL;

		line += number > 0;
		number++;
		copy = strndup(line, strcspn(line, "\n"));
		if (!copy || copy[strspn(copy, " \t")] == '#')
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
			if (strstr(copy, calls[i]))
				return number;
	}
	return 0;
}

static void check_other(const struct hook_file *file, struct findings *findings)
{
	unsigned int line = is_script(file) && file->executable ? find_call(file) : 0;
	_cleanup_free_ char *about = text_format("/%s:%u", file->path, line);

	if (line)
		finding_add(findings, FINDING_HOOK_CALLS_VIRSH, about ? about : file->path,
			    strdup("libvirt waits for its hooks and has the VM locked meanwhile: a "
				   "hook that asks libvirt about that VM waits for ever, and every "
				   "`virsh list` with it."),
			    strdup("Have it done when the hook has ended, as by:\n"
				   "  systemd-run --no-block virsh ..."));
}

static void check_file(const struct command *command, const struct hook_file *file,
		       struct strings *ours, struct strings *all, struct findings *findings)
{
	if (file->executable && strings_add(all, file->path) < 0)
		findings->no_memory = true;
	if (!is_ours(file)) {
		check_other(file, findings);
		return;
	}
	if (strings_add(ours, file->path) < 0)
		findings->no_memory = true;
	check_ours(command, file, findings);
}

static void check_path(const struct command *command, const char *path, struct strings *ours,
		       struct strings *all, struct findings *findings)
{
	_cleanup_(hook_file_clear) struct hook_file file = { .path = strdup(path) };
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *about = text_format("/%s", path);
	int r = file.path ? read_whole(&command->root, path, &file) : -ENOMEM;

	if (r == 0)
		check_file(command, &file, ours, all, findings);
	if (r == 0 || r == -ENOENT || r == -EISDIR)
		return;
	error_set_errno(&error, -r, "cannot read it");
	finding_add_unseen(findings, FINDING_INSTALLATION_UNSEEN, about ? about : path, &error);
}

/* As libvirt does (src/util/virhook.c, virHookCall): `qemu`, then what is in `qemu.d`. */
static void check_all(const struct command *command, struct strings *ours, struct strings *all,
		      struct findings *findings)
{
	_cleanup_strings_ struct strings more = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = root_list(&command->root, &more, HOOKS "/qemu.d");

	check_path(command, HOOKS "/qemu", ours, all, findings);
	if (r < 0 && r != -ENOENT && r != -ENOTDIR) {
		error_set_errno(&error, -r, "cannot list it");
		finding_add_unseen(findings, FINDING_INSTALLATION_UNSEEN, "/" HOOKS "/qemu.d",
				   &error);
	}
	for (size_t i = 0; i < more.count; i++) {
		_cleanup_free_ char *path = text_format(HOOKS "/qemu.d/%s", more.items[i]);

		if (path)
			check_path(command, path, ours, all, findings);
		else
			findings->no_memory = true;
	}
}

static void report_twice(const struct strings *ours, struct findings *findings)
{
	_cleanup_free_ char *list = strings_join(ours, ", /");
	_cleanup_free_ char *word = text_shell_word(ours->items[1]);

	finding_add(findings, FINDING_HOOK_TWICE, "/" HOOKS,
		    text_format("It is there as /%s: each start and stop does its work twice.",
				list ? list : "?"),
		    word ? text_format("  rm /%s", word) : NULL);
}

void check_hook(const struct command *command, struct findings *findings)
{
	_cleanup_strings_ struct strings ours = STRINGS_INIT;
	_cleanup_strings_ struct strings all = STRINGS_INIT;
	size_t unseen = findings->count;

	check_all(command, &ours, &all, findings);
	unseen = findings->count - unseen;
	if (ours.count) {
		check_owner(command, FINDING_HOOK_OF_OTHERS, HOOKS, findings);
		check_daemon(command, &all, findings);
	} else if (!unseen || all.count || root_exists(&command->root, HOOKS)) {
		finding_add(
			findings, FINDING_NO_HOOK, "/" HOOKS,
			strdup("Neither qemu nor anything in qemu.d is gpu-handoff's: VMs start "
			       "without their devices being handed over."),
			strdup("Install gpu-handoff: the package, or from the sources:\n"
			       "  make install"));
	}
	if (ours.count > 1)
		report_twice(&ours, findings);
}
