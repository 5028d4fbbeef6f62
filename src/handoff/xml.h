/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain's XML as a tree of elements without a namespace, which are libvirt's. The only file that
 * includes libxml2 is xml.c. Nothing is fetched, no entity is expanded.
 */
#ifndef GH_HANDOFF_XML_H
#define GH_HANDOFF_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct xml_document;
struct xml_node; /* belongs to its document */

/*
 * Reads the text, of `limit` bytes at most. Returns 0 or a negative errno with `error` filled:
 * -EINVAL for what is not well-formed, has a zero byte or a DTD; -EFBIG; -E2BIG for far more
 * elements or attributes than a domain has. The caller frees *ret_document.
 */
int xml_parse(const char *text, size_t length, size_t limit, struct xml_document **ret_document,
	      struct error *error);

void xml_free(struct xml_document *document);

static inline void cleanup_xml(struct xml_document **document)
{
	xml_free(*document);
}

#define _cleanup_xml_ __attribute__((cleanup(cleanup_xml)))

/* The outermost element, or NULL. */
const struct xml_node *xml_top(const struct xml_document *document);

/* Whether the node is libvirt's element of this name. */
bool xml_is(const struct xml_node *node, const char *name);

/* The first node in it, and the one behind it; NULL for none. Not only elements. */
const struct xml_node *xml_first(const struct xml_node *node);
const struct xml_node *xml_next(const struct xml_node *node);

/* The first element of this name in the node, and behind it; NULL for none, and for NULL. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
const struct xml_node *xml_sibling(const struct xml_node *node, const char *name);

/* The attribute's value, which belongs to the document, or NULL; NULL for NULL. */
const char *xml_attribute(const struct xml_node *node, const char *name);

/* Whether it has the attribute with that value. */
bool xml_attribute_is(const struct xml_node *node, const char *name, const char *wanted);

/* All text in it; the caller frees it. NULL without memory. */
char *xml_text(const struct xml_node *node);

/* Fills `error` with "domain XML, line N: WHAT". Returns -EINVAL. */
int xml_refuse(const struct xml_node *node, struct error *error, const char *what);

#endif
