/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that writes: takes all that waits as one commit, tries again while the disk refuses, and
 * gives buffers back.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "base/cleanup.h"
#include "store/queue.h"

/* What only a storm needed goes back to the system: a host at ease has a few in memory. */
#define BUFFERS_KEPT 4
#define RETRY_S	     1

static void free_anomalies(struct work *work)
{
	for (size_t i = 0; i < work->anomaly_count; i++)
		free(work->anomalies[i].json);
	free(work->anomalies);
	work->anomalies = NULL;
	work->anomaly_count = 0;
}

static void join_gap(struct store_gap_row *into, const struct store_gap_row *gap)
{
	if (gap->from_wall_ns < into->from_wall_ns)
		into->from_wall_ns = gap->from_wall_ns;
	if (gap->to_wall_ns > into->to_wall_ns)
		into->to_wall_ns = gap->to_wall_ns;
	into->events += gap->events;
}

void queue_add_gap(struct store_gap_row *gaps, unsigned *count, const struct store_gap_row *gap)
{
	if (*count < GAPS_MAX)
		gaps[(*count)++] = *gap;
	else
		join_gap(&gaps[GAPS_MAX - 1], gap);
}

/* Adds what came since to work, which is not empty after a failed commit. Anomalies: one at a time. */
static void take_work(struct store *s, struct work *work)
{
	struct buffer **end = &work->batches;

	while (*end)
		end = &(*end)->next;
	*end = s->full;
	s->full = NULL;
	s->full_end = &s->full;
	for (unsigned i = 0; i < s->gap_count; i++)
		queue_add_gap(work->gaps, &work->gap_count, &s->gaps[i]);
	s->gap_count = 0;
	if (!work->anomalies) {
		work->anomalies = TAKE_PTR(s->anomalies);
		work->anomaly_count = s->anomaly_count;
		s->anomaly_count = 0;
	}
	if (!work->program_count) {
		memcpy(work->programs, s->programs, s->program_count * sizeof(*s->programs));
		work->program_count = s->program_count;
		s->program_count = 0;
	}
}

static void count_commit(struct store *s, const struct commit_result *r)
{
	s->stats.committed += r->events;
	s->stats.lost += r->refused;
	s->stats.deleted += r->deleted;
	s->stats.events += r->events - r->deleted;
	s->stats.batches += r->batches - r->deleted_batches;
	s->stats.bytes = r->bytes;
	s->stats.oldest_wall_ns = r->oldest_wall_ns;
	s->stats.last_err = 0;
	s->stats.last_err_text[0] = '\0';
}

static void note_mark(struct store *s, const struct work *work)
{
	for (const struct buffer *b = work->batches; b; b = b->next) {
		if (!b->mark_len)
			continue;
		s->mark_len = b->mark_len;
		memcpy(s->mark, b->mark, b->mark_len);
	}
}

static void give_back(struct store *s, struct work *work)
{
	for (unsigned i = 0; work->batches; i++) {
		struct buffer *b = work->batches;

		work->batches = b->next;
		if (i >= BUFFERS_KEPT)
			madvise(b->raw, sizeof(b->raw), MADV_DONTNEED);
		b->next = s->free;
		s->free = b;
	}
	work->gap_count = 0;
	work->program_count = 0;
	free_anomalies(work);
}

static void note_failure(struct store *s, int r)
{
	s->stats.last_err = -r;
	snprintf(s->stats.last_err_text, sizeof(s->stats.last_err_text), "%s",
		 writer_error(&s->writer));
}

/* What could not be written at the end is lost, and said so to the caller of store_close(). */
static void give_up(struct store *s, struct work *work, int r)
{
	for (const struct buffer *b = work->batches; b; b = b->next)
		s->stats.lost += b->facts.count;
	s->close_err = r;
	give_back(s, work);
}

static bool has_work(const struct store *s, const struct work *work)
{
	return s->full || s->gap_count || s->anomaly_count || s->program_count || work->batches ||
	       work->gap_count || work->anomaly_count || work->program_count;
}

static void wait_to_retry(struct store *s)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += RETRY_S;
	while (!s->stop && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
		;
}

static void *run(void *arg)
{
	struct store *s = arg;
	struct work work = {0};

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct commit_result result;
		uint64_t taken;
		bool last;
		int r;

		while (!has_work(s, &work) && !s->stop)
			pthread_cond_wait(&s->wake, &s->lock);
		if (!has_work(s, &work))
			break;
		last = s->stop;
		take_work(s, &work);
		taken = s->submitted;
		pthread_mutex_unlock(&s->lock);
		r = writer_commit(&s->writer, &work, &result);
		pthread_mutex_lock(&s->lock);
		if (r == 0) {
			count_commit(s, &result);
			note_mark(s, &work);
			give_back(s, &work);
			s->settled = taken;
			pthread_cond_broadcast(&s->written);
			continue;
		}
		note_failure(s, r);
		if (last) {
			give_up(s, &work, r);
			break;
		}
		wait_to_retry(s);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Signals are the main thread's. */
int queue_start_thread(struct store *s)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		pthread_setname_np(s->thread, "store");
	return r;
}
