/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handoff/xml.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include "base/cleanup.h"
#include "base/text.h"

/*
 * Nothing from the net, no message of its own on stderr. libvirt writes UTF-8, whatever a document
 * says; it is not told as an encoding, since libxml2 would crash where it has no memory for
 * changing to it.
 */
#define PARSE_OPTIONS \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC)

/*
 * Far more than any domain has. libxml2 needs more than a hundred bytes for each element, attribute
 * and text, and before 2.12 time in the square of an element's attributes.
 */
#define MARKS_MAX 100000
#define MARKS_IN_ELEMENT_MAX 10000

static void cleanup_context(xmlParserCtxtPtr *context)
{
	if (*context)
		xmlFreeParserCtxt(*context);
}

/* A DTD is refused where it begins, before an entity can be declared. */
static void on_dtd(void *data, const xmlChar *name, const xmlChar *external_id,
		   const xmlChar *system_id)
{
	xmlParserCtxtPtr context = data;
	bool *has_dtd = context->_private;

	(void)name;
	(void)external_id;
	(void)system_id;
	*has_dtd = true;
	xmlStopParser(context);
}

#if LIBXML_VERSION >= 21200
typedef const xmlError parser_error;
#else
typedef xmlError parser_error;
#endif

/*
 * Without memory libxml2 leaves out what it had none for, and may call the rest well-formed. It
 * tells this alone, and in some places not by the parser's own last error.
 */
static void on_error(void *data, parser_error *cause)
{
	bool *no_memory = data;

	*no_memory |= cause->code == XML_ERR_NO_MEMORY;
}

static int explain(xmlParserCtxtPtr context, bool has_dtd, struct error *error)
{
	_cleanup_free_ char *message = NULL;
	_cleanup_free_ char *quoted = NULL;
	const xmlError *cause = xmlCtxtGetLastError(context);

	if (has_dtd)
		return error_set(error, EINVAL,
				 "domain XML: a document type declaration is refused");
	if (!cause || !cause->message)
		return error_set(error, EINVAL, "domain XML: not well-formed");
	message = strndup(cause->message, strcspn(cause->message, "\n"));
	quoted = message ? text_quote(message) : NULL;
	return error_set(error, EINVAL, "domain XML, line %d: %s", cause->line,
			 quoted ? quoted : "not well-formed");
}

/*
 * Counts what begins an element and what makes an attribute, wherever it stands: a bound for how
 * many there are. "<" does not occur in an attribute's value.
 */
static bool has_too_many_marks(const char *text, size_t length)
{
	size_t marks = 0, in_element = 0;

	for (size_t i = 0; i < length && marks <= MARKS_MAX && in_element <= MARKS_IN_ELEMENT_MAX;
	     i++) {
		in_element = text[i] == '<' ? 0 : in_element + (text[i] == '=');
		marks += text[i] == '<' || text[i] == '=';
	}
	return marks > MARKS_MAX || in_element > MARKS_IN_ELEMENT_MAX;
}

int xml_parse(const char *text, size_t length, size_t limit, struct xml_document **ret_document,
	      struct error *error)
{
	_cleanup_(cleanup_context) xmlParserCtxtPtr context = NULL;
	bool has_dtd = false, no_memory = false;
	xmlDocPtr document = NULL;

	if (!length)
		return error_set(error, EINVAL, "domain XML: empty");
	if (length > limit)
		return error_set(error, EFBIG, "domain XML: more than %zu MiB",
				 limit / 1024 / 1024);
	/* libxml2 takes one behind the end for the end of the text, whatever comes after it */
	if (memchr(text, '\0', length))
		return error_set(error, EINVAL, "domain XML: a zero byte: this is no text");
	if (has_too_many_marks(text, length))
		return error_set(error, E2BIG, "domain XML: too many elements or attributes");
	xmlSetStructuredErrorFunc(&no_memory, on_error);
	context = xmlNewParserCtxt();
	if (context) {
		context->_private = &has_dtd;
		context->sax->internalSubset = on_dtd;
		document = xmlCtxtReadMemory(context, text, (int)length, NULL, NULL, PARSE_OPTIONS);
	}
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (!context || !document || has_dtd || no_memory) {
		if (document)
			xmlFreeDoc(document);
		return !context || no_memory ? error_set_errno(error, ENOMEM, "domain XML")
					     : explain(context, has_dtd, error);
	}
	*ret_document = (struct xml_document *)document;
	return 0;
}

void xml_free(struct xml_document *document)
{
	if (document)
		xmlFreeDoc((xmlDocPtr)document);
}

/* The tree's own form; what is constant for us is not for libxml2, which changes none of it. */
static xmlNodePtr of(const struct xml_node *node)
{
	return (xmlNodePtr)(uintptr_t)node;
}

static const struct xml_node *find_element(xmlNodePtr node, const char *name)
{
	for (; node; node = node->next)
		if (xml_is((const struct xml_node *)node, name))
			return (const struct xml_node *)node;
	return NULL;
}

const struct xml_node *xml_top(const struct xml_document *document)
{
	return (const struct xml_node *)xmlDocGetRootElement((xmlDocPtr)(uintptr_t)document);
}

bool xml_is(const struct xml_node *node, const char *name)
{
	const xmlNode *element = of(node);

	return element->type == XML_ELEMENT_NODE && !element->ns &&
	       strcmp((const char *)element->name, name) == 0;
}

const struct xml_node *xml_first(const struct xml_node *node)
{
	return (const struct xml_node *)of(node)->children;
}

const struct xml_node *xml_next(const struct xml_node *node)
{
	return (const struct xml_node *)of(node)->next;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
	return node ? find_element(of(node)->children, name) : NULL;
}

const struct xml_node *xml_sibling(const struct xml_node *node, const char *name)
{
	return node ? find_element(of(node)->next, name) : NULL;
}

const char *xml_attribute(const struct xml_node *node, const char *name)
{
	const xmlAttr *attribute = node ? xmlHasNsProp(of(node), BAD_CAST name, NULL) : NULL;

	if (!attribute)
		return NULL;
	/* without entities an attribute has one text at most */
	return attribute->children && attribute->children->content
		       ? (const char *)attribute->children->content
		       : "";
}

bool xml_attribute_is(const struct xml_node *node, const char *name, const char *wanted)
{
	const char *value = xml_attribute(node, name);

	return value && strcmp(value, wanted) == 0;
}

char *xml_text(const struct xml_node *node)
{
	xmlChar *content = xmlNodeGetContent(of(node));
	char *text = content ? strdup((const char *)content) : NULL;

	if (content)
		xmlFree(content);
	return text;
}

int xml_refuse(const struct xml_node *node, struct error *error, const char *what)
{
	return error_set(error, EINVAL, "domain XML, line %ld: %s", xmlGetLineNo(of(node)), what);
}
