/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learn: what an event changes in the table of who lives where: processes, their executables and
 * boundaries, the names of new boundaries. Private to the folder; identity.c calls these in this order.
 */
#ifndef WHODID_IDENTITY_LEARN_H
#define WHODID_IDENTITY_LEARN_H

#include "identity/table.h"

/* What others will rest on, also where this event's own identity does not. */
void learn_arrival(struct identity_table *t, const struct event_what *what);

/* The acting process, made from what the record says when it was not known. NULL for the idle task. */
struct process *learn_acting(struct identity_table *t, const struct event_what *what);

/* What the process is from now on. p may be NULL. */
void learn_process(struct identity_table *t, struct process *p, const struct event_what *what);

/* What only holds for what comes after this event: who has ended, its child, who wrote its program. */
void learn_outcome(struct identity_table *t, struct process *p, const struct event_what *what,
		   const struct event_who *who);

/* The executable at the time of the act: what was found running may have been another one before. */
struct interned *learned_exe(const struct process *p, const struct event_what *what);

#endif
