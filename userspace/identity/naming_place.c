/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_place: "as": the unit, session or container that a cgroup path names, and who that makes
 * of a process which the service manager or a container runtime put there.
 */
#include "identity/naming_rules.h"

#define SHORT_ID 12

static struct str container_word(struct naming *n)
{
	struct str id = n->place.container_id;

	if (!str_is(n->place.runtime, "lxc"))
		id = str_sub(id, 0, SHORT_ID);
	return words_join2(&n->words, "ctr:", n->place.runtime, "/", id);
}

/* How sure a container's name in a path is: runtimes name theirs, and so can who owns the subtree. */
static enum assurance container_level(const struct naming *n)
{
	if (n->what->crossing.role == ROLE_CONTAINER_RUNTIME)
		return n->place.delegated ? ASSURANCE_DERIVED : ASSURANCE_KERNEL;
	return n->place.delegated ? ASSURANCE_CLAIMED : ASSURANCE_DERIVED;
}

void set_place(struct naming *n, struct str as, enum assurance level)
{
	n->id.as = as;
	n->id.as_level = level;
}

void read_place(struct naming *n)
{
	struct cgroup_name *c = &n->place;
	struct str path = n->what->crossing.cgroup;

	n->id.flags &= ~ID_SELF_MOVED;
	n->id.cgroup = path;
	n->id.unit = c->unit;
	n->id.container_id = c->container_id;
	n->id.container_runtime = c->runtime;
	if (c->container_id.p)
		set_place(n, container_word(n), container_level(n));
	else if (c->session.p)
		set_place(n, words_join(&n->words, "session:", c->session), ASSURANCE_KERNEL);
	else if (c->user_unit.p)
		set_place(n,
			  words_join2(&n->words, "uunit:",
				      words_number(&n->words, "", c->owner_uid), "/", c->user_unit),
			  ASSURANCE_CLAIMED);
	else if (c->unit.p)
		set_place(n, words_join(&n->words, "unit:", c->unit), ASSURANCE_KERNEL);
	else if (!path.p)
		set_place(n, STR_NONE, ASSURANCE_UNKNOWN);
	else if (path.n <= 1)
		set_place(n, STR_LIT("host"), ASSURANCE_KERNEL);
	else
		set_place(n, words_join(&n->words, "cgroup:", path), ASSURANCE_KERNEL);
}

bool open_owner(struct naming *n)
{
	if (n->place.owner_uid == UNSET || (!n->place.session.p && !n->place.user_unit.p))
		return false;
	open_user(n, "human", n->place.owner_uid, ASSURANCE_DERIVED);
	if (n->place.session.p) {
		n->id.session = n->place.session;
		n->id.via_level = ASSURANCE_UNKNOWN; /* how it came in was not seen */
	} else {
		add_edge(n, STR_LIT("systemd-user"), ASSURANCE_DERIVED);
	}
	return true;
}

void open_container(struct naming *n)
{
	if (n->place.container_id.p)
		open_who(n, "container", container_word(n), container_level(n));
	else
		open_anon(n, "anon:container-unnamed",
			  "a container runtime started it and its cgroup names no container");
}

/* conmon and its kind: they hold a container's terminal and are not in it. */
static bool is_monitor(const struct naming *n)
{
	return str_starts(n->place.unit, "libpod-conmon-") ||
	       str_starts(n->place.unit, "crio-conmon-") ||
	       str_is(n->what->crossing.cgroup, "/libpod_parent/conmon");
}

static void enter_container(struct naming *n)
{
	struct str outer = n->parent ? n->parent->identity.container_id : STR_NONE;

	if (is_monitor(n))
		return;
	if (outer.p && str_equal(outer, n->place.container_id))
		return; /* from one cgroup of the container to another */
	if (!keeps_who(n) && !who_is_lost(n))
		open_container(n);
	add_edge(n, STR_LIT("container-run"), n->id.as_level);
}

void name_cgroup(struct naming *n)
{
	uint32_t role = n->what->crossing.role;
	bool manager = role == ROLE_SERVICE_MANAGER || n->what->crossing.opener_pid == 1;

	if (role != ROLE_CONTAINER_RUNTIME && !manager) {
		n->id.flags |= ID_SELF_MOVED;
		n->id.as_level = at_most(n->id.as_level, ASSURANCE_DERIVED);
		return;
	}
	read_place(n);
	if (role == ROLE_CONTAINER_RUNTIME || n->place.container_id.p) {
		enter_container(n);
		return;
	}
	if (keeps_who(n) || open_owner(n) || !n->place.unit.p)
		return;
	if (who_is_lost(n) && str_ends(n->place.unit, ".scope"))
		return; /* scopes take in processes that others started; services are the manager's */
	open_who(n, "unit", words_join(&n->words, "unit:", n->place.unit), ASSURANCE_KERNEL);
}
