/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `iommu --enable`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/iommu.h"
#include "host/iommu.h"
#include "host/loader.h"
#include "host/loader_apply.h"

static int list_words(enum iommu_maker maker, struct loader_words *words)
{
	static const char *const remove[] = { "amd_iommu=off", "intel_iommu=off", "iommu=off" };

	/* AMD's is on unless it is told otherwise */
	if (maker == IOMMU_MAKER_INTEL && strings_add(&words->add, "intel_iommu=on") < 0)
		return -ENOMEM;
	if (strings_add(&words->add, "iommu=pt") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(remove); i++)
		if (strings_add(&words->remove, remove[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* ---- what is to be done ------------------------------------------------------------------- */

static int show_ready(const struct loader_words *words, bool running, enum iommu_state state)
{
	_cleanup_free_ char *text = strings_join(&words->add, " ");

	if (!text)
		return command_no_memory();
	if (!running) {
		printf("The boot loader gives the kernel what it needs: %s\n"
		       "The kernel that runs was not given it. To do: reboot.\n",
		       text);
	} else {
		printf("The kernel is given what it needs: %s\n", text);
	}
	if (running && state == IOMMU_OFF) {
		printf("It does not use the IOMMU all the same. See why: dmesg | grep -e DMAR -e "
		       "AMD-Vi\n");
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}

/* `text` with "  " before each of its lines. */
static void print_indented(const char *text)
{
	while (*text) {
		int length = (int)strcspn(text, "\n");

		printf("  %.*s\n", length, text);
		text += length + (text[length] == '\n');
	}
}

static int show_to_do(const struct loader_change *change)
{
	if (change->file)
		printf("In /%s:\n", change->file);
	for (size_t i = 0; i < change->lines.count; i++)
		print_indented(change->lines.items[i]);
	printf(change->file ? "Then run, and reboot:\n" : "Run, and reboot:\n");
	for (size_t i = 0; i < change->command_count; i++) {
		_cleanup_free_ char *text = loader_command_text(&change->commands[i]);

		if (!text)
			return command_no_memory();
		print_indented(text);
	}
	printf("\ngpu-handoff iommu --enable --apply does it%s.\n",
	       change->file ? ", and keeps a copy of the file" : "");
	return EXIT_REFUSED;
}

static int show_by_hand(const struct loader_change *change)
{
	printf("This has to be done by hand%s%s\n\n%s\n", change->why ? ":\n" : ".",
	       change->why ? change->why : "", change->by_hand);
	return EXIT_REFUSED;
}

/* ---- doing it ----------------------------------------------------------------------------- */

static int report_failure(const struct root *root, const struct loader_change *change,
			  const struct loader_outcome *outcome, const struct error *error)
{
	command_report(root, error);
	if (outcome->output && *outcome->output)
		fprintf(stderr, "It said:\n%s\n", outcome->output);
	if (outcome->backup)
		fprintf(stderr, "Host: /%s is changed; %s is what it was.\n", change->file,
			outcome->backup);
	else if (change->file && outcome->changed)
		fprintf(stderr,
			"Host: /%s is as before; what the programs did before that stays "
			"done.\n",
			change->file);
	else if (outcome->changed)
		fprintf(stderr, "Host: what the program did before it failed stays done.\n");
	else
		fprintf(stderr, "Host: nothing was changed.\n");
	return EXIT_FAILED;
}

static int print_done(const struct loader_change *change, const struct loader_outcome *outcome)
{
	_cleanup_free_ char *commands = NULL;

	for (size_t i = 0; i < change->command_count; i++) {
		_cleanup_free_ char *text = loader_command_text(&change->commands[i]);

		if (!text || text_append(&commands, "%s%s", i ? " && " : "", text) < 0)
			return command_no_memory();
	}
	for (size_t i = 0; i < change->lines.count; i++)
		printf("/%s: %s\n", change->file, change->lines.items[i]);
	printf("Done: %s\nTo do: reboot.\n", commands);
	if (outcome->file && outcome->backup)
		printf("To undo it: mv %s %s && %s\n", outcome->backup, outcome->file, commands);
	else if (change->undo)
		printf("To undo it: %s\n", change->undo);
	return EXIT_DONE;
}

static int do_it(const struct root *root, const struct loader_words *words,
		 const struct loader_change *change)
{
	_cleanup_loader_outcome_ struct loader_outcome outcome = LOADER_OUTCOME_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;

	fflush(stdout);
	if (loader_apply(root, words, change, &outcome, &error) < 0)
		return report_failure(root, change, &outcome, &error);
	for (size_t i = 0; i < change->lines.count; i++)
		log_info("/%s: %s", change->file, change->lines.items[i]);
	return print_done(change, &outcome);
}

/* ---- all of it ---------------------------------------------------------------------------- */

static int refuse(const struct root *root, int code, const char *what, const char *hint)
{
	_cleanup_error_ struct error error = ERROR_INIT;

	error_set(&error, code, "%s", what);
	error_hint(&error, "%s", hint);
	command_report(root, &error);
	return EXIT_REFUSED;
}

static int enable(const struct root *root, const struct loader_words *words, enum iommu_state state,
		  bool apply)
{
	_cleanup_loader_change_ struct loader_change change = LOADER_CHANGE_INIT;

	if (loader_plan(root, words, &change) < 0)
		return command_no_memory();
	if (state == IOMMU_ABSENT)
		printf("The firmware offers no IOMMU: switch it on in the firmware setup first.\n");
	if (change.state == LOADER_READY)
		return show_ready(words, change.running, state);
	if (change.state == LOADER_BY_HAND)
		return show_by_hand(&change);
	if (!apply)
		return show_to_do(&change);
	return do_it(root, words, &change);
}

int iommu_enable(const struct root *root, bool apply)
{
	struct loader_words words = { 0 };
	enum iommu_maker maker;
	enum iommu_state state = iommu_look(root, &maker);
	int status;

	if (apply && geteuid() != 0)
		return refuse(root, EPERM, "cannot change what the boot loader does",
			      "Only root may: try it with sudo.");
	if (maker == IOMMU_MAKER_UNKNOWN && state == IOMMU_ON) {
		printf("The IOMMU is on. There is nothing to do.\n");
		return EXIT_DONE;
	}
	if (maker == IOMMU_MAKER_UNKNOWN)
		return refuse(root, ENODEV,
			      "neither the firmware nor the processor tells whose IOMMU this is",
			      "Intel's needs intel_iommu=on iommu=pt on the kernel's command "
			      "line;\nAMD's is on by default, and iommu=pt is enough.");
	status = list_words(maker, &words) < 0 ? command_no_memory()
					       : enable(root, &words, state, apply);
	strings_clear(&words.add);
	strings_clear(&words.remove);
	return status;
}
