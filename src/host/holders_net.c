/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces of a function that are in use. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/holders_search.h"

#define ATTRIBUTE_MAX_BYTES 4096
#define ROUTES_MAX_BYTES (16 * 1024 * 1024)

/* An interface, by its directory below sys/. */
struct interface {
	const char *name;
	const char *directory;
};

/* The next ones return 1, 0 or a negative errno. One that has gone is not used. */

static int is_up(const struct root *root, const struct interface *interface)
{
	_cleanup_free_ char *flags = NULL;
	int r = root_read(root, ATTRIBUTE_MAX_BYTES, &flags, "sys/%s/flags", interface->directory);

	/* of one that is just going the kernel says EINVAL (net/core/net-sysfs.c, netdev_show) */
	if (r < 0)
		return root_says_missing(r) || r == -EINVAL ? 0 : r;
	return (strtoul(flags, NULL, 16) & IFF_UP) != 0;
}

/* An address that somebody has given it, not the one that every IPv6 interface has by itself. */
static bool format_address(const struct sockaddr *address, char text[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address && address->sa_family == AF_INET)
		return inet_ntop(AF_INET, &v4->sin_addr, text, INET6_ADDRSTRLEN);
	if (address && address->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
		return inet_ntop(AF_INET6, &v6->sin6_addr, text, INET6_ADDRSTRLEN);
	return false;
}

static int find_address(const struct root *root, const struct interface *interface,
			char text[INET6_ADDRSTRLEN])
{
	struct ifaddrs *all = NULL;
	bool found = false;

	/* asked of the kernel, not of a file: another machine's tree has none */
	if (!root->is_host)
		return 0;
	if (getifaddrs(&all) < 0)
		return negative_errno();
	for (const struct ifaddrs *each = all; each && !found; each = each->ifa_next)
		found = strcmp(each->ifa_name, interface->name) == 0 &&
			format_address(each->ifa_addr, text);
	freeifaddrs(all);
	return found;
}

/* The text of a table that there may be none of; the caller frees it. Returns 0 or a negative
 * errno. */
static int read_table(const struct root *root, const char *path, char **ret_text)
{
	int r = root_read(root, ROUTES_MAX_BYTES, ret_text, "%s", path);

	if (!root_says_missing(r))
		return r;
	*ret_text = strdup("");
	return *ret_text ? 0 : -ENOMEM;
}

/* The name stands first in /proc/net/route, last in /proc/net/ipv6_route. */
static int has_route(const struct root *root, const struct interface *interface)
{
	_cleanup_free_ char *v4 = NULL;
	_cleanup_free_ char *v6 = NULL;
	char *rest = NULL;
	char word[IFNAMSIZ + 1];
	int r = read_table(root, "proc/self/net/route", &v4);

	if (r < 0)
		return r;
	for (char *line = strtok_r(v4, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (sscanf(line, "%16s", word) == 1 && strcmp(word, interface->name) == 0)
			return 1;
	r = read_table(root, "proc/self/net/ipv6_route", &v6);
	if (r < 0)
		return r;
	for (char *line = strtok_r(v6, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *name = strrchr(line, ' ');

		/* link-local and multicast ones come with every interface that is up */
		if (name && strcmp(name + 1, interface->name) == 0 &&
		    strncmp(line, "fe80", 4) != 0 && strncmp(line, "ff", 2) != 0)
			return 1;
	}
	return 0;
}

/* PPPoE sends frames by itself: "Id  Address  Device" are the columns (drivers/net/ppp/pppoe.c). */
static int has_pppoe(const struct root *root, const struct interface *interface)
{
	_cleanup_free_ char *text = NULL;
	char *rest = NULL;
	char word[IFNAMSIZ + 1];
	int r = read_table(root, "proc/self/net/pppoe", &text);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (sscanf(line, "%*s %*s %16s", word) == 1 && strcmp(word, interface->name) == 0)
			return 1;
	return 0;
}

/* What one that is up is used for. Returns as look_at_interface(). */
static int look_at_use(const struct root *root, const struct interface *interface, char **ret_text)
{
	char address[INET6_ADDRSTRLEN];
	int r = find_address(root, interface, address);

	if (r > 0) {
		*ret_text = text_format("the network interface %s is up, with the address %s",
					interface->name, address);
		return *ret_text ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = has_route(root, interface);
	if (r > 0) {
		*ret_text = text_format("the network interface %s is up, with a route",
					interface->name);
		return *ret_text ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = has_pppoe(root, interface);
	if (r <= 0)
		return r;
	*ret_text = text_format("the network interface %s carries PPPoE", interface->name);
	return *ret_text ? 0 : -ENOMEM;
}

/*
 * What it is used for, or NULL when it is not. *ret_text is the caller's. Returns 0 or a negative
 * errno.
 */
static int look_at_interface(const struct root *root, const struct interface *interface,
			     char **ret_text)
{
	_cleanup_strings_ struct strings entries = STRINGS_INIT;
	_cleanup_free_ char *master = NULL;
	int r;

	*ret_text = NULL;
	r = root_link_name(root, &master, "sys/%s/master", interface->directory);
	if (r == 0) {
		*ret_text = text_format("the network interface %s belongs to %s", interface->name,
					master);
		return *ret_text ? 0 : -ENOMEM;
	}
	if (root_says_missing(r))
		r = root_list(root, &entries, "sys/%s", interface->directory);
	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	for (size_t i = 0; i < entries.count; i++)
		if (strncmp(entries.items[i], "upper_", 6) == 0) {
			*ret_text = text_format("the network interface %s carries %s",
						interface->name, entries.items[i] + 6);
			return *ret_text ? 0 : -ENOMEM;
		}
	r = is_up(root, interface);
	return r > 0 ? look_at_use(root, interface, ret_text) : r;
}

static int look_at_net(struct holders_search *search, size_t function, const char *net)
{
	_cleanup_strings_ struct strings names = STRINGS_INIT;
	int r = root_list(search->root, &names, "sys/%s", net);

	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	if (names.count == 0)
		return holders_search_add(search, function, HOLDER_NETWORK, false,
					  "its network interface is in another network namespace",
					  NULL);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_free_ char *directory = text_format("%s/%s", net, names.items[i]);
		_cleanup_free_ char *text = NULL;
		const struct interface interface = { names.items[i], directory };

		r = directory ? look_at_interface(search->root, &interface, &text) : -ENOMEM;
		if (r == 0 && text)
			r = holders_search_add(search, function, HOLDER_NETWORK, false, text, NULL);
	}
	return r;
}

/* Its own, and that of a virtio device below it. */
static int look_at_function(struct holders_search *search, size_t function)
{
	const char *path = search->nodes.functions[function].path;
	_cleanup_strings_ struct strings entries = STRINGS_INIT;
	int r = root_list(search->root, &entries, "sys/%s", path);

	if (r < 0)
		return root_says_missing(r) ? 0 : r;
	for (size_t i = 0; r == 0 && i < entries.count; i++) {
		_cleanup_free_ char *net = NULL;

		if (strcmp(entries.items[i], "net") == 0)
			net = text_format("%s/net", path);
		else if (strncmp(entries.items[i], "virtio", strlen("virtio")) == 0)
			net = text_format("%s/%s/net", path, entries.items[i]);
		else
			continue;
		r = net ? look_at_net(search, function, net) : -ENOMEM;
	}
	return r;
}

/* That of an adapter behind a USB controller. */
static int look_at_usb(struct holders_search *search, size_t function, const char *path)
{
	_cleanup_free_ char *net = NULL;

	if (!search->nodes.functions[function].asked)
		return 0;
	net = text_format("%s/net", path);
	return net ? look_at_net(search, function, net) : -ENOMEM;
}

int holders_search_networks(struct holders_search *search)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < search->nodes.function_count; i++)
		if (search->nodes.functions[i].asked && search->nodes.functions[i].path)
			r = look_at_function(search, i);
	return r < 0 ? r : holders_visit_usb(search, look_at_usb);
}
