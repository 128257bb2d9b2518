/* SPDX-License-Identifier: Apache-2.0 */
/*
 * marks: private to identity. Processes that somebody else has a hand in: another identity has got into
 * their memory (and may have put code there), or asks them for things over a socket. What they and their later
 * children do has still the name that it descends from, but flagged, derived, and by that other; so has what
 * they reach into, the servers that they ask, and a login over ssh within this host.
 *
 * Of servers only those of people and jobs (a build daemon that outlives its job, `socat ... EXEC:sh`):
 * services are there for others. Multiplexers are handoffs.c's. Not seen: what a process does to its own
 * tracees, a socket that was inherited or passed, children that a server had before it was asked, and clients over
 * TCP in another network namespace. A server in one is taken for any other that listens at that port.
 */
#ifndef WHODID_IDENTITY_MARKS_H
#define WHODID_IDENTITY_MARKS_H

#include "identity/table.h"

/* What p has just done, as id. */
void marks_learn(struct identity_table *t, const struct process *p, const struct event_what *what,
		 const struct identity *id);
/* Adds the flags of p, which may be NULL, to who it is. */
void marks_apply(const struct process *p, struct identity *id);
/* A child has those of its parent. */
void marks_inherit(struct process *child, uint8_t marks, struct interned *marked_by);
/*
 * A process that is new to the table, and not by a fork: an earlier daemon may have known it, or it was forgotten
 * for want of room. Where that was one with marks, all that may be it have them.
 */
void marks_recall(const struct identity_table *t, struct process *p);

#endif
