/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index: many path globs asked at once. Globs lie in a hash table by their literal prefix, so that
 * a path is compared with those only that begin as it does, whatever their number.
 */
#ifndef WHODID_PROFILE_INDEX_H
#define WHODID_PROFILE_INDEX_H

#include "profile/act.h"

enum glob_shape {
	SHAPE_EXACT,  /* no special character */
	SHAPE_BELOW,  /* literal and "**" at the end of it */
	SHAPE_TREE,   /* "dir/": itself and all below */
	SHAPE_GLOB,   /* anything else */
	SHAPE_MARKED, /* has a session variable */
};

struct globs {
	struct str *v;
	uint32_t n;
};

/* What a compiled object asks beside its own text, and whose it is. */
struct entry {
	const struct object *object;
	struct rule *rule;
	struct globs by; /* exec: parent program; connect: program. v NULL = any */
	bool deny;
};

/* Which runs of three bytes occur, as bits: tells in a nanosecond that a part is missing. */
struct grams {
	uint64_t bits[4];
};

/* What most entries are refused by comes first, within one line of the processor's cache. */
struct path_entry {
	struct path_entry *next;
	uint64_t hash;	    /* of the prefix */
	struct grams grams; /* of its literal parts: all must be in the path */
	uint32_t prefix;    /* literal bytes at its front, at its end */
	uint32_t suffix;
	enum glob_shape shape;
	struct str glob;
	struct entry e;
};

#define PREFIX_MAX 255
struct path_index {
	struct path_entry **buckets;
	uint32_t mask;
	uint32_t count;
	uint64_t lengths[(PREFIX_MAX + 64) / 64]; /* bit n: some prefix has n bytes */
	struct path_entry *pending;		  /* added, not yet in the table */
};

/* Adds a glob without variables (marks may be in it); {a,b} is unfolded. 0 or -ENOMEM. */
int path_index_add(struct path_index *idx, struct arena *arena, struct str glob,
		   const struct entry *e);
/* Makes the table; nothing may be added after it. 0 or -ENOMEM. */
int path_index_seal(struct path_index *idx, struct arena *arena);

struct path_walk {
	const struct path_index *idx;
	const struct act *act;
	struct str path;
	const struct path_entry *at;
	struct grams grams; /* of the path, made when first needed */
	bool has_grams;
	uint64_t hash;
	uint32_t length; /* of the prefix to look at next */
};
void path_walk_begin(struct path_walk *w, const struct path_index *idx, const struct act *act,
		     struct str path);
/* The next glob that matches, in no order; NULL at the end. */
const struct path_entry *path_walk_next(struct path_walk *w);

/* A single glob that may hold marks. */
bool glob_matches(struct str glob, const struct act *act, struct str path);

#endif
