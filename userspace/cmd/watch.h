/* SPDX-License-Identifier: Apache-2.0 */
/* watch: what keeps a terminal readable when more comes than anyone can read. */
#ifndef WHODID_CMD_WATCH_H
#define WHODID_CMD_WATCH_H

#include "cmd/row.h"

#define FOLD_LINES_PER_S 100
#define FOLD_GROUPS	 16

/*
 * Counts lines per second; above FOLD_LINES_PER_S similar ones (same type, who and directory) become
 * one line with a count at the end of the second. What is marked is never folded.
 */
struct folding {
	int64_t second;
	unsigned lines;
	struct fold_group {
		char *type, *who, *where; /* printable */
		uint64_t count;
	} groups[FOLD_GROUPS];
	size_t group_count;
	uint64_t others;
};

/* Whether the event of that second was taken, so must not be printed. */
bool fold_take(struct folding *f, int64_t second, const json_t *row);
/* Whether the second is over and there is something to print. */
bool fold_is_due(const struct folding *f, int64_t second);
void fold_clear(struct folding *f, int64_t second);

#endif
