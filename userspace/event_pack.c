/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the field table and writes. Which rows a type has is worked out once, so that an event costs
 * only its own.
 */
#include "event_pack.h"

#include <errno.h>
#include <sys/socket.h>

#include "bpf/event.h"
#include "event_redact.h"
#include "event_wire.h"

#define PREFIX_MAX 3 /* bytes of a length below 2 MiB */

static const struct field *rows_of_type[EVENT_TYPE_MAX][EVENT_ROWS_MAX];
const struct field *event_row_by_id[IDS];

__attribute__((constructor)) static void index_rows(void)
{
	uint8_t count[EVENT_TYPE_MAX] = {0};

	for (const struct field *f = event_fields; f->name; f++) {
		if (f->use & FIELD_NO_PACK)
			continue;
		event_row_by_id[f->id] = f;
		if (f->id == ID_ANCESTORS)
			continue;
		for (unsigned type = 0; type < EVENT_TYPE_MAX; type++)
			if (f->types >> type & 1 && count[type] < EVENT_ROWS_MAX - 1)
				rows_of_type[type][count[type]++] = f;
	}
}

/* The first thing that does not fit sticks. */
struct writer {
	uint8_t *at, *end;
	bool full;
};

static void put_varint(struct writer *w, uint64_t v)
{
	if (w->end - w->at < VARINT_MAX) {
		w->full = true;
		return;
	}
	while (v >= 0x80) {
		*w->at++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*w->at++ = (uint8_t)v;
}

static void put_raw(struct writer *w, const void *p, size_t n)
{
	if (w->full || n > (size_t)(w->end - w->at)) {
		w->full = true;
		return;
	}
	if (n)
		memcpy(w->at, p, n);
	w->at += n;
}

static uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static void put_number(struct writer *w, const struct field *f, uint64_t v)
{
	put_varint(w, (uint64_t)f->id << 2 | WIRE_VARINT);
	put_varint(w, v);
}

static void put_bytes(struct writer *w, const struct field *f, const void *p, size_t n)
{
	put_varint(w, (uint64_t)f->id << 2 | WIRE_BYTES);
	put_varint(w, n);
	put_raw(w, p, n);
}

static uint64_t raw_number(const struct field *f, const struct event *ev)
{
	const char *p = (const char *)ev + f->offset;
	uint64_t v = 0;

	/* little-endian, as all machines that the sensor runs on */
	memcpy(&v, p, f->width <= 8 ? f->width : 8);
	return v;
}

static struct str raw_text(const struct field *f, const struct event *ev)
{
	struct str s;

	memcpy(&s, (const char *)ev + f->offset, sizeof(s));
	return s;
}

static void pack_ip(struct writer *w, const struct field *f, const struct event *ev)
{
	put_bytes(w, f, (const char *)ev + f->offset, ev->what.net.family == AF_INET6 ? 16 : 4);
}

static void pack_by_type(struct writer *w, const struct field *f, const uint64_t *by_type)
{
	uint8_t body[EVENT_TYPE_MAX * (1 + VARINT_MAX)];
	struct writer list = {body, body + sizeof(body), false};

	for (unsigned type = 0; by_type && type < EVENT_TYPE_MAX; type++)
		if (by_type[type]) {
			put_varint(&list, type);
			put_varint(&list, by_type[type]);
		}
	if (by_type)
		put_bytes(w, f, body, (size_t)(list.at - body));
}

static void pack_special(struct writer *w, const struct field *f, const struct event *ev)
{
	if (f->offset == offsetof(struct event, what.boot_ns))
		put_number(w, f, zigzag((int64_t)((uint64_t)ev->what.wall_ns - ev->what.boot_ns)));
	else if (f->offset == offsetof(struct event, what.loss.by_type))
		pack_by_type(w, f, ev->what.loss.by_type);
	else if (raw_number(f, ev))
		put_number(w, f, raw_number(f, ev));
}

static void pack_row(struct writer *w, const struct field *f, const struct event *ev)
{
	bool always = f->packed != NULL;
	struct str s;
	uint64_t v;

	if (f->packed && !f->packed(ev))
		return;
	switch ((enum field_kind)f->kind) {
	case FIELD_TEXT:
	case FIELD_LIST:
	case FIELD_ARGV:
		s = raw_text(f, ev);
		if (s.p)
			put_bytes(w, f, s.p, s.n);
		break;
	case FIELD_IP:
		pack_ip(w, f, ev);
		break;
	case FIELD_SPECIAL:
		pack_special(w, f, ev);
		break;
	case FIELD_TIME:
		v = raw_number(f, ev);
		if (v)
			put_number(w, f, zigzag((int64_t)v));
		break;
	case FIELD_ID32:
		v = raw_number(f, ev);
		if (v != UINT32_MAX)
			put_number(w, f, v);
		break;
	default:
		v = raw_number(f, ev);
		if (v || always)
			put_number(w, f, v);
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

static void pack_body(struct writer *w, const struct event *ev)
{
	const struct field *const *row = rows_of_type[ev->what.type];
	char buf[EVENT_ARGV_MAX];
	struct redaction redaction = {0};

	if (ev->what.type == EVENT_EXEC)
		redact_argv(&redaction, ev->what.exec.argv, buf, sizeof(buf));
	for (; *row; row++) {
		if ((*row)->id == ID_ARGV) {
			if (redaction.argv.p)
				put_bytes(w, *row, redaction.argv.p, redaction.argv.n);
		} else if ((*row)->id == ID_TRUNCATED && redaction.cut) {
			put_number(w, *row, ev->what.truncated | CUT_ARGV);
		} else {
			pack_row(w, *row, ev);
		}
	}
	if (rows_of_type[ev->what.type][0] &&
	    event_row_by_id[ID_ANCESTORS]->types >> ev->what.type & 1)
		pack_ancestors(w, ev);
}

int event_pack(const struct event *ev, uint8_t *buf, size_t size)
{
	struct writer body, prefix;
	uint8_t head[VARINT_MAX];
	size_t n, width;

	if (size < PREFIX_MAX + VARINT_MAX || ev->what.type >= EVENT_TYPE_MAX)
		return -ENOSPC;
	if (size > EVENT_PACKED_MAX)
		size = EVENT_PACKED_MAX;
	body = (struct writer){buf + PREFIX_MAX, buf + size, false};
	pack_body(&body, ev);
	if (body.full)
		return -ENOSPC;
	n = (size_t)(body.at - (buf + PREFIX_MAX));
	width = n < 0x80 ? 1 : n < 0x4000 ? 2 : 3;
	memmove(buf + width, buf + PREFIX_MAX, n);
	prefix = (struct writer){head, head + sizeof(head), false};
	put_varint(&prefix, n);
	memcpy(buf, head, width);
	return (int)(n + width);
}
