/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/build.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/ascii.h"
#include "cli/options.h"
#include "handoff/report.h"

#ifndef VERSION
#error "VERSION: of the project"
#endif

#define URI_DEFAULT "qemu:///system"

bool command_has(const struct command *command, const char *option)
{
	for (size_t i = 0; i < command->given_count; i++)
		if (strcmp(command->given[i].option->name, option) == 0)
			return true;
	return false;
}

const char *command_value(const struct command *command, const char *option)
{
	for (size_t i = command->given_count; i > 0; i--)
		if (strcmp(command->given[i - 1].option->name, option) == 0)
			return command->given[i - 1].value;
	return NULL;
}

int command_no_memory(void)
{
	fflush(stdout);
	fprintf(stderr, "gpu-handoff: no memory\n");
	return EXIT_FAILED;
}

void command_report(const struct root *root, const struct error *error)
{
	_cleanup_free_ char *text = report_problem(root, error);
	_cleanup_free_ char *problem = text ? text_printable(text) : NULL;
	_cleanup_free_ char *todo = error->hint ? text_printable(error->hint) : NULL;

	fflush(stdout);
	fprintf(stderr, "gpu-handoff: %s\n", problem ? problem : "no memory");
	for (const char *hint = todo; hint && *hint;) {
		size_t length = strcspn(hint, "\n");

		fprintf(stderr, "%s%.*s\n", hint == todo ? "To do: " : "       ", (int)length,
			hint);
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
	printf("usage: gpu-handoff [OPTION...] VERB [ARGUMENT...]\n\n"
	       "Gives a GPU to a VM when it starts, and back to the host when it stops.\n\n");
	for (size_t i = 0; verbs[i]; i++)
		printf("  %-8s%-22s%s\n", verbs[i]->name, verbs[i]->arguments, verbs[i]->summary);
	printf("\n"
	       "Options, before the verb or behind it, for verbs that take them:\n"
	       "  -c, --connect URI   libvirt's daemon: " URI_DEFAULT "\n"
	       "      --sysroot DIR   look at the machine whose file tree is in DIR\n"
	       "      --json          print JSON, see gpu-handoff-json(5)\n"
	       "  -v, --verbose       say what is done, also to the log\n"
	       "  -h, --help          this text; behind a verb, that of the verb\n"
	       "      --version       the version; with -v the build\n\n"
	       "Exit status: 0 done or nothing to do; 1 refused, or there are findings; 2 wrong\n"
	       "usage or configuration; 3 failed on the way, and the message says how the\n"
	       "host is.\n");
}

static void print_verb_help(const struct verb *verb)
{
	printf("usage: gpu-handoff %s%s%s\n\n%s.\n\n%s", verb->name, *verb->arguments ? " " : "",
	       verb->arguments, verb->summary, verb->help);
	if (verb->takes & TAKES_CONNECT)
		printf("\n  -c, --connect URI  of libvirt's daemon: " URI_DEFAULT "\n");
	if (verb->takes & TAKES_SYSROOT)
		printf("%s      --sysroot DIR  look at the machine whose file tree is in DIR\n",
		       verb->takes & TAKES_CONNECT ? "" : "\n");
	if (verb->takes & TAKES_JSON)
		printf("%s      --json         print JSON, see gpu-handoff-json(5)\n",
		       verb->takes & (TAKES_CONNECT | TAKES_SYSROOT) ? "" : "\n");
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; verbs[i]; i++)
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

static int report_unknown_verb(const char *name)
{
	const char *names[64] = { NULL };

	for (size_t i = 0; verbs[i] && i + 1 < ARRAY_SIZE(names); i++)
		names[i] = verbs[i]->name;
	return command_usage_word(NULL, "verb", name, names);
}

/* What was printed has to have arrived: somebody may go by it. */
static int finish(int status)
{
	bool lost = fflush(stdout) != 0 || ferror(stdout);

	if (lost)
		fprintf(stderr, "gpu-handoff: cannot write the output\n");
	return lost && status == EXIT_DONE ? EXIT_FAILED : status;
}

static int run_verb(const struct verb *verb, struct command *command)
{
	const char *tree = command->sysroot ? command->sysroot : "/";
	int r = root_open_tree(tree, &command->root);

	if (r < 0) {
		fprintf(stderr, "gpu-handoff: cannot open %s: %s\n", tree, strerror(-r));
		return command->sysroot ? EXIT_USAGE : EXIT_FAILED;
	}
	if (!command->json)
		ascii_on_terminals();
	if (command->verbose)
		log_to_stderr();
	r = verb->run(command);
	root_close(&command->root);
	return finish(r);
}

static int print_version(const struct options *options)
{
	puts(options->command.verbose ? build_text : "gpu-handoff " VERSION);
	return finish(EXIT_DONE);
}

int main(int count, char **arguments)
{
	_cleanup_options_ struct options options = OPTIONS_INIT;
	const struct verb *verb;
	int status, i;

	process_begin();
	/* what can be printed; everything else stays as scripts know it */
	setlocale(LC_CTYPE, "");
	options.command.root = ROOT_INIT;
	options.command.uri = URI_DEFAULT;
	status = options_parse_before(count, arguments, &options, &i);
	if (status != EXIT_DONE)
		return status;
	if (options.help) {
		print_help();
		return finish(EXIT_DONE);
	}
	if (options.version)
		return print_version(&options);
	if (i == count)
		return command_usage(NULL, "which verb?");
	verb = find_verb(arguments[i]);
	if (!verb)
		return report_unknown_verb(arguments[i]);
	status = options_parse_verb(verb, count - i, arguments + i, &options);
	if (status != EXIT_DONE)
		return status;
	if (options.version)
		return print_version(&options);
	if (options.help) {
		print_verb_help(verb);
		return finish(EXIT_DONE);
	}
	return run_verb(verb, &options.command);
}
