/* SPDX-License-Identifier: Apache-2.0 */
/* naming: private to identity. From the facts of one crossing, and what lies outside of it, the identity. */
#ifndef WHODID_IDENTITY_NAMING_H
#define WHODID_IDENTITY_NAMING_H

#include "identity/boundaries.h"
#include "identity/containers.h"
#include "identity/sshd_log.h"
#include "identity/user_names.h"

/* How a login came in, who moved somebody, or for whom a server started something. Everything may be absent. */
struct origin {
	bool heard; /* sshd's line is in login */
	bool local; /* it came from this host */
	struct sshd_login login;
	struct identity by; /* who made the connection; who absent = not known */
	uint64_t by_who_id, by_boundary;
	bool user_moved; /* cgroup: who moved it is not root, and says where and into what as they like */
	uint32_t asker_pid; /* of a service: whose call it was, */
	enum {
		ASKED_NOT = 0,
		ASKED_TO_START,
		ASKED_TO_MAKE,
		ASKED_BY_SEVERAL
	} asked;	   /* or nobody's for sure */
	bool shared;	   /* handoff: people of other sessions use the server, or may */
	bool one_person;   /* and all of them are who is in by */
	struct str server; /* and its executable */
};

/* What is known of the process that opened a job. */
struct supervisor {
	bool exec_seen;		      /* else how it was started is not known */
	bool misplaced;		      /* the settings name its unit, and it is in another one */
	bool tampered;		      /* a job has written its files or memory */
	uint32_t systems;	      /* 1 << enum ci_system: whose supervisor it looks like */
	const struct boundary *first; /* the first job that it opened, or NULL */
};

/*
 * Decides the identity of the boundary in what.crossing. parent is the one around it, or NULL when
 * that is not known; origin is of logins, moves and handoffs only, by of jobs only, entry of containers only, else
 * NULL. Returns a new boundary for boundaries_add(), or NULL without memory.
 */
struct boundary *naming_decide(const struct event_what *what, const struct boundary *parent,
			       const struct origin *origin, const struct supervisor *by,
			       const struct container_entry *entry, const struct user_names *users);

/* Who it is when the boundary of an event is not known. */
void naming_lost(struct identity *out, uint64_t boundary);

/*
 * TASK_* of an event: adds the ID_* flags and lowers the levels that they make doubtful. What a shared ring
 * was asked for is nobody's, and its maker in by.
 */
void naming_apply_flags(struct identity *id, uint32_t task_flags);

const char *boundary_kind_name(uint32_t kind);
const char *exe_role_name(uint32_t role);

#endif
