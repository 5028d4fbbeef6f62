/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/verb.h"
#include "handoff/report.h"

#ifndef VERSION
#error "VERSION: of the project"
#endif

#define URI_DEFAULT "qemu:///system"

static const struct verb *const verbs[] = { &verb_status, &verb_recover, &verb_holders,
					    &verb_boot };

void command_report(const struct root *root, const struct error *error)
{
	_cleanup_free_ char *problem = report_problem(root, error);

	fflush(stdout);
	fprintf(stderr, "gpu-handoff: %s\n", problem ? problem : "no memory");
	for (const char *hint = error->hint; hint && *hint;) {
		size_t length = strcspn(hint, "\n");

		fprintf(stderr, "%s%.*s\n", hint == error->hint ? "To do: " : "       ",
			(int)length, hint);
		hint += length + (hint[length] == '\n');
	}
}

int command_report_store(const struct root *root, struct error *error)
{
	bool forbidden = error->code == EACCES || error->code == EPERM;

	if (error->code == EACCES)
		error_hint(error, "Only root may: try it with sudo.");
	command_report(root, error);
	return forbidden ? EXIT_REFUSED : EXIT_FAILED;
}

int command_usage(const struct verb *verb, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "gpu-handoff%s%s: ", verb ? " " : "", verb ? verb->name : "");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nTry: gpu-handoff%s%s --help\n", verb ? " " : "", verb ? verb->name : "");
	return EXIT_USAGE;
}

static void print_help(void)
{
	printf("usage: gpu-handoff [-c URI] VERB [ARGUMENT...]\n\n"
	       "Looks after the devices that gpu-handoff's libvirt hook gives to VMs.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-9s %-22s %s\n", verbs[i]->name, verbs[i]->arguments, verbs[i]->summary);
	printf("\n"
	       "  -c, --connect URI   libvirt's daemon, for verbs that ask it: " URI_DEFAULT "\n"
	       "  --help              this text; behind a verb, that of the verb\n"
	       "  --version           the version\n\n"
	       "Exit status: 0 done or nothing to do; 1 refused, or there are findings; 2 wrong\n"
	       "usage or configuration; 3 failed on the way, and the message says how the host "
	       "is.\n");
}

static int print_verb_help(const struct verb *verb)
{
	printf("usage: gpu-handoff %s %s\n\n%s.\n\n%s", verb->name, verb->arguments, verb->summary,
	       verb->help);
	return EXIT_DONE;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

int command_usage_word(const struct verb *verb, const char *kind, const char *word,
		       const char *const *known)
{
	_cleanup_free_ char *quoted = text_quote(word);
	const char *meant = text_nearest(word, known);

	return command_usage(verb, "unknown %s \"%s\"%s%s%s", kind, quoted ? quoted : "?",
			     meant ? ": did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static int run_verb(struct command *command, int count, char **arguments)
{
	const char *names[ARRAY_SIZE(verbs) + 1] = { NULL };
	const struct verb *verb = find_verb(arguments[0]);
	int r;

	if (!verb) {
		for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
			names[i] = verbs[i]->name;
		return command_usage_word(NULL, "verb", arguments[0], names);
	}
	for (int i = 1; i < count && strcmp(arguments[i], "--") != 0; i++)
		if (strcmp(arguments[i], "--help") == 0)
			return print_verb_help(verb);
	r = root_open_tree("/", &command->root);
	if (r < 0) {
		fprintf(stderr, "gpu-handoff: cannot open /: %s\n", strerror(-r));
		return EXIT_FAILED;
	}
	r = verb->run(command, count - 1, arguments + 1);
	root_close(&command->root);
	if (fflush(stdout) != 0 && r == EXIT_DONE) {
		fprintf(stderr, "gpu-handoff: cannot write the output\n");
		return EXIT_FAILED;
	}
	return r;
}

int main(int count, char **arguments)
{
	static const char *const options[] = { "--connect", "--help", "--version", NULL };
	struct command command = { .root = ROOT_INIT, .uri = URI_DEFAULT };
	int i = 1;

	for (; i < count && arguments[i][0] == '-'; i++) {
		const char *option = arguments[i];

		if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
			print_help();
			return EXIT_DONE;
		}
		if (strcmp(option, "--version") == 0) {
			printf("gpu-handoff " VERSION "\n");
			return EXIT_DONE;
		}
		if (strncmp(option, "--connect=", strlen("--connect=")) == 0) {
			command.uri = option + strlen("--connect=");
		} else if (strcmp(option, "-c") == 0 || strcmp(option, "--connect") == 0) {
			if (++i == count)
				return command_usage(NULL, "%s takes a URI", option);
			command.uri = arguments[i];
		} else {
			return command_usage_word(NULL, "option", option, options);
		}
	}
	if (i == count)
		return command_usage(NULL, "which verb?");
	return run_verb(&command, count - i, arguments + i);
}
