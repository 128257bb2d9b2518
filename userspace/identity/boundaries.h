/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boundaries: private to identity. The facts of each crossing and the identity that was decided from
 * them, once. Bounded in number and bytes: those without live processes and without boundaries inside
 * go first, oldest first.
 */
#ifndef WHODID_IDENTITY_BOUNDARIES_H
#define WHODID_IDENTITY_BOUNDARIES_H

#include "event.h"
#include "identity/list.h"

struct boundary {
	struct link order; /* in boundaries.idle or .busy; the kernel's own is in neither */
	struct boundary *hash_next;
	uint64_t id, parent_id; /* parent_id 0 = none known */
	uint64_t who_id;	/* the boundary that said who: this one or one outside; 0 = none */
	uint64_t boot_ns;
	int64_t wall_ns;
	uint64_t opener_start_ns;
	uint32_t opener_pid, kind, role, from_uid, to_uid, session_id;
	uint32_t pid, uid, login_uid;
	uint32_t ci_system;
	uint32_t server_pid; /* of the multiplexer that it was started by, at any depth; 0 = none */
	uint64_t server_start_ns;
	uint32_t opener_systems; /* of a job: its supervisor's process.supervises, */
	bool opener_seen;	 /* and exec_seen */
	bool end_told;		 /* of a login: its end was an event */
	int64_t ended_wall_ns;	 /* of a job, a login: who opened it exited; 0 = not yet */
	uint32_t refs;		 /* live processes and boundaries inside */
	uint32_t live;		 /* live processes and boundaries inside that have some */
	bool parent_held;
	bool deferral_sought; /* of cron's and at's: its first program was looked at */
	/*
	 * Of a container that somebody asked for: that one's boundary, and who it is by itself. Of a handoff: the
	 * client that had connected last.
	 */
	uint64_t asker;
	uint32_t asker_pid; /* 0 = nobody is known to have asked */
	enum assurance own_level;
	struct str own_who;
	size_t bytes;
	struct str exe;
	struct identity identity; /* texts lie in text or are static */
	char text[];
};

#define ENDED_MAX 16 /* by one exit: as many as there are logins inside each other */

struct boundaries {
	struct boundary **buckets;
	size_t mask, max, count, bytes, bytes_max;
	struct link idle, busy;
	uint64_t evicted;
	uint64_t ended[ENDED_MAX]; /* logins whose last process has gone, until they are taken */
	unsigned ended_count;
	void (*gone)(void *ctx, uint64_t id); /* one was evicted; NULL = nobody wants to know */
	void *gone_ctx;
};

int boundaries_init(struct boundaries *t, size_t max, size_t bytes_max); /* 0 or -ENOMEM */
void boundaries_release(struct boundaries *t);
struct boundary *boundaries_find(const struct boundaries *t, uint64_t id);
/* Takes b over (its id is new to the table); makes room. pinned = never evicted. */
void boundaries_add(struct boundaries *t, struct boundary *b, bool pinned);
/* Puts another identity in the place of b's, which is freed; nothing changes without memory. */
void boundaries_renew(struct boundaries *t, struct boundary *b, const struct identity *identity);
/* Whether it was there to be held. */
bool boundaries_hold(struct boundaries *t, uint64_t id);
void boundaries_drop(struct boundaries *t, uint64_t id);

/* A process begins to live in it, or stops: an emptied login is among the ended ones then. */
void boundaries_enter(struct boundaries *t, uint64_t id);
void boundaries_leave(struct boundaries *t, uint64_t id);

/* A live boundary in that container, or NULL. */
const struct boundary *boundaries_in_container(const struct boundaries *t, struct str id);

/* A live boundary in that unit, or NULL. */
const struct boundary *boundaries_in_unit(const struct boundaries *t, struct str unit);

/* Holds the parents of those that came before them. */
void boundaries_hold_parents(struct boundaries *t);
/* Calls fn for each boundary of that kind (enum boundary_kind) that this process opened. */
void boundaries_each_opened(const struct boundaries *t, uint32_t kind, uint32_t pid,
			    uint64_t start_ns, void (*fn)(void *ctx, struct boundary *b),
			    void *ctx);

/*
 * A boundary with copies of all texts of identity, exe and own_who in one piece of memory; the facts are the
 * caller's to fill. NULL without memory.
 */
struct boundary *boundary_new(const struct identity *identity, struct str exe, struct str own_who);

#endif
