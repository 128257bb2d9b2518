/* SPDX-License-Identifier: Apache-2.0 */
/* arena: a chain of blocks, handed out from the front, freed together. */
#include "base/arena.h"

#include <stdlib.h>

#define BLOCK_SIZE (64u * 1024)

struct arena_block {
	struct arena_block *next;
	size_t size;
	_Alignas(16) char bytes[];
};

static struct arena_block *add_block(struct arena *a, size_t size)
{
	struct arena_block *b = calloc(1, sizeof(*b) + size);

	if (!b)
		return NULL;
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	a->left = size;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;

	size = (size + 15) & ~(size_t)15;
	if (!b || size > a->left) {
		b = add_block(a, size > BLOCK_SIZE ? size : BLOCK_SIZE);
		if (!b)
			return NULL;
	}
	a->left -= size;
	return b->bytes + (b->size - a->left - size);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, (size_t)s.n + 1);

	if (!p)
		return STR_NONE;
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){p, s.n};
}

void arena_release(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
	a->left = 0;
}
