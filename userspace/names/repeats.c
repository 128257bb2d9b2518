/* SPDX-License-Identifier: Apache-2.0 */
/* repeats: see the header. */
#include "names/repeats.h"

#include "base/hash.h"

/* Who, of whom, what, and what came of it. Addresses of one name change places: they do not count. */
static uint64_t key_of(const struct event_what *w)
{
	uint64_t key = hash_str(w->dns.name);

	key = hash_u64(key ^ hash_str(w->dns.type));
	key = hash_u64(key ^ hash_str(w->dns.cnames));
	key = hash_u64(key ^ w->boundary);
	key = hash_u64(key ^ w->cgroup_id);
	key = hash_u64(key ^ hash_str(w->dns.rcode) ^ (uint64_t)w->err << 16 ^ w->net.proto);
	key = hash_u64(key ^ hash_bytes(w->net.dst, 16) ^ w->net.ns);
	return key ? key : 1;
}

static bool is_same(const struct event_what *a, const struct event_what *b)
{
	return a->boundary == b->boundary && a->cgroup_id == b->cgroup_id && a->err == b->err &&
	       str_equal(a->dns.rcode, b->dns.rcode) && a->net.ns == b->net.ns &&
	       a->net.proto == b->net.proto && memcmp(a->net.dst, b->net.dst, 16) == 0 &&
	       str_equal(a->dns.name, b->dns.name) && str_equal(a->dns.type, b->dns.type) &&
	       str_equal(a->dns.cnames, b->dns.cnames);
}

static bool keep_text(struct repeat *r, uint32_t *used, struct str *s)
{
	if (!s->p)
		return true;
	if (s->n > sizeof(r->text) - *used)
		return false;
	memcpy(r->text + *used, s->p, s->n);
	s->p = r->text + *used;
	*used += s->n;
	return true;
}

/* False when its texts are too long to be kept. */
static bool keep(struct repeat *r, const struct event_what *what)
{
	uint32_t used = 0;

	r->what = *what;
	return keep_text(r, &used, &r->what.comm) && keep_text(r, &used, &r->what.dns.name) &&
	       keep_text(r, &used, &r->what.dns.type) && keep_text(r, &used, &r->what.dns.rcode) &&
	       keep_text(r, &used, &r->what.dns.answers) &&
	       keep_text(r, &used, &r->what.dns.cnames);
}

static struct repeat *free_slot(struct repeats *r)
{
	for (unsigned i = 0; i < r->front; i++)
		if (!r->list[i].key)
			return &r->list[i];
	return r->front < REPEATS_MAX ? &r->list[r->front++] : NULL;
}

static void begin(struct repeats *r, const struct event_what *what, uint64_t key)
{
	struct repeat *one = free_slot(r);

	if (!one)
		return;
	one->key = keep(one, what) ? key : 0;
	one->begun_boot_ns = what->boot_ns;
	one->count = 0;
}

bool repeats_count(struct repeats *r, const struct event_what *what)
{
	uint64_t key = key_of(what);

	if (!r->window_ns)
		return false;
	for (unsigned i = 0; i < r->front; i++) {
		struct repeat *one = &r->list[i];

		if (one->key != key || !is_same(&one->what, what))
			continue;
		if (what->boot_ns >= one->begun_boot_ns + r->window_ns)
			return false; /* over: told at the next tick, and this one begins nothing */
		if (!one->count++)
			one->what.first_wall_ns = what->wall_ns;
		one->what.last_wall_ns = one->what.wall_ns = what->wall_ns;
		one->what.boot_ns = what->boot_ns;
		return true;
	}
	begin(r, what, key);
	return false;
}

bool repeats_take(struct repeats *r, uint64_t boot_ns, struct event_what *out)
{
	for (unsigned i = 0; i < r->front; i++) {
		struct repeat *one = &r->list[i];
		uint64_t count = one->count;

		if (!one->key || boot_ns < one->begun_boot_ns + r->window_ns)
			continue;
		one->key = 0;
		if (!count)
			continue;
		*out = one->what;
		out->count = count;
		return true;
	}
	while (r->front && !r->list[r->front - 1].key)
		r->front--;
	return false;
}
