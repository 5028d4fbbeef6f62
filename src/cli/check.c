/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `check`: looks at all parts, and tells what is wrong and what mends it. */
#include "cli/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/connection.h"
#include "cli/domain_source.h"
#include "cli/finding_print.h"
#include "cli/table.h"
#include "cli/verbs.h"

/*
 * Reads the domain. Returns EXIT_DONE with *ret_xml, which is NULL when libvirt cannot be asked,
 * or another exit status, and has said why.
 */
static int read_domain(const struct command *command, const char *name, char **ret_xml,
		       struct domain *ret_domain, struct findings *findings)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *xml = NULL;
	int r = domain_source_read(command, name, &xml, &error);

	if (r < 0 && r != -ENOENT && strcmp(name, DOMAIN_STDIN) != 0) {
		finding_add_unseen(findings, FINDING_DOMAIN_UNSEEN, name, &error);
		return EXIT_DONE;
	}
	if (r == 0)
		r = domain_parse(xml, strlen(xml), ret_domain, &error);
	if (r < 0) {
		command_report(&command->root, &error);
		return r == -ENOENT || r == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	}
	*ret_xml = take_ptr(xml);
	return EXIT_DONE;
}

static int look(const struct command *command, struct findings *findings)
{
	_cleanup_domain_ struct domain domain = DOMAIN_INIT;
	_cleanup_free_ char *xml = NULL;
	int status = EXIT_DONE;

	/* first: a domain that there is not is a mistyped one */
	if (command->count > 0)
		status = read_domain(command, command->arguments[0], &xml, &domain, findings);
	if (status != EXIT_DONE)
		return status;
	check_host(command, findings);
	check_hook(command, findings);
	check_denials(command, findings);
	check_config(command, findings);
	check_claims(command, findings);
	check_boot(command, findings);
	if (xml)
		check_domain(command, &domain, xml, findings);
	findings_sort(findings);
	return findings->no_memory ? command_no_memory() : EXIT_DONE;
}

static void print_well(const struct command *command)
{
	_cleanup_free_ char *shown = command->count ? text_quote(command->arguments[0]) : NULL;

	printf("All is well: processor, IOMMU, VFIO, the hook, its configuration%s boot.ini",
	       command->count ? "," : " and");
	if (command->count)
		printf(" and\nthe domain \"%s\"", shown ? shown : "?");
	printf(".\n");
}

static int print(const struct command *command, const struct findings *findings)
{
	if (command->json || command_has(command, "output") || command_has(command, "noheadings"))
		return finding_print_table(&verb_check, command, findings);
	if (findings->count)
		finding_print_text(findings);
	else
		print_well(command);
	return EXIT_DONE;
}

static int run(const struct command *command)
{
	_cleanup_findings_ struct findings findings = FINDINGS_INIT;
	size_t counted;
	int status;

	if (command_has(command, "list"))
		return command->count ? command_usage(&verb_check, "--list takes no domain")
				      : finding_print_kinds(&verb_check, command);
	if (command->count > 1)
		return command_usage(&verb_check, "of one domain at a time");
	if (command->root.is_host && !connection_is_own(command->uri))
		return command_usage(&verb_check, "it looks at this host, not at one behind a URI");
	status = look(command, &findings);
	if (status == EXIT_DONE)
		status = print(command, &findings);
	counted = findings_count(&findings, SEVERITY_ERROR);
	if (command_has(command, "strict"))
		counted += findings_count(&findings, SEVERITY_WARNING);
	return status == EXIT_DONE && counted ? EXIT_REFUSED : status;
}

static const struct verb_option options[] = {
	{ "strict", 0, OPTION_ALONE },
	{ "list", 0, OPTION_ALONE },
	TABLE_OPTIONS,
	{ 0 },
};

const struct verb verb_check = {
	.name = "check",
	.arguments = "[OPTION...] [DOMAIN]",
	.summary = "Tell what is wrong, why, and what mends it",
	.help = "Looks at the host, the hook, the configuration and boot.ini, and at one domain:\n"
		"its hostdevs against its INI file, its IOMMU groups, who uses its devices now,\n"
		"and whether the guest has room for their memory. DOMAIN is a domain's name, or\n"
		"- for its XML on standard input. Changes nothing. What it may not look at is a\n"
		"note; as root it may. Each finding has a stable id, see gpu-handoff-findings(7).\n"
		"Exit status 1 when there is an error.\n\n"
		"      --strict         warnings count as errors for the exit status\n"
		"      --list           list all findings that there can be\n" TABLE_HELP,
	.takes = TAKES_CONNECT | TAKES_SYSROOT | TAKES_JSON,
	.options = options,
	.run = run,
};
