/* SPDX-License-Identifier: Apache-2.0 */
/* book: see the header. */
#include "names/book.h"

#include <strings.h>

#include "base/hash.h"
#include "bpf/event.h"

/* Entries that a look-up goes through, the newest first: who asks for ten thousand names waits for nobody. */
#define STEPS_MAX 64

static uint32_t *bucket_of(const struct book *b, const uint8_t ip[static 16], uint32_t net,
			   uint64_t boundary)
{
	uint64_t h = hash_bytes(ip, 16) ^ hash_u64(net ^ hash_u64(boundary));

	return (uint32_t *)&b->buckets[h & (BOOK_ENTRIES - 1)];
}

static void take_out(struct book *b, struct book_entry *e)
{
	uint32_t *at = bucket_of(b, e->ip, e->net, e->boundary);
	uint32_t self = (uint32_t)(e - b->entries) + 1;

	while (*at && *at != self)
		at = &b->entries[*at - 1].next;
	if (*at)
		*at = e->next;
	shelves_give_back(&b->shelves, self - 1, e->boundary);
}

static bool is_process(const struct book_entry *e, const struct event_what *what)
{
	return e->pid == what->pid && e->start_ns == what->start_ns;
}

static bool is_workload(const struct book_entry *e, const struct event_what *what)
{
	return e->boundary == what->boundary && e->cgroup_id == what->cgroup_id &&
	       !(what->task_flags & TASK_SEEDED);
}

static struct str name_of(const struct book_entry *e)
{
	return (struct str){e->name, e->name_len};
}

/* The same process learnt the same before, or NULL. */
static struct book_entry *find_same(struct book *b, const struct event_what *what, struct str name,
				    const uint8_t ip[static 16], uint16_t family)
{
	uint32_t steps = 0;

	for (uint32_t i = *bucket_of(b, ip, what->net.ns, what->boundary); i && steps < STEPS_MAX;
	     i = b->entries[i - 1].next, steps++) {
		struct book_entry *e = &b->entries[i - 1];

		if (e->net == what->net.ns && e->family == family && memcmp(e->ip, ip, 16) == 0 &&
		    e->boundary == what->boundary && e->cgroup_id == what->cgroup_id &&
		    is_process(e, what) && str_equal(name_of(e), name))
			return e;
	}
	return NULL;
}

static struct book_entry *make_room(struct book *b, const struct event_what *what,
				    const uint8_t ip[static 16])
{
	bool is_taken;
	uint32_t i = shelves_next(&b->shelves, what->boundary, &is_taken), *bucket;
	struct book_entry *e = &b->entries[i];

	if (is_taken) {
		b->pushed_out += e->until_boot_ns >= what->boot_ns;
		take_out(b, e);
	}
	bucket = bucket_of(b, ip, what->net.ns, what->boundary);
	e->next = *bucket;
	*bucket = i + 1;
	shelves_take(&b->shelves, i, what->boundary);
	return e;
}

void book_learn(struct book *b, const struct event_what *what, struct str name, uint16_t family,
		const uint8_t ip[static 16], uint32_t ttl_s, bool known_server)
{
	struct book_entry *e;

	if (!name.n || name.n > BOOK_NAME_MAX)
		return;
	if (ttl_s < BOOK_TTL_MIN_S)
		ttl_s = BOOK_TTL_MIN_S;
	if (ttl_s > BOOK_TTL_MAX_S)
		ttl_s = BOOK_TTL_MAX_S;
	e = find_same(b, what, name, ip, family);
	if (!e) {
		e = make_room(b, what, ip);
		e->pid = what->pid;
		e->start_ns = what->start_ns;
		e->boundary = what->boundary;
		e->cgroup_id = what->cgroup_id;
		e->net = what->net.ns;
		e->family = family;
		memcpy(e->ip, ip, 16);
		e->name_len = (uint8_t)name.n;
		memcpy(e->name, name.p, name.n);
	}
	e->known_server = known_server;
	e->until_boot_ns = what->boot_ns + ttl_s * 1000000000ull;
	e->order = ++b->learnt;
}

static bool same_name(struct str a, struct str b)
{
	return a.n == b.n && a.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* Whether x is to be shown rather than y. */
static bool is_better(const struct book_entry *x, const struct book_entry *y,
		      const struct event_what *what, struct str preferred)
{
	if (!y)
		return true;
	if (same_name(name_of(x), preferred) != same_name(name_of(y), preferred))
		return same_name(name_of(x), preferred);
	if (is_process(x, what) != is_process(y, what))
		return is_process(x, what);
	return x->order > y->order;
}

static bool in_list(const struct book_answer *a, struct str name)
{
	struct str list = {a->others, a->others_len};

	for (uint32_t at = 0; at < list.n;) {
		int64_t comma = str_index(list, at, ',');
		struct str one = str_sub(list, at, (comma < 0 ? list.n : (uint32_t)comma) - at);

		if (str_equal(one, name))
			return true;
		at += one.n + 1;
	}
	return false;
}

static void add_other(struct book_answer *a, struct str name)
{
	if (str_equal(name, a->name) || in_list(a, name) ||
	    a->others_len + name.n + 1 > sizeof(a->others))
		return;
	if (a->others_len)
		a->others[a->others_len++] = ',';
	memcpy(a->others + a->others_len, name.p, name.n);
	a->others_len += name.n;
}

/* Whether the entry is about the destination, in force, and its asker's word counts for who acts. */
static bool applies(const struct book_entry *e, const struct event_what *what)
{
	return e->net == what->net.ns && e->family == what->net.family &&
	       memcmp(e->ip, what->net.dst, 16) == 0 && e->until_boot_ns >= what->boot_ns &&
	       ((is_process(e, what) && e->boundary == what->boundary) || is_workload(e, what));
}

bool book_find(const struct book *b, const struct event_what *what, struct str preferred,
	       struct book_answer *out)
{
	const struct book_entry *best = NULL;
	uint32_t first = *bucket_of(b, what->net.dst, what->net.ns, what->boundary), steps = 0;

	for (uint32_t i = first; i && steps < STEPS_MAX; i = b->entries[i - 1].next, steps++) {
		const struct book_entry *e = &b->entries[i - 1];

		if (applies(e, what) && is_better(e, best, what, preferred))
			best = e;
	}
	out->name = STR_NONE;
	out->others_len = 0;
	if (!best)
		return false;
	out->name = name_of(best);
	out->known_server = best->known_server;
	steps = 0;
	for (uint32_t i = first; i && steps < STEPS_MAX; i = b->entries[i - 1].next, steps++)
		if (applies(&b->entries[i - 1], what))
			add_other(out, name_of(&b->entries[i - 1]));
	return true;
}
