/* SPDX-License-Identifier: Apache-2.0 */
/* columns, the way back. The bytes may come from elsewhere: each number is checked before it is used. */
#include <errno.h>

#include "store/columns_form.h"

/* Of the length before an event. One of fewer than 128 bytes is longer by this guess: the slack. */
#define USUAL_WIDTH 2
_Static_assert(COLUMNS_SLACK >= USUAL_WIDTH - 1, "a short event at the end has room to be moved");

struct output {
	uint8_t *raw;
	uint32_t at, len;
};

static bool read_shapes(struct columns *c, const uint8_t **at, const uint8_t *end)
{
	uint64_t shapes, count, tag;

	if (!columns_get(at, end, &shapes) || shapes > SHAPES_MAX)
		return false;
	while (c->shape_count < shapes) {
		if (!columns_get(at, end, &count) || count > FIELDS_MAX)
			return false;
		c->shapes[c->shape_count++] =
			(struct shape){(uint16_t)count, (uint16_t)c->tag_count};
		while (count--)
			if (!columns_get(at, end, &tag) || !columns_add_tag(c, tag))
				return false;
	}
	return true;
}

/* Where the list of the events' shapes ends is found by stepping over it. */
static bool skip_events(const uint8_t **at, const uint8_t *end, uint64_t count)
{
	uint64_t shape;

	while (count--)
		if (!columns_get(at, end, &shape))
			return false;
	return true;
}

static bool read_lengths(const struct columns *c, const uint8_t **at, const uint8_t *end,
			 uint64_t lengths[2][COLUMNS_MAX])
{
	for (unsigned i = 0; i < c->count; i++)
		if (!columns_get(at, end, &lengths[0][i]) || !columns_get(at, end, &lengths[1][i]))
			return false;
	return true;
}

static bool find_streams(struct columns *c, const uint8_t *at, const uint8_t *end)
{
	uint64_t lengths[2][COLUMNS_MAX];

	if (!read_lengths(c, &at, end, lengths))
		return false;
	for (unsigned text = 0; text < 2; text++)
		for (unsigned i = 0; i < c->count; i++) {
			struct stream *s = text ? &c->texts[i] : &c->numbers[i];
			uint8_t *from = (uint8_t *)(uintptr_t)at; /* only read */

			if (lengths[text][i] > (uint64_t)(end - at))
				return false;
			*s = (struct stream){from, from + lengths[text][i]};
			at += lengths[text][i];
		}
	return at == end;
}

static inline bool get(struct stream *s, uint64_t *out)
{
	const uint8_t *at = s->at;
	bool good = columns_get(&at, s->end, out);

	s->at = (uint8_t *)(uintptr_t)at;
	return good;
}

static inline bool put(struct output *o, uint64_t v)
{
	if (v < 0x80 && o->at < o->len) {
		o->raw[o->at++] = (uint8_t)v;
		return true;
	}
	if (v >= 0x80 && v < 0x4000 && o->len - o->at >= 2) { /* most tags */
		o->raw[o->at++] = (uint8_t)(v | 0x80);
		o->raw[o->at++] = (uint8_t)(v >> 7);
		return true;
	}
	if (o->len - o->at < VARINT_MAX) {
		uint8_t bytes[VARINT_MAX];
		size_t n = (size_t)(columns_put(bytes, v) - bytes);

		if (n > o->len - o->at)
			return false;
		memcpy(o->raw + o->at, bytes, n);
		o->at += (uint32_t)n;
		return true;
	}
	o->at = (uint32_t)(columns_put(o->raw + o->at, v) - o->raw);
	return true;
}

static inline bool join_text(struct columns *c, unsigned column, struct output *o,
			     const union value *base, union value *v)
{
	struct stream *texts = &c->texts[column];
	uint64_t rest, same;

	if (!get(&c->numbers[column], &rest))
		return false;
	if (rest == 0)
		same = base->text.len;
	else if (!get(&c->numbers[column], &same))
		return false;
	else
		rest--;
	if (same > base->text.len || rest > (uint64_t)(texts->end - texts->at) ||
	    !put(o, same + rest) || same + rest > o->len - o->at)
		return false;
	v->text.at = o->at;
	v->text.len = (uint32_t)(same + rest);
	memcpy(o->raw + o->at, o->raw + base->text.at, same);
	if (rest)
		memcpy(o->raw + o->at + same, texts->at, rest);
	texts->at += rest;
	o->at += v->text.len;
	return true;
}

static inline bool join_number(struct columns *c, unsigned column, const union value *base,
			       union value *v)
{
	uint64_t d;

	if (!get(&c->numbers[column], &d))
		return false;
	v->number = base->number + (d >> 1 ^ (d & 1 ? UINT64_MAX : 0));
	return true;
}

/* The pid, on which it depends what all else is compared with, from a copy of its column. */
static bool peek_pid(struct columns *c, const struct shape *s, uint64_t *pid)
{
	*pid = 0;
	for (unsigned i = 0; i < s->count; i++)
		if (c->tags[s->tags + i] == TAG_PID) {
			unsigned column = c->column_of[TAG_PID];
			struct stream before = c->numbers[column];
			union value v;

			if (!join_number(c, column, &c->last[column], &v))
				return false;
			c->numbers[column] = before;
			*pid = v.number;
			return true;
		}
	return true;
}

static bool join_fields(struct columns *c, const struct shape *s, struct context *x,
			struct output *o)
{
	for (unsigned i = 0; i < s->count; i++) {
		unsigned tag = c->tags[s->tags + i], column = c->column_of[tag];
		const union value *base = is_of_all(tag) ? &c->last[column] : &x->v[column];
		union value v;

		if (!put(o, tag))
			return false;
		if (is_text(tag) ? !join_text(c, column, o, base, &v)
				 : !join_number(c, column, base, &v) || !put(o, v.number))
			return false;
		x->v[column] = c->last[column] = v;
	}
	return true;
}

/* Its length is known behind it, and stands before it: texts are by then where they will be. */
static void move_texts(struct columns *c, const struct shape *s, struct context *x, int by)
{
	for (unsigned i = 0; i < s->count; i++) {
		unsigned tag = c->tags[s->tags + i], column = c->column_of[tag];

		if (is_text(tag))
			x->v[column].text.at = c->last[column].text.at =
				(uint32_t)((int)c->last[column].text.at + by);
	}
}

static bool join_event(struct columns *c, const struct shape *s, struct output *o)
{
	uint32_t begin = o->at, n;
	uint8_t head[VARINT_MAX];
	struct context *x;
	uint64_t pid;
	int width;

	if (o->len - o->at < USUAL_WIDTH || !peek_pid(c, s, &pid))
		return false;
	x = columns_context(c, pid);
	o->at += USUAL_WIDTH;
	if (!join_fields(c, s, x, o))
		return false;
	n = o->at - begin - USUAL_WIDTH;
	width = (int)(columns_put(head, n) - head);
	if (width != USUAL_WIDTH) {
		if ((uint32_t)width + n > o->len - begin)
			return false;
		memmove(o->raw + begin + width, o->raw + begin + USUAL_WIDTH, n);
		move_texts(c, s, x, width - USUAL_WIDTH);
		o->at = begin + (uint32_t)width + n;
	}
	memcpy(o->raw + begin, head, (size_t)width);
	return true;
}

int columns_join(struct columns *c, struct str in, uint8_t *raw, uint32_t raw_len)
{
	const uint8_t *at = (const uint8_t *)in.p, *end = at + in.n, *shapes;
	struct output o = {raw, 0, raw_len + COLUMNS_SLACK};
	uint64_t events, shape;

	columns_reset(c);
	if (!read_shapes(c, &at, end) || !columns_get(&at, end, &events))
		return -EBADMSG;
	shapes = at;
	if (!skip_events(&at, end, events) || !find_streams(c, at, end))
		return -EBADMSG;
	for (; events; events--)
		if (!columns_get(&shapes, at, &shape) || shape >= c->shape_count ||
		    !join_event(c, &c->shapes[shape], &o))
			return -EBADMSG;
	return o.at == raw_len ? 0 : -EBADMSG;
}
