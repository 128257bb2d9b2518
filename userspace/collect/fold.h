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

/* Swaps the windows. What programs still counted in the old one is in it when this returns. */
int fold_swap(struct fold *f);

/* Gives the counts of the window before as records, and empties it. How many, or -errno. */
int fold_flush(struct fold *f, source_record_fn fn, void *ctx);

#endif
