/* SPDX-License-Identifier: Apache-2.0 */
/*
 * questions: what was asked and not answered yet. Only an answer to one of these counts: over the same
 * socket, from the server that was asked, with the same number, name and type.
 */
#ifndef WHODID_NAMES_QUESTIONS_H
#define WHODID_NAMES_QUESTIONS_H

#include "event.h"
#include "names/message.h"

#define QUESTIONS_MAX	 1024
#define QUESTION_WAIT_NS 10000000000ull

struct question_key {
	uint64_t socket; /* 0 = free */
	uint64_t name_hash;
	uint16_t id, type, class;
	uint16_t pad;
};

struct question {
	struct question_key key;
	struct event_what what; /* of who asked; net is from here to the server */
	char comm[16];
	char name[DNS_NAME_MAX];
};

struct questions {
	struct question
		list[QUESTIONS_MAX]; /* touched from the front: a quiet host needs few pages */
	unsigned count;		     /* in use, */
	unsigned front;		     /* and all of them are before this */
};

/*
 * Keeps a question. When the same is still open it was sent again: false. When there is no room, the
 * oldest goes to *gone, and *is_gone says so.
 */
bool questions_add(struct questions *q, const struct event_what *what, const struct dns_message *m,
		   struct question *gone, bool *is_gone);
/* The question that this answers, taken out of the table into *out; false = nobody asked that. */
bool questions_take(struct questions *q, const struct event_what *what, const struct dns_message *m,
		    struct question *out);
/* One that has waited long enough, taken out; false = there is none. */
bool questions_take_late(struct questions *q, uint64_t boot_ns, struct question *out);

#endif
