/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeping events costs: bytes and CPU per event in the store, time to read them again.
 *
 *     bench-store [EVENTS]
 *
 * The events are those of a build: a process of 40 events execs, opens headers and objects, now and
 * then connects, exits. One JSON line per figure.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/json.h"
#include "bpf/event.h"
#include "event_filter.h"
#include "event_json.h"
#include "event_pack.h"
#include "identity/identity.h"
#include "store/store.h"

#define PER_PROCESS 40

static uint64_t seed = 88172645463325252ull;

static uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void say(const char *name, double value, const char *unit)
{
	printf("{\"bench\":\"store\",\"name\":\"%s\",\"value\":%.2f,\"unit\":\"%s\"}\n", name,
	       value, unit);
}

/* --- events of a build */

struct maker {
	struct event ev;
	uint64_t n;
	char path[256], argv[512], exe[64], cwd[64];
};

static void start_process(struct maker *m)
{
	static const char *const programs[] = {"cc1", "as", "ld", "dash", "make", "rm"};
	struct event *ev = &m->ev;
	uint64_t file = draw(3000);
	int n;

	memset(ev, 0, sizeof(*ev));
	ev->what.pid = ev->what.tid = ev->what.ns_pid = 4000 + (uint32_t)(m->n / PER_PROCESS);
	ev->what.parent_pid = ev->what.pid - 1;
	ev->what.start_ns = 1187923456789ull + m->n * 7001;
	ev->what.parent_start_ns = ev->what.start_ns - 1500000;
	ev->what.uid = ev->what.euid = ev->what.gid = ev->what.egid = 998;
	ev->what.login_uid = ev->what.session_id = UINT32_MAX;
	ev->what.boundary = 281474976710657ull + m->n / 20000;
	ev->what.cgroup_id = 4242;
	snprintf(m->exe, sizeof(m->exe), "/usr/bin/%s", programs[draw(6)]);
	n = snprintf(m->argv, sizeof(m->argv),
		     "%s%c-O2%c-Wall%c-Iinclude%c-c%c-o%cobj/part%" PRIu64 "/file%" PRIu64
		     ".o%csrc/part%" PRIu64 "/file%" PRIu64 ".c",
		     strrchr(m->exe, '/') + 1, 0, 0, 0, 0, 0, 0, file % 40, file, 0, file % 40,
		     file);
	ev->what.exec.argv = (struct str){m->argv, (uint32_t)n};
	ev->what.exec.argc = 8;
	ev->what.exec.exe_inode = 100000 + draw(6);
	ev->what.exec.exe_dev = 8u << 20 | 1;
	ev->what.exec.exe_mode = 0100755;
	ev->what.exec.cwd = STR_LIT("/home/runner/work/app/app");
	ev->what.comm = str_of(strrchr(m->exe, '/') + 1);
	ev->who.exe = ev->what.exec.exe = ev->what.exec.filename = str_of(m->exe);
	ev->who.user_name = STR_LIT("runner");
	ev->who.parent = (struct process_ref){ev->what.parent_pid, ev->what.parent_start_ns,
					      STR_LIT("/usr/bin/make")};
	ev->who.ancestors[0] = ev->who.parent;
	ev->who.ancestors[1] = (struct process_ref){3990, 77, STR_LIT("/usr/bin/bash")};
	ev->who.ancestors[2] = (struct process_ref){
		3901, 66, STR_LIT("/home/runner/actions-runner/bin/Runner.Worker")};
	ev->who.ancestor_count = 3;
	ev->who.id = (struct identity){
		.who = STR_LIT("unit:actions-runner.service"),
		.kind = STR_LIT("unit"),
		.as = STR_LIT("unit:actions-runner.service"),
		.who_level = ASSURANCE_KERNEL,
		.as_level = ASSURANCE_KERNEL,
		.boundary = ev->what.boundary,
		.unit = STR_LIT("actions-runner.service"),
		.cgroup = STR_LIT("/system.slice/actions-runner.service"),
	};
	ev->verdict.value = VERDICT_EXPECTED;
	ev->verdict.mode = STR_LIT("audit");
	ev->verdict.binding = STR_LIT("baseline");
}

static void open_file(struct maker *m)
{
	struct event *ev = &m->ev;
	uint64_t file = draw(100) < 70 ? draw(400) : draw(20000);
	bool writes = draw(8) == 0;
	int n = snprintf(m->path, sizeof(m->path),
			 writes ? "/home/runner/work/app/app/obj/part%" PRIu64 "/file%" PRIu64 ".o"
				: "/home/runner/work/app/app/include/part%" PRIu64 "/file%" PRIu64
				  ".h",
			 file % 40, file);

	ev->what.type = writes ? EVENT_FILE_WRITE : EVENT_FILE_READ;
	ev->what.file.path = (struct str){m->path, (uint32_t)n};
	ev->what.file.op = STR_LIT("open");
	ev->what.file.flags =
		writes ? STR_LIT("wronly,creat,trunc,cloexec") : STR_LIT("rdonly,cloexec");
	ev->what.file.mode = 0100644;
	ev->what.file.inode = 5000000 + file * 3;
	ev->what.file.dev = 8u << 20 | 1;
	ev->what.file.generation = writes ? (uint32_t)(file * 2654435761u) : 0;
	ev->what.file.ctime_ns = writes ? (uint64_t)ev->what.wall_ns - draw(3600000000000) : 0;
}

static void connect_out(struct event *ev)
{
	ev->what.type = EVENT_NET_CONNECT;
	ev->what.net.family = 2;
	ev->what.net.proto = 6;
	ev->what.net.src_port = (uint16_t)(32768 + draw(20000));
	ev->what.net.dst_port = 443;
	ev->what.net.dst[0] = 140;
	ev->what.net.dst[3] = (uint8_t)draw(20);
	ev->what.net.duration_ns = draw(50000000);
}

static const struct event *next_event(struct maker *m)
{
	uint64_t step = m->n % PER_PROCESS;
	struct event *ev = &m->ev;

	if (step == 0)
		start_process(m);
	ev->what.outcome = OUTCOME_OK;
	ev->what.count = 1;
	ev->what.boot_ns = ev->what.start_ns + 1000 * step + draw(900);
	ev->what.wall_ns = (int64_t)ev->what.boot_ns + 1795449739114203911ll;
	if (step == 0)
		ev->what.type = EVENT_EXEC;
	else if (step == PER_PROCESS - 1)
		ev->what.type = EVENT_EXIT;
	else if (step == 20 && draw(10) == 0)
		connect_out(ev);
	else
		open_file(m);
	ev->what.exit.duration_ns = draw(90000000);
	ev->what.exit.user_ns = draw(80000000);
	ev->what.exit.max_rss_bytes = 4096 * draw(9000);
	ev->what.seq = ++m->n;
	return ev;
}

/* --- figures */

static uint8_t packed[EVENT_PACKED_MAX];

/* What the line pays: making the events is measured first and taken off. */
static void bench_line(uint64_t events)
{
	static const struct host host = {"runner-07", "b1946ac9-2d2e-4a8f-9f0c-3a1b5c7d9e11", "5f"};
	struct maker m = {0};
	struct filter *filter = NULL;
	uint64_t start, idle, bytes = 0, matched = 0;
	struct json w;

	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (uint64_t i = 0; i < events; i++)
		next_event(&m);
	idle = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (uint64_t i = 0; i < events; i++)
		bytes += (uint64_t)event_pack(next_event(&m), packed, sizeof(packed));
	say("pack", (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start - idle) / (double)events,
	    "ns/event");
	say("packed", (double)bytes / (double)events, "bytes/event");
	json_init(&w, 1u << 20);
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (uint64_t i = 0; i < events; i++) {
		json_reset(&w);
		event_json_write(&w, &host, next_event(&m));
	}
	say("json", (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start - idle) / (double)events,
	    "ns/event");
	json_release(&w);
	filter_parse(&filter, STR_LIT("who=unit:* path=*file77.h verdict!=forbidden"), NULL);
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (uint64_t i = 0; i < events; i++)
		matched += filter_match(filter, next_event(&m));
	say("filter", (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start - idle) / (double)events,
	    "ns/event");
	filter_free(filter);
	if (matched == 0)
		errx(1, "the filter matched nothing");
}

static void wait_for_writer(struct store *s, uint64_t behind)
{
	struct store_stats stats;

	for (;;) {
		store_get_stats(s, &stats);
		if (stats.lost)
			errx(1, "%llu events were lost", (unsigned long long)stats.lost);
		if (stats.appended - stats.committed <= behind)
			return;
		nanosleep(&(struct timespec){0, 200000}, NULL);
	}
}

static uint64_t process_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* All of the process: packing, compression, hash, SQLite; without making the events. */
static void bench_ingest(const char *dir, uint64_t events, uint32_t per_batch)
{
	struct store_options opt = {
		.max_bytes = 8ull << 30, .batch_events = per_batch, .sync_full = true};
	static const struct host host = {"runner-07", "b1946ac9-2d2e-4a8f-9f0c-3a1b5c7d9e11", "5f"};
	struct maker m = {0};
	struct store_stats stats;
	struct problem problem = {0};
	struct store *s = NULL;
	uint64_t seq, cpu, wall, idle;
	char name[64];

	cpu = process_cpu_ns();
	for (uint64_t i = 0; i < events; i++)
		next_event(&m);
	idle = process_cpu_ns() - cpu;
	if (store_open(&s, dir, &opt, &host, &seq, &problem))
		errx(1, "%s", problem.text);
	m.n = 0;
	cpu = process_cpu_ns();
	wall = clock_ns(CLOCK_MONOTONIC);
	for (uint64_t i = 0; i < events; i++) {
		const struct event *ev = next_event(&m);
		int n = event_pack(ev, packed, sizeof(packed));

		store_append(s, ev, packed, (size_t)n);
		if (i % (4 * per_batch) == 0)
			wait_for_writer(s, 20 * per_batch);
	}
	wait_for_writer(s, per_batch);
	wall = clock_ns(CLOCK_MONOTONIC) - wall;
	cpu = process_cpu_ns() - cpu - idle;
	store_get_stats(s, &stats);
	if (store_close(s) || stats.lost)
		errx(1, "events were lost");
	snprintf(name, sizeof(name), "ingest_cpu_%" PRIu32, per_batch);
	say(name, (double)cpu / (double)events, "ns/event");
	snprintf(name, sizeof(name), "ingest_rate_%" PRIu32, per_batch);
	say(name, (double)events / ((double)wall / 1e9), "events/s");
	snprintf(name, sizeof(name), "stored_%" PRIu32, per_batch);
	say(name, (double)stats.bytes / (double)stats.committed, "bytes/event");
}

static void bench_query(const char *dir, const char *name, const char *text, bool descending,
			uint64_t limit)
{
	struct store_query q = {.descending = descending};
	struct store_reader *r = NULL;
	struct store_cursor *c = NULL;
	struct problem problem = {0};
	struct filter *filter = NULL;
	struct event ev;
	uint64_t start = clock_ns(CLOCK_MONOTONIC), found = 0;

	if (filter_parse(&filter, str_of(text), &problem) || store_reader_open(&r, dir, &problem))
		errx(1, "%s", problem.text);
	q.filter = filter;
	if (store_cursor_open(&c, r, &q, &problem))
		errx(1, "%s", problem.text);
	while (found < limit && store_cursor_next(c, &ev) == 1)
		found++;
	say(name, (double)(clock_ns(CLOCK_MONOTONIC) - start) / 1e6, "ms");
	store_cursor_close(c);
	store_reader_close(r);
	filter_free(filter);
}

/* What a start reads of it, beside the line: who wrote which file. */
static void bench_recall(const char *dir)
{
	struct store_query q = {0};
	struct store_reader *r = NULL;
	struct store_cursor *c = NULL;
	struct problem problem = {0};
	struct filter *filter = NULL;
	struct recalled *found = NULL;
	struct event ev;
	uint64_t start = clock_ns(CLOCK_MONOTONIC);

	if (filter_parse(&filter, STR_LIT("type=file.write,file.create"), &problem) ||
	    store_reader_open(&r, dir, &problem) || recalled_new(&found))
		errx(1, "%s", problem.text);
	q.filter = filter;
	if (store_cursor_open(&c, r, &q, &problem))
		errx(1, "%s", problem.text);
	while (store_cursor_next(c, &ev) == 1)
		recalled_add(found, &ev);
	say("recall_writers", (double)(clock_ns(CLOCK_MONOTONIC) - start) / 1e6, "ms");
	recalled_free(found);
	store_cursor_close(c);
	store_reader_close(r);
	filter_free(filter);
}

static void remove_store(const char *dir)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		warnx("%s is left", dir);
}

int main(int argc, char **argv)
{
	uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	static const uint32_t per_batch[] = {100, 1000};
	struct rusage usage;

	if (events < 20000)
		errx(2, "at least 20000 events");
	bench_line(events);
	for (size_t i = 0; i < 2; i++) {
		char dir[] = "/tmp/bench-store.XXXXXX";

		if (!mkdtemp(dir))
			err(1, "%s", dir);
		bench_ingest(dir, events, per_batch[i]);
		if (i == 1) {
			bench_query(dir, "query_all", "", false, UINT64_MAX);
			bench_query(dir, "query_path", "path=*/file19999.h", false, UINT64_MAX);
			bench_query(dir, "query_connects", "type=connect", false, UINT64_MAX);
			bench_query(dir, "query_latest_50", "who=unit:*", true, 50);
			bench_recall(dir);
		}
		remove_store(dir);
	}
	getrusage(RUSAGE_SELF, &usage);
	say("max_rss", (double)usage.ru_maxrss / 1024, "MiB");
	return 0;
}
