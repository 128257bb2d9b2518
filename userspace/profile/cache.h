/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache: decisions and identities seen before, by a 128-bit key over everything that they rest on.
 * Fixed in size, no allocation, no deletion: a new set begins with an empty cache. The key is made
 * with two secrets of this process, so that nobody can look for texts of equal key.
 */
#ifndef WHODID_PROFILE_CACHE_H
#define WHODID_PROFILE_CACHE_H

#include "profile/act.h"

struct cache_key {
	uint64_t a, b;
};

struct decision {
	struct binding *binding; /* NULL = none */
	struct rule *rule;
	struct exception *exception;
	uint8_t verdict, severity, mode;
};

#define DECISIONS     8192 /* powers of two */
#define DECISION_WAYS 4
#define SUBJECT_SETS  512

/* The bindings and exceptions that an identity is subject of. */
#define SUBJECT_BINDINGS_MAX   12
#define SUBJECT_EXCEPTIONS_MAX 4
struct subject_set {
	struct cache_key key;
	uint8_t binding_count, exception_count;
	struct binding *bindings[SUBJECT_BINDINGS_MAX];
	struct exception *exceptions[SUBJECT_EXCEPTIONS_MAX];
};

/* The identity of the last act, whole: events come in runs, and comparing is cheaper than hashing. */
#define IDENTITY_TEXTS	  24 /* a multiple of 4, for mix_texts(); the last ones are empty */
#define LAST_IDENTITY_MAX 512
struct last_identity {
	struct cache_key key; /* zero = none */
	uint64_t level_and_flags;
	uint32_t lengths[IDENTITY_TEXTS];
	char bytes[LAST_IDENTITY_MAX];
};

struct cache {
	struct last_identity last;
	struct cache_key keys[DECISIONS];
	struct decision decisions[DECISIONS];
	struct subject_set subjects[SUBJECT_SETS];
	uint32_t clock; /* which way goes next */
};

/* Keys are never all zero. identity is a part of the act's key. */
void cache_make_keys(struct cache *c, const struct act *act, struct cache_key *identity,
		     struct cache_key *all);
/* NULL = not there. */
struct decision *cache_find(struct cache *c, const struct cache_key *key);
void cache_put(struct cache *c, const struct cache_key *key, const struct decision *d);

static inline bool cache_key_equal(const struct cache_key *x, const struct cache_key *y)
{
	return x->a == y->a && x->b == y->b;
}

#endif
