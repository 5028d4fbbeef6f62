/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/device_nodes.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/display.h"
#include "host/nvidia.h"

#define DEVICES "sys/bus/pci/devices"
#define DRIVERS "sys/bus/pci/drivers"
#define SUBSYSTEM "devices/virtual/nvme-subsystem/"
#define VFIO_GROUP "devices/virtual/vfio/"
#define VFIO_CDEV "vfio-dev/"

/* ---- functions ---------------------------------------------------------------------------- */

int device_path_read(const struct root *root, const char *link, char **ret_path)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(root->fd, link, target, sizeof(target) - 1);
	const char *path = target;

	if (length < 0) {
		int r = negative_errno();

		/* in a machine that is a copy, links may have become directories */
		return r == -EINVAL && !root->is_host && root_exists(root, "%s/.", link) ? -ENOENT
											 : r;
	}
	target[length] = '\0';
	while (strncmp(path, "../", 3) == 0)
		path += 3;
	*ret_path = strdup(path);
	return *ret_path ? 0 : -ENOMEM;
}

static int add_function(const struct root *root, const char *name, bool asked,
			struct device_nodes *nodes)
{
	struct device_function *function;
	char link[sizeof(DEVICES) + PCI_ADDRESS_SIZE + 1];
	int r;

	for (size_t i = 0; i < nodes->function_count; i++)
		if (strcmp(nodes->functions[i].name, name) == 0)
			return 0;
	if (array_grow(&nodes->functions, nodes->function_count, sizeof(*function)) < 0)
		return -ENOMEM;
	function = &nodes->functions[nodes->function_count++];
	snprintf(function->name, sizeof(function->name), "%s", name);
	function->asked = asked;
	snprintf(link, sizeof(link), DEVICES "/%s", name);
	r = device_path_read(root, link, &function->path);
	if (r == -ENOENT && root_exists(root, "%s", link)) /* no link: a machine that is a copy */
		r = (function->path = strdup(link + strlen("sys/"))) ? 0 : -ENOMEM;
	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	r = root_link_name(root, &function->driver, DEVICES "/%s/driver", name);
	if (r == 0 || root_says_missing(r))
		r = root_link_name(root, &function->group, DEVICES "/%s/iommu_group", name);
	return root_says_missing(r) ? 0 : r;
}

/* The others that are on the driver: they may be what a reference on its module is for. */
static int add_others(const struct root *root, const char *driver, struct device_nodes *nodes)
{
	_cleanup_strings_ struct strings entries = STRINGS_INIT;
	int r = root_list(root, &entries, DRIVERS "/%s", driver);

	for (size_t i = 0; r == 0 && i < entries.count; i++) {
		struct pci_address address;

		if (pci_address_parse(entries.items[i], &address) == 0)
			r = add_function(root, entries.items[i], false, nodes);
	}
	return root_says_missing(r) ? 0 : r;
}

/* The platform devices of firmware framebuffers that have the function's memory. */
static int find_framebuffers(const struct root *root, struct device_function *function)
{
	_cleanup_strings_ struct strings framebuffers = STRINGS_INIT;
	int r;

	if (!function->path)
		return 0;
	r = display_find_framebuffers(root, function->name, &framebuffers, NULL);
	for (size_t i = 0; r == 0 && i < framebuffers.count; i++) {
		const char *device = strchr(framebuffers.items[i], '/');
		_cleanup_free_ char *link = text_format("sys/bus/platform/devices%s", device);
		_cleanup_free_ char *path = NULL;

		if (!link)
			return -ENOMEM;
		r = device_path_read(root, link, &path);
		if (r == 0)
			r = strings_add(&function->others, path);
		else if (root_says_missing(r))
			r = 0;
	}
	return r;
}

static int read_functions(const struct root *root, const struct strings *functions,
			  struct device_nodes *nodes)
{
	size_t asked;
	int r = 0;

	for (size_t i = 0; r == 0 && i < functions->count; i++)
		r = add_function(root, functions->items[i], true, nodes);
	for (size_t i = 0; r == 0 && i < nodes->function_count; i++)
		r = find_framebuffers(root, &nodes->functions[i]);
	asked = nodes->function_count;
	for (size_t i = 0; r == 0 && i < asked; i++)
		if (nodes->functions[i].driver)
			r = add_others(root, nodes->functions[i].driver, nodes);
	return r;
}

const char *device_path_below(const struct device_function *function, const char *path)
{
	size_t length = function->path ? strlen(function->path) : 0;

	if (!length || strncmp(path, function->path, length) != 0 || path[length] != '/')
		return NULL;
	return path + length + 1;
}

/* ---- nodes -------------------------------------------------------------------------------- */

/* `name` is a block device's, else NULL. */
static int add_node(struct device_nodes *nodes, struct device_node like, const char *name)
{
	struct device_node *node;
	char *copy = name ? strdup(name) : NULL;

	if ((name && !copy) || array_grow(&nodes->nodes, nodes->node_count, sizeof(*node)) < 0) {
		free(copy);
		return -ENOMEM;
	}
	node = &nodes->nodes[nodes->node_count++];
	*node = like;
	node->name = copy;
	return 0;
}

/*
 * A namespace that several controllers may reach is no child of its controller but of the
 * subsystem, which has a link to each of them (drivers/nvme/host/multipath.c). Returns 1, 0 or a
 * negative errno.
 */
static int reaches_by_subsystem(const struct root *root, const struct device_function *function,
				const char *path)
{
	_cleanup_strings_ struct strings controllers = STRINGS_INIT;
	size_t length;
	int r;

	if (strncmp(path, SUBSYSTEM, strlen(SUBSYSTEM)) != 0)
		return 0;
	length = strcspn(path + strlen(SUBSYSTEM), "/");
	r = root_list(root, &controllers, "sys/%s/nvme", function->path);
	for (size_t i = 0; r == 0 && i < controllers.count; i++)
		r = root_look(root, "sys/" SUBSYSTEM "%.*s/%s", (int)length,
			      path + strlen(SUBSYSTEM), controllers.items[i]);
	return root_says_missing(r) ? 0 : r;
}

static bool is_usb(const char *below)
{
	return strncmp(below, "usb", 3) == 0 && isdigit((unsigned char)below[3]);
}

/*
 * Whether it is an input device of a sound card, which tells of plugs: who has it open (acpid has
 * every one) loses nothing that matters and does not hold the card (sound/core/jack.c).
 */
static bool is_jack(const char *below)
{
	return strncmp(below, "sound/", strlen("sound/")) == 0 && strstr(below, "/input");
}

static bool is_group(const struct device_function *function, const char *path)
{
	return function->group && strncmp(path, VFIO_GROUP, strlen(VFIO_GROUP)) == 0 &&
	       strcmp(path + strlen(VFIO_GROUP), function->group) == 0;
}

static bool is_in_others(const struct device_function *function, const char *path)
{
	for (size_t i = 0; i < function->others.count; i++) {
		const char *place = function->others.items[i];

		if (strncmp(path, place, strlen(place)) == 0 && path[strlen(place)] == '/')
			return true;
	}
	return false;
}

/* Adds the node for each function that it leads to. */
static int match_node(const struct root *root, const char *path, bool block, dev_t number,
		      struct device_nodes *nodes)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int r = 0;

	for (size_t i = 0; r == 0 && i < nodes->function_count; i++) {
		const struct device_function *function = &nodes->functions[i];
		const char *below = device_path_below(function, path);
		bool group = !block && is_group(function, path);
		int reaches;
		const struct device_node like = {
			.block = block,
			.number = number,
			.function = i,
			.usb = below && is_usb(below),
			.vfio = group ||
				(below && strncmp(below, VFIO_CDEV, strlen(VFIO_CDEV)) == 0),
		};

		if (!function->path || (below && is_jack(below)))
			continue;
		reaches = below || group || is_in_others(function, path)
				  ? 1
				  : reaches_by_subsystem(root, function, path);
		r = reaches > 0 ? add_node(nodes, like, block ? name : NULL) : reaches;
	}
	return r;
}

static int read_nodes(const struct root *root, bool block, struct device_nodes *nodes)
{
	const char *directory = block ? "sys/dev/block" : "sys/dev/char";
	_cleanup_strings_ struct strings entries = STRINGS_INIT;
	int r = root_list(root, &entries, "%s", directory);

	if (root_says_missing(r))
		return 0;
	for (size_t i = 0; r == 0 && i < entries.count; i++) {
		_cleanup_free_ char *link = text_format("%s/%s", directory, entries.items[i]);
		_cleanup_free_ char *path = NULL;
		unsigned int major_number, minor_number;

		if (!link)
			return -ENOMEM;
		if (sscanf(entries.items[i], "%u:%u", &major_number, &minor_number) != 2)
			continue;
		r = device_path_read(root, link, &path);
		if (r == 0)
			r = match_node(root, path, block, makedev(major_number, minor_number),
				       nodes);
		else if (root_says_missing(r))
			r = 0;
	}
	return r;
}

/*
 * NVIDIA's nodes, which sysfs does not have. The driver's own code is asked for a GPU's own one:
 * only for those whose users are looked for.
 */
static int add_nvidia(const struct root *root, size_t i, struct device_nodes *nodes)
{
	const struct device_function *function = &nodes->functions[i];
	dev_t numbers[NVIDIA_NODES_MAX];
	size_t count = 0;
	int r = nvidia_nodes(root, function->name, function->asked, numbers, &count);

	for (size_t j = 0; r == 0 && j < count; j++) {
		const struct device_node like = { .number = numbers[j], .function = i };

		r = add_node(nodes, like, NULL);
	}
	return r;
}

/* ---- all ---------------------------------------------------------------------------------- */

static int compare_to(const struct device_node *node, bool block, dev_t number)
{
	if (node->block != block)
		return node->block ? 1 : -1;
	return (node->number > number) - (node->number < number);
}

static int compare_nodes(const void *a, const void *b)
{
	const struct device_node *right = b;
	int order = compare_to(a, right->block, right->number);

	if (order == 0)
		order = ((const struct device_node *)a)->function < right->function ? -1 : 1;
	return order;
}

int device_nodes_read_functions(const struct root *root, const struct strings *functions,
				struct device_nodes *ret_nodes)
{
	_cleanup_device_nodes_ struct device_nodes nodes = DEVICE_NODES_INIT;
	int r = read_functions(root, functions, &nodes);

	if (r < 0)
		return r;
	*ret_nodes = nodes;
	nodes = DEVICE_NODES_INIT;
	return 0;
}

int device_nodes_read(const struct root *root, const struct strings *functions,
		      struct device_nodes *ret_nodes)
{
	_cleanup_device_nodes_ struct device_nodes nodes = DEVICE_NODES_INIT;
	int r = read_functions(root, functions, &nodes);

	if (r == 0)
		r = read_nodes(root, false, &nodes);
	if (r == 0)
		r = read_nodes(root, true, &nodes);
	for (size_t i = 0; r == 0 && i < nodes.function_count; i++)
		if (text_same(nodes.functions[i].driver, NVIDIA_DRIVER))
			r = add_nvidia(root, i, &nodes);
	if (r < 0)
		return r;
	if (nodes.node_count)
		qsort(nodes.nodes, nodes.node_count, sizeof(*nodes.nodes), compare_nodes);
	*ret_nodes = nodes;
	nodes = DEVICE_NODES_INIT;
	return 0;
}

bool device_nodes_same(const struct device_nodes *nodes, const struct device_node *node, bool block,
		       dev_t number)
{
	return node < nodes->nodes + nodes->node_count && compare_to(node, block, number) == 0;
}

const struct device_node *device_nodes_find(const struct device_nodes *nodes, bool block,
					    dev_t number)
{
	size_t low = 0, high = nodes->node_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_to(&nodes->nodes[middle], block, number) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return device_nodes_same(nodes, nodes->nodes + low, block, number) ? &nodes->nodes[low]
									   : NULL;
}

void device_nodes_clear(struct device_nodes *nodes)
{
	for (size_t i = 0; i < nodes->function_count; i++) {
		free(nodes->functions[i].path);
		free(nodes->functions[i].driver);
		free(nodes->functions[i].group);
		strings_clear(&nodes->functions[i].others);
	}
	for (size_t i = 0; i < nodes->node_count; i++)
		free(nodes->nodes[i].name);
	free(nodes->functions);
	free(nodes->nodes);
	*nodes = DEVICE_NODES_INIT;
}
