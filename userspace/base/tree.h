/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree: YAML (and JSON, which is YAML) as a tree of nodes that know their place. Scalars are text
 * and nothing else: "no", "0755" and "22:00" mean what they say. Bounded in size, depth, number of
 * nodes and in what aliases unfold to.
 */
#ifndef WHODID_BASE_TREE_H
#define WHODID_BASE_TREE_H

#include "base/problem.h"
#include "base/arena.h"

#define TREE_BYTES_MAX	 (1024u * 1024)
#define TREE_DEPTH_MAX	 24
#define TREE_NODES_MAX	 200000
#define TREE_KEYS_MAX	 256
#define TREE_ANCHORS_MAX 64

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

/* Children are a chain; in a map keys and values alternate. */
struct node {
	enum node_kind kind;
	unsigned line, column;
	uint32_t weight; /* nodes below it and itself, aliases unfolded */
	struct str text; /* of a scalar */
	struct node *first, *last, *next;
};

/*
 * Parses text. On success *out is the chain (by next) of the documents, empty ones left out, in the
 * memory of arena. -EINVAL with place and words in err, -EFBIG for a text over 1 MiB, or -ENOMEM.
 */
int tree_parse(struct arena *arena, struct str text, const char *file, struct node **out,
	       struct problem *err);

#endif
