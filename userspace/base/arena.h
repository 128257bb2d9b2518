/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: memory of one set of things. What a set is made of is allocated while it is read and
 * compiled, and goes away as a whole.
 */
#ifndef WHODID_BASE_ARENA_H
#define WHODID_BASE_ARENA_H

#include "base/str.h"

struct arena_block;
struct arena {
	struct arena_block *blocks;
	size_t left; /* bytes free in the first block */
};

/* Zeroed memory, or NULL. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy with a NUL behind it; p is NULL when memory is short. */
struct str arena_str(struct arena *a, struct str s);
void arena_release(struct arena *a);

#endif
