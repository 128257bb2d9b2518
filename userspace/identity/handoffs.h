/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoffs: private to identity. Terminal multiplexers (tmux, screen): whoever connects to a server has it
 * start programs, which descend from who started the server. Who connected last is remembered for a
 * moment, and of the server for ever that people of other sessions were there.
 *
 * Who connected a moment ago need not be who asked: others may be attached for hours, and who started the
 * server chose what it does when somebody comes (hooks, timers). So a window is its server's, flagged, with
 * "by" whoever had just come; only where one key let in everybody who was ever there it is the client's.
 */
#ifndef WHODID_IDENTITY_HANDOFFS_H
#define WHODID_IDENTITY_HANDOFFS_H

#include "identity/naming.h"
#include "identity/table.h"

bool handoffs_is_multiplexer(struct str exe);
/* A connection over a unix socket that p has made. */
void handoffs_learn(struct identity_table *t, const struct process *p,
		    const struct event_what *what);
/* Connections were lost, or (loss NULL) nothing was seen at all: anybody may have been at any server. */
void handoffs_missed(struct identity_table *t, const struct event_what *loss);
/* For whom a server has started a program, in a crossing of kind handoff. */
void handoffs_find_origin(struct identity_table *t, const struct event_what *what,
			  struct origin *origin);
/* Whether the server that b's programs were started by is used by people of other sessions, or may be. */
bool handoffs_is_shared(const struct identity_table *t, const struct boundary *b);

#endif
