/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_filter_term: a parsed filter, between its readers (event_filter.c the words, event_filter_value.c
 * the values) and event_match.c.
 */
#ifndef WHODID_EVENT_FILTER_TERM_H
#define WHODID_EVENT_FILTER_TERM_H

#include "event_fields.h"

enum term_op { OP_EQUAL, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL, OP_PRESENT };

enum term_match {
	MATCH_TEXT,    /* patterns against text, elements of lists, arguments */
	MATCH_WORDS,   /* set of words: of an enumeration, or bits of flags */
	MATCH_NUMBER,  /* numbers, times, boundary ids: equal or compared */
	MATCH_USER,    /* user id or name */
	MATCH_ADDRESS, /* address, network, port of one end */
	MATCH_PROCESS, /* process.uid: pid and start */
};

struct term_value {
	struct str text;
	bool glob;
	bool is_number;
	uint64_t number;
	uint64_t start_us;   /* MATCH_PROCESS */
	uint8_t address[16]; /* v4 in the first four */
	uint8_t address_len; /* 4, 16; 0 = any address */
	uint8_t prefix_bits;
	uint16_t port; /* 0 = any */
};

#define TERM_ALSO 4

struct term {
	const struct field *field;
	const struct field *also[TERM_ALSO]; /* "exe|filename": any may match; all are texts */
	uint8_t also_count;
	uint8_t op;    /* enum term_op */
	uint8_t match; /* enum term_match */
	bool negate;
	bool base_name;	       /* a pattern without '/' is for the last part of the path */
	bool source;	       /* MATCH_ADDRESS: of the source */
	uint64_t words[4];     /* MATCH_WORDS: the values, as a set of up to 256 */
	uint32_t first, count; /* values */
};

struct filter {
	struct term *terms;
	struct term_value *values;
	char *text; /* what values' texts point into */
	uint32_t term_count, value_count;
	uint64_t types;
};

/* A problem of that word of the filter. -EINVAL. */
int filter_bad(struct problem *err, struct str word, const char *what);
/* The remedy: what words the field has. */
void filter_say_words(const struct field *f, struct problem *err);
/* Adds the words that the value names to term.words; whether there were any. */
bool filter_add_words(struct term *t, struct str value);
/* Reads one value of a term of another kind. word: all of it, for messages. 0, or -EINVAL with err set. */
int filter_read_value(const struct term *t, struct str word, struct str s, struct term_value *out,
		      struct problem *err);

#endif
