/* SPDX-License-Identifier: Apache-2.0 */
/* crontab: private to identity. The commands in a crontab as cron hands them to the shell, as hashes. */
#ifndef WHODID_IDENTITY_CRONTAB_H
#define WHODID_IDENTITY_CRONTAB_H

#include "base/str.h"

/* What a path is to cron and at. */
enum spool {
	SPOOL_NONE,
	SPOOL_SYSTEM, /* /etc/crontab, /etc/cron.d/NAME: lines name the user */
	SPOOL_USER,   /* /var/spool/cron/crontabs/USER, /var/spool/cron/USER */
	SPOOL_AT,     /* /var/spool/cron/atjobs/JOB, /var/spool/at/JOB */
};
/* user is of SPOOL_USER only: the name of the file. */
enum spool spool_of(struct str path, struct str *user);

/* The same for a line of a crontab and for what cron executes for it. */
uint64_t crontab_hash(struct str user, struct str command);

/*
 * The command in one line, with its user, as cron would run it, or 0 when it has none: a comment, a
 * setting. What a '%' begins is the command's input and no part of it.
 */
uint64_t crontab_line(enum spool spool, struct str user, struct str line);

#endif
