/* SPDX-License-Identifier: Apache-2.0 */
/* The line with stages of paper: in which order they are asked, and what leaves at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline.h"

/* --- stages: each appends its letter to the trace */

static char trace[256];
static struct pipeline *p;
static int decoded; /* what decode_record() returns */
static enum event_type type;
static int anomalies; /* changes that the next act causes */
static uint64_t by_type[EVENT_TYPE_MAX];
static struct store_stats store_stats;
static struct {
	int64_t from, to;
	uint64_t events;
	char why[32];
	unsigned count;
} gap;
static uint64_t kept[64], shown[64], printed[64];
static unsigned kept_count, shown_count, printed_count;
static int record_rc;
static const struct recording_header *recording;
static unsigned source_ticks;
static unsigned ended; /* sessions that the next act ends */

static void mark(const char *letter)
{
	strncat(trace, letter, sizeof(trace) - strlen(trace) - 1);
}

int decode_record(struct decoder *d, const void *record, size_t size, struct event *ev)
{
	(void)d;
	(void)record;
	(void)size;
	mark("d");
	*ev = (struct event){0};
	ev->what.type = type;
	ev->what.count = 3;
	ev->what.wall_ns = 1000;
	ev->what.boot_ns = 10;
	if (type == EVENT_LOSS) {
		ev->what.loss.events = 5;
		ev->what.loss.from_wall_ns = 100;
		ev->what.loss.to_wall_ns = 200;
		ev->what.loss.stage = STR_LIT("ring_buffer");
		ev->what.loss.by_type = by_type;
	}
	return decoded;
}

bool identity_take_ended(struct identity_table *t, const struct event *cause, struct event *out)
{
	(void)t;
	*out = (struct event){.what = {.type = EVENT_SESSION_END, .wall_ns = cause->what.wall_ns}};
	return ended && ended--;
}

/* How many events are in a packet: the first is what was decoded. */
static unsigned in_packet = 1, left_in_packet, due;

bool names_attach(struct names *n, struct event *ev)
{
	(void)n;
	(void)ev;
	left_in_packet = in_packet;
	return left_in_packet && left_in_packet--;
}

bool names_next(struct names *n, struct event *ev)
{
	(void)n;
	(void)ev;
	return left_in_packet && left_in_packet--;
}

bool names_due(struct names *n, uint64_t boot_ns, bool all, struct event *ev)
{
	(void)n;
	(void)boot_ns;
	if (due < (all ? 1u : 2u)) /* one that is not due yet is left until the end */
		return false;
	*ev = (struct event){.what = {.type = EVENT_NET_DNS, .wall_ns = 1000, .count = 1}};
	due--;
	return true;
}

void identity_attach(struct identity_table *t, struct event *ev)
{
	(void)t;
	(void)ev;
	mark("i");
}

void identity_missed(struct identity_table *t, const struct event_what *loss)
{
	(void)t;
	assert_ptr_equal(loss->loss.by_type, by_type);
	mark("m");
}

void profile_decide(struct profile_set *s, struct event *ev)
{
	(void)s;
	mark("p");
	ev->verdict.value = VERDICT_FORBIDDEN;
}

static void change(void)
{
	struct event ev = {.what = {.type = EVENT_ANOMALY, .wall_ns = 1000, .count = 1}};

	ev.score.anomaly = 7;
	pipeline_anomaly_changed(p, &ev);
}

void anomaly_score(struct anomaly_table *t, const struct host *host, struct event *ev)
{
	(void)t;
	(void)host;
	mark("a");
	assert_true(ev->what.seq > 0);
	for (; anomalies; anomalies--)
		change();
}

void anomaly_tick(struct anomaly_table *t, int64_t wall_ns)
{
	(void)t;
	assert_true(wall_ns != 0 || recording);
}

void store_append(struct store *s, const struct event *ev, const uint8_t *packed, size_t size)
{
	struct event again;

	(void)s;
	assert_int_equal(event_unpack(&again, packed, size), (int)size);
	assert_int_equal(again.what.seq, ev->what.seq);
	mark(ev->what.type == EVENT_ANOMALY ? "S" : "s");
	kept[kept_count++] = ev->what.seq;
}

void store_put_program(struct store *s, const struct program_facts *facts)
{
	(void)s;
	(void)facts;
}

void store_settle(struct store *s)
{
	(void)s;
}

size_t store_mark(struct store *s, uint8_t out[STORE_MARK_MAX])
{
	(void)s;
	return pipeline_mark(p, out);
}

void store_tick(struct store *s, uint64_t boot_ns)
{
	(void)s;
	(void)boot_ns;
}

void store_get_stats(struct store *s, struct store_stats *out)
{
	(void)s;
	*out = store_stats;
}

void store_gap(struct store *s, int64_t from, int64_t to, uint64_t events, const char *why)
{
	(void)s;
	gap.from = from;
	gap.to = to;
	gap.events = events;
	gap.count++;
	snprintf(gap.why, sizeof(gap.why), "%s", why);
}

void stream_emit(struct stream *s, const uint8_t *packed, size_t size)
{
	struct event ev;

	(void)s;
	event_unpack(&ev, packed, size);
	shown[shown_count++] = ev.what.seq;
}

void stream_flush(struct stream *s)
{
	(void)s;
}

static uint64_t settled_position;

const struct recording_header *collect_recording_header(const struct source *src)
{
	(void)src;
	return recording;
}

int collect_tick(struct source *src, source_record_fn fn, void *ctx)
{
	(void)src;
	(void)fn;
	(void)ctx;
	source_ticks++;
	return 0;
}

void collect_mark(const struct source *src, struct source_mark *out)
{
	(void)src;
	*out = (struct source_mark){.position = 4711};
}

void collect_settled(struct source *src, const struct source_mark *mark)
{
	(void)src;
	settled_position = mark->position;
}

int recorder_write(struct recorder *rec, const void *record, size_t size)
{
	(void)rec;
	(void)record;
	(void)size;
	mark("r");
	return record_rc;
}

static void print(void *ctx, const struct host *host, const struct event *ev)
{
	assert_ptr_equal(ctx, p);
	assert_ptr_equal(host, &p->host);
	printed[printed_count++] = ev->what.seq;
}

static int setup(void **state)
{
	(void)state;
	p = calloc(1, sizeof(*p));
	p->next_seq = 1;
	p->print = print;
	p->print_ctx = p;
	p->store = (struct store *)p; /* only handed on */
	p->stream = (struct stream *)p;
	p->source = (struct source *)p;
	decoded = 1;
	type = EVENT_EXEC;
	anomalies = record_rc = 0;
	recording = NULL;
	trace[0] = '\0';
	kept_count = shown_count = printed_count = source_ticks = 0;
	memset(&gap, 0, sizeof(gap));
	memset(&store_stats, 0, sizeof(store_stats));
	memset(by_type, 0, sizeof(by_type));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(p);
	return 0;
}

/* --- */

static void test_an_act_walks_the_whole_line(void **state)
{
	(void)state;
	pipeline_push(p, "", 0);
	assert_string_equal(trace, "dipas");
	assert_int_equal(p->events_by_type[EVENT_EXEC], 3);
	assert_int_equal(p->verdicts[VERDICT_FORBIDDEN], 3);
	assert_int_equal(kept[0], 1);
	assert_int_equal(shown[0], 1);
	assert_int_equal(printed[0], 1);
}

static void test_what_an_act_causes_follows_it(void **state)
{
	(void)state;
	anomalies = 3;
	pipeline_push(p, "", 0);
	pipeline_push(p, "", 0);
	change(); /* of its own accord */
	assert_string_equal(trace, "dipasSSSdipasS");
	assert_int_equal(kept_count, 6);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(kept[i], i + 1);
		assert_int_equal(shown[i], i + 1);
		assert_int_equal(printed[i], i + 1);
	}
	assert_int_equal(p->events_by_type[EVENT_ANOMALY], 4);
}

static void test_boundaries_teach_identity_and_go_no_further(void **state)
{
	(void)state;
	type = EVENT_BOUNDARY;
	pipeline_push(p, "", 0);
	assert_string_equal(trace, "di");
	type = EVENT_SESSION_START;
	pipeline_push(p, "", 0);
	assert_string_equal(trace, "didipas");
	assert_int_equal(kept[0], 1); /* no number was spent on the boundary */
}

static void test_sessions_end_behind_the_act_that_ends_them(void **state)
{
	(void)state;
	type = EVENT_EXIT;
	ended = 2;
	pipeline_push(p, "", 0);
	assert_int_equal(kept_count, 3);
	assert_int_equal(kept[2], 3);
	assert_int_equal(p->events_by_type[EVENT_SESSION_END], 2);
}

static void test_a_packet_is_any_number_of_events(void **state)
{
	(void)state;
	in_packet = 0;
	pipeline_push(p, "", 0);
	assert_string_equal(trace, "d");
	in_packet = 3;
	pipeline_push(p, "", 0);
	in_packet = 1;
	assert_string_equal(trace, "ddipasipasipas");
	assert_int_equal(kept_count, 3);
}

static void test_what_is_due_follows_at_a_tick_or_the_end(void **state)
{
	(void)state;
	due = 3;
	pipeline_tick(p);
	assert_int_equal(due, 1);
	pipeline_end(p);
	assert_int_equal(due, 0);
	assert_string_equal(trace, "ipasipasipas");
}

static void test_what_cannot_be_decoded_is_recorded_all_the_same(void **state)
{
	(void)state;
	p->recorder = (struct recorder *)p;
	decoded = -EBADMSG;
	pipeline_push(p, "", 0);
	decoded = 0;
	pipeline_push(p, "", 0);
	assert_string_equal(trace, "rdrd");
	assert_int_equal(kept_count, 0);
	/* A recorder that fails is left alone, the line goes on. */
	record_rc = -ENOSPC;
	decoded = 1;
	pipeline_push(p, "", 0);
	pipeline_push(p, "", 0);
	assert_string_equal(trace, "rdrdrdipasdipas");
	assert_int_equal(p->record_err, -ENOSPC);
}

static void test_loss_is_an_event_and_a_gap(void **state)
{
	(void)state;
	type = EVENT_LOSS;
	by_type[EVENT_EXEC] = 4;
	by_type[EVENT_FORK] = 1;
	pipeline_push(p, "", 0);
	pipeline_push(p, "", 0);
	assert_string_equal(trace, "dmsdms");
	assert_int_equal(p->lost_total, 10);
	assert_int_equal(p->lost_by_type[EVENT_EXEC], 8);
	assert_int_equal(gap.count, 2);
	assert_int_equal(gap.events, 5);
	assert_int_equal(gap.from, 100);
	assert_int_equal(gap.to, 200);
	assert_string_equal(gap.why, "ring_buffer");
}

static void test_what_the_store_lost_is_said_once(void **state)
{
	(void)state;
	pipeline_tick(p);
	assert_int_equal(kept_count, 0);
	store_stats.lost = 12;
	p->collected_ns = 0; /* a second later */
	pipeline_tick(p);
	assert_int_equal(kept_count, 1);
	assert_int_equal(p->events_by_type[EVENT_LOSS], 1);
	p->collected_ns = 0;
	pipeline_tick(p);
	assert_int_equal(kept_count, 1);
	store_stats.lost = 15;
	p->collected_ns = 0;
	pipeline_tick(p);
	assert_int_equal(kept_count, 2);
	assert_int_equal(gap.count, 0); /* that is the store's own affair */
}

static void test_a_replay_ticks_by_the_time_of_its_records(void **state)
{
	static const struct recording_header header;

	(void)state;
	recording = &header;
	pipeline_push(p, "", 0); /* at 10 ns */
	pipeline_tick(p);
	pipeline_tick(p);
	assert_int_equal(source_ticks, 0);
	recording = NULL; /* the same on a live host: now is later than one second after boot */
	pipeline_tick(p);
	pipeline_tick(p);
	assert_int_equal(source_ticks, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_an_act_walks_the_whole_line),
		T(test_what_an_act_causes_follows_it),
		T(test_boundaries_teach_identity_and_go_no_further),
		T(test_sessions_end_behind_the_act_that_ends_them),
		T(test_a_packet_is_any_number_of_events),
		T(test_what_is_due_follows_at_a_tick_or_the_end),
		T(test_what_cannot_be_decoded_is_recorded_all_the_same),
		T(test_loss_is_an_event_and_a_gap),
		T(test_what_the_store_lost_is_said_once),
		T(test_a_replay_ticks_by_the_time_of_its_records),
	};

	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
