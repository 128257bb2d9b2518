/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sessions: private to identity. When a login is over: first who let somebody in goes (sshd, cron), and the
 * session is over when the last process in it has gone, which may be years later.
 */
#ifndef WHODID_IDENTITY_SESSIONS_H
#define WHODID_IDENTITY_SESSIONS_H

#include "identity/table.h"

/* A new boundary: of a login it is kept who opened it. */
void sessions_opened(struct identity_table *t, const struct boundary *b);
/* A process has exited: with it go the login and the jobs that it opened. */
void sessions_opener_gone(struct identity_table *t, const struct process *p, int64_t wall_ns);

#endif
