/* SPDX-License-Identifier: Apache-2.0 */
/* The store from outside: what goes in comes out, after any end of the writer. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <zstd.h>

#include "event_filter.h"
#include "event_pack.h"
#include "store/batch.h"
#include "store/reader.h"
#include "store/store.h"

#define WALL0  1795449739000000000ll
#define SECOND 1000000000ll

static const struct host host = {.name = "h1", .boot_id = "b1946ac9-0000", .machine_id = "5f0e"};
static char dir[32];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test-store.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[160];

	(void)state;
	snprintf(command, sizeof(command), "chmod -R u+w %s; rm -rf %s", dir, dir);
	return system(command);
}

static const char *hot(void)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/hot.db", dir);
	return path;
}

/* The event of that number: a second after the one before, every tenth a connect, else an open. */
static struct event make_event(uint64_t seq, char path[static 64])
{
	struct event ev = {0};

	ev.what.seq = seq;
	ev.what.count = 1;
	ev.what.wall_ns = WALL0 + (int64_t)seq * SECOND;
	ev.what.boot_ns = seq * SECOND;
	ev.what.type = seq % 10 == 0 ? EVENT_NET_CONNECT : EVENT_FILE_READ;
	ev.what.pid = ev.what.tid = ev.what.ns_pid = (uint32_t)seq;
	snprintf(path, 64, "/data/file-%llu", (unsigned long long)seq);
	if (ev.what.type == EVENT_FILE_READ)
		ev.what.file.path = str_of(path);
	ev.who.id.who = STR_LIT("human:maya");
	return ev;
}

static void put(struct store *s, uint64_t seq)
{
	static uint8_t packed[EVENT_PACKED_MAX];
	char path[64];
	struct event ev = make_event(seq, path);
	int n = event_pack(&ev, packed, sizeof(packed));

	assert_true(n > 0);
	store_append(s, &ev, packed, (size_t)n);
}

static struct store *open_store(const struct store_options *opt, uint64_t *next_seq)
{
	struct problem err = {0};
	struct store *s = NULL;
	int r = store_open(&s, dir, opt, &host, next_seq, &err);

	if (r)
		fail_msg("store_open: %d %s", r, err.text);
	return s;
}

static const struct store_options defaults = {.sync_full = true};

static void fill(uint64_t count)
{
	uint64_t seq;
	struct store *s = open_store(&defaults, &seq);

	for (uint64_t i = 0; i < count; i++)
		put(s, seq + i);
	assert_int_equal(store_close(s), 0);
}

static struct store_reader *open_reader_at(const char *path)
{
	struct problem err = {0};
	struct store_reader *r = NULL;
	int result = store_reader_open(&r, path, &err);

	if (result)
		fail_msg("store_reader_open: %d %s", result, err.text);
	return r;
}

/* Reads all that q asks for; seqs must go one way. Returns how many, the first and the last. */
static uint64_t count_events(struct store_reader *r, const struct store_query *q, uint64_t *first,
			     uint64_t *last)
{
	struct store_cursor *c = NULL;
	struct event ev;
	uint64_t n = 0, seq = 0;
	int more;

	assert_int_equal(store_cursor_open(&c, r, q, NULL), 0);
	while ((more = store_cursor_next(c, &ev)) == 1) {
		char path[64];
		struct event expected = make_event(ev.what.seq, path);

		assert_int_equal(ev.what.wall_ns, expected.what.wall_ns);
		assert_int_equal(ev.what.type, expected.what.type);
		assert_true(str_equal(ev.what.file.path, expected.what.file.path));
		if (n == 0)
			*first = ev.what.seq;
		else
			assert_true(q->descending ? ev.what.seq < seq : ev.what.seq > seq);
		seq = *last = ev.what.seq;
		n++;
	}
	assert_int_equal(more, 0);
	store_cursor_close(c);
	return n;
}

static uint64_t count_in(const char *path, const struct store_query *q)
{
	struct store_reader *r = open_reader_at(path);
	uint64_t first, last, n = count_events(r, q, &first, &last);

	store_reader_close(r);
	return n;
}

static const struct store_query everything;

static void what_goes_in_comes_out(void **state)
{
	struct store_reader *r;
	uint64_t first = 0, last = 0;
	struct store *s;
	uint64_t next;
	struct stat st;

	(void)state;
	fill(2500);
	r = open_reader_at(dir);
	assert_int_equal(count_events(r, &everything, &first, &last), 2500);
	assert_int_equal(first, 1);
	assert_int_equal(last, 2500);
	assert_int_equal(store_oldest(r), WALL0 + SECOND);
	assert_string_equal(store_reader_host(r)->name, "h1");
	store_reader_close(r);
	s = open_store(&defaults, &next);
	assert_int_equal(next, 2501);
	assert_true(store_was_clean(s, NULL));
	assert_int_equal(store_close(s), 0);
	assert_int_equal(stat(hot(), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void new_store_is_clean_and_empty(void **state)
{
	int64_t last = 1;
	uint64_t next;
	struct store *s = open_store(&defaults, &next);
	struct store_stats stats;

	(void)state;
	assert_int_equal(next, 1);
	assert_true(store_was_clean(s, &last));
	assert_int_equal(last, 0);
	store_get_stats(s, &stats);
	assert_int_equal(stats.events, 0);
	assert_int_equal(stats.oldest_wall_ns, 0);
	assert_int_equal(store_close(s), 0);
	assert_int_equal(count_in(dir, &everything), 0);
}

static void both_orders_and_bounds(void **state)
{
	static const struct {
		struct store_query q;
		uint64_t n, first, last;
	} cases[] = {
		{{.descending = true}, 2500, 2500, 1},
		{{.after_seq = 2400}, 100, 2401, 2500},
		{{.after_seq = 1000}, 1500, 1001, 2500},
		{{.after_seq = 999}, 1501, 1000, 2500},
		{{.after_seq = 2500}, 0, 0, 0},
		{{.after_seq = 1001, .descending = true}, 1000, 1000, 1},
		{{.after_seq = 1, .descending = true}, 0, 0, 0},
		{{.since_wall_ns = WALL0 + 2400 * SECOND}, 101, 2400, 2500},
		{{.until_wall_ns = WALL0 + 10 * SECOND}, 10, 1, 10},
		{{.since_wall_ns = WALL0 + 1500 * SECOND,
		  .until_wall_ns = WALL0 + 1600 * SECOND,
		  .descending = true},
		 101,
		 1600,
		 1500},
		{{.since_wall_ns = WALL0 + 9999 * SECOND}, 0, 0, 0},
	};
	struct store_reader *r;

	(void)state;
	fill(2500);
	r = open_reader_at(dir);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t first = 0, last = 0;

		if (count_events(r, &cases[i].q, &first, &last) != cases[i].n ||
		    first != cases[i].first || last != cases[i].last)
			fail_msg("case %zu: from %llu to %llu", i, (unsigned long long)first,
				 (unsigned long long)last);
	}
	store_reader_close(r);
}

static void filters_select(void **state)
{
	struct filter *f = NULL;
	struct store_query q = {0};
	struct store_reader *r;
	uint64_t first = 0, last = 0;

	(void)state;
	fill(2500);
	r = open_reader_at(dir);
	assert_int_equal(filter_parse(&f, STR_LIT("type=connect"), NULL), 0);
	q.filter = f;
	assert_int_equal(count_events(r, &q, &first, &last), 250);
	filter_free(f);
	assert_int_equal(filter_parse(&f, STR_LIT("path=/data/file-123?"), NULL), 0);
	q.filter = f;
	assert_int_equal(count_events(r, &q, &first, &last), 9);
	assert_int_equal(first, 1231);
	filter_free(f);
	store_reader_close(r);
}

static void one_event_by_number(void **state)
{
	struct store_reader *r;
	struct event ev;

	(void)state;
	fill(2500);
	r = open_reader_at(dir);
	assert_int_equal(store_get(r, 1, &ev), 1);
	assert_int_equal(store_get(r, 2500, &ev), 1);
	assert_int_equal(store_get(r, 1234, &ev), 1);
	assert_int_equal(ev.what.seq, 1234);
	assert_true(str_is(ev.what.file.path, "/data/file-1234"));
	assert_int_equal(store_get(r, 2501, &ev), 0);
	assert_int_equal(store_get(r, 0, &ev), 0);
	assert_int_equal(store_get(r, UINT64_MAX, &ev), 0);
	store_reader_close(r);
}

static void gaps_and_anomalies_are_kept(void **state)
{
	struct store_gap_row gaps[4];
	uint64_t next;
	struct store *s = open_store(&defaults, &next);
	struct store_reader *r;

	(void)state;
	store_gap(s, WALL0, WALL0 + 5 * SECOND, 12, "ring_buffer");
	store_gap(s, WALL0 + 50 * SECOND, WALL0 + 60 * SECOND, 0, "not_running");
	store_put_anomaly(s, 7, STR_LIT("{\"state\":\"new\"}"));
	store_put_anomaly(s, 7, STR_LIT("{\"state\":\"ack\"}"));
	assert_int_equal(store_close(s), 0);
	r = open_reader_at(dir);
	assert_int_equal(store_gaps(r, 0, 0, gaps, 4), 2);
	assert_string_equal(gaps[0].why, "ring_buffer");
	assert_int_equal(gaps[0].events, 12);
	assert_int_equal(gaps[1].from_wall_ns, WALL0 + 50 * SECOND);
	assert_int_equal(store_gaps(r, WALL0 + 6 * SECOND, WALL0 + 49 * SECOND, gaps, 4), 0);
	assert_int_equal(store_gaps(r, WALL0 + 5 * SECOND, 0, gaps, 1), 2);
	store_reader_close(r);
}

static void note_anomaly(void *ctx, uint64_t id, struct str json)
{
	char *seen = ctx;

	snprintf(seen, 64, "%llu%.*s", (unsigned long long)id, STR_ARG(json));
}

static void latest_anomaly_wins(void **state)
{
	char seen[64] = "";
	uint64_t next;
	struct store *s = open_store(&defaults, &next);
	struct store_reader *r;

	(void)state;
	store_put_anomaly(s, 7, STR_LIT("{\"state\":\"new\"}"));
	assert_int_equal(store_close(s), 0);
	s = open_store(&defaults, &next);
	store_put_anomaly(s, 7, STR_LIT("{\"state\":\"ack\"}"));
	assert_int_equal(store_close(s), 0);
	r = open_reader_at(dir);
	assert_int_equal(store_each_anomaly(r, note_anomaly, seen), 0);
	assert_string_equal(seen, "7{\"state\":\"ack\"}");
	store_reader_close(r);
}

/* Waits until the store has committed that many events since it was opened. */
static void wait_committed(struct store *s, uint64_t count)
{
	struct store_stats stats;

	for (unsigned i = 0; i < 20000; i++) {
		store_get_stats(s, &stats);
		if (stats.committed >= count)
			return;
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	}
	fail_msg("only %llu committed", (unsigned long long)stats.committed);
}

static void tick_commits_when_due(void **state)
{
	struct store_options opt = {.commit_ms = 250};
	uint64_t next, ms = 1000000;
	struct store *s = open_store(&opt, &next);
	struct store_stats stats;

	(void)state;
	store_tick(s, 1000 * ms);
	put(s, next);
	store_tick(s, 1200 * ms);
	store_get_stats(s, &stats);
	assert_int_equal(stats.committed, 0);
	store_tick(s, 1250 * ms);
	wait_committed(s, 1);
	store_get_stats(s, &stats);
	assert_int_equal(stats.appended, 1);
	assert_int_equal(stats.events, 1);
	assert_int_equal(stats.batches, 1);
	assert_int_equal(stats.oldest_wall_ns, WALL0 + SECOND);
	assert_int_equal(store_close(s), 0);
}

/* A reader sees what is committed while the writer goes on, and a later look sees more. */
static void reader_beside_the_writer(void **state)
{
	uint64_t next, first, last, n = 0;
	struct store *s = open_store(&defaults, &next);
	struct store_reader *r;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		put(s, next + n++);
	wait_committed(s, 1000);
	r = open_reader_at(dir);
	assert_int_equal(count_events(r, &everything, &first, &last), 1000);
	for (unsigned round = 0; round < 50; round++) {
		uint64_t seen;

		for (unsigned i = 0; i < 1000; i++)
			put(s, next + n++);
		seen = count_events(r, &everything, &first, &last);
		assert_true(seen >= 1000 && seen <= n && seen % 1000 == 0);
		wait_committed(s, n);
	}
	assert_int_equal(count_events(r, &everything, &first, &last), 51000);
	assert_int_equal(store_close(s), 0);
	assert_int_equal(count_events(r, &everything, &first, &last), 51000);
	store_reader_close(r);
}

static void two_writers_are_refused(void **state)
{
	uint64_t next;
	struct store *s = open_store(&defaults, &next), *other = NULL;
	struct problem err = {0};

	(void)state;
	assert_int_equal(store_open(&other, dir, &defaults, &host, &next, &err), -EBUSY);
	assert_null(other);
	assert_true(strlen(err.remedy) > 0);
	assert_int_equal(store_close(s), 0);
}

static uint64_t marked; /* what the next mark says */

static size_t make_mark(void *ctx, uint8_t out[STORE_MARK_MAX])
{
	const uint64_t mark[2] = {4711, marked};

	assert_ptr_equal(ctx, &marked);
	memcpy(out, mark, sizeof(mark));
	return sizeof(mark);
}

static const struct store_options marking = {
	.batch_events = 10, .mark = make_mark, .mark_ctx = &marked, .resume = 4711};

static uint64_t mark_of(struct store *s)
{
	uint8_t bytes[STORE_MARK_MAX];
	uint64_t mark[2];

	if (store_mark(s, bytes) != sizeof(mark))
		return 0;
	memcpy(mark, bytes, sizeof(mark));
	return mark[1];
}

/* Acts of three events; left without closing. */
static void write_acts_and_end(void)
{
	uint64_t seq;
	struct store *s = open_store(&marking, &seq);

	if (mark_of(s) != 0)
		_exit(1);
	for (uint64_t i = 0; i < 25; i++) {
		for (uint64_t j = 0; j < 3; j++)
			put(s, seq + 3 * i + j);
		marked = i + 1;
		store_settle(s);
	}
	_exit(store_wait(s, 5000) ? 2 : mark_of(s) != 24 ? 3 : 0);
}

/* Events behind the mark come again and have their seqs again; the mark is never ahead of the events. */
static void marks_and_events_are_one_commit(void **state)
{
	uint64_t first = 0, last = 0, next;
	struct store_reader *r;
	struct store *s;
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		write_acts_and_end();
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	r = open_reader_at(dir);
	/* handed over after each fourth act, when there are ten events or more */
	assert_int_equal(count_events(r, &(struct store_query){0}, &first, &last), 24 * 3);
	store_reader_close(r);
	s = open_store(&marking, &next);
	assert_int_equal(next, last + 1);
	assert_int_equal(mark_of(s), 24);
	store_close(s);
}

/* A child writes with a commit every 1000 events, tells what is committed, and is killed. */
static void write_until_killed(int fd)
{
	struct store *s = NULL;
	uint64_t seq, told = 0;

	if (store_open(&s, dir, &defaults, &host, &seq, NULL))
		_exit(1);
	for (uint64_t n = 0;; n++) {
		struct store_stats stats;

		put(s, seq + n);
		store_get_stats(s, &stats);
		while (stats.appended - stats.committed > 8000) {
			nanosleep(&(struct timespec){0, 100000}, NULL);
			store_get_stats(s, &stats);
		}
		if (stats.committed != told) {
			told = stats.committed;
			if (write(fd, &told, sizeof(told)) != sizeof(told))
				_exit(1);
		}
	}
}

static void kill_loses_nothing_committed(void **state)
{
	uint64_t total = 0;

	(void)state;
	for (unsigned round = 0; round < 5; round++) {
		uint64_t committed = 0, next, value;
		int64_t last_wall = 0;
		int ends[2], status;
		struct store *s;
		pid_t child;

		assert_int_equal(pipe(ends), 0);
		child = fork();
		if (child == 0) {
			close(ends[0]);
			write_until_killed(ends[1]);
		}
		close(ends[1]);
		while (committed < 20000 + round * 777 &&
		       read(ends[0], &value, sizeof(value)) == sizeof(value))
			committed = value;
		kill(child, SIGKILL);
		while (read(ends[0], &value, sizeof(value)) == sizeof(value))
			committed = value;
		close(ends[0]);
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		total += committed;
		assert_true(count_in(dir, &everything) >= total);
		total = count_in(dir, &everything);
		s = open_store(&defaults, &next);
		assert_false(store_was_clean(s, &last_wall));
		assert_true(last_wall > WALL0);
		assert_true((int64_t)next > (last_wall - WALL0) / SECOND + 8000);
		/* killed again in the next round, so not closed cleanly but left as it was */
		assert_int_equal(store_close(s), 0);
	}
}

static void run_sql(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(hot(), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void damaged_batches_are_skipped_and_counted(void **state)
{
	static const char *const damage[] = {
		"UPDATE batch SET d=zeroblob(length(d)) WHERE seq0=1001",
		"UPDATE batch SET d=substr(d,1,length(d)-1) WHERE seq0=1001",
		"UPDATE batch SET raw_len=raw_len+1 WHERE seq0=1001",
		"UPDATE batch SET raw_len=1<<40 WHERE seq0=1001",
		"UPDATE batch SET n=-1 WHERE seq0=1001",
		"UPDATE batch SET n=n+1 WHERE seq0=1001",
		"UPDATE batch SET hash=NULL WHERE seq0=1001",
		"UPDATE batch SET d=NULL WHERE seq0=1001",
		"UPDATE batch SET ts0=ts0+1 WHERE seq0=1001",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		struct store_check check;
		struct store_reader *r;
		struct store_cursor *c = NULL;
		struct event ev;
		uint64_t n = 0;

		fill(3000);
		run_sql(damage[i]);
		r = open_reader_at(dir);
		assert_int_equal(store_cursor_open(&c, r, &everything, NULL), 0);
		while (store_cursor_next(c, &ev) == 1)
			n++;
		if (n != 2000 || store_cursor_damaged(c) != 1)
			fail_msg("%s: %llu events", damage[i], (unsigned long long)n);
		store_cursor_close(c);
		assert_int_equal(store_get(r, 1500, &ev), -EBADMSG);
		assert_int_equal(store_get(r, 2500, &ev), 1);
		assert_int_equal(store_verify(r, &check), 0);
		assert_int_equal(check.damaged, 1);
		assert_int_equal(check.first_bad, 1001);
		store_reader_close(r);
		run_sql("DELETE FROM batch; UPDATE meta SET v=0 WHERE k='next_seq'");
	}
}

static void chain_shows_a_missing_batch(void **state)
{
	struct store_check check;
	struct store_reader *r;

	(void)state;
	fill(1500);
	fill(1500);
	r = open_reader_at(dir);
	assert_int_equal(store_verify(r, &check), 0);
	assert_int_equal(check.batches, 4);
	assert_int_equal(check.events, 3000);
	assert_int_equal(check.damaged + check.breaks + check.first_bad, 0);
	store_reader_close(r);
	run_sql("DELETE FROM batch WHERE seq0=1001");
	r = open_reader_at(dir);
	assert_int_equal(store_verify(r, &check), 0);
	assert_int_equal(check.breaks, 1);
	assert_int_equal(check.first_bad, 1501);
	store_reader_close(r);
}

static void retention_keeps_the_newest(void **state)
{
	struct store_options opt = {.max_bytes = 128 * 1024};
	uint64_t next, first = 0, last = 0, n;
	struct store *s = open_store(&opt, &next);
	struct store_stats stats;
	struct store_reader *r;
	struct stat st;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		put(s, next + i);
		if (i % 8000 == 7999)
			wait_committed(s, i + 1);
	}
	store_get_stats(s, &stats);
	assert_int_equal(stats.committed, 200000);
	assert_int_equal(stats.lost, 0);
	assert_true(stats.deleted > 0);
	assert_int_equal(stats.events + stats.deleted, 200000);
	assert_int_equal(store_close(s), 0);
	assert_int_equal(stat(hot(), &st), 0);
	/* a commit of 16 batches is what may come on top */
	assert_true(st.st_size <= 128 * 1024 + 16 * 32 * 1024);
	r = open_reader_at(dir);
	n = count_events(r, &everything, &first, &last);
	assert_int_equal(n, stats.events);
	assert_int_equal(last, 200000);
	assert_int_equal(first, 200001 - n);
	assert_int_equal(store_oldest(r), stats.oldest_wall_ns);
	store_reader_close(r);
}

/* Copies the named files of the store to a new directory. */
static void copy_to(char out[static 64], const char *files)
{
	char command[512];

	snprintf(out, 64, "%s/copy.XXXXXX", dir);
	assert_non_null(mkdtemp(out));
	snprintf(command, sizeof(command), "cd %s && cp %s %s/", dir, files, out);
	assert_int_equal(system(command), 0);
}

static unsigned files_in(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* Copied while the daemon runs: hot.db alone has what was checkpointed, with -wal it has all. */
static void copies_can_be_read(void **state)
{
	uint64_t next, alone;
	struct store *s = open_store(&defaults, &next);
	char copy[64];

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		put(s, next + i);
	wait_committed(s, 5000);
	copy_to(copy, "hot.db hot.db-wal");
	assert_int_equal(count_in(copy, &everything), 5000);
	copy_to(copy, "hot.db hot.db-wal");
	assert_int_equal(chmod(copy, 0500), 0);
	assert_int_equal(count_in(copy, &everything), 5000);
	copy_to(copy, "hot.db");
	assert_int_equal(store_close(s), 0);
	copy_to(copy, "hot.db");
	alone = count_in(copy, &everything);
	assert_int_equal(alone, 5000);
	assert_int_equal(files_in(copy), 1);
}

/* As a user who may read and not write, in a directory that is somebody else's. */
static void copy_in_a_foreign_directory(void **state)
{
	static const char *const sets[] = {"hot.db", "hot.db hot.db-wal"};
	uint64_t next;
	struct store *s = open_store(&defaults, &next);

	(void)state;
	if (geteuid() != 0) {
		store_close(s);
		skip();
	}
	assert_int_equal(chmod(dir, 0755), 0);
	for (unsigned i = 0; i < 3000; i++)
		put(s, next + i);
	wait_committed(s, 3000);
	for (unsigned i = 0; i < 2; i++) {
		char copy[64], command[160];
		int status;
		pid_t child;

		copy_to(copy, i ? sets[1] : sets[0]);
		snprintf(command, sizeof(command), "chmod 755 %s; chmod 644 %s/*", copy, copy);
		assert_int_equal(system(command), 0);
		child = fork();
		if (child == 0) {
			struct store_reader *r = NULL;
			struct store_cursor *c = NULL;
			struct problem err = {0};
			struct event ev;
			unsigned n = 0;

			if (setresuid(65534, 65534, 65534))
				_exit(1);
			if (store_reader_open(&r, copy, &err)) {
				/* hot.db alone may not have its tables yet: then it says so */
				_exit(i == 0 && err.text[0] ? 0 : 2);
			}
			if (store_cursor_open(&c, r, &everything, NULL))
				_exit(3);
			while (store_cursor_next(c, &ev) == 1)
				n++;
			_exit(i == 0 || n == 3000 ? 0 : 4);
		}
		waitpid(child, &status, 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	assert_int_equal(store_close(s), 0);
}

static void what_is_no_store_is_said(void **state)
{
	struct store_reader *r = NULL;
	struct problem err = {0};
	uint64_t next;
	struct store *s = NULL;
	FILE *f;

	(void)state;
	assert_int_equal(store_reader_open(&r, dir, &err), -ENOENT);
	f = fopen(hot(), "w");
	for (unsigned i = 0; i < 500; i++)
		fputs("this is no database\n", f);
	fclose(f);
	err = (struct problem){0};
	assert_int_equal(store_reader_open(&r, dir, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not a whodid store"));
	err = (struct problem){0};
	assert_int_equal(store_open(&s, dir, &defaults, &host, &next, &err), -EBADMSG);
	assert_null(r);
	assert_null(s);
	unlink(hot());
	run_sql("CREATE TABLE other(x)");
	err = (struct problem){0};
	assert_int_equal(store_reader_open(&r, dir, &err), -EBADMSG);
	unlink(hot());
	fill(10);
	run_sql("UPDATE meta SET v=99 WHERE k='format'");
	err = (struct problem){0};
	assert_int_equal(store_reader_open(&r, dir, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.text, "newer"));
	err = (struct problem){0};
	assert_int_equal(store_open(&s, dir, &defaults, &host, &next, &err), -EPROTONOSUPPORT);
}

/* The row that st stands on, as format 1 had it: its events as they are, in one frame. */
static void write_as_before(sqlite3 *db, sqlite3_stmt *st, uint8_t prev[static BATCH_HASH])
{
	static char data[ZSTD_COMPRESSBOUND(BATCH_RAW_MAX)];
	struct loaded b = {0};
	uint8_t hash[BATCH_HASH];
	sqlite3_stmt *put;
	size_t n;

	assert_int_equal(loaded_read(&b, st), 0);
	n = ZSTD_compress(data, sizeof(data), b.raw, b.facts.raw_len, 1);
	assert_int_equal(batch_hash(hash, prev, &b.facts, (struct str){data, (uint32_t)n}), 0);
	assert_int_equal(sqlite3_prepare_v2(db, "UPDATE batch SET prev=?, hash=?, d=? WHERE seq0=?",
					    -1, &put, NULL),
			 SQLITE_OK);
	sqlite3_bind_blob(put, 1, prev, BATCH_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(put, 2, hash, BATCH_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(put, 3, data, (int)n, SQLITE_STATIC);
	sqlite3_bind_int64(put, 4, (sqlite3_int64)b.facts.seq0);
	assert_int_equal(sqlite3_step(put), SQLITE_DONE);
	sqlite3_finalize(put);
	memcpy(prev, hash, BATCH_HASH);
	loaded_release(&b);
}

static void make_as_before(void)
{
	uint8_t prev[BATCH_HASH] = {0};
	sqlite3_stmt *st;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(hot(), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT " BATCH_COLUMNS " FROM batch ORDER BY seq0",
					    -1, &st, NULL),
			 SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		write_as_before(db, st, prev);
	sqlite3_finalize(st);
	sqlite3_close(db);
	run_sql("UPDATE meta SET v=1 WHERE k='format'");
}

static int64_t format(void)
{
	int64_t value = 0;
	sqlite3_stmt *st;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(hot(), &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "SELECT v FROM meta WHERE k='format'", -1, &st, NULL);
	if (sqlite3_step(st) == SQLITE_ROW)
		value = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return value;
}

/* A store of a version that had no columns: read as it is, and from the next event on of this one. */
static void a_store_of_before_goes_on(void **state)
{
	struct store_check check;
	struct store_reader *r;

	(void)state;
	fill(2500);
	assert_int_equal(format(), 2);
	make_as_before();
	assert_int_equal(count_in(dir, &everything), 2500);
	assert_int_equal(format(), 1);
	fill(700);
	assert_int_equal(format(), 2);
	assert_int_equal(count_in(dir, &everything), 3200);
	r = open_reader_at(dir);
	assert_int_equal(store_verify(r, &check), 0);
	assert_int_equal(check.damaged + check.breaks, 0);
	assert_int_equal(check.events, 3200);
	store_reader_close(r);
}

/* Uids have the boot in them: an event of an earlier boot keeps its own. */
static void each_event_has_the_host_of_its_boot(void **state)
{
	struct host second = host;
	struct problem err = {0};
	struct store_reader *r;
	struct store *s = NULL;
	struct event ev;
	uint64_t next;

	(void)state;
	fill(10);
	snprintf(second.boot_id, sizeof(second.boot_id), "c2222222-0000");
	assert_int_equal(store_open(&s, dir, &defaults, &second, &next, &err), 0);
	put(s, next);
	assert_int_equal(store_close(s), 0);
	r = open_reader_at(dir);
	assert_string_equal(store_reader_host(r)->boot_id, second.boot_id);
	assert_int_equal(store_get(r, 5, &ev), 1);
	assert_string_equal(store_reader_host(r)->boot_id, host.boot_id);
	assert_int_equal(store_get(r, next, &ev), 1);
	assert_string_equal(store_reader_host(r)->boot_id, second.boot_id);
	store_reader_close(r);
}

/*
 * A disk of 2 MiB. Appended = committed + lost must hold exactly; what was committed is readable; and
 * when there is room again, the store goes on by itself and says when it lost.
 */
static void full_disk_is_counted_and_survived(void **state)
{
	struct store_options opt = {.sync_full = true};
	struct store_gap_row gaps[8];
	int gap_count;
	struct store_reader *r;
	struct store_stats stats;
	uint64_t next, n = 0, first, last, file_events;
	struct store *s;
	char path[96];
	FILE *f;

	(void)state;
	if (mount("none", dir, "tmpfs", 0, "size=2m"))
		skip();
	s = open_store(&opt, &next);
	snprintf(path, sizeof(path), "%s/ballast", dir);
	f = fopen(path, "w");
	for (unsigned i = 0; i < 1400; i++)
		fprintf(f, "%1023d\n", 0);
	fclose(f);
	do { /* a slow writer loses events before its disk is full */
		put(s, next + n++);
		store_get_stats(s, &stats);
	} while ((stats.lost < 1000 || !stats.last_err) && n < 3000000);
	assert_int_equal(stats.last_err, ENOSPC);
	assert_string_equal(stats.last_err_text, "database or disk is full");
	assert_int_equal(unlink(path), 0);
	/* the retry comes within its second; then a buffer is free again */
	for (unsigned i = 0; i < 20000 && stats.last_err; i++) {
		nanosleep(&(struct timespec){0, 1000000}, NULL);
		store_get_stats(s, &stats);
	}
	assert_int_equal(stats.last_err, 0);
	for (unsigned i = 0; i < 1000; i++)
		put(s, next + n++);
	store_get_stats(s, &stats);
	wait_committed(s, n - stats.lost);
	store_get_stats(s, &stats);
	assert_int_equal(stats.appended, n);
	assert_int_equal(stats.committed + stats.lost, n);
	assert_int_equal(store_close(s), 0);
	r = open_reader_at(dir);
	file_events = count_events(r, &everything, &first, &last);
	assert_int_equal(file_events, stats.committed);
	assert_int_equal(last, next + n - 1);
	gap_count = store_gaps(r, 0, 0, gaps, 8);
	assert_in_range(gap_count, 1, 8); /* a slow writer has gaps of its own */
	for (int i = 0; i < gap_count; i++)
		assert_string_equal(gaps[i].why, "store");
	assert_int_equal(store_gap_events(r, 0, 0), stats.lost);
	store_reader_close(r);
}

static int unmount_and_remove(void **state)
{
	umount(dir);
	return remove_dir(state);
}

/* Whoever owns the file owns its -wal: a file put there by another is not written. */
static void a_file_of_others_is_refused(void **state)
{
	struct store_options opt = {0};
	struct store *s = NULL;
	struct stat st;
	uint64_t next;
	char link_path[96];

	(void)state;
	s = open_store(&opt, &next);
	assert_int_equal(store_close(s), 0);
	assert_int_equal(chmod(hot(), 0646), 0);
	s = open_store(&opt, &next);
	assert_int_equal(stat(hot(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(store_close(s), 0);
	snprintf(link_path, sizeof(link_path), "%s/second", dir);
	assert_int_equal(link(hot(), link_path), 0);
	assert_int_equal(store_open(&s, dir, &opt, &host, &next, NULL), -EACCES);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(rename(hot(), link_path), 0);
	assert_int_equal(symlink(link_path, hot()), 0);
	assert_true(store_open(&s, dir, &opt, &host, &next, NULL) < 0);
	assert_int_equal(unlink(hot()), 0);
	assert_int_equal(mkfifo(hot(), 0600), 0);
	assert_int_equal(store_open(&s, dir, &opt, &host, &next, NULL), -EACCES);
	assert_int_equal(unlink(hot()), 0);
	assert_int_equal(rename(link_path, hot()), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(hot(), 65534, 65534), 0);
		assert_int_equal(store_open(&s, dir, &opt, &host, &next, NULL), -EACCES);
		assert_int_equal(chown(hot(), 0, 0), 0);
	}
	s = open_store(&opt, &next);
	assert_int_equal(store_close(s), 0);
}

static void flushed_is_there_for_readers(void **state)
{
	struct store_options opt = {.commit_ms = 60000};
	struct store_reader *r;
	uint64_t next, first, last;
	struct store *s;

	(void)state;
	s = open_store(&opt, &next);
	assert_int_equal(store_wait(s, 0), 0); /* nothing to wait for */
	for (unsigned i = 0; i < 3; i++)
		put(s, next + i);
	store_flush(s);
	assert_int_equal(store_wait(s, 10000), 0);
	r = open_reader_at(dir);
	assert_int_equal(count_events(r, &everything, &first, &last), 3);
	assert_int_equal(store_newest(r), WALL0 + (int64_t)last * SECOND);
	store_reader_close(r);
	assert_int_equal(store_close(s), 0);
}

static bool asked_twice(void *ctx)
{
	return ++*(unsigned *)ctx > 2;
}

/* A search that finds nothing can be ended between two batches. */
static void a_walk_can_be_ended(void **state)
{
	struct store_options opt = {.batch_events = 10};
	unsigned times = 0;
	struct store_query query = {.enough = asked_twice, .ctx = &times};
	struct filter *none = NULL;
	struct store_cursor *c;
	struct store_reader *r;
	struct event ev;
	uint64_t next;
	struct store *s;

	(void)state;
	s = open_store(&opt, &next);
	for (unsigned i = 0; i < 100; i++)
		put(s, next + i);
	assert_int_equal(store_close(s), 0);
	assert_int_equal(filter_parse(&none, STR_LIT("who=human:nobody"), NULL), 0);
	query.filter = none;
	r = open_reader_at(dir);
	assert_int_equal(store_cursor_open(&c, r, &query, NULL), 0);
	assert_int_equal(store_cursor_next(c, &ev), -ECANCELED);
	assert_int_equal(times, 3);
	store_cursor_close(c);
	store_reader_close(r);
	filter_free(none);
}

/* Closing on a disk that stays full: an error, and no clean end. */
static void close_on_a_full_disk_fails(void **state)
{
	struct store_options opt = {.sync_full = true};
	uint64_t next;
	struct store *s;
	char path[96];
	FILE *f;

	(void)state;
	if (mount("none", dir, "tmpfs", 0, "size=1m"))
		skip();
	s = open_store(&opt, &next);
	snprintf(path, sizeof(path), "%s/ballast", dir);
	f = fopen(path, "w");
	setvbuf(f, NULL, _IONBF, 0);
	while (fprintf(f, "%1023d\n", 0) > 0)
		;
	fclose(f);
	for (unsigned i = 0; i < 20000; i++)
		put(s, next + i);
	assert_int_equal(store_wait(s, 50), -ETIMEDOUT); /* and never says that it is written */
	assert_int_equal(store_close(s), -ENOSPC);
	assert_int_equal(unlink(path), 0);
	s = open_store(&opt, &next);
	assert_false(store_was_clean(s, NULL));
	assert_int_equal(store_close(s), 0);
}

static void put_exec(struct store *s, uint64_t seq, uint64_t inode, const char *sha256)
{
	static uint8_t packed[EVENT_PACKED_MAX];
	struct event ev = {0};
	int n;

	ev.what.seq = seq;
	ev.what.count = 1;
	ev.what.wall_ns = WALL0 + (int64_t)seq * SECOND;
	ev.what.type = EVENT_EXEC;
	ev.what.exec.exe = STR_LIT("/bin/x");
	ev.what.exec.exe_inode = inode;
	ev.what.exec.exe_dev = 8ull << 20 | 1;
	ev.what.exec.exe_ctime_ns = UINT64_MAX - 5; /* any number comes back */
	ev.what.exec.script_inode = 77;
	ev.what.exec.script_ctime_ns = 78;
	ev.what.exec.sha256 = str_of(sha256);
	n = event_pack(&ev, packed, sizeof(packed));
	assert_true(n > 0);
	store_append(s, &ev, packed, (size_t)n);
}

static void count_program(void *ctx, const struct program_facts *facts)
{
	(void)facts;
	++*(unsigned *)ctx;
}

/* What became known after the exec completes it in answers, and filters find it. */
static void programs_complete_execs(void **state)
{
	struct program_facts facts = {.dev = 8ull << 20 | 1,
				      .inode = 5,
				      .ctime_ns = UINT64_MAX - 5,
				      .sha256 = "abcd",
				      .package = "coreutils 9.1-1",
				      .modified = true};
	struct program_facts script = {.inode = 77, .ctime_ns = 78, .sha256 = "5c41"};
	struct store_query query = {.filter = NULL};
	struct store_cursor *c;
	struct store_reader *r;
	struct problem err = {0};
	struct filter *filter;
	struct event ev;
	unsigned n = 0;
	uint64_t seq;
	struct store *s = open_store(&defaults, &seq);

	(void)state;
	put_exec(s, seq, 5, NULL);
	put_exec(s, seq + 1, 6, NULL);
	put_exec(s, seq + 2, 5, "known");
	store_put_program(s, &facts);
	store_put_program(s, &script);
	store_put_program(s, &facts);
	assert_int_equal(store_close(s), 0);

	r = open_reader_at(dir);
	assert_int_equal(store_get(r, seq, &ev), 1);
	assert_true(str_is(ev.what.exec.sha256, "abcd"));
	assert_true(str_is(ev.what.exec.package, "coreutils 9.1-1"));
	assert_true(ev.what.exec.package_modified);
	assert_true(str_is(ev.what.exec.script_sha256, "5c41"));
	assert_int_equal(store_get(r, seq + 1, &ev), 1);
	assert_null(ev.what.exec.sha256.p);
	assert_int_equal(store_get(r, seq + 2, &ev), 1);
	assert_true(str_is(ev.what.exec.sha256, "known"));
	assert_int_equal(filter_parse(&filter, STR_LIT("sha256=abcd"), &err), 0);
	query.filter = filter;
	assert_int_equal(store_cursor_open(&c, r, &query, &err), 0);
	assert_int_equal(store_cursor_next(c, &ev), 1);
	assert_int_equal(ev.what.seq, seq);
	assert_int_equal(store_cursor_next(c, &ev), 0);
	store_cursor_close(c);
	filter_free(filter);
	assert_int_equal(store_each_program(r, count_program, &n), 0);
	assert_int_equal(n, 2);
	store_reader_close(r);
}

/* A store of before programs were kept has none, and answers all the same. */
static void a_store_without_programs_answers(void **state)
{
	struct store_reader *r;
	struct event ev;
	uint64_t seq;
	struct store *s = open_store(&defaults, &seq);
	unsigned n = 0;
	sqlite3 *db;

	(void)state;
	put_exec(s, seq, 5, NULL);
	assert_int_equal(store_close(s), 0);
	assert_int_equal(sqlite3_open(hot(), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE program", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	r = open_reader_at(dir);
	assert_int_equal(store_get(r, seq, &ev), 1);
	assert_null(ev.what.exec.sha256.p);
	assert_true(store_each_program(r, count_program, &n) < 0);
	store_reader_close(r);
}

#define TEST(name)	 cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
#define TEST_MOUNT(name) cmocka_unit_test_setup_teardown(name, make_dir, unmount_and_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_store_is_clean_and_empty),
		TEST(what_goes_in_comes_out),
		TEST(both_orders_and_bounds),
		TEST(filters_select),
		TEST(one_event_by_number),
		TEST(marks_and_events_are_one_commit),
		TEST(gaps_and_anomalies_are_kept),
		TEST(latest_anomaly_wins),
		TEST(programs_complete_execs),
		TEST(a_store_without_programs_answers),
		TEST(tick_commits_when_due),
		TEST(reader_beside_the_writer),
		TEST(two_writers_are_refused),
		TEST(kill_loses_nothing_committed),
		TEST(damaged_batches_are_skipped_and_counted),
		TEST(chain_shows_a_missing_batch),
		TEST(retention_keeps_the_newest),
		TEST(copies_can_be_read),
		TEST(copy_in_a_foreign_directory),
		TEST(what_is_no_store_is_said),
		TEST(a_store_of_before_goes_on),
		TEST(each_event_has_the_host_of_its_boot),
		TEST(a_file_of_others_is_refused),
		TEST(flushed_is_there_for_readers),
		TEST(a_walk_can_be_ended),
		TEST_MOUNT(full_disk_is_counted_and_survived),
		TEST_MOUNT(close_on_a_full_disk_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
