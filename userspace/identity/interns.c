/* SPDX-License-Identifier: Apache-2.0 */
/* interns: see the header. */
#include "identity/interns.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

int interns_init(struct interns *t, size_t count_max, size_t bytes_max)
{
	size_t buckets = 64;

	while (buckets < count_max)
		buckets *= 2;
	*t = (struct interns){.count_max = count_max, .bytes_max = bytes_max, .mask = buckets - 1};
	list_init(&t->idle);
	t->buckets = calloc(buckets, sizeof(struct interned *));
	return t->buckets ? 0 : -ENOMEM;
}

void interns_release(struct interns *t)
{
	for (size_t i = 0; t->buckets && i <= t->mask; i++) {
		while (t->buckets[i]) {
			struct interned *e = t->buckets[i];

			t->buckets[i] = e->hash_next;
			free(e);
		}
	}
	free(t->buckets);
	t->buckets = NULL;
}

static void forget_oldest(struct interns *t)
{
	struct interned *e = LINK_OWNER(t->idle.next, struct interned, idle);
	struct interned **at = &t->buckets[e->hash & t->mask];

	while (*at != e)
		at = &(*at)->hash_next;
	*at = e->hash_next;
	list_remove(&e->idle);
	t->count--;
	t->bytes -= sizeof(*e) + e->len;
	free(e);
}

struct interned *interns_share(struct interned *e)
{
	if (e)
		e->refs++;
	return e;
}

static struct interned *add(struct interns *t, struct str text, uint64_t hash)
{
	size_t need = sizeof(struct interned) + text.n;
	struct interned *e;

	while (t->count >= t->count_max || t->bytes + need > t->bytes_max) {
		if (list_empty(&t->idle))
			return NULL;
		forget_oldest(t);
	}
	e = malloc(need);
	if (!e)
		return NULL;
	*e = (struct interned){.hash = hash, .refs = 1, .len = text.n};
	memcpy(e->text, text.p, text.n);
	e->hash_next = t->buckets[hash & t->mask];
	t->buckets[hash & t->mask] = e;
	t->count++;
	t->bytes += need;
	return e;
}

struct interned *interns_take(struct interns *t, struct str text)
{
	uint64_t hash;

	if (!text.p)
		return NULL;
	hash = hash_str(text);
	for (struct interned *e = t->buckets[hash & t->mask]; e; e = e->hash_next) {
		if (e->hash != hash || !str_equal(interned_str(e), text))
			continue;
		if (e->refs == 0)
			list_remove(&e->idle);
		return interns_share(e);
	}
	return add(t, text, hash);
}

void interns_drop(struct interns *t, struct interned *e)
{
	if (e && --e->refs == 0)
		list_add_tail(&t->idle, &e->idle);
}
