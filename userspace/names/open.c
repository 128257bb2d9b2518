/* SPDX-License-Identifier: Apache-2.0 */
/* open: see the header. */
#include "names/open.h"

#include "base/hash.h"

static struct open_key key_of(const struct event_what *what)
{
	struct open_key k;

	memset(&k, 0, sizeof(k)); /* also what lies between: keys are compared as bytes */
	k.start_ns = what->start_ns;
	k.boundary = what->boundary;
	k.pid = what->pid;
	k.family = what->net.family;
	k.src_port = what->net.src_port;
	k.dst_port = what->net.dst_port;
	memcpy(k.src, what->net.src, 16);
	memcpy(k.dst, what->net.dst, 16);
	return k;
}

/* Where the number of the entry stands, or the end of its bucket. */
static uint32_t *find(struct open_connections *o, const struct open_key *key)
{
	uint32_t *at = &o->buckets[hash_bytes(key, sizeof(*key)) & (SHELVES_ENTRIES - 1)];

	while (*at && memcmp(&o->entries[*at - 1].key, key, sizeof(*key)) != 0)
		at = &o->entries[*at - 1].next;
	return at;
}

static void take_out(struct open_connections *o, struct open_entry *e)
{
	uint32_t *at = find(o, &e->key);

	*at = e->next;
	shelves_give_back(&o->shelves, (uint32_t)(e - o->entries), e->key.boundary);
}

static struct open_entry *add(struct open_connections *o, const struct open_key *key)
{
	bool is_taken;
	uint32_t i = shelves_next(&o->shelves, key->boundary, &is_taken), *at;
	struct open_entry *e = &o->entries[i];

	if (is_taken)
		take_out(o, e);
	at = find(o, key);
	*at = i + 1;
	e->next = 0;
	e->key = *key;
	e->is_unsure = false;
	shelves_take(&o->shelves, i, key->boundary);
	return e;
}

void open_add(struct open_connections *o, const struct event_what *what)
{
	struct open_key key = key_of(what);
	struct str name = what->net.dst_name;
	uint32_t at = *find(o, &key);
	struct open_entry *e = at ? &o->entries[at - 1] : add(o, &key);

	e->is_unsure |= at && e->net != what->net.ns;
	e->net = what->net.ns;
	e->name_source = what->net.dst_name_source;
	e->name_len = (uint8_t)(name.n <= BOOK_NAME_MAX ? name.n : 0);
	memcpy(e->name, name.p ? name.p : "", e->name_len);
}

void open_end(struct open_connections *o, struct event_what *what)
{
	struct open_key key = key_of(what);
	uint32_t at = *find(o, &key);
	struct open_entry *e = at ? &o->entries[at - 1] : NULL;

	if (!e)
		return;
	if (e->name_len && !e->is_unsure) {
		memcpy(o->name, e->name, e->name_len);
		what->net.dst_name = (struct str){o->name, e->name_len};
		what->net.dst_name_source = e->name_source;
	}
	if (!e->is_unsure) /* else the other one's end finds it so, too; then it grows old */
		take_out(o, e);
}
