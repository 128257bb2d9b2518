/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_place: "as": the unit or session that a cgroup path names, and who that makes of a process
 * which the service manager put there. Containers are naming_container's.
 */
#include "identity/naming_rules.h"

void set_place(struct naming *n, struct str as, enum assurance level)
{
	n->id.as = as;
	n->id.as_level = level;
}

void read_place(struct naming *n)
{
	struct cgroup_name *c = &n->place;
	struct str path = n->what->crossing.cgroup;

	n->id.flags &= ~(ID_SELF_MOVED | ID_CGROUP_PARENT_MISMATCH);
	n->id.cgroup = path;
	n->id.unit = c->unit;
	n->id.container_id = n->id.container_runtime = STR_NONE;
	n->id.container = (struct container_facts){0};
	n->id.pod = (struct pod_facts){0};
	if (c->container_id.p)
		read_container(n);
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

/* By their own runtime, where they may write: who it is stays, and the container is one by their word. */
static void enter_users_container(struct naming *n)
{
	n->id.as_level = at_most(n->id.as_level, ASSURANCE_CLAIMED);
	add_edge(n, STR_LIT("container-run"), ASSURANCE_CLAIMED);
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
		if (n->origin && n->origin->user_moved)
			enter_users_container(n);
		else
			enter_container(n);
		return;
	}
	if (keeps_who(n) || open_owner(n) || !n->place.unit.p)
		return;
	if (who_is_lost(n) && str_ends(n->place.unit, ".scope"))
		return; /* scopes take in processes that others started; services are the manager's */
	open_who(n, "unit", words_join(&n->words, "unit:", n->place.unit), ASSURANCE_KERNEL);
	name_asked(n);
}
