/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* An id never changes its meaning, and one that is gone is not used again. */
static const struct {
	const char *id;
	enum severity severity;
	const char *title;
} kinds[FINDING_KINDS] = {
	[FINDING_NO_VIRTUALISATION] = { "GH101", SEVERITY_WARNING,
					"the processor offers no virtualisation" },
	[FINDING_NO_KVM] = { "GH102", SEVERITY_WARNING, "KVM is not there" },
	[FINDING_IOMMU_OFF] = { "GH103", SEVERITY_ERROR, "the IOMMU is switched off" },
	[FINDING_IOMMU_ABSENT] = { "GH104", SEVERITY_ERROR, "the firmware offers no IOMMU" },
	[FINDING_NO_REMAPPING] = { "GH105", SEVERITY_ERROR, "interrupts are not remapped" },
	[FINDING_UNSAFE_INTERRUPTS] = { "GH106", SEVERITY_WARNING,
					"VFIO is allowed to do without interrupt remapping" },
	[FINDING_NO_VFIO] = { "GH107", SEVERITY_ERROR, "the kernel has no vfio-pci" },
	[FINDING_HOST_UNSEEN] = { "GH190", SEVERITY_NOTE, "a part of the host was not looked at" },

	[FINDING_NO_HOOK] = { "GH201", SEVERITY_ERROR, "the hook is not installed" },
	[FINDING_HOOK_NOT_EXECUTABLE] = { "GH202", SEVERITY_ERROR, "the hook is not executable" },
	[FINDING_HOOK_OF_OTHERS] = { "GH203", SEVERITY_ERROR,
				     "others than root can change what root runs" },
	[FINDING_HOOK_OTHER_BUILD] = { "GH204", SEVERITY_WARNING,
				       "the hook is of another build than this command" },
	[FINDING_HOOK_TWICE] = { "GH205", SEVERITY_WARNING, "the hook is installed twice" },
	[FINDING_NO_ENGINE] = { "GH206", SEVERITY_ERROR, "the hook's engine is missing" },
	[FINDING_ENGINE_OTHER_BUILD] = { "GH207", SEVERITY_WARNING,
					 "the engine is of another build than this command" },
	[FINDING_NOT_REGISTERED] = { "GH208", SEVERITY_WARNING,
				     "the running daemon may not know the hook" },
	[FINDING_HOOK_CALLS_VIRSH] = { "GH209", SEVERITY_WARNING, "another hook calls virsh" },
	[FINDING_DENIED] = { "GH210", SEVERITY_WARNING,
			     "AppArmor or SELinux has denied the hook something" },
	[FINDING_INSTALLATION_UNSEEN] = { "GH290", SEVERITY_NOTE,
					  "a part of the installation was not looked at" },

	[FINDING_CONFIG_BROKEN] = { "GH301", SEVERITY_ERROR, "an INI file cannot be used" },
	[FINDING_CONFIG_WITHOUT_DOMAIN] = { "GH302", SEVERITY_WARNING,
					    "an INI file is of no domain" },
	[FINDING_CONFIG_OF_OTHERS] = { "GH303", SEVERITY_ERROR,
				       "others than root can change the configuration" },
	[FINDING_BOOT_BROKEN] = { "GH304", SEVERITY_ERROR, "boot.ini cannot be used" },
	[FINDING_BOOT_REFUSED] = { "GH305", SEVERITY_ERROR,
				   "boot.ini cannot be carried out on this host" },
	[FINDING_BOOT_OFF] = { "GH306", SEVERITY_WARNING,
			       "boot.ini was switched off for this boot" },
	[FINDING_BOOT_INITRAMFS] = { "GH307", SEVERITY_WARNING,
				     "boot.ini and the initramfs do not agree" },
	[FINDING_BOOT_DISAGREES] = { "GH308", SEVERITY_WARNING,
				     "a function is not on the driver that boot.ini keeps it for" },
	[FINDING_CLAIM_BROKEN] = { "GH309", SEVERITY_ERROR, "a claim cannot be followed" },
	[FINDING_CONFIG_UNSEEN] = { "GH390", SEVERITY_NOTE,
				    "a part of the configuration was not looked at" },

	[FINDING_NO_CONFIG] = { "GH401", SEVERITY_NOTE, "the domain has no INI file" },
	[FINDING_DEVICE_WRONG] = { "GH402", SEVERITY_ERROR,
				   "a device is not there, or not the one that is configured" },
	[FINDING_NOT_HOSTDEV] = { "GH403", SEVERITY_WARNING,
				  "a configured device is no hostdev of the domain" },
	[FINDING_FUNCTION_NOT_HOSTDEV] = { "GH404", SEVERITY_NOTE,
					   "a function goes along, but is no hostdev of the "
					   "domain" },
	[FINDING_UNLISTED] = { "GH405", SEVERITY_ERROR,
			       "a hostdev is neither in the INI file nor managed" },
	[FINDING_MANAGED] = { "GH406", SEVERITY_NOTE, "a hostdev is managed by libvirt" },
	[FINDING_NO_GROUP] = { "GH407", SEVERITY_ERROR, "a function is in no IOMMU group" },
	[FINDING_GROUP_SHARED] = { "GH408", SEVERITY_ERROR,
				   "the IOMMU group has functions that stay on the host" },
	[FINDING_NO_DRIVER] = { "GH409", SEVERITY_ERROR, "the driver for the VM is missing" },
	[FINDING_CLAIMED] = { "GH410", SEVERITY_WARNING, "another VM has it" },
	[FINDING_HELD] = { "GH411", SEVERITY_WARNING, "it is in use, and a start is refused" },
	[FINDING_HELD_FOR_NOW] = { "GH412", SEVERITY_NOTE, "it is in use until a start" },
	[FINDING_REFUSED] = { "GH413", SEVERITY_ERROR, "a start would be refused" },
	[FINDING_TOO_MANY] = { "GH414", SEVERITY_WARNING, "more than 64 PCI devices" },
	[FINDING_NO_DISPLAY] = { "GH415", SEVERITY_NOTE, "the domain has no emulated display" },
	[FINDING_WINDOW_SMALL] = { "GH416", SEVERITY_WARNING,
				   "the guest's 64-bit memory window is too small" },
	[FINDING_WIDTH_SMALL] = { "GH417", SEVERITY_ERROR,
				  "the guest's processor has too few address bits" },
	[FINDING_DOMAIN_UNSEEN] = { "GH490", SEVERITY_NOTE,
				    "a part of the domain was not looked at" },
};

const char *finding_id(enum finding_kind kind)
{
	return kinds[kind].id;
}

enum severity finding_severity(enum finding_kind kind)
{
	return kinds[kind].severity;
}

const char *finding_title(enum finding_kind kind)
{
	return kinds[kind].title;
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_NOTE] = "note",
	};

	return names[severity];
}

void finding_add(struct findings *findings, enum finding_kind kind, const char *about, char *cause,
		 char *fix)
{
	char *copy = strdup(about);

	if (!copy || !cause || !fix ||
	    array_grow(&findings->items, findings->count, sizeof(*findings->items)) < 0) {
		free(copy);
		free(cause);
		free(fix);
		findings->no_memory = true;
		return;
	}
	findings->items[findings->count++] = (struct finding){
		.kind = kind,
		.about = copy,
		.cause = cause,
		.fix = fix,
	};
}

/* The device is what it is about, and not said again. */
static char *describe(const struct error *error)
{
	struct error without = *error;

	without.device = NULL;
	return error_text(&without);
}

/*
 * A hint in the form of a fix: lines of prose, which end where a message of another width does, are
 * one; a command at the end is a line of its own.
 */
static char *take_hint(const char *hint)
{
	static const char before_command[] = " then: ";
	char *joined = strdup(hint);
	char *command;

	for (char *c = joined; c && *c; c++)
		if (*c == '\n' && c[1] != ' ')
			*c = ' ';
	command = joined ? strstr(joined, before_command) : NULL;
	if (command) {
		char *text;

		*command = '\0';
		text = text_format("%s then:\n  %s", joined, command + strlen(before_command));
		free(joined);
		return text;
	}
	return joined;
}

void finding_add_error(struct findings *findings, enum finding_kind kind, const char *about,
		       const struct error *error, char *fix)
{
	if (!about)
		about = error->device ? error->device : "host";
	if (!fix)
		fix = take_hint(error->hint ? error->hint : "");
	finding_add(findings, kind, about, describe(error), fix);
}

void finding_add_unseen(struct findings *findings, enum finding_kind kind, const char *about,
			const struct error *error)
{
	bool forbidden = !error->hint && (error->code == EACCES || error->code == EPERM);

	finding_add_error(findings, kind, about, error,
			  forbidden ? strdup("Only root may look there: try it with sudo.") : NULL);
}

size_t findings_count(const struct findings *findings, enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += finding_severity(findings->items[i].kind) == severity;
	return count;
}

static int compare(const struct finding *a, const struct finding *b)
{
	int by_severity = (int)finding_severity(a->kind) - (int)finding_severity(b->kind);

	return by_severity ? by_severity : (int)a->kind - (int)b->kind;
}

void findings_sort(struct findings *findings)
{
	/* by insertion: few, and equal ones stay in their order */
	for (size_t i = 1; i < findings->count; i++) {
		struct finding moved = findings->items[i];
		size_t place = i;

		for (; place > 0 && compare(&findings->items[place - 1], &moved) > 0; place--)
			findings->items[place] = findings->items[place - 1];
		findings->items[place] = moved;
	}
}

void findings_clear(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].about);
		free(findings->items[i].cause);
		free(findings->items[i].fix);
	}
	free(findings->items);
	*findings = FINDINGS_INIT;
}
