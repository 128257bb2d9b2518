/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_fields: the one table of an event's fields. JSON, filters, table columns, the packed
 * form, CSV and the published schema are all made from it, so that they cannot differ.
 */
#ifndef WHODID_EVENT_FIELDS_H
#define WHODID_EVENT_FIELDS_H

#include "event.h"

enum field_kind {
	FIELD_TEXT,	/* struct str, absent when p is NULL */
	FIELD_LIST,	/* struct str holding a comma list; JSON array of strings */
	FIELD_ARGV,	/* struct str, NUL-separated; JSON array of strings */
	FIELD_U32,	/* 0 is a value */
	FIELD_U64,	/* 0 is a value */
	FIELD_BIG,	/* uint64_t that may pass 2^53: JSON string; absent when 0 */
	FIELD_ID32,	/* uint32_t, absent when 0xffffffff */
	FIELD_BOOL,	/* present only when true */
	FIELD_TIME,	/* int64_t Unix ns; absent when 0 */
	FIELD_ENUM,	/* by a name function; absent when 0 */
	FIELD_PORT,	/* uint16_t, absent when 0 */
	FIELD_IP,	/* 16 bytes beside net.family */
	FIELD_FLAGS,	/* uint32_t bits by a name function; JSON array */
	FIELD_SPECIAL,	/* printed and packed by a function of its own */
};

struct field {
	const char *name;  /* dotted: "process.exe" */
	const char *alias; /* word for filters beside the last part: "exe", "dst"; NULL = none */
	const char *help;  /* one sentence, for man and schema */
	uint16_t id;	   /* number in the packed form: never reused, 1 to 255 */
	uint16_t offset;   /* in struct event */
	uint8_t kind;	   /* enum field_kind */
	uint64_t types;	   /* bit (1 << event type) for each type that has it; ~0 = all */
	const char *(*name_of)(unsigned value); /* FIELD_ENUM, FIELD_FLAGS */
	int (*value_of)(struct str name);	/* FIELD_ENUM: -1 = unknown word */
};

/* The table, in the order in which JSON prints it; ends with a NULL name. */
extern const struct field event_fields[];

/* By full name, alias, or unambiguous last part ("exe", "path"); NULL = none. */
const struct field *field_find(struct str name);
/* Whether the event has the field. */
bool field_present(const struct field *field, const struct event *ev);
/* Writes the field as text for people and CSV (not escaped for terminals) to buf; length, or 0 when
 * absent. A result >= size was cut. Lists are joined by ',', argv by ' '. */
size_t field_text(const struct field *field, const struct event *ev, char *buf, size_t size);

#endif
