/* SPDX-License-Identifier: Apache-2.0 */
/*
 * takeover: what an earlier daemon left in the kernel, and the time in between: read on without a hole
 * where that is possible, else a gap in every answer about it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "whodidd.h"

#define BACKLOG_RECORDS 8192
#define BACKLOG_MAX_NS	5000000000ull
#define CRASH_MARGIN_NS 1000000000 /* what was lost may be older than the last event kept */
#define RECALL_MAX_NS	300000000ull
#define SEQ_JUMP	(1u << 20) /* as the store does when it is not told that we go on */

uint64_t find_left_behind(struct daemon *d)
{
	uint64_t instance = 0;

	if (strcmp(d->config.sensor_keep, "never") != 0)
		instance = collect_left_behind(d->config.store_dir, &d->former_pid);
	d->resumed = instance != 0;
	return instance;
}

static void keep_note(void *ctx, uint64_t boundary, const void *note, size_t size)
{
	collect_note(ctx, boundary, note, size);
}

static void restore_note(void *ctx, uint64_t boundary, const void *note, size_t size)
{
	if (identity_restore(ctx, note, size))
		log_debug("a note on boundary %llu is damaged", (unsigned long long)boundary);
}

/* What was recorded until now comes before everything that this daemon says of itself. */
static void read_backlog(struct daemon *d)
{
	uint64_t end = clock_boot_ns() + BACKLOG_MAX_NS;

	while (collect_drain(d->line.source, BACKLOG_RECORDS, pipeline_push, &d->line) ==
		       BACKLOG_RECORDS &&
	       clock_boot_ns() < end)
		pipeline_tick(&d->line);
}

/* Sessions that ended without anybody watching: found out now. */
static void tell_emptied(struct daemon *d)
{
	struct event now = {.what = {.boot_ns = clock_boot_ns(), .wall_ns = clock_wall_ns()}};
	struct event ended;

	while (identity_take_emptied(d->line.identity, &now, &ended))
		pipeline_publish(&d->line, &ended);
}

struct text {
	char *at;
	size_t left;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at, t->left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->left)
		n = t->left ? (int)t->left - 1 : 0;
	t->at += n;
	t->left -= (size_t)n;
}

/* How this start came about, in words, and the gap row that belongs to it. */
static void tell_absence(struct daemon *d, struct text *t, const struct source_start *start)
{
	int64_t last = 0, now = clock_wall_ns();
	bool clean = store_was_clean(d->line.store, &last);
	char since[31];

	d->unclean_start = last && !clean;
	clock_rfc3339(since, last);
	if (start->how == SOURCE_TAKEN_OVER && !start->lost && !start->hooks_missing) {
		add(t, "; took over what the kernel recorded%s, nothing is missing",
		    d->unclean_start ? " since the run before was killed or crashed"
				     : " since the run before");
		return;
	}
	if (last) {
		store_gap(d->line.store, last, now, start->lost, clean ? "not_running" : "crash");
		identity_absent(d->line.identity, last - (clean ? 0 : CRASH_MARGIN_NS), now);
	}
	if (start->how == SOURCE_TAKEN_OVER) {
		add(t, "; took over what the kernel recorded since %s", since);
		if (start->lost)
			add(t, ", but %llu events were read and not yet kept",
			    (unsigned long long)start->lost);
		if (start->hooks_missing)
			add(t, ", but %u hooks were gone meanwhile", start->hooks_missing);
	} else if (start->how == SOURCE_REPLACED) {
		add(t, "; what the run before left in the kernel was replaced, because %s",
		    start->why);
	}
	if (d->unclean_start)
		add(t, "; the run before was killed or crashed%s%s",
		    start->how == SOURCE_TAKEN_OVER ? "" : ", events are missing since ",
		    start->how == SOURCE_TAKEN_OVER ? "" : since);
	else if (start->how == SOURCE_REPLACED)
		add(t, ", events are missing since %s", since);
}

void take_over(struct daemon *d)
{
	struct identity_keeper keeper = {keep_note, d->line.source};
	struct pipeline *p = &d->line;
	struct source_start start;
	struct profile_counts n;
	char message[512];
	struct text t = {message, sizeof(message)};

	collect_get_start(p->source, &start);
	if (start.how == SOURCE_TAKEN_OVER)
		collect_each_note(p->source, restore_note, p->identity);
	else if (d->resumed)
		p->next_seq += SEQ_JUMP;
	identity_keep(p->identity, &keeper);
	collect_hold(p->source, true);
	if (start.how == SOURCE_TAKEN_OVER) {
		recall_wait(d, RECALL_MAX_NS); /* for what was executed meanwhile */
		read_backlog(d);
		tell_emptied(d);
	}
	profile_get_counts(p->profile, &n);
	add(&t, "started on the %s hooks with %llu roles and %llu bindings",
	    collect_rung_name(p->source), (unsigned long long)n.roles,
	    (unsigned long long)n.bindings);
	tell_absence(d, &t, &start);
	if (start.why_not)
		log_warn("the kernel does not record on when this daemon is killed: %s",
			 start.why_not);
	put_agent_event(d, EVENT_AGENT_START, "%s", message);
	if (d->unclean_start || start.how != SOURCE_FRESH)
		log_warn("%s", message);
}

int run_unload(const struct config *c)
{
	int rc = collect_unload(c->store_dir);

	switch (rc) {
	case 0:
		log_info("what a daemon with the store %s left in the kernel is gone",
			 c->store_dir);
		return EXIT_DONE;
	case -ENOENT:
		log_info("no daemon with the store %s left anything in the kernel", c->store_dir);
		return EXIT_DONE;
	case -EBUSY:
		log_error("the daemon with the store %s is running: stop it first", c->store_dir);
		return EXIT_FAILED;
	default:
		log_error("cannot unload: %s", strerror(-rc));
		return rc == -EPERM || rc == -EACCES ? EXIT_NOT_PERMITTED : EXIT_FAILED;
	}
}
