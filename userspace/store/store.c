/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line's side of the store. Batches are filled in memory, and handed to a thread by pointer;
 * when all of them wait for the disk, events are counted as lost and the line goes on.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "store/queue.h"
#include "store/schema.h"

/* 24 MiB at most, for half a second of a storm while the disk stalls. */
#define BUFFERS		  48
#define ANOMALIES_MAX	  65536
#define DEFAULT_BYTES	  (1ull << 30)
#define DEFAULT_EVENTS	  1000
#define DEFAULT_COMMIT_MS 250

/* --- opening */

static void init_lock(struct store *s)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_cond_init(&s->written, &attr);
	pthread_condattr_destroy(&attr);
}

static void free_anomalies(struct pending_anomaly *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].json);
	free(list);
}

static void release(struct store *s)
{
	struct buffer *lists[] = {s->free, s->full, s->ready, s->current};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		while (lists[i]) {
			struct buffer *b = lists[i];

			lists[i] = b->next;
			munmap(b, sizeof(*b));
		}
	free_anomalies(s->anomalies, s->anomaly_count);
	free_anomalies(s->staged, s->staged_count);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->written);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct store *make(const struct store_options *opt)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->dir_fd = -1;
	s->full_end = &s->full;
	s->ready_end = &s->ready;
	s->opt = *opt;
	if (!s->opt.max_bytes)
		s->opt.max_bytes = DEFAULT_BYTES;
	if (!s->opt.batch_events)
		s->opt.batch_events = DEFAULT_EVENTS;
	if (!s->opt.commit_ms)
		s->opt.commit_ms = DEFAULT_COMMIT_MS;
	init_lock(s);
	for (unsigned i = 0; i < BUFFERS; i++) {
		struct buffer *b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (b == MAP_FAILED) {
			release(s);
			return NULL;
		}
		b->next = s->free;
		s->free = b;
	}
	return s;
}

/* The directory itself is the lock: nothing is left behind by a crash. */
static int lock_dir(struct store *s, const char *dir, struct problem *err)
{
	int r = file_mkdirs(dir, 0750);

	if (r == 0) {
		s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = s->dir_fd < 0 ? -errno : 0;
	}
	if (r)
		return problem_set(err, r, "cannot use the store directory %s: %s", dir,
				   strerror(-r));
	if (flock(s->dir_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	problem_set(err, -EBUSY, "another daemon writes the store in %s", dir);
	problem_remedy(err, "stop it, or give this one another directory (--root)");
	return -EBUSY;
}

static int open_file(struct store *s, const char *dir, const struct host *host, struct problem *err)
{
	char path[4096];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/" HOT_DB, dir) >= sizeof(path))
		return problem_set(err, -ENAMETOOLONG, "the store's path is too long");
	r = lock_dir(s, dir, err);
	if (r)
		return r;
	r = writer_open(&s->writer, path, &s->opt, host, &s->stats, &s->next_seq, err);
	if (r)
		return r;
	s->was_clean = s->writer.was_clean;
	s->last_wall_ns = s->writer.last_wall_ns;
	s->mark_len = s->writer.mark_len;
	memcpy(s->mark, s->writer.mark, s->mark_len);
	r = queue_start_thread(s);
	if (r) {
		writer_close(&s->writer, false, 0);
		return problem_set(err, r, "cannot start the store's thread: %s", strerror(-r));
	}
	return 0;
}

int store_open(struct store **out, const char *dir, const struct store_options *opt,
	       const struct host *host, uint64_t *next_seq, struct problem *err)
{
	struct store *s = make(opt);
	int r;

	if (!s)
		return problem_set(err, -ENOMEM, "out of memory");
	r = open_file(s, dir, host, err);
	if (r) {
		release(s);
		return r;
	}
	*next_seq = s->next_seq;
	*out = s;
	return 0;
}

bool store_was_clean(const struct store *s, int64_t *last_wall_ns)
{
	if (last_wall_ns)
		*last_wall_ns = s->last_wall_ns;
	return s->was_clean;
}

/* --- the line */

/* Under the lock. */
static void submit(struct store *s)
{
	s->submitted++;
	pthread_cond_signal(&s->wake);
}

/* Under the lock: a later state of an anomaly takes the place of an earlier one that still waits. */
static void queue_anomaly(struct store *s, const struct pending_anomaly *a)
{
	struct pending_anomaly *more;

	for (size_t i = 0; i < s->anomaly_count; i++)
		if (s->anomalies[i].id == a->id) {
			free(s->anomalies[i].json);
			s->anomalies[i] = *a;
			return;
		}
	more = s->anomaly_count < ANOMALIES_MAX
		       ? reallocarray(s->anomalies, s->anomaly_count + 1, sizeof(*more))
		       : NULL;
	if (!more) {
		free(a->json);
		return;
	}
	s->anomalies = more;
	more[s->anomaly_count++] = *a;
}

static void add_ready(struct store *s)
{
	struct buffer *b = TAKE_PTR(s->current);

	if (!b)
		return;
	b->next = NULL;
	b->mark_len = 0;
	*s->ready_end = b;
	s->ready_end = &b->next;
	s->due = true;
}

/* All that waits, with the mark that is behind it. */
static void hand_over(struct store *s)
{
	struct buffer *last = s->current;

	add_ready(s);
	s->due = false;
	if (!s->ready && !s->staged_count)
		return;
	if (last && s->opt.mark)
		last->mark_len = (uint32_t)s->opt.mark(s->opt.mark_ctx, last->mark);
	pthread_mutex_lock(&s->lock);
	if (s->ready) {
		*s->full_end = s->ready;
		s->full_end = s->ready_end;
	}
	for (size_t i = 0; i < s->staged_count; i++)
		queue_anomaly(s, &s->staged[i]);
	submit(s);
	pthread_mutex_unlock(&s->lock);
	s->ready = NULL;
	s->ready_end = &s->ready;
	s->staged_count = 0;
}

void store_settle(struct store *s)
{
	if (s->due)
		hand_over(s);
}

size_t store_mark(struct store *s, uint8_t out[STORE_MARK_MAX])
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->mark_len;
	memcpy(out, s->mark, n);
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* Under the lock: the period in which the store itself lost events becomes a row. */
static void note_lost(struct store *s)
{
	struct store_gap_row gap = {s->lost.from_wall_ns, s->lost.to_wall_ns, s->lost.events,
				    "store"};

	if (s->lost.events == 0)
		return;
	queue_add_gap(s->gaps, &s->gap_count, &gap);
	s->lost = (struct lost){0};
}

static void start_batch(struct buffer *b, uint64_t host, const struct event *ev)
{
	b->facts = (struct batch_facts){
		.seq0 = ev->what.seq,
		.ts0 = ev->what.wall_ns,
		.ts1 = ev->what.wall_ns,
		.host = host,
	};
}

/* A buffer to write to, or NULL with the event counted as lost. */
static struct buffer *get_buffer(struct store *s, const struct event *ev)
{
	struct buffer *b;

	pthread_mutex_lock(&s->lock);
	b = s->free;
	if (b) {
		s->free = b->next;
		note_lost(s);
	} else {
		if (s->lost.events++ == 0)
			s->lost.from_wall_ns = ev->what.wall_ns;
		s->lost.to_wall_ns = ev->what.wall_ns;
		s->stats.lost++;
	}
	pthread_mutex_unlock(&s->lock);
	if (b) {
		start_batch(b, s->writer.host, ev);
		b->next = NULL;
		s->since_ns = s->now_ns;
	}
	return b;
}

void store_append(struct store *s, const struct event *ev, const uint8_t *packed, size_t size)
{
	struct batch_facts *f;

	__atomic_add_fetch(&s->stats.appended, 1, __ATOMIC_RELAXED);
	if (ev->what.seq >= s->next_seq)
		s->next_seq = ev->what.seq + 1;
	if (s->current && size > BATCH_RAW_MAX - s->current->facts.raw_len) {
		add_ready(s);
		if (!s->opt.mark)
			hand_over(s);
	}
	if (!s->current)
		s->current = get_buffer(s, ev);
	if (!s->current)
		return;
	f = &s->current->facts;
	memcpy(s->current->raw + f->raw_len, packed, size);
	f->raw_len += (uint32_t)size;
	f->seq1 = ev->what.seq;
	f->types |= 1ull << (ev->what.type & 63);
	if (ev->what.wall_ns < f->ts0)
		f->ts0 = ev->what.wall_ns;
	if (ev->what.wall_ns > f->ts1)
		f->ts1 = ev->what.wall_ns;
	if (++f->count < s->opt.batch_events)
		return;
	s->due = true;
	if (!s->opt.mark)
		hand_over(s);
}

void store_flush(struct store *s)
{
	hand_over(s);
	pthread_mutex_lock(&s->lock);
	if (s->lost.events) {
		note_lost(s);
		submit(s);
	}
	pthread_mutex_unlock(&s->lock);
}

static struct timespec in_ms(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

int store_wait(struct store *s, unsigned timeout_ms)
{
	struct timespec until = in_ms(timeout_ms);
	uint64_t want;
	int late = 0;

	pthread_mutex_lock(&s->lock);
	want = s->submitted;
	while (s->settled < want && !late)
		late = pthread_cond_timedwait(&s->written, &s->lock, &until);
	late = s->settled < want;
	pthread_mutex_unlock(&s->lock);
	return late ? -ETIMEDOUT : 0;
}

void store_tick(struct store *s, uint64_t boot_ns)
{
	s->now_ns = boot_ns;
	if (!s->current && !s->ready && s->staged_count)
		hand_over(s);
	if (!s->current)
		return;
	if (s->since_ns == 0 || s->since_ns > boot_ns)
		s->since_ns = boot_ns;
	if (boot_ns - s->since_ns >= (uint64_t)s->opt.commit_ms * 1000000)
		hand_over(s);
}

void store_gap(struct store *s, int64_t from_wall_ns, int64_t to_wall_ns, uint64_t events,
	       const char *why)
{
	struct store_gap_row gap = {from_wall_ns, to_wall_ns, events, ""};

	snprintf(gap.why, sizeof(gap.why), "%s", why);
	pthread_mutex_lock(&s->lock);
	queue_add_gap(s->gaps, &s->gap_count, &gap);
	submit(s);
	pthread_mutex_unlock(&s->lock);
}

/* The state goes to the disk with the events that made it, neither before nor after them. */
static struct pending_anomaly *find_slot(struct store *s, uint64_t id)
{
	struct pending_anomaly *more;

	for (size_t i = 0; i < s->staged_count; i++)
		if (s->staged[i].id == id) {
			free(s->staged[i].json);
			return &s->staged[i];
		}
	if (s->staged_count >= ANOMALIES_MAX)
		return NULL;
	more = reallocarray(s->staged, s->staged_count + 1, sizeof(*more));
	if (!more)
		return NULL;
	s->staged = more;
	return &more[s->staged_count++];
}

void store_put_anomaly(struct store *s, uint64_t id, struct str json)
{
	char *copy = malloc(json.n + 1u);
	struct pending_anomaly *slot = copy ? find_slot(s, id) : NULL;

	if (!slot) {
		free(copy);
		return;
	}
	memcpy(copy, json.p, json.n);
	*slot = (struct pending_anomaly){id, copy, json.n};
}

void store_put_program(struct store *s, const struct program_facts *facts)
{
	pthread_mutex_lock(&s->lock);
	if (s->program_count < PROGRAMS_MAX)
		s->programs[s->program_count++] = *facts;
	submit(s);
	pthread_mutex_unlock(&s->lock);
}

void store_get_stats(struct store *s, struct store_stats *out)
{
	pthread_mutex_lock(&s->lock);
	*out = s->stats;
	pthread_mutex_unlock(&s->lock);
}

int store_close(struct store *s)
{
	int r, closed;

	if (!s)
		return 0;
	hand_over(s);
	pthread_mutex_lock(&s->lock);
	note_lost(s);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	r = s->close_err;
	closed = writer_close(&s->writer, r == 0, s->next_seq);
	release(s);
	return r ? r : closed;
}
