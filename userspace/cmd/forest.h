/* SPDX-License-Identifier: Apache-2.0 */
/* forest: processes and their children, gathered from events and process lists. */
#ifndef WHODID_CMD_FOREST_H
#define WHODID_CMD_FOREST_H

#include "cmd/cmd.h"
#include "cmd/row.h"

#define NO_NODE SIZE_MAX

struct node {
	char *uid;
	uint64_t pid;
	json_t *row;		  /* the newest that says what it executes; never NULL */
	int64_t first_ns, end_ns; /* end 0 = not seen to end */
	json_t *notes;		  /* marked events, and those asked for by --files and --net */
	size_t parent;		  /* NO_NODE = not known */
	size_t first_child, next_sibling, last_child;
	bool alive, marked; /* marked: has notes with a verdict against it */
	bool marked_below;
	bool wanted; /* chosen by the asker, or below such a one */
};

struct forest {
	struct node *nodes;
	size_t count, room;
	json_t *by_uid; /* uid to number */
	json_t *noted;	/* events that are notes already, by uid */
};

void forest_init(struct forest *f);
void forest_release(struct forest *f);
/* Takes an event or a process of the daemon's list. is_note: show it below its process. */
void forest_add(struct forest *f, const json_t *row, bool is_note);
/* NO_NODE when it is not known. */
size_t forest_find_uid(const struct forest *f, struct str uid);
/* The newest process with that pid. */
size_t forest_find_pid(const struct forest *f, uint64_t pid);
/* After the last forest_add(): links children, in order of their start, and marks above notes. */
void forest_link(struct forest *f);
/*
 * The node behind at in a walk of root and all below it, each before its children; NO_NODE = that was the
 * last. Without recursion: chains can be as deep as the history is long.
 */
size_t forest_next(const struct forest *f, size_t root, size_t at);
/* Marks a node and all below as wanted. */
void forest_want(struct forest *f, size_t node);

#endif
