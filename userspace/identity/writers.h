/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writers: private to identity. Who opened which file for writing last, for execs of it.
 *
 * An open for writing counts as the write. While several have the file open for writing, any of them
 * can be the last: all are named. An open that finds nobody else there begins anew. What cannot be
 * told gives no name: a writer who was not seen, records that were lost, a file that changed when
 * nobody is known to have had it open.
 */
#ifndef WHODID_IDENTITY_WRITERS_H
#define WHODID_IDENTITY_WRITERS_H

#include "event.h"
#include "identity/interns.h"

#define WRITERS_MAX 4  /* named together; with more nobody is */
#define BLINDS_MAX  16 /* times remembered at which opens were missed; the oldest two become one */

struct blind {
	int64_t from_wall_ns, to_wall_ns;
};

struct written;

struct writers {
	struct written *files; /* [0] heads the list by last use: next = latest, prev = oldest */
	uint32_t *buckets, mask;
	uint32_t count, max;
	struct interns names;
	struct blind blinds[BLINDS_MAX];
	unsigned blind_count;
	int64_t wall_offset_ns; /* a step of the wall clock makes change times worth nothing */
	uint64_t evicted;
};

struct file_state {
	uint64_t dev, inode, ctime_ns;
	uint32_t generation;
};

/* Who can have written a file last; texts are valid until the next call with the same table. */
struct written_by {
	struct str who[WRITERS_MAX + 1]; /* the latest opener first */
	unsigned count;			 /* 0 = not known */
	enum writer_unknown why;	 /* it is not */
	int64_t wall_ns;		 /* when the latest opened it */
};

/* 0 or -ENOMEM. */
int writers_init(struct writers *w, uint32_t files_max);
void writers_release(struct writers *w);

/* An open for writing or truncation by who; other events teach nothing. */
void writers_learn(struct writers *w, const struct event_what *what, struct str who);
/* Opens for writing may have been missed in that time. */
void writers_missed(struct writers *w, int64_t from_wall_ns, int64_t to_wall_ns);
/*
 * Takes over from a table that ended before w began to learn, latest used first: at most max files in
 * one call. True = there are more. What w knows by itself stays.
 */
bool writers_take(struct writers *w, struct writers *older, uint32_t max);
/* Of a file as an exec found it. */
void writers_find(struct writers *w, const struct file_state *file, struct written_by *out);

#endif
