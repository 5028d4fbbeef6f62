/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/kmod.h"
#include "host/pci_id.h"

#define PCI_PREFIX "pci:"
#define ALIAS_PREFIX "alias vfio_pci:"
#define GROUP_RETRY_MS 50

static unsigned int count_wildcards(const char *pattern)
{
	unsigned int count = 0;

	for (; *pattern; pattern++)
		count += *pattern == '*';
	return count;
}

static FILE *open_module_aliases(const struct root *root)
{
	FILE *file;
	int fd = kmod_open_list(root, "modules.alias");

	if (fd < 0)
		return NULL;
	file = fdopen(fd, "re");
	if (!file)
		close(fd);
	return file;
}

/* A driver is called as its module, in every one of Linux 6.12 but vfio_pci itself. */
static int driver_of_module(const char *module, char **ret_driver)
{
	*ret_driver = strdup(strcmp(module, "vfio_pci") == 0 ? VFIO_DRIVER : module);
	return *ret_driver ? 0 : -ENOMEM;
}

int vfio_choose_driver(const struct root *root, const char *modalias, char **ret_driver)
{
	_cleanup_fclose_ FILE *aliases = open_module_aliases(root);
	_cleanup_free_ char *best = NULL;
	_cleanup_free_ char *line = NULL;
	unsigned int best_wildcards = UINT_MAX;
	size_t size = 0;

	if (strncmp(modalias, PCI_PREFIX, strlen(PCI_PREFIX)) == 0)
		modalias += strlen(PCI_PREFIX);
	while (aliases && getline(&line, &size, aliases) > 0) {
		char *pattern, *module, *rest = NULL;

		if (strncmp(line, ALIAS_PREFIX, strlen(ALIAS_PREFIX)) != 0)
			continue;
		pattern = strtok_r(line + strlen(ALIAS_PREFIX), " \n", &rest);
		module = strtok_r(NULL, " \n", &rest);
		if (!pattern || !module || !pci_driver_name_valid(module) ||
		    fnmatch(pattern, modalias, 0) != 0 ||
		    count_wildcards(pattern) >= best_wildcards)
			continue;
		best_wildcards = count_wildcards(pattern);
		free(best);
		best = strdup(module);
		if (!best)
			return -ENOMEM;
	}
	return driver_of_module(best ? best : "vfio_pci", ret_driver);
}

bool vfio_has_driver(const struct root *root, const char *driver)
{
	_cleanup_fclose_ FILE *aliases = NULL;
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (strcmp(driver, VFIO_DRIVER) == 0)
		return true;
	aliases = open_module_aliases(root);
	while (aliases && getline(&line, &size, aliases) > 0) {
		char *rest = NULL;

		if (strncmp(line, ALIAS_PREFIX, strlen(ALIAS_PREFIX)) != 0 ||
		    !strtok_r(line + strlen(ALIAS_PREFIX), " \n", &rest))
			continue;
		if (text_same(strtok_r(NULL, " \n", &rest), driver))
			return true;
	}
	return false;
}

bool vfio_owns(const struct root *root, const char *name, const char *driver)
{
	return root_exists(root, "sys/bus/pci/devices/%s/vfio-dev", name) ||
	       vfio_has_driver(root, driver);
}

static int report_group_busy(const char *name, int group, const char *path, struct error *error)
{
	error_set(error, EBUSY, "its IOMMU group %d is still in use", group);
	error_why(error, "a process has /%s open, QEMU most likely", path);
	error_device(error, name);
	error_hint(error, "Find it with: fuser -v /%s", path);
	return -EBUSY;
}

int vfio_wait_group_free(const struct worker_context *context, const char *name, int group,
			 struct error *error)
{
	char path[64];
	const struct worker_call call = {
		.access = WORKER_OPEN,
		.device = name,
		.step = "look whether the IOMMU group is still in use",
		.path = path,
	};
	bool was_busy = false;

	snprintf(path, sizeof(path), "dev/vfio/%d", group);
	for (;;) {
		int answer;
		int r = worker_run(context, &call, &answer, NULL, error);

		/* the time may be over in the midst of a try: what is known is that it was busy */
		if (r == -ETIMEDOUT && was_busy)
			return report_group_busy(name, group, path, error);
		if (r < 0)
			return r;
		if (answer == 0 || answer == -ENOENT)
			return 0;
		if (answer != -EBUSY) {
			error_set_errno(error, -answer, "cannot open /%s", path);
			error_device(error, name);
			return answer;
		}
		was_busy = true;
		if (patience_cancelled(context->patience) ||
		    clock_left_ms(context->patience->deadline_ms) == 0)
			return report_group_busy(name, group, path, error);
		clock_sleep_ms(GROUP_RETRY_MS, context->patience->deadline_ms);
	}
}
