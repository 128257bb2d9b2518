/* SPDX-License-Identifier: Apache-2.0 */
/* status: answers to questions about live state, on the line's thread. */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/version.h"
#include "whodidd.h"

#define HOOKS_MAX   128
#define CLASSES_MAX 32
#define DRAIN_MAX   4096

uint64_t count_seen(const struct daemon *d)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < EVENT_LOSS; i++)
		seen += d->line.events_by_type[i];
	return seen;
}

static uint64_t sum_kinds(const __u64 counts[static RECORD_KIND_MAX])
{
	uint64_t sum = 0;

	for (size_t i = 0; i < RECORD_KIND_MAX; i++)
		sum += counts[i];
	return sum;
}

static uint64_t store_lost(struct daemon *d)
{
	struct store_stats stats;

	if (!d->line.store)
		return 0;
	store_get_stats(d->line.store, &stats);
	return stats.lost;
}

uint64_t count_lost(struct daemon *d)
{
	struct source_stats stats = {0};

	collect_stats(d->line.source, &stats);
	return sum_kinds(stats.counters.lost) + store_lost(d);
}

/* Every kind that the kernel makes, zeros too: a reader need not know what is missing. */
static void put_kinds(struct json *w, const char *name, const __u64 counts[static RECORD_KIND_MAX])
{
	json_object_begin(w, name);
	for (unsigned i = 1; i < EVENT_LOSS; i++)
		if (event_type_name((enum event_type)i))
			json_u64(w, event_type_name((enum event_type)i), counts[i]);
	json_object_end(w);
}

/* PRETTY_NAME of /etc/os-release. */
static void read_os(char *buf, size_t size)
{
	static const char key[] = "PRETTY_NAME=";
	_cleanup_free_ char *text = NULL;
	size_t n;

	*buf = '\0';
	if (file_read("/etc/os-release", 65536, &text, &n))
		return;
	for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
		if (strncmp(at, key, sizeof(key) - 1) != 0)
			continue;
		at += sizeof(key) - 1;
		at += *at == '"';
		snprintf(buf, size, "%.*s", (int)strcspn(at, "\"\n"), at);
		return;
	}
}

static void put_host(struct json *w, const struct daemon *d)
{
	struct utsname kernel;
	char os[128];

	read_os(os, sizeof(os));
	json_object_begin(w, "host");
	json_cstr(w, "name", d->line.host.name);
	json_cstr(w, "kernel", uname(&kernel) ? NULL : kernel.release);
	json_cstr(w, "os", os[0] ? os : NULL);
	json_cstr(w, "boot_id", d->line.host.boot_id);
	json_object_end(w);
}

static void put_hook(struct json *w, const struct hook_status *hook)
{
	json_object_begin(w, NULL);
	json_cstr(w, "name", hook->name);
	json_cstr(w, "what", hook->what);
	json_cstr(w, "rung", hook->rung);
	json_bool(w, "attached", hook->attached);
	if (!hook->attached && hook->err)
		json_cstr(w, "error", strerror(hook->err));
	json_u64(w, "verified_insns", hook->verified_insns);
	json_u64(w, "run_count", hook->run_count);
	json_u64(w, "run_ns", hook->run_ns);
	json_object_end(w);
}

static void put_classes(struct json *w, struct source *src)
{
	struct class_status classes[CLASSES_MAX];
	size_t n = collect_classes(src, classes, CLASSES_MAX);

	json_array_begin(w, "classes");
	for (size_t i = 0; i < n; i++) {
		json_object_begin(w, NULL);
		json_cstr(w, "class", classes[i].what);
		json_cstr(w, "rung", classes[i].rung);
		if (classes[i].why[0])
			json_cstr(w, "why", classes[i].why);
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_events(struct json *w, const struct daemon *d)
{
	uint64_t total = 0;

	for (size_t i = 0; i < EVENT_TYPE_MAX; i++)
		total += d->line.events_by_type[i];
	json_object_begin(w, "events");
	json_u64(w, "total", total);
	json_object_begin(w, "by_type");
	for (unsigned i = 1; i < EVENT_TYPE_MAX; i++)
		if (i != EVENT_BOUNDARY && i != EVENT_PROCESS && i != EVENT_REQUEST &&
		    event_type_name((enum event_type)i))
			json_u64(w, event_type_name((enum event_type)i), d->line.events_by_type[i]);
	json_object_end(w);
	json_object_end(w);
}

static void put_loss(struct json *w, struct daemon *d, const struct source_stats *src)
{
	uint64_t ring = sum_kinds(src->counters.lost), store = store_lost(d);

	json_object_begin(w, "loss");
	json_u64(w, "total", ring + store);
	put_kinds(w, "by_type", src->counters.lost);
	json_object_begin(w, "stages");
	json_u64(w, "ring_buffer", ring);
	json_u64(w, "store", store);
	json_u64(w, "stream",
		 stream_lost(d->line.stream)); /* missed by slow viewers; kept by the store */
	json_object_end(w);
	json_u64(w, "recursion_misses", src->recursion_misses);
	json_object_end(w);
}

static void put_sensor(struct json *w, const struct source_stats *src)
{
	put_kinds(w, "generated", src->counters.generated);
	json_u64(w, "received", src->received);
	json_object_begin(w, "filtered");
	json_u64(w, "missing", src->counters.filtered_missing);
	json_u64(w, "self", src->counters.filtered_self);
	json_object_end(w);
	put_kinds(w, "folded", src->counters.folded);
	json_object_begin(w, "ring");
	json_u64(w, "bytes", src->ring_bytes);
	json_u64(w, "used", src->ring_used_bytes);
	json_u64(w, "used_max", src->ring_used_max_bytes);
	json_object_end(w);
}

static void put_identity(struct json *w, const struct daemon *d)
{
	struct identity_stats s;

	identity_get_stats(d->line.identity, &s);
	json_object_begin(w, "identity");
	json_u64(w, "events", s.events);
	json_u64(w, "attributed", s.attributed);
	if (s.events)
		json_double(w, "ratio", (double)s.attributed / (double)s.events);
	json_u64(w, "boundaries", s.boundaries);
	json_u64(w, "processes", s.processes);
	json_u64(w, "evicted_boundaries", s.evicted_boundaries);
	json_u64(w, "evicted_processes", s.evicted_processes);
	json_u64(w, "evicted_written", s.evicted_written);
	json_u64(w, "boundary_lost", s.boundary_lost);
	json_array_begin(w, "ci_supervisors");
	for (char *const *p = d->config.identity_ci_supervisors; *p; p++)
		json_cstr(w, NULL, *p);
	json_array_end(w);
	json_object_end(w);
}

/* How many questions were heard, and what of the packets gave no event. */
static void put_names(struct json *w, const struct daemon *d, const struct source_stats *src)
{
	struct names_stats s;

	names_get_stats(d->line.names, &s);
	json_object_begin(w, "names");
	json_bool(w, "on", d->config.sensor_names);
	json_u64(w, "questions", s.questions);
	json_u64(w, "answers", s.answers);
	json_u64(w, "unanswered", s.unanswered);
	json_u64(w, "unasked", s.unasked + src->counters.unasked_packets);
	json_u64(w, "unowned", src->counters.unowned_packets);
	json_u64(w, "malformed", s.malformed);
	json_u64(w, "broken", s.broken);
	json_u64(w, "forgotten", s.forgotten);
	json_object_end(w);
}

static void put_programs(struct json *w, const struct daemon *d)
{
	struct programs_stats s;

	if (!d->line.programs)
		return;
	programs_get_stats(d->line.programs, &s);
	json_object_begin(w, "programs");
	json_u64(w, "known", s.known);
	json_u64(w, "read", s.read);
	json_u64(w, "too_large", s.too_large);
	json_u64(w, "changed", s.changed);
	json_u64(w, "gone", s.gone);
	json_u64(w, "busy", s.busy);
	json_object_end(w);
}

static void put_judgement(struct json *w, const struct daemon *d)
{
	struct profile_counts p;
	struct anomaly_counts a;

	profile_get_counts(d->line.profile, &p);
	json_object_begin(w, "profiles");
	json_u64(w, "roles", p.roles);
	json_u64(w, "bindings", p.bindings);
	json_u64(w, "rules", p.rules);
	json_u64(w, "learn", p.learn);
	json_u64(w, "audit", p.audit);
	json_u64(w, "enforce", p.enforce);
	json_object_end(w);
	json_object_begin(w, "verdicts");
	for (unsigned i = 1; i <= VERDICT_LEARNING; i++)
		json_u64(w, verdict_name((enum verdict)i), d->line.verdicts[i]);
	json_object_end(w);
	anomaly_get_counts(d->line.anomaly, &a);
	json_object_begin(w, "anomalies");
	json_object_begin(w, "open");
	for (unsigned i = SEVERITY_CRITICAL; i >= SEVERITY_INFO; i--)
		json_u64(w, severity_name((enum severity)i), a.open[i]);
	json_object_end(w);
	json_u64(w, "opened_total", a.opened_total);
	json_u64(w, "dropped", a.dropped);
	json_object_end(w);
}

static void put_store(struct json *w, struct daemon *d)
{
	struct store_stats s;

	if (!d->line.store)
		return;
	store_get_stats(d->line.store, &s);
	json_object_begin(w, "store");
	json_cstr(w, "path", d->config.store_dir);
	json_u64(w, "bytes", s.bytes);
	json_u64(w, "max_bytes", d->config.store_max_mib << 20);
	json_u64(w, "events", s.events);
	if (s.oldest_wall_ns)
		json_time(w, "oldest_time", s.oldest_wall_ns);
	json_u64(w, "committed", s.committed);
	json_u64(w, "lost", s.lost);
	if (s.last_err)
		json_cstr(w, "error", s.last_err_text);
	json_object_end(w);
}

static void put_process(struct json *w)
{
	_cleanup_free_ char *statm = NULL;
	unsigned long pages = 0;
	struct rusage use;
	size_t n;

	getrusage(RUSAGE_SELF, &use);
	if (!file_read("/proc/self/statm", 4096, &statm, &n))
		if (sscanf(statm, "%*u %lu", &pages) != 1)
			pages = 0;
	json_object_begin(w, "process");
	json_u64(w, "pid", (uint64_t)getpid());
	json_u64(w, "cpu_ms",
		 (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
			 (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000);
	json_u64(w, "rss_bytes", pages * (uint64_t)sysconf(_SC_PAGESIZE));
	json_object_end(w);
}

static void warn_count(struct json *w, uint64_t count, const char *what)
{
	char text[256];

	if (!count)
		return;
	snprintf(text, sizeof(text), "%llu %s", (unsigned long long)count, what);
	json_cstr(w, NULL, text);
}

static void put_warnings(struct json *w, struct daemon *d, const struct source_stats *src,
			 const struct hook_status *hooks, size_t hook_count)
{
	struct profile_counts profiles;
	struct store_stats store;
	char text[256];

	json_array_begin(w, "warnings");
	warn_count(w, sum_kinds(src->counters.lost),
		   "events were lost because the buffer was full: raise sensor.ring_kib");
	warn_count(w, src->recursion_misses, "runs of hooks were skipped by the kernel");
	for (size_t i = 0; i < hook_count; i++) {
		if (hooks[i].attached)
			continue;
		snprintf(text, sizeof(text), "hook %s (%s) is not attached: %s", hooks[i].name,
			 hooks[i].what, strerror(hooks[i].err));
		json_cstr(w, NULL, text);
	}
	profile_get_counts(d->line.profile, &profiles);
	if (!profiles.bindings)
		json_cstr(w, NULL, "no profiles are in force: nothing is judged");
	if (d->line.store) {
		store_get_stats(d->line.store, &store);
		warn_count(w, store.lost, "events could not be stored");
		if (store.last_err)
			json_cstr(w, NULL, store.last_err_text);
	}
	warn_count(w, d->line.decoder.malformed,
		   "records contradicted themselves and were refused");
	warn_count(w, d->line.decoder.unknown_kinds, "records were of an unknown kind");
	warn_count(w, d->line.unpackable, "events were too large to keep");
	if (d->unclean_start)
		json_cstr(w, NULL, "the run before this one was killed or crashed");
	json_array_end(w);
}

/*
 * Counters and what was received are read at different moments: what is still in the ring is taken
 * first, a few times where the host is busy, so that generated = received + lost holds.
 */
static void settle_stats(struct daemon *d, struct source_stats *src)
{
	for (int i = 0; i < 8; i++) {
		collect_drain(d->line.source, DRAIN_MAX, pipeline_push, &d->line);
		collect_stats(d->line.source, src);
		if (sum_kinds(src->counters.generated) ==
		    src->received + sum_kinds(src->counters.lost))
			return;
	}
}

static int put_status(struct daemon *d, struct json *w)
{
	struct hook_status hooks[HOOKS_MAX];
	size_t hook_count = collect_hooks(d->line.source, hooks, HOOKS_MAX);
	struct source_stats src = {0};

	settle_stats(d, &src);
	json_object_begin(w, NULL);
	json_cstr(w, "version", WHODID_VERSION);
	put_host(w, d);
	json_time(w, "started_time", d->started_wall_ns);
	json_u64(w, "uptime_ms", (clock_boot_ns() - d->started_boot_ns) / 1000000);
	json_cstr(w, "rung", collect_rung_name(d->line.source));
	json_array_begin(w, "hooks");
	for (size_t i = 0; i < hook_count; i++)
		put_hook(w, &hooks[i]);
	json_array_end(w);
	put_classes(w, d->line.source);
	put_heart(w, d);
	json_double(w, "rate_per_s", d->rate_per_s);
	put_events(w, d);
	put_loss(w, d, &src);
	put_sensor(w, &src);
	put_names(w, d, &src);
	put_identity(w, d);
	put_programs(w, d);
	put_judgement(w, d);
	put_store(w, d);
	json_u64(w, "viewers", stream_viewers(d->line.stream));
	put_process(w);
	put_warnings(w, d, &src, hooks, hook_count);
	json_object_end(w);
	return 0;
}

static int put_hooks(struct daemon *d, struct json *w)
{
	struct hook_status hooks[HOOKS_MAX];
	size_t count = collect_hooks(d->line.source, hooks, HOOKS_MAX);

	for (size_t i = 0; i < count; i++) {
		put_hook(w, &hooks[i]);
		json_text(w, STR_LIT("\n"));
	}
	return 0;
}

static int put_anomaly(struct daemon *d, struct str key, struct json *w, struct problem *err)
{
	uint64_t id;
	struct str digits = str_starts(key, "A-") ? str_sub(key, 2, key.n) : key;

	if (number_u64(digits, 1, UINT64_MAX, &id))
		return problem_set(err, -EINVAL, "an anomaly is called A-1, A-2, ...");
	if (anomaly_show(d->line.anomaly, id, w))
		return problem_set(err, -ENOENT, "there is no anomaly A-%llu",
				   (unsigned long long)id);
	return 0;
}

int answer_question(void *daemon, enum api_question what, struct str arg, struct json *w,
		    struct problem *err)
{
	struct daemon *d = daemon;

	switch (what) {
	case API_STATUS:
		return put_status(d, w);
	case API_ATTEST:
		answer_attest(d, (struct attest_request *)(uintptr_t)arg.p);
		return 0;
	case API_FLUSH:
		settle_stats(d, &(struct source_stats){0});
		store_flush(d->line.store);
		return 0;
	case API_HOOKS:
		return put_hooks(d, w);
	case API_IDENTITY:
		return identity_explain(d->line.identity, &d->line.host, arg, w, err);
	case API_PROCESSES:
		identity_list_processes(d->line.identity, &d->line.host, w);
		return 0;
	case API_ANOMALIES:
		return anomaly_list(d->line.anomaly, arg, w, err);
	case API_ANOMALY:
		return put_anomaly(d, arg, w, err);
	case API_PROFILES:
		profile_list(d->line.profile, w);
		return 0;
	}
	return -EINVAL;
}
