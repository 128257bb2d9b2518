/* SPDX-License-Identifier: Apache-2.0 */
/* notes: what one daemon leaves for the next, kept in memory. */
#ifndef WHODID_TESTS_IDENTITY_NOTES_H
#define WHODID_TESTS_IDENTITY_NOTES_H

#include "history.h"

#define NOTES_MAX 128

/* In the order in which the boundaries were first noted; size 0 = taken back. */
static struct note {
	uint64_t id;
	size_t size;
	uint8_t bytes[8192];
} notes[NOTES_MAX];

static inline void keep_note(void *ctx, uint64_t id, const void *bytes, size_t size)
{
	struct note *n = notes;

	(void)ctx;
	while (n < notes + NOTES_MAX - 1 && n->id && n->id != id)
		n++;
	*n = (struct note){.id = id, .size = size};
	if (size)
		memcpy(n->bytes, bytes, size);
}

static const struct identity_keeper keeper = {keep_note, NULL};

static inline void restore_notes(struct identity_table *t)
{
	for (size_t i = 0; i < NOTES_MAX && notes[i].id; i++)
		if (notes[i].size)
			assert_int_equal(identity_restore(t, notes[i].bytes, notes[i].size), 0);
}

static inline int forget_notes(void **state)
{
	(void)state;
	memset(notes, 0, sizeof(notes));
	return 0;
}

#endif
