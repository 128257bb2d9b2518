/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shelves: whose entry of a full table makes room. Each boundary has a shelf with its entries, the oldest
 * first, and whoever has most gives: a workload that fills the table pushes out its own entries, and nobody
 * else's as long as they have fewer.
 */
#ifndef WHODID_NAMES_SHELVES_H
#define WHODID_NAMES_SHELVES_H

#include <stdbool.h>
#include <stdint.h>

#define SHELVES_ENTRIES 4096 /* in every table that is kept so; a power of two */

struct shelf {
	uint64_t boundary;
	uint32_t count;
	uint32_t first, last; /* index + 1 of the oldest and newest entry */
};

struct shelves {
	struct shelf list[SHELVES_ENTRIES];
	uint32_t used;	/* shelves; no empty one is among them */
	uint32_t fresh; /* entries from here on were never taken */
	uint32_t free;	/* index + 1 of the first that was given back; linked by later */
	struct {
		uint32_t earlier, later; /* index + 1 */
	} links[SHELVES_ENTRIES];
};

/* The entry that boundary may write next. is_taken: it has to be given back first. */
uint32_t shelves_next(const struct shelves *s, uint64_t boundary, bool *is_taken);
/* That entry is boundary's from now on. */
void shelves_take(struct shelves *s, uint32_t entry, uint64_t boundary);
/* It was boundary's, and is nobody's. */
void shelves_give_back(struct shelves *s, uint32_t entry, uint64_t boundary);

#endif
