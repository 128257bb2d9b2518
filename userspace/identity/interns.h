/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interns: private to identity. Each executable's path once, counted by who refers to it. What nobody
 * refers to stays until room is needed, so that a storm of one program allocates once.
 */
#ifndef WHODID_IDENTITY_INTERNS_H
#define WHODID_IDENTITY_INTERNS_H

#include "base/str.h"
#include "identity/list.h"

struct interned {
	struct link idle; /* in interns.idle while refs is 0 */
	struct interned *hash_next;
	uint64_t hash;
	uint32_t refs;
	uint32_t len;
	char text[];
};

struct interns {
	struct interned **buckets;
	size_t mask, count, count_max, bytes, bytes_max;
	struct link idle;
};

/* 0 or -ENOMEM. */
int interns_init(struct interns *t, size_t count_max, size_t bytes_max);
void interns_release(struct interns *t);
/* The text's entry with one more reference, or NULL when text is absent or everything is in use. */
struct interned *interns_take(struct interns *t, struct str text);
/* One more reference to an entry; NULL stays NULL. */
struct interned *interns_share(struct interned *e);
void interns_drop(struct interns *t, struct interned *e);

static inline struct str interned_str(const struct interned *e)
{
	return e ? (struct str){e->text, e->len} : STR_NONE;
}

#endif
