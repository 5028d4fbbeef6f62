/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb `init`. */
#include "cli/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/connection.h"
#include "cli/verbs.h"
#include "handoff/claim.h"
#include "handoff/config.h"
#include "handoff/preflight.h"

#define PRIVATE_DIRECTORY "etc/gpu-handoff"
#define COMMENT_MAX 100

/* ---- the text ----------------------------------------------------------------------------- */

static int format_device(const struct init *init, const struct init_device *device, char **text)
{
	const struct pci_function *first = &init->survey.host.items[device->first];
	_cleanup_free_ char *name = survey_name(&init->survey, first);

	/* a line is cut where the parser would refuse it */
	return text_append(text,
			   "\n; %.120s%s\n"
			   "[device %s]\n"
			   "address = %s\n"
			   "id      = %04x:%04x\n",
			   name ? name : survey_kind(first),
			   device->companion ? ": leaves the host with its IOMMU group" : "",
			   device->label, device->addresses, first->id.vendor, first->id.device);
}

static int format_list(const char *key, const struct strings *list, const char *after, char **text)
{
	_cleanup_free_ char *joined = strings_join(list, " ");

	if (!joined)
		return -ENOMEM;
	return list->count ? text_append(text, "%s = %s%s\n", key, joined, after) : 0;
}

char *init_format(const struct init *init, const char *vm)
{
	_cleanup_free_ char *shown = text_quote(vm);
	_cleanup_free_ char *word = text_shell_word(vm);
	_cleanup_free_ char *text = NULL;

	if (!shown || !word ||
	    text_append(&text, "; What the VM \"%s\" gets from this host.\n", shown) < 0)
		return NULL;
	/* a line of the file has a limit */
	if (strlen(word) < COMMENT_MAX &&
	    text_append(&text, "; What its start would do: gpu-handoff plan %s\n", word) < 0)
		return NULL;
	for (size_t i = 0; i < init->device_count; i++)
		if (format_device(init, &init->devices[i], &text) < 0)
			return NULL;
	if ((init->stop.count || init->unload.count) && text_append(&text, "\n[host]\n") < 0)
		return NULL;
	if (format_list("stop  ", &init->stop, "", &text) < 0 ||
	    format_list("unload", &init->unload, "", &text) < 0)
		return NULL;
	return take_ptr(text);
}

/* ---- the file ----------------------------------------------------------------------------- */

static int report_write(const char *name, int code, struct error *error)
{
	_cleanup_free_ char *shown = text_quote(name);

	error_set_errno(error, -code, "cannot write /" CONFIG_DIRECTORY "/%s", shown ? shown : "?");
	if (code == -EEXIST) {
		error_why(error, "it is there already");
		error_hint(error, "Look into it; --force writes it anew.");
	} else if (code == -EACCES || code == -EPERM) {
		error_hint(error, "Only root may: try it with sudo.");
	}
	return code;
}

/* Other VMs may go by the same file. */
static int report_link(const char *name, const char *target, struct error *error)
{
	_cleanup_free_ char *shown = text_quote(name);
	_cleanup_free_ char *where = text_quote(target);

	error_set(error, EEXIST, "/" CONFIG_DIRECTORY "/%s is a link to %s", shown ? shown : "?",
		  where ? where : "?");
	error_hint(error, "Change that file, which other VMs may share; or remove the link.");
	return -EEXIST;
}

/* Whole or not at all; what is there stays unless `force`. */
static int write_file(const struct root *root, const char *vm, const char *text, bool force,
		      struct error *error)
{
	const struct stat as = { .st_mode = 0644, .st_uid = geteuid(), .st_gid = getegid() };
	_cleanup_free_ char *name = text_format("%s.ini", vm);
	_cleanup_free_ char *target = NULL;
	_cleanup_close_ int directory_fd = -1;
	int r;

	if (!name)
		return error_set_errno(error, ENOMEM, "cannot write the INI file");
	if ((mkdirat(root->fd, PRIVATE_DIRECTORY, 0755) < 0 && errno != EEXIST) ||
	    (mkdirat(root->fd, CONFIG_DIRECTORY, 0755) < 0 && errno != EEXIST))
		return report_write(name, -errno, error);
	directory_fd = root_open(root, O_RDONLY | O_DIRECTORY, CONFIG_DIRECTORY);
	if (directory_fd < 0)
		return report_write(name, directory_fd, error);
	if (force && root_link_target(root, &target, CONFIG_DIRECTORY "/%s", name) == 0)
		return report_link(name, target, error);
	r = force ? file_replace_as(directory_fd, name, text, strlen(text), &as)
		  : file_create_as(directory_fd, name, text, strlen(text), &as);
	return r < 0 ? report_write(name, r, error) : 0;
}

/* ---- the verb ----------------------------------------------------------------------------- */

/* A domain that libvirt does not know has a mistyped name. Without libvirt nobody knows. */
static int check_domain(const struct command *command, const char *vm)
{
	_cleanup_connection_ struct connection *connection = NULL;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *xml = NULL;
	int r = connection_open(command->uri, CONNECTION_READ, &connection, &error);

	if (r == 0)
		r = connection_domain_xml(connection, vm, DEFINITION_CONFIG, &xml, &error);
	if (r == 0)
		return EXIT_DONE;
	command_report(&command->root, &error);
	if (r == -ENOENT && connection && !command_has(command, "force"))
		return EXIT_USAGE;
	if (!command_has(command, "attach")) {
		fprintf(stderr, "Whether libvirt has a domain of that name was not checked.\n");
		return EXIT_DONE;
	}
	fprintf(stderr, "Nothing was written.\n");
	return r == -ENOENT ? EXIT_USAGE : EXIT_REFUSED;
}

/* What would keep a start with this file from going well. */
static void warn(const struct command *command, const struct init *init, const char *text)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_selection_ struct selection selection = SELECTION_INIT;
	_cleanup_strings_ struct strings warnings = STRINGS_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = config_parse("the new file", text, strlen(text), &config, &error);

	if (r == 0)
		r = select_functions(&config, NULL, &init->survey.host, &selection, &warnings,
				     &error);
	if (r == 0)
		r = preflight_check_groups(&command->root, &selection, &init->survey.host, &error);
	if (r < 0)
		command_report(&command->root, &error);
	for (size_t i = 0; i < init->users.count; i++)
		fprintf(stderr, "%s%s\n",
			i == 0 ? "In use now, and no unit to stop for it; the start is refused as "
				 "long as it is:\n  "
			       : "  ",
			init->users.items[i]);
}

static int attach(const struct command *command, const struct init *init, const char *vm)
{
	_cleanup_free_ char **arguments = calloc(init->asked.count + 2, sizeof(char *));
	struct command other = *command;

	if (!arguments)
		return command_no_memory();
	arguments[0] = (char *)vm;
	for (size_t i = 0; i < init->asked.count; i++)
		arguments[i + 1] = init->asked.items[i];
	other.given_count = 0;
	other.arguments = arguments;
	other.count = (int)init->asked.count + 1;
	return verb_attach.run(&other);
}

static int make(const struct command *command, struct init *init, char **ret_text)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = survey_read_host(command, &init->survey, &error);

	for (int i = 1; r == 0 && i < command->count; i++)
		r = init_take(command->arguments[i], init, &error);
	if (r == 0)
		r = init_complete(init, &error);
	if (r == 0) {
		*ret_text = init_format(init, command->arguments[0]);
		return *ret_text ? EXIT_DONE : command_no_memory();
	}
	if (!error.code)
		return command_no_memory();
	command_report(&command->root, &error);
	fprintf(stderr, "Nothing was written.\n");
	return r == -EINVAL ? EXIT_USAGE : EXIT_REFUSED;
}

static int run(const struct command *command)
{
	_cleanup_init_ struct init init = INIT_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *shown = NULL;
	const char *vm = command->arguments[0];
	int status;

	if (command->count < 2)
		return command_usage(&verb_init, "of which domain, and with which devices?");
	shown = text_quote(vm);
	if (!claim_vm_name_valid(vm))
		return command_usage(&verb_init, "\"%s\" is no name of a VM that can have devices",
				     shown ? shown : "?");
	if (!connection_is_own(command->uri))
		return command_usage(&verb_init,
				     "it takes this host's system daemon alone, qemu:///system");
	status = make(command, &init, &text);
	if (status == EXIT_DONE)
		status = check_domain(command, vm);
	if (!text || status != EXIT_DONE)
		return status;
	if (write_file(&command->root, vm, text, command_has(command, "force"), &error) < 0) {
		command_report(&command->root, &error);
		printf("It would have been:\n\n%s", text);
		return EXIT_REFUSED;
	}
	printf("/" CONFIG_DIRECTORY "/%s.ini:\n\n%s", shown ? shown : "?", text);
	fflush(stdout);
	warn(command, &init, text);
	survey_tell_hidden(&init.survey);
	if (!command_has(command, "attach"))
		return EXIT_DONE;
	status = attach(command, &init, vm);
	if (status != EXIT_DONE)
		fprintf(stderr, "The INI file was written, and stays.\n");
	return status == EXIT_DONE ? EXIT_DONE : EXIT_FAILED;
}

static const struct verb_option options[] = {
	{ "attach", 0, OPTION_ALONE },
	{ "force", 0, OPTION_ALONE },
	{ 0 },
};

const struct verb verb_init = {
	.name = "init",
	.arguments = "DOMAIN ADDRESS|ID...",
	.summary = "Write a VM's INI file",
	.help = "For devices by their address (0000:01:00.0, or 01:00) or id (10de:2204): all\n"
		"functions of each device; what else of its IOMMU group has to leave the host;\n"
		"units that hold it now, to be stopped; NVIDIA's modules. Shows the file, and\n"
		"what stands in the way. Needs root. Exit status 1 when nothing was written;\n"
		"3 when it was, and the domain was not changed.\n\n"
		"      --attach         add the devices to the domain as well, as `attach` does\n"
		"      --force          write the file anew when it is there\n",
	.takes = TAKES_CONNECT,
	.options = options,
	.run = run,
};
