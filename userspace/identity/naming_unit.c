/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_unit: a service that somebody asked systemd for. A service with a file of its own is itself, by
 * whoever asked. One that the call has made (systemd-run) does what the asker says and nothing else: it is
 * theirs while their session or job lasts, then itself, by them.
 */
#include "identity/naming_rules.h"

void name_asked(struct naming *n)
{
	const struct origin *o = n->origin;

	if (!o || !o->asked || (o->asked != ASKED_BY_SEVERAL && str_is(o->by.kind, "anon")))
		return;
	if (o->asked == ASKED_BY_SEVERAL) {
		n->id.flags |= ID_SEVERAL_ASKED;
		return;
	}
	if (o->asked == ASKED_TO_MAKE && is_person_or_job(o->by.kind)) {
		n->own_who = n->id.who;
		n->own_level = n->id.who_level;
		open_asker(n, &o->by, ASSURANCE_DERIVED);
		add_edge(n, STR_LIT("systemd-run"), ASSURANCE_DERIVED);
	}
	n->id.by = o->by.who;
}
