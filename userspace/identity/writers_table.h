/* SPDX-License-Identifier: Apache-2.0 */
/* writers_table: private to writers*.c. What is kept of a file that was opened for writing. */
#ifndef WHODID_IDENTITY_WRITERS_TABLE_H
#define WHODID_IDENTITY_WRITERS_TABLE_H

#include "identity/writers.h"

/* A change time is that of the last tick, up to 10 ms ago, and our own wall clock is a reading. */
#define CHANGE_SLACK_NS 20000000
/* Some file systems have whole seconds only (ext4 with small inodes), or even ones (vfat). */
#define COARSE_SLACK_NS 2020000000ll

struct written {
	uint64_t dev, inode;
	uint32_t generation;
	uint32_t hash_next, prev, next; /* places in files; 0 = none */
	/* those of whom any can be the last writer, in the order of their last open */
	struct interned *who[WRITERS_MAX];
	struct interned *before; /* the only writer before these, when that is known */
	int64_t since_wall_ns;	 /* first open of those in who, */
	uint64_t since_ctime_ns; /* and the change time that it found */
	int64_t last_wall_ns;
	int64_t before_wall_ns; /* first open of before */
	uint8_t count;
	bool unknown;	     /* there may be others */
	bool changed;	     /* by their first open itself: made or emptied */
	bool before_unknown; /* there were writers before these, and not one alone */
};

/* NULL = not known. */
struct written *writers_file(const struct writers *w, uint64_t dev, uint64_t inode,
			     uint32_t generation);

#endif
