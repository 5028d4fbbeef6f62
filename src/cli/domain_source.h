/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a verb has a domain's XML from: libvirt, standard input, or the file that libvirt keeps of
 * it on a machine that does not run.
 */
#ifndef GH_CLI_DOMAIN_SOURCE_H
#define GH_CLI_DOMAIN_SOURCE_H

#include "base/error.h"
#include "base/text.h"
#include "cli/verb.h"

/* What stands for standard input in place of a domain's name. */
#define DOMAIN_STDIN "-"

/* Where libvirt keeps its domains' definitions, below the root. */
#define DOMAIN_DIRECTORY "etc/libvirt/qemu"

/*
 * The XML that the domain's next start goes by: of libvirt, or with --sysroot of DOMAIN_DIRECTORY;
 * for "-" what is on standard input. The caller frees it. Returns 0 or a negative errno with
 * `error` filled, -ENOENT for a domain that there is not.
 */
int domain_source_read(const struct command *command, const char *name, char **ret_xml,
		       struct error *error);

/*
 * The names of all domains, from the same places. Returns 0 or a negative errno with `error`
 * filled.
 */
int domain_source_list(const struct command *command, struct strings *ret_names,
		       struct error *error);

#endif
