/* SPDX-License-Identifier: Apache-2.0 */
/* columns_form: what splitting and joining share, above all what a field is compared with. Private. */
#ifndef WHODID_STORE_COLUMNS_FORM_H
#define WHODID_STORE_COLUMNS_FORM_H

#include "event_wire.h"
#include "store/columns.h"

#define COLUMNS_MAX 255 /* different tags of a batch, */
#define SHAPES_MAX  1024
#define FIELDS_MAX  192	 /* of an event, */
#define TAGS_MAX    2048 /* and one more than the largest tag */
#define CONTEXTS    64
#define NO_COLUMN   255

#define TAG_SEQ	 (1u << 2 | WIRE_VARINT)
#define TAG_TIME (2u << 2 | WIRE_VARINT)
#define TAG_PID	 (9u << 2 | WIRE_VARINT)

/* A field as it was last: a number, or a text by its place in the events. */
union value {
	uint64_t number;
	struct {
		uint32_t at, len;
	} text;
};

struct context {
	bool used;
	uint64_t pid;
	union value v[COLUMNS_MAX];
};

struct shape {
	uint16_t count;
	uint16_t tags; /* where they begin in columns.tags */
};

struct stream {
	uint8_t *at, *end; /* splitting: begin and end of what is written; joining: what is left */
};

struct columns {
	unsigned count; /* of columns */
	uint16_t tag_of[COLUMNS_MAX];
	uint8_t column_of[TAGS_MAX]; /* by tag */
	unsigned shape_count, tag_count;
	struct shape shapes[SHAPES_MAX];
	uint16_t tags[UINT16_MAX];
	uint16_t met_in[TAGS_MAX]; /* the last shape that names a tag, from 1 */
	struct stream numbers[COLUMNS_MAX], texts[COLUMNS_MAX];
	union value last[COLUMNS_MAX]; /* of the last event that had it */
	struct context contexts[CONTEXTS];

	/* splitting */
	uint32_t raw_max;
	uint32_t fields_of[COLUMNS_MAX], text_bytes_of[COLUMNS_MAX];
	uint16_t shape_by_hash[2 * SHAPES_MAX]; /* number of the shape + 1 */
	uint8_t *work, *out;
};

static inline bool is_text(unsigned tag)
{
	return (tag & 3) == WIRE_BYTES;
}

/* Fields of which the process says nothing. */
static inline bool is_of_all(unsigned tag)
{
	return tag == TAG_SEQ || tag == TAG_TIME || tag == TAG_PID;
}

static inline void columns_reset(struct columns *c)
{
	c->count = c->shape_count = c->tag_count = 0;
	memset(c->column_of, NO_COLUMN, sizeof(c->column_of));
	memset(c->met_in, 0, sizeof(c->met_in));
	memset(c->last, 0, sizeof(c->last));
	for (unsigned i = 0; i < CONTEXTS; i++)
		c->contexts[i].used = false;
}

/*
 * One more tag of the last shape, with a new column where it is met first. False when there are too many,
 * or it is named twice.
 */
static inline bool columns_add_tag(struct columns *c, uint64_t tag)
{
	if (tag >= TAGS_MAX || (tag & 3) > WIRE_BYTES || c->tag_count == UINT16_MAX ||
	    c->met_in[tag] == c->shape_count)
		return false;
	c->met_in[tag] = (uint16_t)c->shape_count;
	c->tags[c->tag_count++] = (uint16_t)tag;
	if (c->column_of[tag] != NO_COLUMN)
		return true;
	if (c->count == COLUMNS_MAX)
		return false;
	c->column_of[tag] = (uint8_t)c->count;
	c->tag_of[c->count++] = (uint16_t)tag;
	return true;
}

/* What is known of the process of that pid; of one that is met first what is known of the last event. */
static inline struct context *columns_context(struct columns *c, uint64_t pid)
{
	struct context *x = &c->contexts[pid % CONTEXTS];

	if (!x->used || x->pid != pid) {
		x->used = true;
		x->pid = pid;
		memcpy(x->v, c->last, c->count * sizeof(*x->v));
	}
	return x;
}

/* False at the end, and for what no writer makes: a number that could be shorter. */
static inline bool columns_get(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
	uint64_t v = 0;

	if (*at < end && **at < 0x80) { /* most of them */
		*out = *(*at)++;
		return true;
	}
	for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
		uint8_t b = *(*at)++;

		if ((shift == 63 && b > 1) || (shift && b == 0))
			return false;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

static inline uint8_t *columns_put(uint8_t *at, uint64_t v)
{
	while (v >= 0x80) {
		*at++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*at++ = (uint8_t)v;
	return at;
}

#endif
