/* SPDX-License-Identifier: Apache-2.0 */
/* shelves: see the header. */
#include "names/shelves.h"

#include <stddef.h>

/* As many as there are boundaries with an entry: a walk over all of them costs some microseconds at most. */
static struct shelf *find(const struct shelves *s, uint64_t boundary)
{
	for (uint32_t i = 0; i < s->used; i++)
		if (s->list[i].boundary == boundary)
			return (struct shelf *)&s->list[i];
	return NULL;
}

/* The fullest shelf, and of several such the boundary's own. */
static const struct shelf *find_fullest(const struct shelves *s, uint64_t boundary)
{
	const struct shelf *best = &s->list[0];

	for (uint32_t i = 1; i < s->used; i++) {
		const struct shelf *one = &s->list[i];

		if (one->count > best->count ||
		    (one->count == best->count && one->boundary == boundary))
			best = one;
	}
	return best;
}

uint32_t shelves_next(const struct shelves *s, uint64_t boundary, bool *is_taken)
{
	*is_taken = false;
	if (s->free)
		return s->free - 1;
	if (s->fresh < SHELVES_ENTRIES)
		return s->fresh;
	*is_taken = true;
	return find_fullest(s, boundary)->first - 1;
}

void shelves_take(struct shelves *s, uint32_t entry, uint64_t boundary)
{
	struct shelf *own = find(s, boundary);

	if (s->free == entry + 1)
		s->free = s->links[entry].later;
	else
		s->fresh++;
	if (!own) {
		own = &s->list[s->used++];
		*own = (struct shelf){.boundary = boundary};
	}
	s->links[entry].earlier = own->last;
	s->links[entry].later = 0;
	if (own->last)
		s->links[own->last - 1].later = entry + 1;
	else
		own->first = entry + 1;
	own->last = entry + 1;
	own->count++;
}

void shelves_give_back(struct shelves *s, uint32_t entry, uint64_t boundary)
{
	struct shelf *own = find(s, boundary);
	uint32_t earlier = s->links[entry].earlier, later = s->links[entry].later;

	if (!own)
		return;
	if (earlier)
		s->links[earlier - 1].later = later;
	else
		own->first = later;
	if (later)
		s->links[later - 1].earlier = earlier;
	else
		own->last = earlier;
	if (--own->count == 0)
		*own = s->list[--s->used];
	s->links[entry].later = s->free;
	s->free = entry + 1;
}
