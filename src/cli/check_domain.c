/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GH4xx: a domain's XML, and the XML against its INI file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/check.h"
#include "handoff/config.h"
#include "handoff/select.h"
#include "host/vfio.h"

#define HOSTDEVS_GOOD 64

/* What the checks of one domain share. */
struct domain_check {
	const struct command *command;
	const struct domain *domain;
	const struct config *config; /* NULL: it has none */
	struct pci_functions host;
	struct selection selection; /* all that is configured, hostdev or not */
	struct findings *findings;
	char *word; /* its name, for a shell */
};

static void domain_check_clear(struct domain_check *check)
{
	selection_clear(&check->selection);
	pci_functions_clear(&check->host);
	free(check->word);
}

/* ---- the XML alone ------------------------------------------------------------------------ */

static bool has_screen(const struct domain_check *check)
{
	for (size_t i = 0; i < check->domain->hostdev_count; i++) {
		const struct pci_function *function =
			pci_find(&check->host, &check->domain->hostdevs[i].address);

		if (function && pci_is_display(function))
			return true;
	}
	return false;
}

static void check_display(const struct domain_check *check, const struct domain_view *view)
{
	if (view->display || !has_screen(check))
		return;
	finding_add(check->findings, FINDING_NO_DISPLAY, check->domain->name,
		    strdup("The GPU is its only display: until the guest's driver runs, nothing is "
			   "seen but what the card's own firmware shows; and when it fails, "
			   "nothing at all."),
		    text_format("To have a second one to look at:\n  virsh edit %s\n"
				"In <devices>:\n  <graphics type='spice' autoport='yes'/>\n"
				"  <video><model type='virtio'/></video>",
				check->word));
}

static void check_view(const struct domain_check *check, const char *xml)
{
	const struct domain *domain = check->domain;
	_cleanup_error_ struct error error = ERROR_INIT;
	struct domain_view view;

	if (domain_view_parse(xml, strlen(xml), &view, &error) < 0) {
		finding_add_unseen(check->findings, FINDING_DOMAIN_UNSEEN, domain->name, &error);
		return;
	}
	check_display(check, &view);
	check_memory(check->command, domain, &view, check->findings);
	if (domain->hostdev_count > HOSTDEVS_GOOD)
		finding_add(
			check->findings, FINDING_TOO_MANY, domain->name,
			text_format("It has %zu of the host's PCI functions: each of them maps "
				    "all of the guest's memory and takes memory slots of KVM's; "
				    "QEMU is supported with %d at the most.",
				    domain->hostdev_count, HOSTDEVS_GOOD),
			text_format("Take some from it:\n  gpu-handoff detach %s ADDRESS",
				    check->word));
}

/* ---- the XML against the INI file --------------------------------------------------------- */

/* The addresses of a configured device's functions, those that are no hostdev, or all. */
static int list_functions(const struct domain_check *check, const struct config_device *device,
			  struct strings *ret_absent, size_t *ret_hostdevs)
{
	for (size_t i = 0; i < check->selection.count; i++) {
		const struct selected_function *selected = &check->selection.items[i];

		if (selected->device != device)
			continue;
		if (domain_find_hostdev(check->domain, &selected->function->address))
			++*ret_hostdevs;
		else if (strings_add(ret_absent, selected->function->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void check_device(const struct domain_check *check, const struct config_device *device)
{
	_cleanup_strings_ struct strings absent = STRINGS_INIT;
	_cleanup_free_ char *listed = NULL;
	_cleanup_free_ char *words = NULL;
	size_t hostdevs = 0;

	if (list_functions(check, device, &absent, &hostdevs) < 0) {
		check->findings->no_memory = true;
		return;
	}
	if (absent.count == 0)
		return;
	listed = strings_join(&absent, ", ");
	words = strings_join(&absent, " ");
	if (!listed || !words)
		check->findings->no_memory = true;
	else if (hostdevs == 0)
		finding_add(check->findings, FINDING_NOT_HOSTDEV, check->domain->name,
			    text_format("[device %s] of %s lists %s, but the domain has no such "
					"<hostdev>: a start leaves the device with the host.",
					device->label, check->config->path, listed),
			    text_format("  gpu-handoff attach %s %s", check->word, words));
	else
		finding_add(check->findings, FINDING_FUNCTION_NOT_HOSTDEV, check->domain->name,
			    text_format("%s leaves the host with the rest of [device %s], and the "
					"guest does not get it.",
					listed, device->label),
			    text_format("If the guest is to have it:\n  gpu-handoff attach %s %s",
					check->word, words));
}

static bool is_on_vfio(const struct domain_check *check, const struct pci_function *function)
{
	return function->driver &&
	       vfio_owns(&check->command->root, function->name, function->driver);
}

static void report_unlisted(const struct domain_check *check, const struct strings *unlisted)
{
	_cleanup_free_ char *list = strings_join(unlisted, ", ");
	_cleanup_free_ char *words = strings_join(unlisted, " ");

	if (unlisted->count == 0)
		return;
	finding_add(check->findings, FINDING_UNLISTED, check->domain->name,
		    list ? text_format("%s: nobody takes it from the host. Its <hostdev> has "
				       "managed='no', and %s. libvirt refuses to start the VM.",
				       list,
				       check->config ? "the INI file does not list it"
						     : "there is no INI file")
			 : NULL,
		    check->config ? text_format("Add it to `address =` of a [device ...] section "
						"of %s.",
						check->config->path)
		    : words       ? text_format("  gpu-handoff init %s %s", check->word, words)
				  : NULL);
}

/* A hostdev that the host does not have, and that no section lists. */
static void report_absent(const struct domain_check *check, const char *name)
{
	finding_add(check->findings, FINDING_DEVICE_WRONG, name,
		    strdup("The host has no such PCI function, but the domain has a <hostdev> for "
			   "it: the VM does not start. Addresses change when cards are added or "
			   "moved."),
		    text_format("See what there is:\n  gpu-handoff list\n"
				"Take it out of the domain:\n  gpu-handoff detach %s %s",
				check->word, name));
}

static void report_managed(const struct domain_check *check, const struct strings *managed,
			   const struct strings *unlisted)
{
	_cleanup_free_ char *ours = strings_join(managed, ", ");
	_cleanup_free_ char *theirs = strings_join(unlisted, ", ");
	_cleanup_free_ char *words = strings_join(unlisted, " ");

	if (managed->count)
		finding_add(
			check->findings, FINDING_MANAGED, check->domain->name,
			ours ? text_format("%s: the hook hands it over before libvirt would, so "
					   "this does no harm. But should the hook not run, "
					   "libvirt takes it from the host unasked, whoever "
					   "uses it.",
					   ours)
			     : NULL,
			text_format("  virsh edit %s\nIn <hostdev>:  managed='no'", check->word));
	if (unlisted->count)
		finding_add(check->findings, FINDING_MANAGED, check->domain->name,
			    theirs ? text_format("%s: no INI file lists it, so libvirt hands it "
						 "over itself: whoever uses it is not asked, and "
						 "which driver it comes back to is left to the "
						 "kernel.",
						 theirs)
				   : NULL,
			    words ? text_format("To have it handed over by gpu-handoff:\n"
						"  gpu-handoff init %s%s %s",
						check->config ? "--force " : "", check->word, words)
				  : NULL);
}

static int sort_hostdev(const struct domain_check *check, const struct domain_hostdev *hostdev,
			struct strings *managed, struct strings *left_managed,
			struct strings *unlisted)
{
	const struct pci_function *function = pci_find(&check->host, &hostdev->address);
	bool listed = selection_has(&check->selection, &hostdev->address);
	char name[PCI_ADDRESS_SIZE];

	pci_address_format(&hostdev->address, name);
	if (!function)
		report_absent(check, name);
	else if (hostdev->managed)
		return strings_add(listed ? managed : left_managed, name);
	else if (!listed && !is_on_vfio(check, function))
		return strings_add(unlisted, name);
	return 0;
}

static void check_hostdevs(const struct domain_check *check)
{
	_cleanup_strings_ struct strings managed = STRINGS_INIT;
	_cleanup_strings_ struct strings left_managed = STRINGS_INIT;
	_cleanup_strings_ struct strings unlisted = STRINGS_INIT;

	for (size_t i = 0; i < check->domain->hostdev_count; i++)
		if (sort_hostdev(check, &check->domain->hostdevs[i], &managed, &left_managed,
				 &unlisted) < 0)
			check->findings->no_memory = true;
	report_unlisted(check, &unlisted);
	report_managed(check, &managed, &left_managed);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void report_no_config(const struct domain_check *check)
{
	finding_add(check->findings, FINDING_NO_CONFIG, check->domain->name,
		    strdup("gpu-handoff does nothing for it: its devices are the host's, or "
			   "libvirt's."),
		    text_format("To give it a GPU:\n  gpu-handoff init %s ADDRESS --attach",
				check->word));
}

static void check_configured(struct domain_check *check)
{
	_cleanup_error_ struct error error = ERROR_INIT;

	if (select_functions(check->config, NULL, &check->host, &check->selection, NULL, &error) <
	    0) {
		finding_add_error(check->findings, FINDING_DEVICE_WRONG,
				  error.device ? NULL : check->domain->name, &error, NULL);
		return;
	}
	for (size_t i = 0; i < check->config->device_count; i++)
		check_device(check, &check->config->devices[i]);
	check_hostdevs(check);
	check_start(check->command, check->domain, check->config, &check->host, check->findings);
}

void check_domain(const struct command *command, const struct domain *domain, const char *xml,
		  struct findings *findings)
{
	_cleanup_(domain_check_clear) struct domain_check check = {
		.command = command,
		.domain = domain,
		.findings = findings,
		.word = text_shell_word(domain->name),
	};
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_error_ struct error error = ERROR_INIT;
	int r = check.word ? pci_scan(&command->root, &check.host, &error)
			   : error_set_errno(&error, ENOMEM, "cannot look at the domain");

	if (r < 0) {
		finding_add_unseen(findings, FINDING_DOMAIN_UNSEEN, domain->name, &error);
		return;
	}
	check_view(&check, xml);
	r = config_load(&command->root, domain->name, &config, &error);
	if (r == 0) {
		check.config = &config;
		check_configured(&check);
	} else if (r == -ENOENT && !error.code) {
		report_no_config(&check);
		check_hostdevs(&check);
	}
	/* one that cannot be read has been told of */
}
