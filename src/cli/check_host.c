/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GH1xx: what the host itself must have. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/check.h"
#include "host/iommu.h"
#include "host/kmod.h"
#include "host/pci.h"
#include "host/processor.h"
#include "host/vfio.h"

#define ABOUT "host"
#define PARAMETER_MAX_BYTES 64

/* ---- the processor ------------------------------------------------------------------------ */

static void check_kvm(const struct root *root, const struct processor *processor,
		      struct findings *findings)
{
	const char *module = processor->maker == PROCESSOR_AMD ? "kvm_amd" : "kvm_intel";

	/* another machine's file tree has no device nodes */
	if (root_exists(root, "dev/kvm") || (!root->is_host && root_exists(root, "sys/module/kvm")))
		return;
	finding_add(findings, FINDING_NO_KVM, ABOUT,
		    text_format("The processor could run VMs, but there is no /dev/kvm: %s is not "
				"loaded, or the firmware has virtualisation switched off. VMs run "
				"without it, but ten times slower or more.",
				module),
		    text_format("  modprobe %s\nWhen that is refused, switch virtualisation on in "
				"the firmware setup (Intel: VT-x, AMD: SVM).",
				module));
}

static void check_processor(const struct root *root, struct findings *findings)
{
	struct processor processor;
	_cleanup_error_ struct error error = ERROR_INIT;

	if (processor_read(root, &processor, &error) < 0) {
		finding_add_unseen(findings, FINDING_HOST_UNSEEN, ABOUT, &error);
		return;
	}
	if (processor.virtualisation) {
		check_kvm(root, &processor, findings);
		return;
	}
	finding_add(findings, FINDING_NO_VIRTUALISATION, ABOUT,
		    strdup("Its flags in /proc/cpuinfo have neither vmx (Intel) nor svm (AMD): it "
			   "is switched off by the firmware, or this host is a VM itself. VMs run "
			   "without it, but ten times slower or more."),
		    strdup("Switch it on in the firmware setup: \"Intel Virtualization "
			   "Technology\" (VT-x), or \"SVM Mode\" (AMD-V)."));
}

/* ---- the IOMMU ---------------------------------------------------------------------------- */

static char *explain_firmware_switch(enum iommu_maker maker)
{
	switch (maker) {
	case IOMMU_MAKER_INTEL:
		return strdup("Switch VT-d (\"Intel Virtualization Technology for Directed I/O\") "
			      "on in the firmware setup. Then, and reboot once more:\n"
			      "  gpu-handoff iommu --enable --apply");
	case IOMMU_MAKER_AMD:
		return strdup("Switch the IOMMU (\"AMD-Vi\") on in the firmware setup; \"Auto\" "
			      "often means off.");
	case IOMMU_MAKER_UNKNOWN:
		break;
	}
	return strdup("Switch the IOMMU (Intel: VT-d, AMD: AMD-Vi) on in the firmware setup.");
}

static void check_remapping(const struct root *root, struct findings *findings)
{
	_cleanup_free_ char *allowed = NULL;
	_cleanup_error_ struct error error = ERROR_INIT;
	enum iommu_remapping remapping = iommu_look_remapping(root);

	if (remapping == IOMMU_REMAPPING_UNKNOWN) {
		error_set(&error, ENODATA, "cannot see whether interrupts are remapped");
		error_why(&error, "/proc/interrupts has nothing to go by");
		finding_add_unseen(findings, FINDING_HOST_UNSEEN, ABOUT, &error);
	}
	if (remapping != IOMMU_REMAPPING_OFF)
		return;
	if (root_read(root, PARAMETER_MAX_BYTES, &allowed,
		      "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts") == 0 &&
	    strcmp(allowed, "Y") == 0) {
		finding_add(findings, FINDING_UNSAFE_INTERRUPTS, ABOUT,
			    strdup("Without it, a guest can have its device send interrupts that "
				   "are not meant for it, and so attack the host. It is allowed "
				   "by allow_unsafe_interrupts of vfio_iommu_type1."),
			    strdup("Give devices to guests alone that you trust; or switch "
				   "interrupt remapping (x2APIC) on in the firmware setup, and "
				   "take nointremap and intremap=off off the kernel's command "
				   "line."));
		return;
	}
	finding_add(findings, FINDING_NO_REMAPPING, ABOUT,
		    strdup("The IOMMU is on, but no interrupt goes through it (no IR- in "
			   "/proc/interrupts). VFIO then refuses to give a device to a VM."),
		    strdup("Take nointremap and intremap=off off the kernel's command line; switch "
			   "x2APIC on in the firmware setup. For guests that you trust, VFIO can "
			   "do without:\n"
			   "  echo 'options vfio_iommu_type1 allow_unsafe_interrupts=1' "
			   ">/etc/modprobe.d/vfio.conf"));
}

static void check_iommu(const struct root *root, struct findings *findings)
{
	enum iommu_maker maker;

	switch (iommu_look(root, &maker)) {
	case IOMMU_ON:
		check_remapping(root, findings);
		break;
	case IOMMU_OFF:
		finding_add(findings, FINDING_IOMMU_OFF, ABOUT,
			    text_format("The firmware has %s on, but the kernel does not use it. "
					"Without it no device can be given to a VM.",
					iommu_maker_name(maker)),
			    strdup("  gpu-handoff iommu --enable --apply\nThen reboot."));
		break;
	case IOMMU_ABSENT:
		finding_add(findings, FINDING_IOMMU_ABSENT, ABOUT,
			    strdup("There is neither a DMAR (Intel) nor an IVRS (AMD) table: it is "
				   "switched off in the firmware setup, or this host has none. "
				   "Without it no device can be given to a VM."),
			    explain_firmware_switch(maker));
		break;
	}
}

/* ---- VFIO --------------------------------------------------------------------------------- */

static void check_vfio(const struct root *root, struct findings *findings)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	int there = pci_driver_registered(root, VFIO_DRIVER) ? 1 : kmod_is_there(root, VFIO_DRIVER);

	if (there == 1)
		return;
	if (there < 0) {
		error_set_errno(&error, -there, "cannot see whether the kernel has vfio-pci");
		finding_add_unseen(findings, FINDING_HOST_UNSEEN, ABOUT, &error);
		return;
	}
	finding_add(findings, FINDING_NO_VFIO, ABOUT,
		    strdup("The running kernel has no such driver, neither built in nor as a "
			   "module: it is in a package of its own, the kernel was built without "
			   "CONFIG_VFIO_PCI, or it was updated since the boot."),
		    strdup("Install the package with all of the kernel's modules (Ubuntu: "
			   "linux-modules-extra, Fedora: kernel-modules), or reboot into the "
			   "kernel that is installed."));
}

void check_host(const struct command *command, struct findings *findings)
{
	check_processor(&command->root, findings);
	check_iommu(&command->root, findings);
	check_vfio(&command->root, findings);
}
