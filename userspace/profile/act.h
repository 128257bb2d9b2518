/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act: an event as the rules see it: a verb, what it was done to, and by whom. Borrowed from the
 * event for one decision.
 */
#ifndef WHODID_PROFILE_ACT_H
#define WHODID_PROFILE_ACT_H

#include "event.h"
#include "profile/model.h"
#include "profile/variables.h"

#define ACT_PATHS_MAX 3
#define ACT_WORDS_MAX 4 /* a multiple of 4, see cache.c */
#define ACT_NAMES_MAX 8

struct act_path {
	struct str path;
	bool decides; /* an allow rule must cover it; a deny rule may match any */
	bool sure;    /* whole and absolute; else no allow rule covers it */
};

struct act {
	const struct event *ev;
	const struct identity *id;
	enum verb verb;
	struct act_path
		paths[ACT_PATHS_MAX]; /* connect: of unix "/path" or "@name", "vsock:CID:PORT" */
	unsigned path_count;
	uint64_t addr[2]; /* connect: host order, v4 as ::ffff:a.b.c.d */
	uint16_t port;
	uint16_t proto;
	/* connect: what the destination was asked for as. An allow rule must cover each. */
	struct str names[ACT_NAMES_MAX];
	unsigned name_count;
	bool names_sure; /* by a resolver of this host: else no allow rule rests on them */
	struct str words[ACT_WORDS_MAX]; /* become: name and number of the target user; of other
					  * verbs any word or path that a rule may name it by */
	uint64_t bits; /* capability, namespace: each bit is an object of its own */
	struct str exe, parent;
	bool unsure;   /* the address is what the caller told: no allow rule covers it */
	bool self;     /* the path is below /proc/PID of the actor */
	bool fleeting; /* set while deciding: the outcome rests on the time of day and the like, so
			 * it may not be kept */
	struct session_values session;
	char join[4096 + 256];
	char number[12];
};

/* The act in an event; false when it is none that profiles judge. */
bool act_from_event(struct act *a, const struct event *ev);
/* "edge:detail" list of comma-separated words: whether one matches the word glob. */
bool comma_list_has(struct str list, struct str word_glob);
/* Parts of who: "ci:provider/project/job", "sa:ns/name", "unit:x"; p NULL when it is another. */
struct str who_part(struct str who, const char *prefix);

#endif
