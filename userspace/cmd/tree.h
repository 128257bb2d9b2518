/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h: what the tree command has loaded (tree.c), for tree_print.c. */
#ifndef WHODID_CMD_TREE_H
#define WHODID_CMD_TREE_H

#include "cmd/answer.h"
#include "cmd/forest.h"

struct tree {
	struct cli *c;
	struct forest forest;
	struct answer answer;
	bool notes;	/* what is loaded now stands below its process */
	bool want;	/* what is loaded now was asked for */
	json_t *wanted; /* uids asked for */
	size_t shown, folded, too_deep;
	struct text prefix;
};

/* Prints the wanted processes in the format that was asked for, and how complete that is. */
void tree_print(struct tree *t);

#endif
