/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tamper: private to identity. Jobs run as their supervisor's account more often than not, and may write
 * its files and its memory. What it starts from then on is no more than derived.
 */
#ifndef WHODID_IDENTITY_TAMPER_H
#define WHODID_IDENTITY_TAMPER_H

#include "identity/table.h"

/* Whether a job's act reaches for a pinned supervisor; when it came through, that is remembered. */
bool tamper_learn(struct identity_table *t, const struct event_what *what);
/* Whether a job has changed this supervisor, or the files that such a one is started from. */
bool tamper_suspects(const struct identity_table *t, const struct process *supervisor);

#endif
