/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deferrals: private to identity. Who wrote what cron and at run later.
 *
 * A crontab is known by device and inode from its writer to cron, which opens it; whoever renamed one into
 * place counts too. Its lines are read when cron reads it, so that a line that was there before stays its
 * writer's when somebody adds another. Everything is of fixed size, the oldest goes first.
 */
#ifndef WHODID_IDENTITY_DEFERRALS_H
#define WHODID_IDENTITY_DEFERRALS_H

#include "event.h"

struct deferrals;

/*
 * Crontabs are read below root, those that there are at once; NULL = nowhere (replay). It is kept, not copied.
 * Returns NULL without memory.
 */
struct deferrals *deferrals_new(const char *root);
void deferrals_free(struct deferrals *d);

/* An event of a file that may be a crontab or a job of at's, done by who, whose executable is exe. */
void deferrals_learn(struct deferrals *d, const struct event_what *what, const struct identity *who,
		     struct str exe);

/* Events were lost: whose file is the last that was seen, and which lines cron has read, is not known. */
void deferrals_missed(struct deferrals *d, const struct event_what *loss);

/* Who wrote a job, and where; texts stay valid until the next event is learnt. */
struct deferral {
	struct str who, path;
	int64_t wall_ns;
	bool by_job; /* a CI job, or what a CI job had deferred before */
};

/* Who wrote the line that cron executes for user. False when it is not known. */
bool deferrals_of_cron(const struct deferrals *d, struct str user, struct str command,
		       struct deferral *out);
/* Who submitted the job that this process, at's child, has opened. */
bool deferrals_of_at(const struct deferrals *d, uint32_t pid, uint64_t start_ns,
		     struct deferral *out);

#endif
