/* SPDX-License-Identifier: Apache-2.0 */
/* What opens an anomaly, what only counts, what is announced and when, and what survives a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "anomaly/anomaly.h"
#include "base/cleanup.h"
#include "base/json.h"

#define SECOND 1000000000ll
#define NOW    (1795449739 * SECOND)
#define CI     "ci:github/acme/app/build"

static const struct host host = {.name = "runner-07",
				 .boot_id = "b1946ac9-2d2e-4a8f-9f0c-3a1b5c7d9e11"};

/* What the table told, newest last. */
struct heard {
	unsigned changes, saves;
	char change[16], title[600], what[300], who[100], state[16];
	uint64_t id, events;
	enum severity severity;
	char saved[16][4096];
};

static void hear(void *ctx, const struct event *ev)
{
	struct heard *h = ctx;

	assert_int_equal(ev->what.type, EVENT_ANOMALY);
	h->changes++;
	h->id = ev->score.anomaly;
	h->events = ev->score.events;
	h->severity = ev->verdict.severity;
	snprintf(h->change, sizeof(h->change), "%.*s", STR_ARG(ev->score.change));
	snprintf(h->state, sizeof(h->state), "%.*s", STR_ARG(ev->score.state));
	snprintf(h->title, sizeof(h->title), "%.*s", STR_ARG(ev->score.title));
	snprintf(h->what, sizeof(h->what), "%.*s", STR_ARG(ev->score.what));
	snprintf(h->who, sizeof(h->who), "%.*s", STR_ARG(ev->who.id.who));
}

static void keep(void *ctx, uint64_t id, struct str json)
{
	struct heard *h = ctx;

	h->saves++;
	assert_true(json.n < sizeof(h->saved[0]));
	snprintf(h->saved[id % 16], sizeof(h->saved[0]), "%.*s", STR_ARG(json));
}

static struct anomaly_table *new_table(struct heard *h, size_t max)
{
	struct anomaly_options opt = {.max = max, .update_ns = 10 * SECOND};
	struct anomaly_table *t = NULL;

	memset(h, 0, sizeof(*h));
	assert_int_equal(anomaly_new(&t, &opt, hear, keep, h), 0);
	return t;
}

static void free_table(struct anomaly_table **t)
{
	anomaly_free(*t);
}
#define TABLE _cleanup_(free_table) struct anomaly_table *

static struct event act(enum verdict verdict, enum event_type type, const char *who,
			const char *path)
{
	struct event ev = {0};

	ev.what.type = type;
	ev.what.wall_ns = NOW;
	ev.what.count = 1;
	ev.what.seq = 17;
	ev.what.outcome = OUTCOME_OK;
	ev.what.file.path = ev.what.exec.exe = str_of(path);
	ev.who.id.who = str_of(who);
	ev.who.id.kind = STR_LIT("ci");
	ev.who.id.session = STR_LIT("8841.1");
	ev.verdict.value = verdict;
	if (verdict == VERDICT_FORBIDDEN) {
		ev.verdict.severity = SEVERITY_CRITICAL;
		ev.verdict.rule = STR_LIT("gha-build/runner-memory");
		ev.verdict.reason = STR_LIT("Secrets live in memory.");
		ev.verdict.attack = STR_LIT("T1003.007,T1552");
	} else if (verdict == VERDICT_UNEXPECTED) {
		ev.verdict.severity = SEVERITY_MEDIUM;
	}
	ev.verdict.binding = STR_LIT("acme-app-build");
	return ev;
}

static uint64_t score(struct anomaly_table *t, struct event ev)
{
	anomaly_score(t, &host, &ev);
	return ev.score.anomaly;
}

static void a_storm_is_one_story(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 16);
	char path[64];
	struct event ev;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/proc/%d/mem", i);
		ev = act(VERDICT_FORBIDDEN, EVENT_FILE_READ, CI, path);
		ev.what.count = 3;
		ev.what.wall_ns += i;
		assert_int_equal(score(t, ev), 1);
	}
	assert_int_equal(h.changes, 1);
	assert_string_equal(h.change, "opened");
	assert_string_equal(h.title, "build job github/acme/app/build read /proc/0/mem");
	assert_string_equal(h.what, "read /proc/0/mem");
	assert_int_equal(h.severity, SEVERITY_CRITICAL);
	anomaly_tick(t, NOW + 9 * SECOND);
	assert_int_equal(h.changes, 1);
	anomaly_tick(t, NOW + 10 * SECOND);
	assert_int_equal(h.changes, 2);
	assert_string_equal(h.change, "updated");
	assert_int_equal(h.events, 3000);
	assert_string_equal(h.what, "read /proc/999/mem");
	anomaly_tick(t, NOW + 100 * SECOND); /* nothing new */
	assert_int_equal(h.changes, 2);
	assert_int_equal(h.saves, 2);
}

static void groups(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 16);
	struct event ev = act(VERDICT_FORBIDDEN, EVENT_FILE_READ, CI, "/a");

	(void)state;
	assert_int_equal(score(t, ev), 1);
	ev.verdict.rule = STR_LIT("gha-build/other");
	assert_int_equal(score(t, ev), 2);
	ev.who.id.session = STR_LIT("8842.1");
	assert_int_equal(score(t, ev), 3);
	ev.who.id.who = STR_LIT("human:maya");
	assert_int_equal(score(t, ev), 4);
	assert_int_equal(score(t, act(VERDICT_UNEXPECTED, EVENT_EXEC, CI, "/a")), 5);
	assert_int_equal(score(t, act(VERDICT_UNEXPECTED, EVENT_EXEC, CI, "/b")), 5);
	assert_int_equal(score(t, act(VERDICT_UNEXPECTED, EVENT_FILE_CREATE, CI, "/b")), 6);
	assert_int_equal(score(t, act(VERDICT_UNEXPECTED, EVENT_FILE_DELETE, CI, "/b")),
			 6); /* both write */
	assert_int_equal(score(t, act(VERDICT_FORBIDDEN, EVENT_FILE_READ, CI, "/z")), 1);
	assert_int_equal(h.changes, 6);
}

static void most_events_are_no_anomaly(void **state)
{
	static const enum event_type own[] = {EVENT_ANOMALY,	    EVENT_LOSS,
					      EVENT_AGENT_START,    EVENT_AGENT_STOP,
					      EVENT_PROFILE_CHANGE, EVENT_EXIT};
	static const enum verdict fine[] = {VERDICT_NONE, VERDICT_EXPECTED, VERDICT_EXCEPTED,
					    VERDICT_UNPROFILED, VERDICT_LEARNING};
	struct heard h;
	TABLE t = new_table(&h, 16);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		assert_int_equal(score(t, act(fine[i], EVENT_EXEC, CI, "/a")), 0);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		struct event ev = act(VERDICT_FORBIDDEN, own[i], CI, "/a");

		ev.who.id.flags = ID_SELF_LOGINUID;
		assert_int_equal(score(t, ev), 0);
	}
	assert_int_equal(h.changes, 0);
}

static void bad_identity_flags_are_anomalies(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 16);
	struct event ev = act(VERDICT_EXPECTED, EVENT_NET_CONNECT, "unit:x.service", "");

	(void)state;
	ev.who.id.flags = ID_SEEDED | ID_USERNS;
	assert_int_equal(score(t, ev), 0); /* odd, not wrong */
	ev.who.id.flags |= ID_SELF_LOGINUID;
	ev.who.exe = STR_LIT("/tmp/x");
	assert_int_equal(score(t, ev), 1);
	assert_string_equal(
		h.title,
		"service x.service set its own login uid in /tmp/x, which then names nobody");
	assert_int_equal(h.severity, SEVERITY_HIGH);
	assert_int_equal(score(t, ev), 0); /* the flag stays with the task; not every act is news */
	ev.what.type = EVENT_EXEC;
	assert_int_equal(score(t, ev), 1);
	ev.who.id.flags = ID_SELF_MOVED;
	assert_int_equal(score(t, ev), 2);
	ev.who.id.flags = ID_PRELOAD_ENV | ID_AFTER_JOB_END; /* the worse one is told */
	assert_int_equal(score(t, ev), 3);
	assert_string_equal(h.title, "service x.service goes on after its job has ended in /tmp/x");
	ev.who.id.flags = ID_ENV_TRUNCATED;
	assert_int_equal(score(t, ev), 0);
	/* a verdict says more than a flag */
	ev.verdict.value = VERDICT_FORBIDDEN;
	ev.verdict.rule = STR_LIT("r/x");
	assert_int_equal(score(t, ev), 4);
}

/* A hook that went blind is nobody's act, and one that sees again is no news of that kind. */
static void a_blind_sensor_is_an_anomaly_of_nobody(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 16);
	struct event ev = {0};

	(void)state;
	ev.what.type = EVENT_AGENT_BLIND;
	ev.what.wall_ns = NOW;
	ev.what.message = STR_LIT("on_send4 (send over IPv4) sees again");
	assert_int_equal(score(t, ev), 0);
	ev.what.message = STR_LIT("on_send4 (send over IPv4) is blind: it was detached");
	ev.verdict.severity = SEVERITY_HIGH;
	assert_int_equal(score(t, ev), 1);
	assert_string_equal(
		h.title, "the sensor's hook on_send4 (send over IPv4) is blind: it was detached");
	assert_string_equal(h.what, "hook on_send4 (send over IPv4) is blind: it was detached");
	assert_string_equal(h.who, "");
	assert_int_equal(h.severity, SEVERITY_HIGH);
	ev.what.message = STR_LIT("on_fork (fork) is blind: it was detached");
	assert_int_equal(score(t, ev), 1); /* one story */
	assert_int_equal(h.changes, 1);
}

static void something_worse_is_told_at_once(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 16);
	struct event ev = act(VERDICT_UNEXPECTED, EVENT_EXEC, CI, "/a");

	(void)state;
	score(t, ev);
	ev.verdict.severity = SEVERITY_HIGH;
	ev.what.exec.exe = STR_LIT("/worse");
	score(t, ev);
	assert_int_equal(h.changes, 2);
	assert_int_equal(h.severity, SEVERITY_HIGH);
	assert_string_equal(h.title,
			    "build job github/acme/app/build ran /worse, which nothing in its "
			    "profile expects");
	ev.verdict.severity = SEVERITY_LOW;
	score(t, ev);
	assert_int_equal(h.changes, 2);
	anomaly_tick(t, NOW + 20 * SECOND);
	assert_int_equal(h.severity, SEVERITY_HIGH); /* it does not become harmless again */
}

static void sentences(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 16);
	struct event ev = act(VERDICT_FORBIDDEN, EVENT_NET_CONNECT, "anon:orphan", "");

	(void)state;
	ev.what.net.family = AF_INET6;
	ev.what.net.dst_port = 443;
	inet_pton(AF_INET6, "2001:db8::1", ev.what.net.dst);
	ev.what.outcome = OUTCOME_FAILED;
	score(t, ev);
	assert_string_equal(h.title,
			    "somebody unknown (orphan) tried to connect to [2001:db8::1]:443");
	ev = act(VERDICT_FORBIDDEN, EVENT_CRED_BECOME, "human:maya", "");
	ev.what.crossing.to_uid = 33;
	ev.what.uid = 1000;
	ev.who.user_name = STR_LIT("maya");
	score(t, ev);
	assert_string_equal(h.title, "maya became user 33");
	ev = act(VERDICT_FORBIDDEN, EVENT_FILE_READ, "cron:backup", NULL);
	score(t, ev);
	assert_string_equal(h.title, "cron job of backup read something whose name is not known");
}

static bool is_printable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static void hostile_names_are_harmless_and_short(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 16);
	_cleanup_(json_release) struct json w;
	char path[4096], who[300] = "unit:";
	struct event ev;
	json_t *o;

	(void)state;
	for (size_t i = 0; i < sizeof(path) - 1; i++)
		path[i] = "/\x1b[31m\n\xff\xc3\xa9"[i % 10];
	path[sizeof(path) - 1] = '\0';
	memset(who + 5, '\n', sizeof(who) - 6);
	ev = act(VERDICT_FORBIDDEN, EVENT_FILE_READ, who, path);
	score(t, ev);
	assert_true(is_printable(h.title) && is_printable(h.what) && is_printable(h.who));
	assert_true(strlen(h.what) < 200);
	assert_non_null(strstr(h.what, "..."));
	json_init(&w, 1 << 16);
	assert_int_equal(anomaly_show(t, 1, &w), 0);
	assert_int_equal(w.err, 0);
	o = json_loadb(w.buf, w.len, 0, NULL);
	assert_non_null(o);
	json_decref(o);
	assert_int_equal(score(t, ev), 1); /* the cut name is the same group again */
}

static json_t *shown_anomaly(struct anomaly_table *t, uint64_t id)
{
	_cleanup_(json_release) struct json w;
	json_t *o;

	json_init(&w, 1 << 16);
	assert_int_equal(anomaly_show(t, id, &w), 0);
	o = json_loadb(w.buf, w.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	return o;
}

static void the_object_says_everything(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 16);
	struct event ev = act(VERDICT_FORBIDDEN, EVENT_FILE_READ, CI, "/proc/1/mem");
	const char *state_word, *key, *rule, *attack, *event, *first;
	json_t *o, *reasons;
	json_int_t events;

	(void)state;
	for (int i = 0; i < 20; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/%d/mem", 1 + i / 2);
		ev.what.file.path = str_of(path);
		score(t, ev);
	}
	o = shown_anomaly(t, 1);
	assert_int_equal(json_unpack(o, "{s:s,s:s,s:o,s:I,s:s}", "state", &state_word, "dedup_key",
				     &key, "reasons", &reasons, "events", &events, "first_time",
				     &first),
			 0);
	assert_string_equal(state_word, "new");
	assert_string_equal(key, "forbidden|" CI "|8841.1|gha-build/runner-memory");
	assert_string_equal(first, "2026-11-23T16:02:19.000000000Z");
	assert_int_equal(events, 20);
	assert_int_equal(json_array_size(reasons), 8); /* ten different ones came */
	assert_int_equal(json_unpack(json_array_get(reasons, 7), "{s:s,s:[s,*],s:s}", "rule", &rule,
				     "attack", &attack, "event", &event),
			 0);
	assert_string_equal(rule, "gha-build/runner-memory");
	assert_string_equal(attack, "T1003.007");
	assert_int_equal(strlen(event), EVENT_UID_MAX - 1);
	json_decref(o);
	assert_int_equal(anomaly_show(t, 2, NULL), -ENOENT);
}

static void a_restart_goes_on_where_it_was(void **state)
{
	struct heard h, h2;
	TABLE t = new_table(&h, 16);
	TABLE again = new_table(&h2, 16);
	json_t *a, *b;

	(void)state;
	score(t, act(VERDICT_FORBIDDEN, EVENT_FILE_READ, CI, "/proc/1/mem"));
	score(t, act(VERDICT_UNEXPECTED, EVENT_EXEC, "human:m\xff", "/x\ny"));
	for (int i = 1; i <= 2; i++)
		assert_int_equal(anomaly_restore(again, str_of(h.saved[i])), 0);
	for (uint64_t i = 1; i <= 2; i++) {
		a = shown_anomaly(t, i);
		b = shown_anomaly(again, i);
		assert_true(json_equal(a, b));
		json_decref(a);
		json_decref(b);
	}
	assert_int_equal(score(again, act(VERDICT_FORBIDDEN, EVENT_FILE_READ, CI, "/proc/1/mem")),
			 1);
	assert_int_equal(score(again, act(VERDICT_UNEXPECTED, EVENT_EXEC, "human:m\xff", "/z")), 2);
	assert_int_equal(h2.changes, 0); /* both were known */
	assert_int_equal(score(again, act(VERDICT_UNEXPECTED, EVENT_FILE_READ, CI, "/z")), 3);
	assert_int_equal(anomaly_restore(again, str_of(h.saved[1])), -EBADMSG); /* twice */
}

#define SAVED(id, state, last)                                                           \
	"{\"id\":\"A-" id "\",\"state\":\"" state                                        \
	"\",\"kind\":\"forbidden\",\"severity\":\"high\","                               \
	"\"who\":\"w" id                                                                 \
	"\",\"first_time\":\"2026-11-23T16:02:19Z\",\"last_time\":\"2026-11-23T16:" last \
	"Z\",\"events\":1,\"reasons\":[],\"dedup_key\":\"forbidden|w" id "||r/x\"}"

static void resolved_ones_make_room_and_open_ones_do_not(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 4);
	struct anomaly_counts counts;
	struct event ev = act(VERDICT_FORBIDDEN, EVENT_FILE_READ, "x", "/a");

	(void)state;
	assert_int_equal(anomaly_restore(t, str_of(SAVED("5", "resolved", "05:00"))), 0);
	assert_int_equal(anomaly_restore(t, str_of(SAVED("7", "resolved", "04:00"))), 0);
	assert_int_equal(anomaly_restore(t, str_of(SAVED("3", "new", "03:00"))), 0);
	assert_int_equal(anomaly_restore(t, str_of(SAVED("9", "suppressed", "03:00"))), 0);
	assert_int_equal(score(t, ev), 10); /* numbers are never given again */
	assert_int_equal(anomaly_show(t, 7, &(struct json){.err = -ENOSPC}),
			 -ENOENT); /* the oldest resolved */
	ev.who.id.who = STR_LIT("y");
	assert_int_equal(score(t, ev), 11);
	ev.who.id.who = STR_LIT("z");
	assert_int_equal(score(t, ev), 0);
	anomaly_get_counts(t, &counts);
	assert_int_equal(counts.dropped, 1);
	assert_int_equal(counts.opened_total, 2);
	assert_int_equal(counts.open[SEVERITY_HIGH], 1);
	assert_int_equal(counts.open[SEVERITY_CRITICAL], 2);
}

static void what_a_person_decided_is_kept(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 8);
	struct event ev = act(VERDICT_FORBIDDEN, EVENT_FILE_READ, "w9", "/a");

	(void)state;
	ev.who.id.session = STR_NONE;
	ev.verdict.rule = STR_LIT("r/x");
	ev.verdict.severity = SEVERITY_HIGH;
	assert_int_equal(anomaly_restore(t, str_of(SAVED("5", "resolved", "05:00"))), 0);
	assert_int_equal(anomaly_restore(t, str_of(SAVED("9", "suppressed", "05:00"))), 0);
	assert_int_equal(score(t, ev), 9);
	anomaly_tick(t, NOW + 100 * SECOND);
	assert_int_equal(h.changes, 0); /* counted in silence */
	ev.who.id.who = STR_LIT("w5");
	assert_int_equal(score(t, ev), 10); /* resolved: it is a new story */
	assert_int_equal(h.changes, 1);
}

static void what_was_not_saved_by_us_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"id\":\"A-1\"}",
		SAVED("0", "new", "05:00"),
		SAVED("x", "new", "05:00"),
		SAVED("1", "odd", "05:00"),
		SAVED("1", "new", "99:00"),
		SAVED("18446744073709551616", "new", "05:00"),
	};
	struct heard h;
	TABLE t = new_table(&h, 4);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(anomaly_restore(t, str_of(bad[i])), -EBADMSG);
}

static void lists(void **state)
{
	struct heard h;
	TABLE t = new_table(&h, 8);
	_cleanup_(json_release) struct json w;
	struct problem err = {0};
	const char *first, *second;

	(void)state;
	anomaly_restore(t, str_of(SAVED("5", "resolved", "05:00")));
	anomaly_restore(t, str_of(SAVED("3", "new", "05:00")));
	anomaly_restore(t, str_of(SAVED("4", "ack", "05:00")));
	json_init(&w, 1 << 16);
	assert_int_equal(anomaly_list(t, STR_LIT("open"), &w, &err), 0);
	json_text(&w, (struct str){"", 1});
	first = strstr(w.buf, "\"A-4\"");
	second = strstr(w.buf, "\"A-3\"");
	assert_true(first && second && first < second);
	assert_null(strstr(w.buf, "\"A-5\""));
	json_reset(&w);
	assert_int_equal(anomaly_list(t, STR_LIT("resolved"), &w, &err), 0);
	json_text(&w, (struct str){"", 1});
	assert_non_null(strstr(w.buf, "\"A-5\""));
	assert_null(strstr(w.buf, "\"A-4\""));
	assert_int_equal(anomaly_list(t, STR_LIT("opne"), &w, &err), -EINVAL);
	assert_non_null(strstr(err.remedy, "open, all"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_storm_is_one_story),
		cmocka_unit_test(groups),
		cmocka_unit_test(most_events_are_no_anomaly),
		cmocka_unit_test(bad_identity_flags_are_anomalies),
		cmocka_unit_test(a_blind_sensor_is_an_anomaly_of_nobody),
		cmocka_unit_test(something_worse_is_told_at_once),
		cmocka_unit_test(sentences),
		cmocka_unit_test(hostile_names_are_harmless_and_short),
		cmocka_unit_test(the_object_says_everything),
		cmocka_unit_test(a_restart_goes_on_where_it_was),
		cmocka_unit_test(resolved_ones_make_room_and_open_ones_do_not),
		cmocka_unit_test(what_a_person_decided_is_kept),
		cmocka_unit_test(what_was_not_saved_by_us_is_refused),
		cmocka_unit_test(lists),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
