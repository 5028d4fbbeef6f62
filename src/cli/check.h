/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of the verb `check`: each looks at one thing and adds what it finds. They change
 * nothing, and what they cannot look at is a finding too. Without memory, findings->no_memory.
 */
#ifndef GH_CLI_CHECK_H
#define GH_CLI_CHECK_H

#include "base/text.h"
#include "cli/finding.h"
#include "cli/verb.h"
#include "handoff/config.h"
#include "handoff/domain.h"
#include "handoff/domain_view.h"
#include "host/pci.h"

/* Whether a file or directory, below the root, is root's alone; `kind` when it is not. */
void check_owner(const struct command *command, enum finding_kind kind, const char *path,
		 struct findings *findings);

/* Processor, IOMMU, interrupt remapping, VFIO. */
void check_host(const struct command *command, struct findings *findings);

/* The hook and its engine, other hooks. */
void check_hook(const struct command *command, struct findings *findings);

/* Whether libvirt's running daemon knows the hook, whose files are these, below the root. */
void check_daemon(const struct command *command, const struct strings *hooks,
		  struct findings *findings);

/* What AppArmor and SELinux have denied us since the boot. */
void check_denials(const struct command *command, struct findings *findings);

/* The INI files: whether they can be used, and belong to a domain. */
void check_config(const struct command *command, struct findings *findings);

/* Whether the claims in /run can be followed. */
void check_claims(const struct command *command, struct findings *findings);

/* boot.ini, this host and its initramfs. */
void check_boot(const struct command *command, struct findings *findings);

/* A domain: its XML and its INI file, and what its start would meet. */
void check_domain(const struct command *command, const struct domain *domain, const char *xml,
		  struct findings *findings);

/*
 * What a start of the domain would meet now: groups, claims, users, what the plan refuses. Of one
 * that has its devices, nothing is looked at.
 */
void check_start(const struct command *command, const struct domain *domain,
		 const struct config *config, const struct pci_functions *host,
		 struct findings *findings);

/* Whether the memory of the domain's functions finds room in the guest. */
void check_memory(const struct command *command, const struct domain *domain,
		  const struct domain_view *view, struct findings *findings);

#endif
