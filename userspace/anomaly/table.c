/* SPDX-License-Identifier: Apache-2.0 */
/* table: places, hash chains, and who goes when there is no place. */
#include "anomaly/table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/hash.h"

#define DEFAULT_MAX	  4096
#define DEFAULT_UPDATE_NS 10000000000ull
#define JSON_MAX	  (64u * 1024)

static const char *const state_names[STATE_COUNT] = {"new", "ack", "suppressed", "resolved"};
static const char *const kind_names[KIND_COUNT] = {"forbidden", "unexpected", "identity", "tamper"};

const char *anomaly_state_name(enum anomaly_state state)
{
	return state_names[state];
}

const char *anomaly_kind_name(enum anomaly_kind kind)
{
	return kind_names[kind];
}

static int find_name(const char *const *names, int count, struct str name)
{
	for (int i = 0; i < count; i++)
		if (str_is(name, names[i]))
			return i;
	return -1;
}

int anomaly_state_parse(struct str name)
{
	return find_name(state_names, STATE_COUNT, name);
}

int anomaly_kind_parse(struct str name)
{
	return find_name(kind_names, KIND_COUNT, name);
}

int anomaly_new(struct anomaly_table **out, const struct anomaly_options *opt,
		anomaly_change_fn changed, anomaly_save_fn save, void *ctx)
{
	struct anomaly_table *t = calloc(1, sizeof(*t));
	uint32_t buckets = 64;

	if (!t)
		return -ENOMEM;
	t->max = opt && opt->max ? opt->max : DEFAULT_MAX;
	t->update_ns = opt && opt->update_ns ? opt->update_ns : DEFAULT_UPDATE_NS;
	while (buckets < t->max * 2)
		buckets *= 2;
	t->mask = buckets - 1;
	t->v = calloc(t->max, sizeof(*t->v)); /* pages are touched when they are used */
	t->buckets = calloc(buckets, sizeof(*t->buckets));
	t->next_id = 1;
	t->changed = changed;
	t->save = save;
	t->ctx = ctx;
	json_init(&t->json, JSON_MAX);
	if (!t->v || !t->buckets) {
		anomaly_free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

void anomaly_free(struct anomaly_table *t)
{
	if (!t)
		return;
	json_release(&t->json);
	free(t->buckets);
	free(t->v);
	free(t);
}

static uint64_t hash_group(const struct group *g)
{
	uint64_t h = hash_u64(g->kind);

	h = hash_u64(h ^ hash_str(str_of(g->who)));
	h = hash_u64(h ^ hash_str(str_of(g->session)));
	return hash_u64(h ^ hash_str(str_of(g->rule)));
}

static bool group_equal(const struct group *a, const struct group *b)
{
	return a->kind == b->kind && !strcmp(a->who, b->who) && !strcmp(a->session, b->session) &&
	       !strcmp(a->rule, b->rule);
}

struct anomaly *table_find(struct anomaly_table *t, const struct group *group)
{
	uint64_t hash = hash_group(group);

	for (uint32_t i = t->buckets[hash & t->mask]; i; i = t->v[i - 1].next) {
		struct anomaly *a = &t->v[i - 1];

		if (a->hash == hash && a->state != STATE_RESOLVED && group_equal(&a->group, group))
			return a;
	}
	return NULL;
}

void table_link(struct anomaly_table *t, struct anomaly *a)
{
	uint32_t *bucket;

	a->hash = hash_group(&a->group);
	bucket = &t->buckets[a->hash & t->mask];
	a->next = *bucket;
	*bucket = (uint32_t)(a - t->v) + 1;
}

static void unlink_from(struct anomaly_table *t, const struct anomaly *a)
{
	uint32_t *link = &t->buckets[a->hash & t->mask], self = (uint32_t)(a - t->v) + 1;

	while (*link && *link != self)
		link = &t->v[*link - 1].next;
	if (*link)
		*link = a->next;
}

static struct anomaly *oldest_resolved(struct anomaly_table *t)
{
	struct anomaly *oldest = NULL;

	for (size_t i = 0; i < t->used; i++)
		if (t->v[i].state == STATE_RESOLVED &&
		    (!oldest || t->v[i].last_wall_ns < oldest->last_wall_ns))
			oldest = &t->v[i];
	return oldest;
}

struct anomaly *table_add(struct anomaly_table *t, const struct group *group)
{
	struct anomaly *a = t->used < t->max ? &t->v[t->used++] : oldest_resolved(t);

	if (!a) {
		t->dropped++;
		return NULL;
	}
	if (a->id)
		unlink_from(t, a);
	t->grown -= a->grown;
	memset(a, 0, sizeof(*a));
	a->id = t->next_id++;
	a->group = *group;
	table_link(t, a);
	return a;
}

void anomaly_get_counts(const struct anomaly_table *t, struct anomaly_counts *out)
{
	*out = (struct anomaly_counts){.opened_total = t->opened_total, .dropped = t->dropped};
	for (size_t i = 0; i < t->used; i++)
		if (anomaly_is_open(&t->v[i]))
			out->open[t->v[i].severity]++;
}
