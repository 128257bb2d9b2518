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

/*
 * What is remembered; the owner gives it zeroed, or as an earlier daemon left it: then its counts still
 * find their first records. Records lie in data, one behind the other, the oldest written over.
 */
#define FOLD_MEMORY_BYTES (4u << 20) /* a power of two */
#define FOLD_INDEX_SLOTS  32768u     /* a power of two */
struct fold_place {
	uint64_t hash;
	uint64_t pos; /* in the endless stream of remembered bytes; 0 = nothing */
};
struct fold_memory {
	uint64_t window; /* number of the one in use, from 1; the odd ones are b */
	uint64_t head;	 /* next position */
	struct fold_place index[FOLD_INDEX_SLOTS];
	uint8_t data[FOLD_MEMORY_BYTES];
};

/*
 * outer holds the window in use; a and b are the two windows. Descriptors and memory stay the
 * caller's. What mark says is out is not told again.
 */
int fold_open(struct fold **out, const struct fold_kind *kind, int outer_fd, int a_fd, int b_fd,
	      struct fold_memory *memory, const struct fold_mark *mark);
void fold_close(struct fold *f);

/* A record came out of the ring. */
void fold_remember(struct fold *f, const void *record, size_t size);

/*
 * Empties the window before and puts it in use, without waiting: the kernel waits until no program uses
 * the other one, which takes many milliseconds, and so a thread does it. False = that is under way.
 */
bool fold_swap(struct fold *f);
/*
 * 1 once, when that is done: what programs still counted in the other one is there. 0 not yet; with
 * wait this waits for it. -errno when it cannot be swapped.
 */
int fold_swapped(struct fold *f, bool wait);

/* Gives the counts of the window before as records, those that are not out yet. How many, or -errno. */
int fold_flush(struct fold *f, source_record_fn fn, void *ctx);

/* How much of the window before is out. */
void fold_progress(const struct fold *f, struct fold_mark *out);
/* Whether all of it is, or a swap makes another one the one before. */
bool fold_is_flushed(const struct fold *f);

#endif
