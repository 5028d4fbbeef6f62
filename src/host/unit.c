/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/unit.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* There on every distribution, as a link where /bin and /usr/bin are one. */
#define SYSTEMCTL "/bin/systemctl"

#define NAME_MAX_BYTES 255
#define CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_.\\@"

bool unit_name_valid(const char *name)
{
	static const char *const suffixes[] = { ".service", ".socket",   ".target", ".timer",
						".path",    ".mount",    ".scope",  ".slice",
						".swap",    ".automount" };
	const char *suffix = strrchr(name, '.');
	size_t length = strspn(name, CHARACTERS);

	if (!suffix || suffix == name || name[0] == '-' || name[length] || length > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (strcmp(suffix, suffixes[i]) == 0)
			return true;
	return false;
}

bool unit_is_libvirt(const char *name)
{
	return strncmp(name, "libvirtd", strlen("libvirtd")) == 0 ||
	       strncmp(name, "virtqemud", strlen("virtqemud")) == 0;
}

bool unit_manager_runs(const struct root *root)
{
	return root_exists(root, "run/systemd/system");
}

/* ---- systemctl ---------------------------------------------------------------------------- */

static int report_program(int answer, const char *step, const char *said, struct error *error)
{
	_cleanup_free_ char *quoted = said && *said ? text_quote(said) : NULL;

	if (answer < 0) {
		error_set_errno(error, -answer, "cannot %s: cannot run " SYSTEMCTL, step);
		return answer;
	}
	error_set(error, EIO, "cannot %s", step);
	error_why(error, SYSTEMCTL " ended with status %d%s%s", answer, quoted ? ": " : "",
		  quoted ? quoted : "");
	return -EIO;
}

/*
 * Runs systemctl with the arguments; `is_undone`: it must not go on when nobody waits. Returns 0
 * with its exit status, or its negative errno, as worker_run(), and with what it has said.
 */
static int run(const struct worker_context *context, const char *step, const char *const *arguments,
	       bool is_undone, int *ret_answer, char **ret_said, struct error *error)
{
	const struct worker_call call = {
		.access = WORKER_EXECUTE,
		.step = step,
		.arguments = arguments,
		.dies_unawaited = is_undone,
	};

	return worker_run(context, &call, ret_answer, ret_said, error);
}

/* Whether a job in `systemctl list-jobs` of that number leads to a unit that runs. */
static bool job_starts(const char *jobs, const char *number)
{
	size_t length = strlen(number);

	for (const char *line = jobs; line; line = strchr(line, '\n')) {
		char id[16], unit[NAME_MAX_BYTES + 1], kind[16];

		line += strspn(line, "\n");
		if (sscanf(line, "%15s %255s %15s", id, unit, kind) == 3 && strlen(id) == length &&
		    strcmp(id, number) == 0)
			return strcmp(kind, "start") == 0 || strcmp(kind, "restart") == 0;
	}
	return false;
}

/* What `systemctl show` says of one unit. */
struct shown {
	bool known, active;
	char job[16]; /* "": none */
};

/* Takes the block of one unit from *text, which moves behind it. */
static bool take_block(char **text, struct shown *ret_shown)
{
	struct shown shown = { .known = true };
	char *line = *text + strspn(*text, "\n");

	if (!*line)
		return false;
	while (*line && *line != '\n') {
		size_t length = strcspn(line, "\n");
		bool more = line[length];

		line[length] = '\0';
		if (strcmp(line, "LoadState=not-found") == 0)
			shown.known = false;
		else if (strcmp(line, "ActiveState=active") == 0 ||
			 strcmp(line, "ActiveState=activating") == 0 ||
			 strcmp(line, "ActiveState=reloading") == 0)
			shown.active = true;
		else if (strncmp(line, "Job=", 4) == 0 && strcmp(line, "Job=0") != 0)
			snprintf(shown.job, sizeof(shown.job), "%s", line + 4);
		line += length + more;
	}
	*text = line;
	*ret_shown = shown;
	return true;
}

static int report_unknown(const char *unit, struct error *error)
{
	error_set(error, ENOENT, "systemd knows no unit %s", unit);
	error_hint(error, "See `systemctl list-unit-files`, and correct `stop =` in [host] of the "
			  "VM's INI file.");
	return -ENOENT;
}

/* Picks from what `systemctl show` and `systemctl list-jobs` have said. */
static int pick_running(const struct strings *units, char *shown_text, const char *jobs,
			struct strings *ret_running, struct error *error)
{
	_cleanup_strings_ struct strings running = STRINGS_INIT;

	for (size_t i = 0; i < units->count; i++) {
		struct shown shown;

		if (!take_block(&shown_text, &shown))
			return error_set(error, EIO,
					 "cannot see which units run: " SYSTEMCTL " says nothing "
					 "of %s",
					 units->items[i]);
		if (!shown.known)
			return report_unknown(units->items[i], error);
		if ((shown.active || (shown.job[0] && job_starts(jobs, shown.job))) &&
		    strings_add(&running, units->items[i]) < 0)
			return error_set_errno(error, ENOMEM, "cannot see which units run");
	}
	strings_clear(ret_running);
	*ret_running = running;
	running = STRINGS_INIT;
	return 0;
}

static int ask(const struct worker_context *context, const char *const *arguments, char **ret_said,
	       struct error *error)
{
	static const char step[] = "see which units run";
	int answer;
	int r = run(context, step, arguments, false, &answer, ret_said, error);

	if (r == 0 && answer != 0)
		r = report_program(answer, step, *ret_said, error);
	return r;
}

int unit_list_running(const struct worker_context *context, const struct strings *units,
		      struct strings *ret_running, struct error *error)
{
	static const char *const list_jobs[] = { SYSTEMCTL,    "list-jobs", "--no-legend",
						 "--no-pager", "--plain",   NULL };
	static const char *const show[] = { SYSTEMCTL, "show", "--no-pager",
					    "--property=Id,LoadState,ActiveState,Job", "--" };
	_cleanup_free_ const char **arguments = NULL;
	_cleanup_free_ char *shown = NULL;
	_cleanup_free_ char *jobs = NULL;
	int r;

	if (!unit_manager_runs(context->root)) {
		error_set(error, ENOSYS, "cannot stop units: systemd is not this host's init");
		error_hint(error, "Take `stop =` out of [host] of the VM's INI file, and stop by "
				  "other means what uses\nthe devices.");
		return -ENOSYS;
	}
	/* this machine's systemd knows nothing of another one's */
	if (!context->root->is_host)
		return strings_merge(ret_running, units) < 0
			       ? error_set_errno(error, ENOMEM, "cannot see which units run")
			       : 0;
	arguments = calloc(ARRAY_SIZE(show) + units->count + 1, sizeof(*arguments));
	if (!arguments)
		return error_set_errno(error, ENOMEM, "cannot see which units run");
	memcpy(arguments, show, sizeof(show));
	for (size_t i = 0; i < units->count; i++)
		arguments[ARRAY_SIZE(show) + i] = units->items[i];
	r = ask(context, arguments, &shown, error);
	if (r == 0)
		r = ask(context, list_jobs, &jobs, error);
	return r < 0 ? r : pick_running(units, shown, jobs, ret_running, error);
}

int unit_stop(const struct worker_context *context, const char *unit, struct error *error)
{
	const char *const arguments[] = {
		SYSTEMCTL, "stop", "--no-ask-password", "--", unit, NULL
	};
	_cleanup_free_ char *step = text_format("stop %s", unit);
	_cleanup_free_ char *said = NULL;
	int answer;
	int r;

	if (!step)
		return error_set_errno(error, ENOMEM, "cannot stop a unit");
	r = run(context, step, arguments, true, &answer, &said, error);
	if (r == -ETIMEDOUT) {
		error_set(error, ETIMEDOUT, "cannot %s in time", step);
		error_hint(error,
			   "See `systemctl status %s`, or give it more time: timeout = 60s in "
			   "[host] of the\nVM's INI file.",
			   unit);
	}
	if (r < 0)
		return r;
	return answer == 0 ? 0 : report_program(answer, step, said, error);
}

/* A system that goes down shall not be held up, and refuses to start anything anyway. */
static bool system_is_stopping(const struct worker_context *context)
{
	static const char *const arguments[] = { SYSTEMCTL, "is-system-running", NULL };
	_cleanup_free_ char *said = NULL;
	int answer;

	return run(context, "see whether the system is being stopped", arguments, false, &answer,
		   &said, NULL) == 0 &&
	       said && strcmp(said, "stopping") == 0;
}

/* Whether somebody has masked or removed the unit since: it is not to run any more. */
static bool is_not_wanted(const struct worker_context *context, const char *unit)
{
	const char *const arguments[] = { SYSTEMCTL, "show", "--property=LoadState",
					  "--",      unit,   NULL };
	_cleanup_free_ char *said = NULL;
	int answer;

	return run(context, "see whether the unit is there", arguments, false, &answer, &said,
		   NULL) == 0 &&
	       said && (strstr(said, "=masked") || strstr(said, "=not-found"));
}

int unit_start(const struct worker_context *context, const char *unit, struct error *error)
{
	const char *const arguments[] = { SYSTEMCTL, "start", "--no-block", "--no-ask-password",
					  "--",      unit,    NULL };
	_cleanup_free_ char *step = text_format("start %s", unit);
	_cleanup_free_ char *said = NULL;
	int answer;
	int r;

	if (!step)
		return error_set_errno(error, ENOMEM, "cannot start a unit");
	if (system_is_stopping(context))
		return 0;
	r = run(context, step, arguments, false, &answer, &said, error);
	if (r < 0)
		return r;
	if (answer == 0 || is_not_wanted(context, unit))
		return 0;
	report_program(answer, step, said, error);
	error_hint(error, "Start it by hand: systemctl start %s", unit);
	return -EIO;
}

#define CGROUP_MAX_BYTES 65536

/* The innermost part of the path that is a service; those below user.slice are a user's own. */
static const char *find_service(char *path)
{
	const char *found = NULL;
	char *save = NULL;

	for (char *part = strtok_r(path, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		const char *suffix = strrchr(part, '.');

		if (strcmp(part, "user.slice") == 0)
			return NULL;
		if (suffix && strcmp(suffix, ".service") == 0)
			found = part;
	}
	return found;
}

int unit_of_process(const struct root *root, pid_t pid, char **ret_unit)
{
	_cleanup_free_ char *text = NULL;
	char *unit = NULL, *save = NULL;
	int r = root_read(root, CGROUP_MAX_BYTES, &text, "proc/%d/cgroup", (int)pid);

	if (r < 0)
		return r;
	/* "0::/system.slice/gdm.service", or systemd's own of the older kind, "1:name=systemd:/…"
	 */
	for (char *line = strtok_r(text, "\n", &save); line && !unit;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *service = NULL;

		if (strncmp(line, "0::", 3) == 0)
			service = find_service(line + 3);
		else if (strstr(line, ":name=systemd:"))
			service = find_service(strrchr(line, ':') + 1);
		if (service && !(unit = strdup(service)))
			return -ENOMEM;
	}
	*ret_unit = unit;
	return 0;
}

int unit_changed(const struct worker_context *context, const char *unit, int64_t *ret_ms,
		 struct error *error)
{
	static const char property[] = "StateChangeTimestampMonotonic";
	const char *const arguments[] = { SYSTEMCTL, "show", "--no-pager", "--property",
					  property,  "--",   unit,         NULL };
	_cleanup_free_ char *said = NULL;
	const char *value;
	int r;

	if (!context->root->is_host || !unit_manager_runs(context->root))
		return error_set(error, ENOSYS, "systemd cannot be asked about %s", unit);
	r = ask(context, arguments, &said, error);
	if (r < 0)
		return r;
	value = strchr(said, '=');
	if (!value)
		return error_set(error, EIO, SYSTEMCTL " does not say when %s has changed", unit);
	*ret_ms = strtoll(value + 1, NULL, 10) / 1000;
	return 0;
}
