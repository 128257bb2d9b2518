/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_who: what the rules share: a new who, one more edge of the way to here.
 */
#include "identity/naming_rules.h"

enum assurance at_most(enum assurance level, enum assurance most)
{
	return level < most ? level : most;
}

bool kind_is(const struct naming *n, const char *kind)
{
	return str_is(n->id.kind, kind);
}

/* A login over ssh from this host that is the one's who asked for it. */
static bool is_linked(const struct naming *n)
{
	return n->id.flags & ID_LOOPBACK_SSH && n->id.by.p && str_equal(n->id.by, n->id.who);
}

/* A workload in a container. A unit that a token names may be an engine's, and works for others. */
static bool is_contained(const struct naming *n)
{
	return n->parent && n->parent->identity.container_id.p &&
	       (kind_is(n, "container") || kind_is(n, "sa") || kind_is(n, "spiffe"));
}

bool keeps_who(const struct naming *n)
{
	return is_linked(n) || kind_is(n, "human") || kind_is(n, "cron") || kind_is(n, "at") ||
	       kind_is(n, "ci") || is_contained(n);
}

bool who_is_lost(const struct naming *n)
{
	return n->id.flags & ID_BOUNDARY_LOST;
}

void open_who(struct naming *n, const char *kind, struct str who, enum assurance level)
{
	n->id.kind = str_of(kind);
	n->id.who = who;
	n->id.who_level = level;
	n->id.via = (struct str){"", 0};
	n->id.via_level = ASSURANCE_KERNEL;
	n->id.session = n->id.person = n->id.reason = n->id.by = STR_NONE;
	n->id.login = (struct login_facts){0};
	n->id.ci = (struct ci_facts){0};
	n->id.attested = (struct attested_facts){0};
	n->id.flags &= ID_SELF_MOVED | ID_CGROUP_PARENT_MISMATCH; /* those about the place */
	n->who_id = n->what->crossing.id;
}

bool is_person_or_job(struct str kind)
{
	return str_is(kind, "human") || str_is(kind, "cron") || str_is(kind, "at") ||
	       str_is(kind, "ci");
}

void open_asker(struct naming *n, const struct identity *by, enum assurance most)
{
	uint32_t flags = n->id.flags;

	open_who(n, "", by->who, at_most(by->who_level, most));
	n->id.kind = by->kind;
	n->id.via = by->via;
	n->id.via_level = at_most(by->via_level, most);
	n->id.session = by->session;
	n->id.person = by->person;
	n->id.login = by->login;
	n->id.ci = by->ci;
	n->id.by = by->who;
	n->id.flags |= (by->flags | flags) & ~(ID_SELF_MOVED | ID_SEEDED);
}

void open_anon(struct naming *n, const char *who, const char *reason)
{
	open_who(n, "anon", str_of(who), ASSURANCE_UNKNOWN);
	n->id.via_level = ASSURANCE_UNKNOWN;
	n->id.reason = str_of(reason);
}

void open_user(struct naming *n, const char *kind, uint32_t uid, enum assurance level)
{
	struct str name = user_names_name(n->users, uid);
	struct str who = words_join2(&n->words, kind, STR_NONE, ":", name);

	if (!name.p)
		who = words_join2(&n->words, kind, STR_NONE,
				  ":uid=", words_number(&n->words, "", uid));
	open_who(n, kind, who, level);
	if (kind_is(n, "human"))
		n->id.person = name;
}

void set_session(struct naming *n, uint32_t session_id)
{
	if (session_id != UNSET)
		n->id.session = words_number(&n->words, "", session_id);
}

void add_edge(struct naming *n, struct str edge, enum assurance level)
{
	n->id.via = words_append(&n->words, n->id.via, edge);
	n->id.via_level = at_most(n->id.via_level, level);
}
