/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache: the key is two lanes of folded multiplications, each over all words, with different
 * secrets; every text counts with its length, so that no two fields can be shifted into each other.
 */
#include "profile/cache.h"

#include <pthread.h>
#include <sys/random.h>

static uint64_t secret[4];

static void make_secret(void)
{
	if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		for (unsigned i = 0; i < 4; i++)
			secret[i] = 0x9e3779b97f4a7c15ull * (i + 1) ^ (uintptr_t)&secret;
}

static inline uint64_t fold(uint64_t x, uint64_t y)
{
	unsigned __int128 m = (unsigned __int128)x * y;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline void mix(struct cache_key *k, uint64_t x, uint64_t y)
{
	k->a = fold(k->a ^ x, y ^ secret[0]) + secret[2];
	k->b = fold(k->b ^ y, x ^ secret[1]) + secret[3];
}

static inline uint64_t load8(const char *p)
{
	uint64_t x;

	memcpy(&x, p, 8);
	return x;
}

static inline uint64_t load4(const char *p)
{
	uint32_t x;

	memcpy(&x, p, 4);
	return x;
}

/* 1 to 16 bytes as two words; they overlap, which the length, mixed in before, makes unambiguous. */
static inline void mix_tail(struct cache_key *k, const char *p, uint32_t n)
{
	if (n >= 8)
		mix(k, load8(p), load8(p + n - 8));
	else if (n >= 4)
		mix(k, load4(p), load4(p + n - 4));
	else
		mix(k, (uint8_t)p[0] | (uint64_t)(uint8_t)p[n / 2] << 8, (uint8_t)p[n - 1]);
}

static inline void mix_bytes(struct cache_key *k, struct str s)
{
	const char *p = s.p;
	uint32_t n = s.n;

	for (; n > 16; n -= 16, p += 16)
		mix(k, load8(p), load8(p + 8));
	if (n)
		mix_tail(k, p, n);
}

/* All lengths first, so that the bytes behind them can be split in one way only. count is a multiple of 4. */
static inline void mix_texts(struct cache_key *k, const struct str *v, unsigned count)
{
	for (unsigned i = 0; i < count; i += 4)
		mix(k, v[i].n | (uint64_t)v[i + 1].n << 32,
		    v[i + 2].n | (uint64_t)v[i + 3].n << 32);
	for (unsigned i = 0; i < count; i++)
		mix_bytes(k, v[i]);
}

_Static_assert(IDENTITY_TEXTS % 4 == 0, "mix_texts() takes four at a time");

static bool is_last(const struct last_identity *last, uint64_t level_and_flags, const struct str *v)
{
	const char *p = last->bytes;

	if (!last->key.a || last->level_and_flags != level_and_flags)
		return false;
	for (unsigned i = 0; i < IDENTITY_TEXTS; i++) {
		if (last->lengths[i] != v[i].n || (v[i].n && memcmp(p, v[i].p, v[i].n) != 0))
			return false;
		p += v[i].n;
	}
	return true;
}

static void keep_last(struct last_identity *last, uint64_t level_and_flags, const struct str *v,
		      const struct cache_key *key)
{
	uint32_t n = 0;

	last->key.a = 0;
	for (unsigned i = 0; i < IDENTITY_TEXTS; i++) {
		if (v[i].n > LAST_IDENTITY_MAX - n)
			return;
		if (v[i].n)
			memcpy(last->bytes + n, v[i].p, v[i].n);
		last->lengths[i] = v[i].n;
		n += v[i].n;
	}
	last->level_and_flags = level_and_flags;
	last->key = *key;
}

static void make_identity_key(struct last_identity *last, const struct act *act,
			      struct cache_key *out)
{
	const struct identity *id = act->id;
	const uint64_t level_and_flags = (uint64_t)id->who_level << 32 | id->flags;
	const struct str texts[IDENTITY_TEXTS] = {
		id->who,
		id->via,
		id->as,
		id->session,
		id->person,
		id->unit,
		id->kind,
		id->container_id,
		id->container_runtime,
		act->ev->who.user_name,
		/* what a condition or a binding may ask of a job */
		id->ci.provider,
		id->ci.repository,
		id->ci.workflow,
		id->ci.job,
		id->ci.actor,
		id->ci.ref,
		id->ci.event,
		id->ci.runner,
		/* what ${WORKSPACE}, ${RUNNER_TEMP} and a job's ${HOME} stand for */
		id->ci.workspace,
		id->ci.temp,
		id->ci.user,
	};

	if (is_last(last, level_and_flags, texts)) {
		*out = last->key;
		return;
	}
	*out = (struct cache_key){secret[2], secret[3]};
	mix(out, level_and_flags, 0);
	mix_texts(out, texts, IDENTITY_TEXTS);
	out->a |= 1; /* zero is an empty place */
	keep_last(last, level_and_flags, texts, out);
}

/* What rules may ask of where a program comes from. */
static void mix_origin(struct cache_key *k, const struct event *ev)
{
	const struct str texts[4] = {ev->who.written_by, ev->who.interpreter_written_by,
				     ev->what.exec.sha256, ev->what.exec.package};

	mix(k, ev->what.exec.package_modified, ev->what.exec.script_inode != 0);
	mix_texts(k, texts, 4);
}

static void mix_act(struct cache_key *k, const struct act *act)
{
	uint64_t how = 0;
	struct str texts[8] = {act->exe, act->parent, act->ev->what.file.op};

	for (unsigned i = 0; i < act->path_count; i++) {
		how |= (uint64_t)(1 | act->paths[i].decides << 1 | act->paths[i].sure << 2)
		       << 4 * i;
		texts[3 + i] = act->paths[i].path;
	}
	mix(k,
	    (uint64_t)act->verb | (uint64_t)act->self << 8 |
		    (uint64_t)act->ev->what.exec.deleted << 9 | (uint64_t)act->unsure << 10 |
		    (uint64_t)act->proto << 16 | (uint64_t)act->port << 32,
	    how);
	mix_texts(k, texts, 8);
	if (act->verb == VERB_EXEC)
		mix_origin(k, act->ev);
	if (act->verb == VERB_CONNECT || act->verb == VERB_LISTEN)
		mix(k, act->addr[0], act->addr[1]);
	if (act->name_count) {
		mix_texts(k, act->names, ACT_NAMES_MAX);
		mix(k, act->name_count, act->names_sure);
	}
	if (act->verb >= VERB_DNS && act->verb != VERB_BECOME) {
		mix_texts(k, act->words, ACT_WORDS_MAX);
		mix(k, act->bits, 0);
	}
	if (act->verb == VERB_BECOME)
		mix(k, act->ev->what.crossing.to_uid, act->ev->what.uid);
}

void cache_make_keys(struct cache *c, const struct act *act, struct cache_key *identity,
		     struct cache_key *all)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_secret);
	make_identity_key(&c->last, act, identity);
	*all = *identity;
	mix_act(all, act);
	all->a |= 1;
}

struct decision *cache_find(struct cache *c, const struct cache_key *key)
{
	uint32_t set = (uint32_t)key->b & (DECISIONS - 1) & ~(uint32_t)(DECISION_WAYS - 1);

	for (uint32_t i = set; i < set + DECISION_WAYS; i++)
		if (cache_key_equal(&c->keys[i], key))
			return &c->decisions[i];
	return NULL;
}

void cache_put(struct cache *c, const struct cache_key *key, const struct decision *d)
{
	uint32_t set = (uint32_t)key->b & (DECISIONS - 1) & ~(uint32_t)(DECISION_WAYS - 1);
	uint32_t at = set + c->clock++ % DECISION_WAYS;

	for (uint32_t i = set; i < set + DECISION_WAYS; i++)
		if (!c->keys[i].a) {
			at = i;
			break;
		}
	c->keys[at] = *key;
	c->decisions[at] = *d;
}
