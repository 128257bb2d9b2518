/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline: the straight line. kernel -> collect -> decode -> names -> identity -> program -> profile
 * -> anomaly -> sinks.
 * One event walks it from left to right in one thread; nothing points back.
 */
#ifndef WHODID_PIPELINE_H
#define WHODID_PIPELINE_H

#include "anomaly/anomaly.h"
#include "anomaly/tamper.h"
#include "collect/collect.h"
#include "decode/decode.h"
#include "event.h"
#include "event_pack.h"
#include "identity/identity.h"
#include "names/names.h"
#include "profile/profile.h"
#include "program/program.h"
#include "sink/stream.h"
#include "store/store.h"

struct pipeline {
	struct host host;
	struct source *source;	   /* may be NULL while starting */
	struct recorder *recorder; /* NULL = not recording */
	int record_err;		   /* why recording ended early */
	struct decoder decoder;
	struct names *names;
	struct identity_table *identity;
	struct programs
		*programs; /* NULL = content of files is not read (replay, or switched off) */
	struct profile_set *profile;
	struct anomaly_table *anomaly;
	struct tamper *tamper; /* NULL = nobody looks (replay) */
	struct store *store;   /* NULL = none (replay) */
	struct stream *stream;
	/* sink of its own for replay and runs without a terminal: one JSON line per event; NULL = none */
	void (*print)(void *ctx, const struct host *host, const struct event *ev);
	void *print_ctx;

	uint64_t next_seq;
	uint64_t events_by_type[EVENT_TYPE_MAX]; /* acts: counts summed */
	uint64_t verdicts[8];			 /* by enum verdict */
	uint64_t lost_by_type[EVENT_TYPE_MAX];
	uint64_t lost_total;
	int64_t last_wall_ns;
	uint64_t unpackable; /* events that could not be packed: neither stored nor streamed */
	uint64_t collect_every_ns; /* how often the source is ticked; 0 = 1 s */

	/* private to pipeline.c */
	uint64_t last_boot_ns, collected_ns;
	uint64_t store_lost; /* as far as it was announced */
	int64_t store_checked_wall_ns;
	bool scoring; /* an act is at the anomaly stage: what that announces follows the act */
	size_t held_bytes;
	uint8_t held[EVENT_PACKED_MAX];
	uint8_t packed[EVENT_PACKED_MAX];
	_Alignas(8) uint8_t scrubbed[EVENT_RECORD_MAX]; /* no record is longer */
};

/* A record from the source: a source_record_fn. */
void pipeline_push(void *pipeline, const void *record, size_t size);
/* An event that the daemon makes itself (agent.*, profile.change, anomaly): straight to the sinks. */
void pipeline_publish(struct pipeline *p, struct event *ev);
/* The same of what somebody should look at (agent.blind): to the anomaly stage first. */
void pipeline_alarm(struct pipeline *p, struct event *ev);
/* An act that a process did before the daemon's own eyes: from its who on, as a record of it would go. */
void pipeline_act(struct pipeline *p, struct event *ev);
/* A change of an anomaly: an anomaly_change_fn. */
void pipeline_anomaly_changed(void *pipeline, const struct event *change);
/* After the last record: what a stage still held back goes to the sinks. */
void pipeline_end(struct pipeline *p);
/* How far the source has been read, for the store to keep beside what was made of it. */
size_t pipeline_mark(void *pipeline, uint8_t out[STORE_MARK_MAX]);
/* Once per loop turn and at least every 100 ms. */
void pipeline_tick(struct pipeline *p);

#endif
