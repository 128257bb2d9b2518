// SPDX-License-Identifier: Apache-2.0
/* heart.c: see heart.h. */
#include "heart.h"

#include <string.h>

static bool is_same(const struct pulse *a, const struct pulse *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->what, b->what);
}

void heart_act(struct heart *h, const struct pulse *before, size_t count, uint64_t now_ns)
{
	if (count > PULSES_MAX)
		count = PULSES_MAX;
	for (size_t i = 0; i < count; i++) {
		if (i >= h->count || !is_same(&h->classes[i].before, &before[i]))
			h->classes[i] = (struct heart_class){.now = before[i]};
		h->classes[i].before = before[i];
	}
	h->count = count;
	h->acted_ns = now_ns;
	h->waiting = true;
}

/* What is not tried, or could not be, is only known to be attached. */
static bool sees(const struct heart_class *c)
{
	return c->now.attached && (!c->now.acts || c->now.refused || c->now.seen > c->before.seen);
}

/* Whether it has gone blind, or sees again, by what is known now. */
static bool judge(struct heart_class *c, uint64_t acted_ns)
{
	bool was_blind = c->blind_ns;

	/* it saw nothing: an act that could not be done does not say that it sees again */
	if (was_blind && c->missed && c->now.attached && c->now.refused)
		return false;
	if (sees(c)) {
		c->missed = 0;
		c->blind_ns = 0;
		return was_blind;
	}
	c->missed = c->now.attached ? c->missed + 1 : 0;
	if (was_blind || (c->now.attached && c->missed < HEART_MISSES))
		return false;
	c->blind_ns = acted_ns;
	return true;
}

size_t heart_look(struct heart *h, const struct pulse *after, size_t count,
		  const struct heart_class *changed[static PULSES_MAX])
{
	size_t n = 0;

	if (!h->waiting)
		return 0;
	for (size_t i = 0; i < h->count && i < count; i++) {
		struct heart_class *c = &h->classes[i];

		if (!is_same(&c->before, &after[i]))
			continue;
		c->now = after[i];
		if (judge(c, h->acted_ns))
			changed[n++] = c;
	}
	h->waiting = false;
	h->checked_ns = h->acted_ns;
	return n;
}

size_t heart_blind(const struct heart *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->count; i++)
		n += h->classes[i].blind_ns != 0;
	return n;
}

bool heart_doubts(const struct heart *h)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->classes[i].missed && !h->classes[i].blind_ns)
			return true;
	return false;
}
