/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_handoff: a terminal multiplexer's server started a program. It is whose server it is, with a flag as
 * soon as others have been there, and by who connected a moment ago; of one person's sessions, the client's.
 */
#include "identity/naming_rules.h"

static struct str base_name(struct str path)
{
	uint32_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return str_sub(path, at, path.n);
}

/* The client, in the place of the server. */
static void become_client(struct naming *n)
{
	struct identity here = n->id;

	n->id = n->origin->by;
	n->who_id = n->origin->by_who_id;
	n->id.as = here.as;
	n->id.as_level = here.as_level;
	n->id.cgroup = here.cgroup;
	n->id.unit = here.unit;
	n->id.container_id = here.container_id;
	n->id.container_runtime = here.container_runtime;
	n->id.container = here.container;
	n->id.pod = here.pod;
	n->id.boundary = here.boundary;
}

void name_handoff(struct naming *n)
{
	const struct origin *o = n->origin;
	struct str server = o ? base_name(o->server) : STR_NONE;
	bool linked = o && o->by.who.p && o->one_person;

	if (linked)
		become_client(n);
	add_edge(n, server.n ? words_join(&n->words, "", server) : STR_LIT("multiplexer"),
		 linked ? ASSURANCE_DERIVED : ASSURANCE_KERNEL);
	if (!linked && !(o && o->shared))
		return;
	if (!linked && o->by.who.p && !(n->id.flags & ID_DEFERRED_BY_JOB)) /* that one stays */
		n->id.by = o->by.who;
	n->id.flags |= ID_HANDOFF;
	n->id.who_level = at_most(n->id.who_level, ASSURANCE_DERIVED);
	n->id.via_level = at_most(n->id.via_level, ASSURANCE_DERIVED);
}
