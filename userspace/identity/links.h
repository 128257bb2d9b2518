/* SPDX-License-Identifier: Apache-2.0 */
/*
 * links: private to identity. Who is behind a process whose lineage does not say so: who connected to the
 * sshd of this host that let it in, who wrote the crontab line or at job that it runs.
 */
#ifndef WHODID_IDENTITY_LINKS_H
#define WHODID_IDENTITY_LINKS_H

#include "identity/naming.h"
#include "identity/table.h"

/* How a login over ssh came in: sshd's line, and the client where that is on this host. */
void links_find_origin(struct identity_table *t, const struct event_what *what,
		       struct origin *origin);
/*
 * What p did, before its identity is looked up: it may be the first program of a job of cron's or at's, or
 * have connected to a server that people share.
 */
void links_learn(struct identity_table *t, const struct process *p, const struct event_what *what);

#endif
