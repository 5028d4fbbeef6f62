/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* What getopt_long() returns: a verb's own options are numbered from here. */
#define FIRST_OWN 0x1000

enum common_option {
	COMMON_CONNECT = 0x100,
	COMMON_SYSROOT,
	COMMON_JSON,
	COMMON_VERBOSE,
	COMMON_HELP,
	COMMON_VERSION,
};

static const struct {
	const char *name;
	char letter;
	bool has_value;
	enum common_option is;
	unsigned int takes;
} common[] = {
	{ "connect", 'c', true, COMMON_CONNECT, TAKES_CONNECT },
	{ "sysroot", 0, true, COMMON_SYSROOT, TAKES_SYSROOT },
	{ "json", 0, false, COMMON_JSON, TAKES_JSON },
	{ "verbose", 'v', false, COMMON_VERBOSE, 0 },
	{ "help", 'h', false, COMMON_HELP, 0 },
	{ "version", 0, false, COMMON_VERSION, 0 },
};

/* In the forms that getopt_long() wants. */
struct grammar {
	struct option *longs;
	size_t count;
	char *letters;
};

static void grammar_clear(struct grammar *grammar)
{
	free(grammar->longs);
	free(grammar->letters);
}

static int grammar_add(struct grammar *grammar, const char *name, char letter,
		       enum option_value value, int is)
{
	static const int kinds[] = {
		[OPTION_ALONE] = no_argument,
		[OPTION_VALUE] = required_argument,
		[OPTION_OPTIONAL] = optional_argument,
	};
	static const char *const colons[] = { "", ":", "::" };

	/* the one that ends it is zeroed */
	if (array_grow(&grammar->longs, grammar->count + 1, sizeof(*grammar->longs)) < 0)
		return -1;
	grammar->longs[grammar->count++] = (struct option){ name, kinds[value], NULL, is };
	return letter ? text_append(&grammar->letters, "%c%s", letter, colons[value]) : 0;
}

static int grammar_make(const char *first, const struct verb_option *own, struct grammar *grammar)
{
	if (text_append(&grammar->letters, "%s", first) < 0 ||
	    array_grow(&grammar->longs, 0, sizeof(*grammar->longs)) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (grammar_add(grammar, common[i].name, common[i].letter,
				common[i].has_value ? OPTION_VALUE : OPTION_ALONE,
				common[i].is) < 0)
			return -1;
	for (int i = 0; own && own[i].name; i++)
		if (grammar_add(grammar, own[i].name, own[i].letter, own[i].value, FIRST_OWN + i) <
		    0)
			return -1;
	return 0;
}

/* getopt_long() has returned '?' or ':' for `word`. */
static int report(const struct verb *verb, const struct grammar *grammar, const char *word,
		  bool lacks_value)
{
	_cleanup_strings_ struct strings known = STRINGS_INIT;
	size_t length = strcspn(word, "=");

	if (lacks_value)
		return command_usage(verb, "%.*s takes a value", (int)length, word);
	for (size_t i = 0; i < grammar->count; i++) {
		_cleanup_free_ char *name = text_format("--%s", grammar->longs[i].name);

		if (!name || strings_add(&known, name) < 0)
			return command_no_memory();
		if (strlen(name) == length && strncmp(name, word, length) == 0)
			return command_usage(verb, "%s takes no value", name);
	}
	/* a list of getopt's kind */
	if (array_grow(&known.items, known.count, sizeof(*known.items)) < 0)
		return command_no_memory();
	return command_usage_word(verb, "option", word, (const char *const *)known.items);
}

static void take_common(enum common_option is, struct options *options)
{
	struct command *command = &options->command;

	switch (is) {
	case COMMON_CONNECT:
		command->uri = optarg;
		break;
	case COMMON_SYSROOT:
		command->sysroot = optarg;
		break;
	case COMMON_JSON:
		command->json = true;
		break;
	case COMMON_VERBOSE:
		command->verbose = true;
		break;
	case COMMON_HELP:
		options->help = true;
		break;
	case COMMON_VERSION:
		options->version = true;
		break;
	}
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (common[i].is == is)
			options->taken |= common[i].takes;
}

static int take_own(const struct verb_option *option, struct options *options)
{
	struct command *command = &options->command;

	if (array_grow(&options->given, command->given_count, sizeof(*options->given)) < 0)
		return command_no_memory();
	options->given[command->given_count++] = (struct given_option){ option, optarg };
	command->given = options->given;
	return EXIT_DONE;
}

/* `own`: the verb's, NULL for none. */
static int parse(const struct verb *verb, const struct verb_option *own, const char *first,
		 int count, char **arguments, struct options *options)
{
	_cleanup_(grammar_clear) struct grammar grammar = { 0 };
	int status = EXIT_DONE;
	int is;

	if (grammar_make(first, own, &grammar) < 0)
		return command_no_memory();
	optind = 0; /* GNU's: begin anew */
	opterr = 0;
	while ((is = getopt_long(count, arguments, grammar.letters, grammar.longs, NULL)) >= 0) {
		if (is == '?' || is == ':') {
			const char letter[] = { '-', (char)optopt, '\0' };
			bool is_letter = optopt > 0 && optopt < COMMON_CONNECT;

			return report(verb, &grammar, is_letter ? letter : arguments[optind - 1],
				      is == ':');
		}
		if (own && is >= FIRST_OWN) {
			status = take_own(&own[is - FIRST_OWN], options);
		} else if (is >= COMMON_CONNECT) {
			take_common(is, options);
		} else {
			for (size_t i = 0; i < ARRAY_SIZE(common); i++)
				if (common[i].letter == is)
					take_common(common[i].is, options);
			for (int i = 0; own && own[i].name; i++)
				if (own[i].letter == is)
					status = take_own(&own[i], options);
		}
		if (status != EXIT_DONE)
			return status;
	}
	return EXIT_DONE;
}

int options_parse_before(int count, char **arguments, struct options *options, int *ret_next)
{
	/* "+": ends at the verb */
	int status = parse(NULL, NULL, "+:", count, arguments, options);

	*ret_next = optind;
	return status;
}

/* Refuses what the verb has no use for: it would be a lie to take it. */
static int check_taken(const struct verb *verb, const struct options *options)
{
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if ((options->taken & common[i].takes) && !(verb->takes & common[i].takes))
			return command_usage(verb, "it takes no --%s", common[i].name);
	if ((options->taken & TAKES_CONNECT) && (options->taken & TAKES_SYSROOT))
		return command_usage(verb, "--connect and --sysroot are two machines");
	return EXIT_DONE;
}

int options_parse_verb(const struct verb *verb, int count, char **arguments,
		       struct options *options)
{
	int status = parse(verb, verb->options, ":", count, arguments, options);

	if (status != EXIT_DONE)
		return status;
	options->command.arguments = arguments + optind;
	options->command.count = count - optind;
	return options->help || options->version ? EXIT_DONE : check_taken(verb, options);
}

void options_clear(struct options *options)
{
	free(options->given);
	*options = OPTIONS_INIT;
}
