/* SPDX-License-Identifier: Apache-2.0 */
/* columns, the way in: once over the events to learn shapes and sizes, once to write the columns. */
#include <errno.h>
#include <stdlib.h>

#include "store/columns_form.h"

/* An event taken apart. */
struct fields {
	unsigned count;
	uint64_t pid;
	uint16_t tag[FIELDS_MAX];
	union value v[FIELDS_MAX];
};

struct columns *columns_new(uint32_t raw_max)
{
	struct columns *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->raw_max = raw_max;
	if (raw_max) {
		c->work = malloc(COLUMNS_LIMIT(raw_max));
		c->out = malloc(COLUMNS_LIMIT(raw_max));
	}
	if (raw_max && (!c->work || !c->out)) {
		columns_free(c);
		return NULL;
	}
	return c;
}

void columns_free(struct columns *c)
{
	if (!c)
		return;
	free(c->work);
	free(c->out);
	free(c);
}

static bool take_field(struct fields *f, struct str raw, const uint8_t **at, const uint8_t *end)
{
	uint64_t tag, v;

	if (f->count == FIELDS_MAX || !columns_get(at, end, &tag) || tag >= TAGS_MAX ||
	    (tag & 3) > WIRE_BYTES || !columns_get(at, end, &v))
		return false;
	f->tag[f->count] = (uint16_t)tag;
	if (is_text((unsigned)tag)) {
		if (v > (uint64_t)(end - *at))
			return false;
		f->v[f->count].text.at = (uint32_t)(*at - (const uint8_t *)raw.p);
		f->v[f->count].text.len = (uint32_t)v;
		*at += v;
	} else {
		f->v[f->count].number = v;
		if (tag == TAG_PID)
			f->pid = v;
	}
	f->count++;
	return true;
}

/* The event at *at. False when it is not as it is written here. */
static bool take_event(struct fields *f, struct str raw, const uint8_t **at)
{
	const uint8_t *end = (const uint8_t *)raw.p + raw.n;
	uint64_t n;

	f->count = 0;
	f->pid = 0;
	if (!columns_get(at, end, &n) || n > (uint64_t)(end - *at))
		return false;
	end = *at + n;
	while (*at < end)
		if (!take_field(f, raw, at, end))
			return false;
	return true;
}

static uint32_t hash_tags(const struct fields *f)
{
	uint32_t h = f->count;

	for (unsigned i = 0; i < f->count; i++)
		h = (h ^ f->tag[i]) * 0x9e3779b1u;
	return h >> 16;
}

static bool add_shape(struct columns *c, const struct fields *f)
{
	if (c->shape_count == SHAPES_MAX)
		return false;
	c->shapes[c->shape_count++] =
		(struct shape){.count = (uint16_t)f->count, .tags = (uint16_t)c->tag_count};
	for (unsigned i = 0; i < f->count; i++)
		if (!columns_add_tag(c, f->tag[i]))
			return false;
	return true;
}

/* Its number, a new one where it is met first; SHAPES_MAX when there are too many. */
static unsigned shape_of(struct columns *c, const struct fields *f)
{
	const unsigned mask = 2 * SHAPES_MAX - 1;
	uint32_t at = hash_tags(f) & mask;

	for (; c->shape_by_hash[at]; at = (at + 1) & mask) {
		unsigned number = c->shape_by_hash[at] - 1u;
		const struct shape *s = &c->shapes[number];

		if (s->count == f->count &&
		    memcmp(c->tags + s->tags, f->tag, f->count * sizeof(*f->tag)) == 0)
			return number;
	}
	if (!add_shape(c, f))
		return SHAPES_MAX;
	c->shape_by_hash[at] = (uint16_t)c->shape_count;
	return c->shape_count - 1;
}

/* Shapes and columns of all events, how many fields each column will have, how much text at most. */
static int measure(struct columns *c, struct str raw, uint32_t *events)
{
	const uint8_t *at = (const uint8_t *)raw.p, *end = at + raw.n;
	struct fields f;

	memset(c->fields_of, 0, sizeof(c->fields_of));
	memset(c->text_bytes_of, 0, sizeof(c->text_bytes_of));
	memset(c->shape_by_hash, 0, sizeof(c->shape_by_hash));
	for (*events = 0; at < end; ++*events) {
		if (!take_event(&f, raw, &at) || shape_of(c, &f) == SHAPES_MAX)
			return -EINVAL;
		for (unsigned i = 0; i < f.count; i++) {
			unsigned column = c->column_of[f.tag[i]];

			c->fields_of[column]++;
			if (is_text(f.tag[i]))
				c->text_bytes_of[column] += f.v[i].text.len;
		}
	}
	return 0;
}

/* Room for each column, of which only what is used is ever touched: 10 bytes are two lengths or a number. */
static void lay_out(struct columns *c)
{
	uint8_t *at = c->work;

	for (unsigned i = 0; i < c->count; i++) {
		c->numbers[i] = (struct stream){at, at};
		at += c->fields_of[i] * 10ull;
		c->texts[i] = (struct stream){at, at};
		at += c->text_bytes_of[i];
	}
}

static uint64_t zigzag(uint64_t v)
{
	return v << 1 ^ (v >> 63 ? UINT64_MAX : 0);
}

static uint32_t common(const char *a, const char *b, uint32_t n)
{
	uint32_t i = 0;

	while (n - i >= 16 && memcmp(a + i, b + i, 16) == 0)
		i += 16;
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

static void put_text(struct columns *c, unsigned column, const char *raw, const union value *v,
		     const union value *base)
{
	struct stream *numbers = &c->numbers[column], *texts = &c->texts[column];
	const char *p = raw + v->text.at;
	uint32_t n = v->text.len, most = n < base->text.len ? n : base->text.len, same;

	/* nothing is at 0, where the length of an event stands */
	same = base->text.at ? common(p, raw + base->text.at, most) : 0;
	if (base->text.at && same == n && n == base->text.len) {
		*numbers->end++ = 0;
		return;
	}
	numbers->end = columns_put(numbers->end, n - same + 1ull);
	numbers->end = columns_put(numbers->end, same);
	memcpy(texts->end, p + same, n - same);
	texts->end += n - same;
}

static void put_event(struct columns *c, const char *raw, const struct fields *f)
{
	struct context *x = columns_context(c, f->pid);

	for (unsigned i = 0; i < f->count; i++) {
		unsigned tag = f->tag[i], column = c->column_of[tag];
		const union value *base = is_of_all(tag) ? &c->last[column] : &x->v[column];

		if (is_text(tag))
			put_text(c, column, raw, &f->v[i], base);
		else
			c->numbers[column].end = columns_put(c->numbers[column].end,
							     zigzag(f->v[i].number - base->number));
		x->v[column] = c->last[column] = f->v[i];
	}
}

static uint8_t *put_shapes(const struct columns *c, uint8_t *at)
{
	at = columns_put(at, c->shape_count);
	for (unsigned i = 0; i < c->shape_count; i++) {
		const struct shape *s = &c->shapes[i];

		at = columns_put(at, s->count);
		for (unsigned j = 0; j < s->count; j++)
			at = columns_put(at, c->tags[s->tags + j]);
	}
	return at;
}

static uint8_t *put_streams(const struct columns *c, uint8_t *at)
{
	for (unsigned i = 0; i < c->count; i++) {
		at = columns_put(at, (uint64_t)(c->numbers[i].end - c->numbers[i].at));
		at = columns_put(at, (uint64_t)(c->texts[i].end - c->texts[i].at));
	}
	for (unsigned text = 0; text < 2; text++)
		for (unsigned i = 0; i < c->count; i++) {
			const struct stream *s = text ? &c->texts[i] : &c->numbers[i];

			memcpy(at, s->at, (size_t)(s->end - s->at));
			at += s->end - s->at;
		}
	return at;
}

int columns_split(struct columns *c, struct str raw, struct str *out)
{
	const uint8_t *from = (const uint8_t *)raw.p, *end = from + raw.n;
	struct fields f;
	uint32_t events;
	uint8_t *at;

	columns_reset(c);
	if (raw.n > c->raw_max || measure(c, raw, &events))
		return -EINVAL;
	/* the room is for what the fields come to; the shapes of odd events may need more */
	if (c->tag_count * 2ull + c->shape_count * 2ull + events * 2ull > 65536 + raw.n)
		return -EINVAL;
	lay_out(c);
	at = columns_put(put_shapes(c, c->out), events);
	while (from < end) {
		take_event(&f, raw, &from);
		at = columns_put(at, shape_of(c, &f));
		put_event(c, raw.p, &f);
	}
	at = put_streams(c, at);
	*out = (struct str){(const char *)c->out, (uint32_t)(at - c->out)};
	return 0;
}
