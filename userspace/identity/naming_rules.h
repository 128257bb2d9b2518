/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_rules: private to naming*.c. The answer in the making, and what the rules do to it. A rule is
 * a function name_*() for one kind of crossing; naming.c calls it.
 */
#ifndef WHODID_IDENTITY_NAMING_RULES_H
#define WHODID_IDENTITY_NAMING_RULES_H

#include "bpf/event.h"
#include "identity/ci/ci.h"
#include "identity/identity.h"
#include "identity/naming.h"
#include "identity/words.h"

#define UNSET UINT32_MAX

struct naming {
	const struct event_what *what;
	const struct boundary *parent;
	const struct origin *origin; /* NULL = not known */
	const struct user_names *users;
	const struct supervisor *by;
	const struct container_entry *entry; /* NULL = into no container */
	struct str
		own_who; /* of a container or service that is another's while their session lasts */
	enum assurance own_level;
	struct cgroup_name place;
	struct identity id; /* the answer; begins as the parent's */
	uint64_t who_id;
	struct words words;
	struct ci_job job;
};

/* --- naming_who.c */

enum assurance at_most(enum assurance level, enum assurance most);
bool kind_is(const struct naming *n, const char *kind);
/* Somebody, or a container, whose deeds stay theirs in whatever unit or container they start. */
bool keeps_who(const struct naming *n);
/* Who started it was lost, and may have been somebody whose deeds stay theirs. */
bool who_is_lost(const struct naming *n);
/* A new who: nothing of the old one stays but the place. */
void open_who(struct naming *n, const char *kind, struct str who, enum assurance level);
/* who and reason are static text. */
void open_anon(struct naming *n, const char *who, const char *reason);
/* kind "human" and such, with the user's name, or "uid=N" for a uid that has none. */
void open_user(struct naming *n, const char *kind, uint32_t uid, enum assurance level);
/* UNSET sets nothing. */
void set_session(struct naming *n, uint32_t session_id);
/* One more step of "via"; its level is that of the weakest step. */
void add_edge(struct naming *n, struct str edge, enum assurance level);

/* --- naming_place.c */

void set_place(struct naming *n, struct str as, enum assurance level);
/* "as" from the crossing's cgroup path. */
void read_place(struct naming *n);
/* The account behind a session scope or a user manager whose login was not seen. */
bool open_owner(struct naming *n);
void name_cgroup(struct naming *n);

/* --- naming_container.c */

/* "as" and the facts of the container that the place names. */
void read_container(struct naming *n);
/* The container, or the service account of its pod, as who. */
void open_container(struct naming *n);
/* A runtime has put the task into a container, or into a cgroup that names none. */
void enter_container(struct naming *n);

/* Somebody whose session or job a container or service belongs to. */
bool is_person_or_job(struct str kind);
/* Theirs, by the way that they came, no surer than most. */
void open_asker(struct naming *n, const struct identity *by, enum assurance most);

/* --- the other rules, each in its file */

/* The unit that PID 1 has put it into was asked for. */
void name_asked(struct naming *n);

void name_seed(struct naming *n);
void name_kernel(struct naming *n);
void name_helper(struct naming *n);
void name_login(struct naming *n);
void name_become(struct naming *n);
void name_ci(struct naming *n);
void name_handoff(struct naming *n);
/* "ci:github/acme/app/build"; "-" is a job whose name is not known. */
struct str naming_job(struct words *words, const struct ci_facts *job);

#endif
