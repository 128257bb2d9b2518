/* SPDX-License-Identifier: Apache-2.0 */
/* boundaries: see the header. */
#include "identity/boundaries.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "bpf/event.h"

int boundaries_init(struct boundaries *t, size_t max, size_t bytes_max)
{
	size_t buckets = 64;

	while (buckets < max)
		buckets *= 2;
	*t = (struct boundaries){.max = max, .bytes_max = bytes_max, .mask = buckets - 1};
	list_init(&t->idle);
	list_init(&t->busy);
	t->buckets = calloc(buckets, sizeof(struct boundary *));
	return t->buckets ? 0 : -ENOMEM;
}

void boundaries_release(struct boundaries *t)
{
	for (size_t i = 0; t->buckets && i <= t->mask; i++) {
		while (t->buckets[i]) {
			struct boundary *b = t->buckets[i];

			t->buckets[i] = b->hash_next;
			free(b);
		}
	}
	free(t->buckets);
	t->buckets = NULL;
}

struct boundary *boundaries_find(const struct boundaries *t, uint64_t id)
{
	struct boundary *b = t->buckets[hash_u64(id) & t->mask];

	while (b && b->id != id)
		b = b->hash_next;
	return b;
}

static void evict(struct boundaries *t, struct boundary *b)
{
	struct boundary **at = &t->buckets[hash_u64(b->id) & t->mask];

	while (*at != b)
		at = &(*at)->hash_next;
	*at = b->hash_next;
	list_remove(&b->order);
	t->count--;
	t->bytes -= b->bytes;
	t->evicted++;
	if (b->parent_held)
		boundaries_drop(t, b->parent_id);
	if (t->gone)
		t->gone(t->gone_ctx, b->id);
	free(b);
}

static void make_room(struct boundaries *t, size_t bytes)
{
	while (t->count >= t->max || t->bytes + bytes > t->bytes_max) {
		struct link *from = list_empty(&t->idle) ? &t->busy : &t->idle;

		if (list_empty(from))
			return;
		evict(t, LINK_OWNER(from->next, struct boundary, order));
	}
}

void boundaries_add(struct boundaries *t, struct boundary *b, bool pinned)
{
	struct boundary **head = &t->buckets[hash_u64(b->id) & t->mask];

	b->parent_held = b->parent_id && boundaries_hold(t, b->parent_id);
	make_room(t, b->bytes);
	b->refs = pinned;
	b->hash_next = *head;
	*head = b;
	if (pinned)
		list_init(&b->order);
	else
		list_add_tail(&t->idle, &b->order);
	t->count++;
	t->bytes += b->bytes;
}

bool boundaries_hold(struct boundaries *t, uint64_t id)
{
	struct boundary *b = boundaries_find(t, id);

	if (!b)
		return false;
	if (b->refs++ == 0) {
		list_remove(&b->order);
		list_add_tail(&t->busy, &b->order);
	}
	return true;
}

void boundaries_drop(struct boundaries *t, uint64_t id)
{
	struct boundary *b = boundaries_find(t, id);

	if (!b || b->refs == 0 || --b->refs > 0)
		return;
	list_remove(&b->order);
	list_add_tail(&t->idle, &b->order);
}

/* What is inside counts once outside, as long as somebody lives in it. */
void boundaries_enter(struct boundaries *t, uint64_t id)
{
	struct boundary *b = boundaries_find(t, id);

	while (b && b->live++ == 0)
		b = b->parent_held ? boundaries_find(t, b->parent_id) : NULL;
}

void boundaries_leave(struct boundaries *t, uint64_t id)
{
	struct boundary *b = boundaries_find(t, id);

	while (b && b->live && --b->live == 0) {
		if (b->kind == BOUNDARY_LOGIN && t->ended_count < ENDED_MAX)
			t->ended[t->ended_count++] = b->id;
		b = b->parent_held ? boundaries_find(t, b->parent_id) : NULL;
	}
}

const struct boundary *boundaries_in_container(const struct boundaries *t, struct str id)
{
	for (const struct link *l = t->busy.next; l != &t->busy; l = l->next) {
		const struct boundary *b = LINK_OWNER(l, struct boundary, order);

		if (str_equal(b->identity.container_id, id))
			return b;
	}
	return NULL;
}

const struct boundary *boundaries_in_unit(const struct boundaries *t, struct str unit)
{
	for (const struct link *l = t->busy.next; l != &t->busy; l = l->next) {
		const struct boundary *b = LINK_OWNER(l, struct boundary, order);

		if (b->live && str_equal(b->identity.unit, unit))
			return b;
	}
	return NULL;
}

void boundaries_hold_parents(struct boundaries *t)
{
	for (size_t i = 0; i <= t->mask; i++)
		for (struct boundary *b = t->buckets[i]; b; b = b->hash_next)
			if (b->parent_id && !b->parent_held)
				b->parent_held = boundaries_hold(t, b->parent_id);
}

static void each_opened_in(const struct link *head, uint32_t kind, uint32_t pid, uint64_t start_ns,
			   void (*fn)(void *ctx, struct boundary *b), void *ctx)
{
	for (const struct link *l = head->next; l != head; l = l->next) {
		struct boundary *b = LINK_OWNER(l, struct boundary, order);

		if (b->kind == kind && b->opener_pid == pid && b->opener_start_ns == start_ns)
			fn(ctx, b);
	}
}

void boundaries_each_opened(const struct boundaries *t, uint32_t kind, uint32_t pid,
			    uint64_t start_ns, void (*fn)(void *ctx, struct boundary *b), void *ctx)
{
	each_opened_in(&t->idle, kind, pid, start_ns, fn, ctx);
	each_opened_in(&t->busy, kind, pid, start_ns, fn, ctx);
}

void boundaries_renew(struct boundaries *t, struct boundary *b, const struct identity *identity)
{
	struct boundary **at = &t->buckets[hash_u64(b->id) & t->mask];
	struct boundary *now = boundary_new(identity, b->exe, b->own_who);
	struct boundary kept;

	if (!now)
		return;
	kept = *now;
	*now = *b;
	now->bytes = kept.bytes;
	now->exe = kept.exe;
	now->identity = kept.identity;
	now->own_who = kept.own_who;
	if (!str_equal(identity->who, b->identity.who))
		now->asker = 0; /* it has a name of its own, whoever asked */
	t->bytes += now->bytes - b->bytes;
	list_add_tail(&b->order, &now->order);
	list_remove(&b->order);
	while (*at != b)
		at = &(*at)->hash_next;
	*at = now;
	free(b);
}

/* Texts of the identity that are not static. */
static const size_t owned_texts[] = {
	offsetof(struct identity, who),
	offsetof(struct identity, via),
	offsetof(struct identity, as),
	offsetof(struct identity, session),
	offsetof(struct identity, person),
	offsetof(struct identity, cgroup),
	offsetof(struct identity, unit),
	offsetof(struct identity, container_id),
	offsetof(struct identity, container.name),
	offsetof(struct identity, container.image),
	offsetof(struct identity, container.image_id),
	offsetof(struct identity, pod.namespace),
	offsetof(struct identity, pod.name),
	offsetof(struct identity, pod.uid),
	offsetof(struct identity, pod.container),
	offsetof(struct identity, pod.service_account),
	offsetof(struct identity, by),
	offsetof(struct identity, login.method),
	offsetof(struct identity, login.ip),
	offsetof(struct identity, login.key_type),
	offsetof(struct identity, login.key_fingerprint),
	offsetof(struct identity, login.cert_id),
	offsetof(struct identity, login.cert_serial),
	offsetof(struct identity, login.ca_fingerprint),
	offsetof(struct identity, ci.repository),
	offsetof(struct identity, ci.repository_id),
	offsetof(struct identity, ci.workflow),
	offsetof(struct identity, ci.job),
	offsetof(struct identity, ci.run_id),
	offsetof(struct identity, ci.step),
	offsetof(struct identity, ci.actor),
	offsetof(struct identity, ci.ref),
	offsetof(struct identity, ci.sha),
	offsetof(struct identity, ci.event),
	offsetof(struct identity, ci.runner),
	offsetof(struct identity, ci.workspace),
	offsetof(struct identity, ci.temp),
	offsetof(struct identity, ci.user),
	offsetof(struct identity, attested.issuer),
	offsetof(struct identity, attested.subject),
	offsetof(struct identity, attested.audience),
};

static void move_text(struct str *text, char **to)
{
	if (!text->p)
		return;
	memcpy(*to, text->p, text->n);
	text->p = *to;
	*to += text->n;
}

struct boundary *boundary_new(const struct identity *identity, struct str exe, struct str own_who)
{
	const char *base = (const char *)identity;
	size_t bytes = sizeof(struct boundary) + exe.n + own_who.n;
	struct boundary *b;
	char *to;

	for (size_t i = 0; i < ARRAY_SIZE(owned_texts); i++)
		bytes += ((const struct str *)(base + owned_texts[i]))->n;
	b = malloc(bytes);
	if (!b)
		return NULL;
	*b = (struct boundary){
		.bytes = bytes, .identity = *identity, .exe = exe, .own_who = own_who};
	to = b->text;
	for (size_t i = 0; i < ARRAY_SIZE(owned_texts); i++)
		move_text((struct str *)((char *)&b->identity + owned_texts[i]), &to);
	move_text(&b->exe, &to);
	move_text(&b->own_who, &to);
	return b;
}
