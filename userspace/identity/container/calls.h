/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls: private to identity. What container runtimes were started for: whoever starts runc says in its
 * arguments which container is meant, where its bundle lies, and whether it is to be made or entered.
 * Heard at exec; whether the caller is a runtime at all the kernel says later, at the crossing.
 */
#ifndef WHODID_IDENTITY_CONTAINER_CALLS_H
#define WHODID_IDENTITY_CONTAINER_CALLS_H

#include "event.h"

enum call_kind {
	CALL_NONE = 0,
	CALL_START, /* create, run: a new container */
	CALL_EXEC,  /* one more program in it */
};

struct runtime_call {
	enum call_kind kind;
	struct str id;	    /* of the container, as given */
	struct str bundle;  /* its directory; absent when the arguments do not say */
	struct str exec_id; /* 64 digits; absent when they do not say */
};

/* Reads arguments, NUL-separated. False when they are no such call. Texts are parts of argv. */
bool runtime_call_read(struct runtime_call *out, struct str argv);

struct calls;

struct calls *calls_new(void); /* NULL without memory */
void calls_free(struct calls *t);
/* what is an exec outside of containers: keeps it when it is such a call, of root's and of no job's. */
void calls_learn(struct calls *t, const struct event_what *what);
/* By the process that made it. False when it is not known (any more). Valid until the next is learnt. */
bool calls_find(const struct calls *t, uint32_t pid, uint64_t start_ns, struct runtime_call *out);
/* The bundle of that container, by the newest call that said so; absent = none did. */
struct str calls_bundle(const struct calls *t, struct str id);

#endif
