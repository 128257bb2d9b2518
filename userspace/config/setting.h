/* SPDX-License-Identifier: Apache-2.0 */
/* setting: one row of the table of settings, and reading and writing its value. Private to config/. */
#ifndef WHODID_CONFIG_SETTING_H
#define WHODID_CONFIG_SETTING_H

#include "config/config.h"

enum setting_kind {
	SETTING_NUMBER, /* uint64_t within [min, max] */
	SETTING_BOOL,
	SETTING_PATH, /* absolute */
	SETTING_NAME, /* letters, digits, '-', '_', '.'; may be empty */
	SETTING_WORD, /* one of words */
	/* of absolute paths; with words, each behind one of them and '='; or of ADDRESSES */
	SETTING_LIST,
};

/* words of a list of IP addresses */
#define ADDRESSES "ADDRESS"

struct setting {
	const char *name; /* "sensor.ring_kib" */
	size_t offset;	  /* in struct config */
	enum setting_kind kind;
	bool live; /* a reload changes it */
	uint64_t min, max;
	const char *words;     /* "auto lsm fentry tracepoint" */
	const char *value;     /* the default, as text; lists are empty */
	const char *root_name; /* what it is called below --root; NULL = stays */
	const char *help;      /* one sentence */
};

/* Ends with a NULL name. */
extern const struct setting config_settings[];

const struct setting *setting_find(struct str name);
/* Whether settings begin with "name.". */
bool setting_is_group(struct str name);
/* The name that was probably meant, or NULL. */
const char *setting_nearest(struct str name);

/*
 * Sets the value from text; a list takes the text as one more item. 0, -ENOMEM, or -EINVAL with
 * what would be right in want (at least 160 bytes).
 */
int setting_parse(const struct setting *set, struct config *c, struct str text, char *want,
		  size_t want_size);
void setting_clear_list(const struct setting *set, struct config *c);
int setting_set_origin(const struct setting *set, struct config *c, const char *origin);
bool setting_same(const struct setting *set, const struct config *a, const struct config *b);

/* Reads YAML from text into c, which is left half changed on failure. name is for messages. */
int config_parse_yaml(struct config *c, struct str text, const char *name, struct problem *err);

#endif
