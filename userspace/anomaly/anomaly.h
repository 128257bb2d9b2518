/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anomaly: objects with a life, opened for forbidden and unexpected acts and for identity flags
 * that are wrong in themselves (self_loginuid, after_job_end, ...) and acts on the sensor, grouped by who, kind and rule or object
 * class within the session. Each change is an event.
 */
#ifndef WHODID_ANOMALY_H
#define WHODID_ANOMALY_H

#include "base/json.h"
#include "base/problem.h"
#include "event.h"

struct anomaly_table;

struct anomaly_options {
	size_t max;	    /* open anomalies kept; default 4096, the oldest resolved goes first */
	uint64_t update_ns; /* an open anomaly announces growth at most this often; default 10 s */
};

/* Called for each change with an EVENT_ANOMALY (texts valid during the call). */
typedef void (*anomaly_change_fn)(void *ctx, const struct event *change);
/* Called to keep an anomaly's state: id and one JSON object. */
typedef void (*anomaly_save_fn)(void *ctx, uint64_t id, struct str json);

int anomaly_new(struct anomaly_table **out, const struct anomaly_options *opt,
		anomaly_change_fn changed, anomaly_save_fn save, void *ctx);
void anomaly_free(struct anomaly_table *t);

/* Puts a saved anomaly back (at start, before the first event). 0 or -EBADMSG. */
int anomaly_restore(struct anomaly_table *t, struct str json);

/* Sets ev->score; may call changed and save. Texts that it keeps are copied. */
void anomaly_score(struct anomaly_table *t, const struct host *host, struct event *ev);
/* Announces and saves growth that is due. */
void anomaly_tick(struct anomaly_table *t, int64_t wall_ns);

struct anomaly_counts {
	uint64_t open[6]; /* by enum severity */
	uint64_t opened_total, dropped;
};
void anomaly_get_counts(const struct anomaly_table *t, struct anomaly_counts *out);

/* One JSON object per line, newest first. state: "open" (new, ack), "all" or one state. */
int anomaly_list(const struct anomaly_table *t, struct str state, struct json *w,
		 struct problem *err);
/* One with its reasons. -ENOENT. */
int anomaly_show(const struct anomaly_table *t, uint64_t id, struct json *w);

#endif
