/* SPDX-License-Identifier: Apache-2.0 */
/* questions: see the header. */
#include "names/questions.h"

#include "base/hash.h"

static struct question_key key_of(const struct event_what *what, const struct dns_message *m)
{
	return (struct question_key){.socket = what->packet.socket,
				     .name_hash = hash_str(str_of(m->name)),
				     .id = m->id,
				     .type = m->type,
				     .class = m->class};
}

static struct question *find(struct questions *q, const struct question_key *key,
			     const struct dns_message *m)
{
	for (unsigned i = 0; i < q->front; i++)
		if (memcmp(&q->list[i].key, key, sizeof(*key)) == 0 &&
		    strcmp(q->list[i].name, m->name) == 0)
			return &q->list[i];
	return NULL;
}

static struct question *oldest(struct questions *q)
{
	struct question *found = NULL;

	for (unsigned i = 0; i < q->front; i++)
		if (q->list[i].key.socket &&
		    (!found || q->list[i].what.boot_ns < found->what.boot_ns))
			found = &q->list[i];
	return found;
}

static struct question *free_slot(struct questions *q)
{
	for (unsigned i = 0; i < q->front; i++)
		if (!q->list[i].key.socket)
			return &q->list[i];
	return q->front < QUESTIONS_MAX ? &q->list[q->front++] : NULL;
}

static void take(struct questions *q, struct question *one, struct question *out)
{
	*out = *one;
	out->what.comm.p = out->comm;
	one->key.socket = 0;
	q->count--;
	while (q->front && !q->list[q->front - 1].key.socket)
		q->front--;
}

bool questions_add(struct questions *q, const struct event_what *what, const struct dns_message *m,
		   struct question *gone, bool *is_gone)
{
	struct question_key key = key_of(what, m);
	struct question *slot;

	*is_gone = false;
	if (!key.socket || find(q, &key, m))
		return false;
	slot = free_slot(q);
	if (!slot) {
		take(q, oldest(q), gone);
		*is_gone = true;
		slot = free_slot(q);
	}
	slot->key = key;
	slot->what = *what;
	slot->what.packet.bytes = STR_NONE;
	memset(slot->comm, 0, sizeof(slot->comm));
	slot->what.comm.n = what->comm.n < sizeof(slot->comm) ? what->comm.n : sizeof(slot->comm);
	memcpy(slot->comm, what->comm.p ? what->comm.p : "", slot->what.comm.n);
	memcpy(slot->name, m->name, sizeof(slot->name));
	q->count++;
	return true;
}

/* What came in goes the other way. */
static bool comes_from_server(const struct event_what *asked, const struct event_what *answer)
{
	return asked->net.family == answer->net.family && asked->net.proto == answer->net.proto &&
	       asked->net.dst_port == answer->net.src_port &&
	       asked->net.src_port == answer->net.dst_port && asked->net.ns == answer->net.ns &&
	       memcmp(asked->net.dst, answer->net.src, 16) == 0;
}

bool questions_take(struct questions *q, const struct event_what *what, const struct dns_message *m,
		    struct question *out)
{
	struct question_key key = key_of(what, m);
	struct question *one = key.socket ? find(q, &key, m) : NULL;

	if (!one || !comes_from_server(&one->what, what))
		return false;
	take(q, one, out);
	return true;
}

bool questions_take_late(struct questions *q, uint64_t boot_ns, struct question *out)
{
	struct question *one = oldest(q);

	if (!one || boot_ns < one->what.boot_ns + QUESTION_WAIT_NS)
		return false;
	take(q, one, out);
	return true;
}
