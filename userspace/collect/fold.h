/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold: turns what the kernel counted in a window into records.
 *
 * The first act of a window has its own record, which is remembered here (newest first, within a
 * fixed memory); the later ones become one record with RECORD_FOLDED, the same text, and their
 * count. Where the first is not remembered any more the record has only what they have in common.
 */
#ifndef WHODID_COLLECT_FOLD_H
#define WHODID_COLLECT_FOLD_H

#include "collect/collect.h"

struct fold;

/* What every count begins with, as in bpf/maps.bpf.h: that header is for the programs only. */
struct fold_count {
	uint64_t count;
	uint64_t seq;
	uint64_t first_ns;
	uint64_t last_ns;
	uint32_t cpu;
	uint32_t pad0;
};

/* One kind of windows: what is counted by which key. */
struct fold_kind {
	size_t key_size, count_size;
	size_t memory_bytes; /* of remembered records, a power of two */
	/* Whether later acts may be counted under this record. */
	bool (*is_first)(const struct record_header *record, size_t size);
	/*
	 * Makes the record of what was counted in out, EVENT_RECORD_MAX bytes: first is the record of
	 * the first one, or NULL. Its size; the header's size and flags are the caller's affair.
	 */
	size_t (*make)(uint8_t *out, const struct record_header *first, const void *key,
		       const struct fold_count *n);
};
extern const struct fold_kind fold_files; /* equal opens */
extern const struct fold_kind fold_flows; /* datagrams, accepted connections and their ends */

/* outer holds the window in use; a and b are the two windows. Descriptors stay the caller's. */
int fold_open(struct fold **out, const struct fold_kind *kind, int outer_fd, int a_fd, int b_fd);
void fold_close(struct fold *f);

/* A record came out of the ring. */
void fold_remember(struct fold *f, const void *record, size_t size);

/*
 * Swaps the windows, without waiting: the kernel waits until no program uses the old one, which
 * takes many milliseconds, and so a thread does it. False = the one before is still under way.
 */
bool fold_swap(struct fold *f);
/*
 * 1 once, when the old window is complete: what programs still counted in it is there. 0 not yet;
 * with wait this waits for it. -errno when it cannot be swapped.
 */
int fold_swapped(struct fold *f, bool wait);

/* Gives the counts of the window before as records, and empties it. How many, or -errno. */
int fold_flush(struct fold *f, source_record_fn fn, void *ctx);

#endif
