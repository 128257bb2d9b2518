/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packed form written: it is made of every event, so what each row of the field table means for
 * each type is worked out once.
 */
#include "event_pack.h"

#include <errno.h>
#include <sys/socket.h>

#include "bpf/event.h"
#include "event_redact.h"
#include "event_wire.h"

#define PREFIX_MAX  3 /* bytes of a length below 2 MiB */
#define PREFIX_MOST 2 /* and of nearly all of them */
#define TAG_MAX	    2 /* of ids below 4096 */

enum op {
	PUT_U8,
	PUT_U16,
	PUT_U32,
	PUT_U64,
	PUT_ID32,
	PUT_TIME,
	PUT_TEXT,
	PUT_IP,
	PUT_CLOCK,
	PUT_BY_TYPE,
	PUT_ARGV,
	PUT_TRUNCATED
};

/* A row of the field table, as one type of event needs it. */
struct step {
	bool (*packed)(const struct event *ev); /* NULL = left out where its bytes say so */
	uint64_t mask,
		absent; /* the 8 bytes at the place, as far as they count, of what is not there */
	uint16_t offset;
	uint8_t op;
	uint8_t tag_bytes;
	uint8_t tag[TAG_MAX];
};

/* The steps of a type end where tag_bytes is 0. */
static struct step steps_of_type[EVENT_TYPE_MAX][EVENT_ROWS_MAX];
static uint64_t types_with_ancestors;
const struct field *event_row_by_id[IDS];

static enum op op_of_width(unsigned width)
{
	return width == 1 ? PUT_U8 : width == 2 ? PUT_U16 : width == 4 ? PUT_U32 : PUT_U64;
}

static enum op op_of(const struct field *f)
{
	if (f->id == ID_ARGV)
		return PUT_ARGV;
	if (f->id == ID_TRUNCATED)
		return PUT_TRUNCATED;
	switch ((enum field_kind)f->kind) {
	case FIELD_TEXT:
	case FIELD_LIST:
	case FIELD_ARGV:
		return PUT_TEXT;
	case FIELD_IP:
		return PUT_IP;
	case FIELD_TIME:
		return PUT_TIME;
	case FIELD_ID32:
		return PUT_ID32;
	case FIELD_SPECIAL:
		if (f->id == ID_BOOT_NS)
			return PUT_CLOCK;
		if (f->offset == offsetof(struct event, what.loss.by_type))
			return PUT_BY_TYPE;
		return op_of_width(f->width);
	default:
		return op_of_width(f->width);
	}
}

static uint8_t *put_varint_at(uint8_t *at, uint64_t v)
{
	while (v >= 0x80) {
		*at++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*at++ = (uint8_t)v;
	return at;
}

/* Which of the 8 bytes at the field's place are its own. */
static uint64_t bytes_of(enum op op)
{
	switch (op) {
	case PUT_U8:
		return UINT8_MAX;
	case PUT_U16:
		return UINT16_MAX;
	case PUT_U32:
	case PUT_ID32:
		return UINT32_MAX;
	default:
		return UINT64_MAX; /* numbers, and the pointers that texts and lists begin with */
	}
}

static void make_step(struct step *step, const struct field *f)
{
	enum op op = op_of(f);
	bool is_bytes = op == PUT_TEXT || op == PUT_IP || op == PUT_BY_TYPE || op == PUT_ARGV;
	uint64_t tag = (uint64_t)f->id << 2 | (is_bytes ? WIRE_BYTES : WIRE_VARINT);

	*step = (struct step){.packed = f->packed, .offset = f->offset, .op = (uint8_t)op};
	step->tag_bytes = (uint8_t)(put_varint_at(step->tag, tag) - step->tag);
	if (f->packed || op == PUT_CLOCK || op == PUT_ARGV || op == PUT_TRUNCATED) {
		step->absent = 1; /* never: something else decides */
		return;
	}
	step->mask = bytes_of(op);
	step->absent = op == PUT_ID32 ? UINT32_MAX : 0;
}

__attribute__((constructor)) static void make_steps(void)
{
	uint8_t count[EVENT_TYPE_MAX] = {0};

	for (const struct field *f = event_fields; f->name; f++) {
		if (f->use & FIELD_NO_PACK)
			continue;
		event_row_by_id[f->id] = f;
		if (f->id == ID_ANCESTORS) {
			types_with_ancestors = f->types;
			continue;
		}
		for (unsigned type = 0; type < EVENT_TYPE_MAX; type++)
			if (f->types >> type & 1 && count[type] < EVENT_ROWS_MAX - 1)
				make_step(&steps_of_type[type][count[type]++], f);
	}
}

/* --- writing: the first thing that does not fit sticks */

struct writer {
	uint8_t *at, *end;
	bool full;
};

static bool has_room(struct writer *w, size_t n)
{
	if (!w->full && n <= (size_t)(w->end - w->at))
		return true;
	w->full = true;
	return false;
}

static void put_varint(struct writer *w, uint64_t v)
{
	if (has_room(w, VARINT_MAX))
		w->at = put_varint_at(w->at, v);
}

static void put_raw(struct writer *w, const void *p, size_t n)
{
	if (n && has_room(w, n)) {
		memcpy(w->at, p, n);
		w->at += n;
	}
}

static uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static uint8_t *put_tag(uint8_t *at, const struct step *step)
{
	memcpy(at, step->tag, TAG_MAX);
	return at + step->tag_bytes;
}

static void put_number(struct writer *w, const struct step *step, uint64_t v)
{
	if (has_room(w, TAG_MAX + VARINT_MAX))
		w->at = put_varint_at(put_tag(w->at, step), v);
}

static void put_bytes(struct writer *w, const struct step *step, const void *p, size_t n)
{
	if (!has_room(w, TAG_MAX + VARINT_MAX + n))
		return;
	w->at = put_varint_at(put_tag(w->at, step), n);
	if (n)
		memcpy(w->at, p, n);
	w->at += n;
}

static void put_by_type(struct writer *w, const struct step *step, const uint64_t *by_type)
{
	uint8_t body[EVENT_TYPE_MAX * (1 + VARINT_MAX)], *at = body;

	if (!by_type)
		return;
	for (unsigned type = 0; type < EVENT_TYPE_MAX; type++)
		if (by_type[type])
			at = put_varint_at(put_varint_at(at, type), by_type[type]);
	put_bytes(w, step, body, (size_t)(at - body));
}

static void put_text(struct writer *w, const struct step *step, const void *place)
{
	struct str s;

	memcpy(&s, place, sizeof(s));
	if (s.p)
		put_bytes(w, step, s.p, s.n);
}

/* The arguments without secrets; how much of them was cut. */
static void put_argv(struct writer *w, const struct step *step, const struct event *ev, bool *cut)
{
	char buf[EVENT_ARGV_MAX];
	struct redaction redaction = {0};

	redact_argv(&redaction, ev->what.exec.argv, buf, sizeof(buf));
	*cut = redaction.cut;
	if (redaction.argv.p)
		put_bytes(w, step, redaction.argv.p, redaction.argv.n);
}

/* The number at a place; little-endian, as all machines that the sensor runs on. */
static uint64_t load(const void *place, enum op op)
{
	uint64_t v8;
	uint32_t v4;
	uint16_t v2;

	switch (op) {
	case PUT_U8:
		return *(const uint8_t *)place;
	case PUT_U16:
		memcpy(&v2, place, 2);
		return v2;
	case PUT_U32:
	case PUT_ID32:
	case PUT_TRUNCATED:
		memcpy(&v4, place, 4);
		return v4;
	default:
		memcpy(&v8, place, 8);
		return v8;
	}
}

static void take_step(struct writer *w, const struct step *step, const struct event *ev, bool *cut)
{
	const void *place = (const char *)ev + step->offset;
	enum op op = (enum op)step->op;
	uint64_t v;

	switch (op) {
	case PUT_TEXT:
		put_text(w, step, place);
		return;
	case PUT_ARGV:
		put_argv(w, step, ev, cut);
		return;
	case PUT_IP:
		put_bytes(w, step, place, ev->what.net.family == AF_INET6 ? 16 : 4);
		return;
	case PUT_CLOCK:
		put_number(w, step,
			   zigzag((int64_t)((uint64_t)ev->what.wall_ns - ev->what.boot_ns)));
		return;
	case PUT_BY_TYPE:
		put_by_type(w, step, ev->what.loss.by_type);
		return;
	case PUT_TIME:
		put_number(w, step, zigzag((int64_t)load(place, op)));
		return;
	case PUT_TRUNCATED:
		v = load(place, op) | (*cut ? CUT_ARGV : 0);
		if (v)
			put_number(w, step, v);
		return;
	default:
		put_number(w, step, load(place, op));
	}
}

/* One ancestor: pid, start, length + 1 of the path (0 = not known), path. False when it does not fit. */
static bool put_ancestor(struct writer *list, const struct process_ref *p)
{
	uint8_t *before = list->at;

	put_varint(list, p->pid);
	put_varint(list, p->start_ns);
	put_varint(list, p->exe.p ? p->exe.n + 1ull : 0);
	if (p->exe.p)
		put_raw(list, p->exe.p, p->exe.n);
	if (!list->full)
		return true;
	list->at = before;
	return false;
}

static void pack_ancestors(struct writer *w, const struct event *ev)
{
	/* room for the id, and for a length of the same width whatever it will be */
	struct writer list = {w->at + 2 + PREFIX_MAX, w->end, false};
	size_t n;

	if (w->full || ev->who.ancestor_count == 0 || w->end - w->at < 64)
		return;
	for (uint32_t i = 0; i < ev->who.ancestor_count && i < ANCESTORS_MAX; i++)
		if (!put_ancestor(&list, &ev->who.ancestors[i]))
			break;
	n = (size_t)(list.at - (w->at + 2 + PREFIX_MAX));
	put_varint(w, ID_ANCESTORS << 2 | WIRE_BYTES);
	put_varint(w, n);
	memmove(w->at, list.at - n, n);
	w->at += n;
}

/* Most fields of most events are absent: that is found out without asking what the field is. */
static bool is_absent(const struct step *step, const struct event *ev)
{
	uint64_t bytes;

	_Static_assert(offsetof(struct event, score.last_wall_ns) + 8 == sizeof(struct event),
		       "8 bytes can be read at the place of any field");
	memcpy(&bytes, (const char *)ev + step->offset, sizeof(bytes));
	return (bytes & step->mask) == step->absent;
}

static void pack_body(struct writer *w, const struct event *ev)
{
	const struct step *step = steps_of_type[ev->what.type];
	bool cut = false;

	for (; step->tag_bytes; step++)
		if (!is_absent(step, ev) && (!step->packed || step->packed(ev)))
			take_step(w, step, ev, &cut);
	if (types_with_ancestors >> ev->what.type & 1)
		pack_ancestors(w, ev);
}

int event_pack(const struct event *ev, uint8_t *buf, size_t size)
{
	uint8_t head[VARINT_MAX];
	struct writer body;
	size_t n, width;

	if (size < PREFIX_MAX + VARINT_MAX || ev->what.type >= EVENT_TYPE_MAX)
		return -ENOSPC;
	if (size > EVENT_PACKED_MAX)
		size = EVENT_PACKED_MAX;
	body = (struct writer){buf + PREFIX_MOST, buf + size - (PREFIX_MAX - PREFIX_MOST), false};
	pack_body(&body, ev);
	if (body.full)
		return -ENOSPC;
	n = (size_t)(body.at - (buf + PREFIX_MOST));
	width = (size_t)(put_varint_at(head, n) - head);
	if (width != PREFIX_MOST)
		memmove(buf + width, buf + PREFIX_MOST, n);
	memcpy(buf, head, width);
	return (int)(n + width);
}
