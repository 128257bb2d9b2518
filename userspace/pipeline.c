/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline: read this first. What the kernel saw walks from left to right, in one thread:
 *
 *     collect -> decode -> names -> identity -> program -> profile -> anomaly -> sinks
 *
 * Each stage fills its own part of struct event and reads only those before it. Nothing here waits:
 * the store has a thread of its own, viewers of the stream have theirs.
 */
#include "pipeline.h"

#include "base/clock.h"

#define SECOND_NS 1000000000ull

static bool is_replay(const struct pipeline *p)
{
	return p->source && collect_recording_header(p->source);
}

/* The sinks: packed once, then kept, shown and printed. */
static void publish(struct pipeline *p, const struct event *ev)
{
	int n = event_pack(ev, p->packed, sizeof(p->packed));

	p->events_by_type[ev->what.type] += ev->what.count ? ev->what.count : 1;
	if (ev->verdict.value)
		p->verdicts[ev->verdict.value] += ev->what.count ? ev->what.count : 1;
	if (ev->what.wall_ns > p->last_wall_ns)
		p->last_wall_ns = ev->what.wall_ns;
	if (n < 0)
		p->unpackable++;
	if (n > 0 && p->store)
		store_append(p->store, ev, p->packed, (size_t)n);
	if (n > 0 && p->stream)
		stream_emit(p->stream, p->packed, (size_t)n);
	if (p->print)
		p->print(p->print_ctx, &p->host, ev);
}

void pipeline_publish(struct pipeline *p, struct event *ev)
{
	ev->what.seq = p->next_seq++;
	publish(p, ev);
}

/* Changes that an act caused wait here until the act itself is out: seq is order for every reader. */
void pipeline_anomaly_changed(void *pipeline, const struct event *change)
{
	struct pipeline *p = pipeline;
	struct event ev = *change;
	int n;

	ev.what.seq = p->next_seq++;
	n = p->scoring ? event_pack(&ev, p->held + p->held_bytes, sizeof(p->held) - p->held_bytes)
		       : -1;
	if (n > 0)
		p->held_bytes += (size_t)n;
	else
		publish(p, &ev);
}

static void publish_held(struct pipeline *p)
{
	struct event ev;
	size_t at = 0;
	int n;

	while ((n = event_unpack(&ev, p->held + at, p->held_bytes - at)) > 0) {
		publish(p, &ev);
		at += (size_t)n;
	}
	p->held_bytes = 0;
}

static void publish_ended(struct pipeline *p, const struct event *cause)
{
	struct event ended;

	while (identity_take_ended(p->identity, cause, &ended))
		pipeline_publish(p, &ended);
}

/* A hole in what follows: everybody who asks about that time shall know. */
static void account_loss(struct pipeline *p, const struct event *ev)
{
	p->lost_total += ev->what.loss.events;
	for (size_t i = 0; ev->what.loss.by_type && i < EVENT_TYPE_MAX; i++)
		p->lost_by_type[i] += ev->what.loss.by_type[i];
	if (p->store)
		store_gap(p->store, ev->what.loss.from_wall_ns, ev->what.loss.to_wall_ns,
			  ev->what.loss.events, "ring_buffer");
}

/* As it came, without the secrets that a job was handed: only they make a copy necessary. */
static int record_it(struct pipeline *p, const void *record, size_t size)
{
	const struct record_header *h = record;

	if (size < sizeof(*h) || h->kind != RECORD_BOUNDARY || size > sizeof(p->scrubbed))
		return recorder_write(p->recorder, record, size);
	memcpy(p->scrubbed, record, size);
	identity_ci_scrub(p->scrubbed, size);
	return recorder_write(p->recorder, p->scrubbed, size);
}

static void score_and_publish(struct pipeline *p, struct event *ev)
{
	/* anomaly: part of something that a person should look at. */
	ev->what.seq = p->next_seq++;
	p->scoring = true;
	anomaly_score(p->anomaly, &p->host, ev);
	p->scoring = false;

	/* sinks: the act, then what it caused. */
	publish(p, ev);
	publish_held(p);
}

void pipeline_alarm(struct pipeline *p, struct event *ev)
{
	score_and_publish(p, ev);
}

/* The second half of the line: from who did it to everybody who wants to know. */
static void judge_and_publish(struct pipeline *p, struct event *ev)
{
	struct event tampering;

	/* profile: was that expected of them. */
	profile_decide(p->profile, ev);
	score_and_publish(p, ev);

	/* behind the act: that it was one on the sensor; then the sessions that ended with it. */
	if (p->tamper && tamper_sees(p->tamper, ev, &tampering))
		score_and_publish(p, &tampering);
	publish_ended(p, ev);
}

void pipeline_act(struct pipeline *p, struct event *ev)
{
	identity_attach(p->identity, ev);
	judge_and_publish(p, ev);
}

/* The line behind the names. Some records only teach identity. */
static void follow(struct pipeline *p, struct event *ev)
{
	/* identity: who did it, through what, as which workload. */
	identity_attach(p->identity, ev);
	if (ev->what.type == EVENT_BOUNDARY || ev->what.type == EVENT_PROCESS ||
	    ev->what.type == EVENT_REQUEST)
		return;
	if (ev->what.type == EVENT_AUTH_LOG && !(ev->who.id.flags & ID_FORGED_AUTH_LOG))
		return;

	/* an act on the sensor's own objects has no other event before it. */
	if (ev->what.type == EVENT_AGENT_TAMPER) {
		if (p->tamper && tamper_by_bpf(p->tamper, ev))
			score_and_publish(p, ev);
		return;
	}

	/* program: what the file is that they execute, as far as it was read before. */
	if (p->programs)
		programs_attach(p->programs, ev);
	judge_and_publish(p, ev);
}

void pipeline_push(void *pipeline, const void *record, size_t size)
{
	struct pipeline *p = pipeline;
	struct event ev;

	/* collect gave us bytes; a recording is these bytes, without the secrets handed to jobs. */
	if (p->recorder && !p->record_err)
		p->record_err = record_it(p, record, size);

	/* decode: what happened. Refused records are counted there. */
	if (decode_record(&p->decoder, record, size, &ev) != 1)
		return;
	p->last_boot_ns = ev.what.boot_ns;
	if (ev.what.type == EVENT_LOSS) {
		account_loss(p, &ev);
		identity_missed(p->identity, &ev.what);
		pipeline_publish(p, &ev);
		return;
	}

	/* names: what the other end is called. A packet is an event, several, or only teaches. */
	for (bool more = names_attach(p->names, &ev); more; more = names_next(p->names, &ev))
		follow(p, &ev);
}

size_t pipeline_mark(void *pipeline, uint8_t out[STORE_MARK_MAX])
{
	const struct pipeline *p = pipeline;
	struct source_mark mark;

	_Static_assert(sizeof(mark) <= STORE_MARK_MAX, "room for the mark");
	if (!p->source)
		return 0;
	collect_mark(p->source, &mark);
	memcpy(out, &mark, sizeof(mark));
	return sizeof(mark);
}

/* What is on disk need not be read again by whoever comes after us. */
static void settle(struct pipeline *p)
{
	uint8_t bytes[STORE_MARK_MAX];
	struct source_mark mark;

	if (!p->store || !p->source || store_mark(p->store, bytes) != sizeof(mark))
		return;
	memcpy(&mark, bytes, sizeof(mark));
	collect_settled(p->source, &mark);
}

/* The store keeps the gap by itself when it could not take something; here it becomes an event. */
static void announce_store_loss(struct pipeline *p, uint64_t boot_ns, int64_t wall_ns)
{
	struct store_stats stats;
	struct event ev = {0};

	store_get_stats(p->store, &stats);
	if (stats.lost > p->store_lost) {
		ev.what.type = EVENT_LOSS;
		ev.what.count = 1;
		ev.what.boot_ns = boot_ns;
		ev.what.wall_ns = wall_ns;
		ev.what.loss.stage = STR_LIT("store");
		ev.what.loss.events = stats.lost - p->store_lost;
		ev.what.loss.total = stats.lost;
		ev.what.loss.from_wall_ns = p->store_checked_wall_ns;
		ev.what.loss.to_wall_ns = wall_ns;
		pipeline_publish(p, &ev);
		p->store_lost = stats.lost;
	}
	p->store_checked_wall_ns = wall_ns;
}

void pipeline_end(struct pipeline *p)
{
	uint64_t boot_ns = is_replay(p) ? p->last_boot_ns : clock_boot_ns();

	for (struct event ev; names_due(p->names, boot_ns, true, &ev);)
		follow(p, &ev);
}

/* What was read meanwhile is for later execs, and in the store for those that were. */
static void keep_programs(struct pipeline *p)
{
	struct program_facts facts;

	while (programs_next(p->programs, &facts))
		if (p->store)
			store_put_program(p->store, &facts);
}

void pipeline_tick(struct pipeline *p)
{
	/* A replay lives in the time of its recording, so that it gives the same answer every time. */
	bool replay = is_replay(p);
	uint64_t boot_ns = replay ? p->last_boot_ns : clock_boot_ns();
	int64_t wall_ns = replay ? p->last_wall_ns : clock_wall_ns();

	if (boot_ns - p->collected_ns >= (p->collect_every_ns ? p->collect_every_ns : SECOND_NS)) {
		p->collected_ns = boot_ns;
		if (p->source)
			collect_tick(p->source, pipeline_push, p);
		if (p->store && !replay)
			announce_store_loss(p, boot_ns, wall_ns);
	}
	if (p->programs)
		keep_programs(p);
	for (struct event ev; names_due(p->names, boot_ns, false, &ev);)
		follow(p, &ev);
	anomaly_tick(p->anomaly, wall_ns);
	if (p->store) {
		store_settle(p->store);
		store_tick(p->store, boot_ns);
	}
	settle(p);
	if (p->stream)
		stream_flush(p->stream);
}
