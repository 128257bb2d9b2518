/* SPDX-License-Identifier: Apache-2.0 */
/* streams: see the header. */
#include "names/streams.h"

static struct stream *find(struct streams *s, const struct event_what *what)
{
	for (unsigned i = 0; i < STREAMS_MAX; i++) {
		struct stream *t = &s->list[i];

		if (t->socket == what->packet.socket && t->type == what->type &&
		    t->inbound == what->packet.inbound)
			return t;
	}
	return NULL;
}

/* A free place, or that of the stream that was used longest ago. */
static struct stream *begin(struct streams *s, const struct event_what *what)
{
	struct stream *t = &s->list[0];

	for (unsigned i = 0; i < STREAMS_MAX && t->socket; i++)
		if (!s->list[i].socket || s->list[i].used < t->used)
			t = &s->list[i];
	s->broken += t->socket && t->len;
	t->socket = what->packet.socket;
	t->type = what->type;
	t->inbound = what->packet.inbound;
	t->taken = t->len = 0;
	return t;
}

static struct stream *give_up(struct streams *s, struct stream *t)
{
	s->broken++;
	if (t)
		stream_end(t);
	return NULL;
}

struct stream *streams_add(struct streams *s, const struct event_what *what)
{
	struct str bytes = what->packet.bytes;
	struct stream *t;
	uint32_t have;

	if (!what->packet.socket || !bytes.n)
		return NULL;
	t = find(s, what);
	if (!t && what->packet.offset == 0)
		t = begin(s, what);
	if (!t)
		return give_up(s, NULL);
	t->used = ++s->uses;
	have = t->taken + t->len;
	if (what->packet.offset > have)
		return give_up(s, t); /* something before it is missing */
	bytes = str_sub(bytes, have - what->packet.offset, bytes.n); /* what was sent again */
	if (!bytes.n)
		return t;
	if (bytes.n > sizeof(t->bytes) - t->len)
		return give_up(s, t);
	memcpy(t->bytes + t->len, bytes.p, bytes.n);
	t->len += bytes.n;
	return t;
}

void stream_consume(struct stream *s, uint32_t n)
{
	if (n > s->len)
		n = s->len;
	memmove(s->bytes, s->bytes + n, s->len - n);
	s->len -= n;
	s->taken += n;
}

void stream_end(struct stream *s)
{
	s->socket = 0;
	s->len = 0;
}
