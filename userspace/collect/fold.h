/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold: turns what the kernel counted in a window into records.
 *
 * The first act of a window has its own record, which is remembered here (newest first, within a
 * fixed memory); the later ones become one record with RECORD_FOLDED, the same text, and their
 * count. Where the first is not remembered any more the record has device and inode, no path.
 */
#ifndef WHODID_COLLECT_FOLD_H
#define WHODID_COLLECT_FOLD_H

#include "collect/collect.h"

struct fold;

/* outer holds the window in use; a and b are the two windows. Descriptors stay the caller's. */
int fold_open(struct fold **out, int outer_fd, int a_fd, int b_fd);
void fold_close(struct fold *f);

/* A record came out of the ring. */
void fold_remember(struct fold *f, const void *record, size_t size);

/*
 * Swaps the windows, without waiting: the kernel waits until no program uses the old one, which
 * takes many milliseconds, and so a thread does it. One swap at a time.
 */
void fold_swap(struct fold *f);
/*
 * 1 once, when the old window is complete: what programs still counted in it is there. 0 not yet;
 * with wait this waits for it. -errno when it cannot be swapped.
 */
int fold_swapped(struct fold *f, bool wait);

/* Gives the counts of the window before as records, and empties it. How many, or -errno. */
int fold_flush(struct fold *f, source_record_fn fn, void *ctx);

#endif
