/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of config: what the files for VMs and boot.ini share. A file's kind is a table of keys;
 * the walk through sections is config.c's.
 */
#ifndef GH_HANDOFF_CONFIG_PARSER_H
#define GH_HANDOFF_CONFIG_PARSER_H

#include "base/ini.h"
#include "handoff/config.h"

enum config_section {
	SECTION_NONE,
	SECTION_DEVICE,
	SECTION_HOST,
};

struct config_parser;

/*
 * Takes the value of a key. Returns 0, or a negative errno with `error` filled.
 */
typedef int config_setter(struct config_parser *parser, const struct ini_event *event,
			  struct error *error);

/* What a section may hold. */
struct config_key {
	const char *name;
	enum config_section section;
	const char *accepted; /* for messages */
	config_setter *set;
};

/* A kind of file. */
struct config_kind {
	const struct config_key *keys; /* ends with one without a name */
	unsigned int count_default;    /* of a device with an id and no count */
};

struct config_parser {
	const struct config_kind *kind;
	struct config *config;
	enum config_section section;
	const struct config_key *key; /* whose value is read */
	unsigned int count_line;      /* of this device's count, 0 without one */
};

/*
 * As config_parse(), for a file of that kind; one without a [device] is fine.
 */
int config_parse_kind(const struct config_kind *kind, const char *path, const char *text,
		      size_t length, struct config *ret_config, struct error *error);

/* The device whose section this is. */
struct config_device *config_current_device(const struct config_parser *parser);

/* Keys of a [device] in both kinds, and what they accept. */
#define CONFIG_ACCEPTED_ADDRESS                                                                   \
	"addresses as lspci prints them are accepted, as in \"address = 0000:02:00\" (the whole " \
	"device) or \"address = 02:00.0\", several with blanks between"
#define CONFIG_ACCEPTED_ID                                                                      \
	"vendor:device or vendor:device/subvendor:subdevice, four hexadecimal digits each, is " \
	"accepted, as in \"id = 10de:11fa\""
#define CONFIG_ACCEPTED_COUNT "1 to 64 or any is accepted, as in \"count = 2\""
config_setter config_set_address, config_set_id, config_set_count;

/* Each fills `error`. These return -EINVAL, config_no_memory() -ENOMEM. */
int config_no_memory(const struct ini_event *event, struct error *error);

/* The value, or the word of it, is not what the key takes. */
int config_malformed(const struct config_parser *parser, const struct ini_event *event,
		     const char *text, struct error *error);

/* The same where the value is one of a few words, with the one that was probably meant. */
int config_malformed_word(const struct config_parser *parser, const struct ini_event *event,
			  const char *const *words, struct error *error);

/* A value that is one of two words. Returns 0 or -EINVAL. */
int config_take_boolean(const struct config_parser *parser, const struct ini_event *event,
			const char *yes, const char *no, bool *ret_value, struct error *error);

#endif
