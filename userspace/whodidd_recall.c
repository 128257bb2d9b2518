/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recall: what the store tells an identity stage that has just begun: who wrote which file. A thread
 * reads the latest events while the sensor is being loaded; the line takes over what it found bit by bit.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "event_filter.h"
#include "whodidd.h"

#define RECALL_EVENTS (1u << 20)
#define GAPS_MAX      256
#define FILES_A_TURN  1024
#define MARGIN_NS     1000000000 /* what was lost at a crash may be older than the last event kept */
#define SLEEP_NS      2000000

struct recall {
	pthread_t thread;
	const char *store_dir;
	const char *boot_id;
	uint64_t before_seq;
	struct recalled *found;
	uint64_t events;
	/* losses of which an event says that no opens for writing were among them: their gaps do not */
	int64_t harmless_from_ns[GAPS_MAX];
	unsigned harmless;
	atomic_bool stop, done;
};

static bool is_stopped(void *ctx)
{
	struct recall *r = ctx;

	return atomic_load(&r->stop);
}

static bool is_harmless(const struct recall *r, const struct store_gap_row *gap)
{
	for (unsigned i = 0; i < r->harmless; i++)
		if (r->harmless_from_ns[i] == gap->from_wall_ns)
			return !strcmp(gap->why, "ring_buffer");
	return false;
}

/* Times without events since then, in their order; of too many, all behind the last one that is read. */
static int add_gaps(struct recall *r, struct recalled *found, struct store_reader *reader,
		    int64_t since_wall_ns)
{
	_cleanup_free_ struct store_gap_row *rows = calloc(GAPS_MAX, sizeof(*rows));
	int n = rows ? store_gaps(reader, since_wall_ns, 0, rows, GAPS_MAX) : -ENOMEM;

	for (int i = 0; i < n && i < GAPS_MAX; i++) {
		bool crash = !strcmp(rows[i].why, "crash");

		if (!is_harmless(r, &rows[i]))
			recalled_missed(found, rows[i].from_wall_ns - (crash ? MARGIN_NS : 0),
					rows[i].to_wall_ns);
	}
	if (n > GAPS_MAX)
		recalled_missed(found, rows[GAPS_MAX - 1].from_wall_ns, clock_wall_ns());
	return n < 0 ? n : 0;
}

static void add_event(struct recall *r, struct recalled *found, const struct event *ev)
{
	const uint64_t *lost = ev->what.loss.by_type;

	if (ev->what.type != EVENT_LOSS) {
		recalled_add(found, ev);
		r->events++;
	} else if (lost && !lost[EVENT_FILE_WRITE] && !lost[EVENT_FILE_CREATE] &&
		   r->harmless < GAPS_MAX) {
		r->harmless_from_ns[r->harmless++] = ev->what.loss.from_wall_ns;
	}
}

/* Numbers of devices and inodes are those of one boot. */
static int add_events(struct recall *r, struct recalled *found, struct store_reader *reader,
		      struct store_cursor *c, int64_t *since_wall_ns)
{
	struct event ev;
	int n;

	while ((n = store_cursor_next(c, &ev)) == 1 && ev.what.seq < r->before_seq) {
		if (strcmp(store_reader_host(reader)->boot_id, r->boot_id) != 0)
			continue;
		if (!*since_wall_ns)
			*since_wall_ns = ev.what.wall_ns;
		add_event(r, found, &ev);
	}
	return n < 0 ? n : store_cursor_damaged(c) ? -EBADMSG : 0;
}

static int read_writers(struct recall *r, struct recalled *found, struct store_reader *reader,
			const struct filter *filter)
{
	struct store_query q = {.filter = filter, .enough = is_stopped, .ctx = r};
	struct store_cursor *c;
	int64_t since_wall_ns = 0;
	int rc;

	if (r->before_seq > RECALL_EVENTS)
		q.after_seq = r->before_seq - RECALL_EVENTS;
	rc = store_cursor_open(&c, reader, &q, NULL);
	if (rc)
		return rc;
	rc = add_events(r, found, reader, c, &since_wall_ns);
	store_cursor_close(c);
	return rc || !since_wall_ns ? rc : add_gaps(r, found, reader, since_wall_ns);
}

static int recall_writers(struct recall *r, struct recalled *found)
{
	struct store_reader *reader;
	struct filter *filter;
	int rc = filter_parse(&filter, STR_LIT("type=file.write,file.create,loss"), NULL);

	if (rc)
		return rc;
	rc = store_reader_open(&reader, r->store_dir, NULL);
	if (!rc) {
		rc = read_writers(r, found, reader, filter);
		store_reader_close(reader);
	}
	filter_free(filter);
	return rc;
}

static void *run(void *ctx)
{
	struct recall *r = ctx;
	uint64_t began_ns = clock_boot_ns();
	struct recalled *found = NULL;
	int rc = recalled_new(&found);

	if (!rc)
		rc = recall_writers(r, found);
	if (rc && rc != -ECANCELED)
		log_warn("who wrote files before this start is not known: %s", strerror(-rc));
	if (rc) {
		recalled_free(found);
		found = NULL;
	}
	log_debug("read %llu writes from before the start in %.0f ms",
		  (unsigned long long)r->events, (double)(clock_boot_ns() - began_ns) / 1e6);
	r->found = found;
	atomic_store(&r->done, true);
	return NULL;
}

/* Of this boot, in which an earlier daemon may have seen it all. */
static void fail(struct daemon *d)
{
	identity_recall_failed(d->line.identity, d->line.decoder.wall_offset_ns,
			       d->started_wall_ns);
}

void recall_start(struct daemon *d)
{
	struct recall *r;

	if (d->first_seq <= 1) /* a new store: nothing was kept */
		return;
	r = calloc(1, sizeof(*r));
	if (!r) {
		fail(d);
		return;
	}
	r->store_dir = d->config.store_dir;
	r->boot_id = d->line.host.boot_id;
	r->before_seq = d->first_seq;
	if (pthread_create(&r->thread, NULL, run, r)) {
		free(r);
		fail(d);
		return;
	}
	identity_await_recall(d->line.identity);
	d->recall = r;
}

static void end(struct daemon *d)
{
	pthread_join(d->recall->thread, NULL);
	recalled_free(d->recall->found);
	free(d->recall);
	d->recall = NULL;
}

void recall_turn(struct daemon *d)
{
	if (!d->recall || !atomic_load(&d->recall->done))
		return;
	if (!d->recall->found)
		fail(d);
	else if (identity_recall(d->line.identity, d->recall->found, FILES_A_TURN))
		return;
	end(d);
}

void recall_wait(struct daemon *d, uint64_t max_ns)
{
	const struct timespec nap = {.tv_nsec = SLEEP_NS};
	uint64_t until = clock_boot_ns() + max_ns;

	while (d->recall && clock_boot_ns() < until) {
		recall_turn(d);
		if (d->recall && !atomic_load(&d->recall->done))
			nanosleep(&nap, NULL);
	}
}

void recall_stop(struct daemon *d)
{
	if (!d->recall)
		return;
	atomic_store(&d->recall->stop, true);
	end(d);
}
