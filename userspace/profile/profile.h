/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile: what each identity is expected to do (ux.md section 2).
 *
 * A set is read once, compiled, then only asked. Reloading makes a new set and swaps it, so that a
 * verdict never sees half a file. deny > exception > allow > unexpected; order never matters.
 */
#ifndef WHODID_PROFILE_H
#define WHODID_PROFILE_H

#include "base/json.h"
#include "base/problem.h"
#include "event.h"

struct profile_set;

/*
 * Reads every *.yaml, *.yml and *.json file of the directories, in name order; a directory that
 * does not exist is empty. Later directories override earlier ones by kind and name; within one
 * directory a name twice is an error. dirs is NULL-terminated. On success returns 0 and *out is the
 * caller's, for profile_free(). On failure returns -errno, leaves *out alone and describes the first
 * problem in err (file, line, column, text, remedy).
 */
int profile_load(struct profile_set **out, const char *const *dirs, struct problem *err);
/* The same from one text in memory. For tests and fuzzing. */
int profile_parse(struct profile_set **out, struct str text, const char *name, struct problem *err);
void profile_free(struct profile_set *p);

/*
 * Decides ev->verdict from ev->what and ev->who. Cannot fail. now decides exceptions' ends. Caches
 * decisions (the set is not const for that); allocates nothing.
 */
void profile_decide(struct profile_set *p, struct event *ev);

struct profile_counts {
	uint64_t roles, bindings, exceptions, rules;
	uint64_t learn, audit, enforce; /* bindings by mode */
};
void profile_get_counts(const struct profile_set *p, struct profile_counts *out);
/* One JSON object per object in force: kind, name, mode, roles, rules, hits, last_hit_time, file. */
void profile_list(const struct profile_set *p, struct json *w);

#endif
