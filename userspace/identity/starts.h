/* SPDX-License-Identifier: Apache-2.0 */
/*
 * starts: private to identity. Who asked systemd for a service: PID 1 starts it in its own name, so the only
 * trace of a person is the call that the client sent. The unit's name is the client's word, and anybody may
 * ask for any: so a call counts where it is root's (nobody refuses it), where it can have done something (the
 * unit did not run, or was not there at all), and where nobody else asked for the same name in those seconds.
 * What cannot be told apart names nobody.
 */
#ifndef WHODID_IDENTITY_STARTS_H
#define WHODID_IDENTITY_STARTS_H

#include "identity/naming.h"

struct identity_table;
struct starts;

/* How long after the call a process of the unit is taken for its consequence. */
#define STARTS_WINDOW_NS 10000000000ull

struct starts *starts_new(void); /* NULL without memory */
void starts_free(struct starts *s);
/* A call to systemd, an event of type request. */
void starts_learn(struct identity_table *t, const struct event_what *what);
/* Such calls were lost, or (loss NULL) nothing was seen at all. */
void starts_missed(struct identity_table *t, const struct event_what *loss);
/* Who asked for the unit that a task is put into, in a crossing of kind cgroup by PID 1. */
void starts_find_origin(const struct identity_table *t, const struct event_what *what,
			struct origin *origin);

#endif
