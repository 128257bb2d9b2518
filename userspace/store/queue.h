/* SPDX-License-Identifier: Apache-2.0 */
/* queue: what the line (store.c) and the thread that writes (thread.c) share. Private to the folder. */
#ifndef WHODID_STORE_QUEUE_H
#define WHODID_STORE_QUEUE_H

#include <pthread.h>

#include "store/store.h"
#include "store/writer.h"

struct lost {
	int64_t from_wall_ns, to_wall_ns;
	uint64_t events;
};

struct store {
	/* the line's own */
	struct store_options opt;
	struct buffer *current;
	struct buffer *ready, **ready_end; /* full between two marks: go with the next */
	struct pending_anomaly *staged;	   /* go with the events that changed them */
	size_t staged_count;
	uint64_t now_ns, since_ns; /* last tick; tick at which current got its first event */
	uint64_t next_seq;
	struct lost lost; /* since a buffer was to be had */
	int64_t last_wall_ns;
	int dir_fd; /* locked while we write */
	bool due;   /* current goes at the next mark */
	bool was_clean;

	pthread_t thread;
	pthread_mutex_t lock; /* everything below */
	pthread_cond_t wake, written;
	uint64_t submitted, settled; /* hand-overs so far, and how many of them are on disk */
	struct buffer *free, *full, **full_end;
	struct store_gap_row gaps[GAPS_MAX];
	unsigned gap_count;
	struct pending_anomaly *anomalies;
	size_t anomaly_count;
	struct program_facts programs[PROGRAMS_MAX];
	unsigned program_count;
	struct store_stats stats;
	uint32_t mark_len; /* of the mark that is on disk */
	uint8_t mark[STORE_MARK_MAX];
	bool stop;
	int close_err;

	/* the thread's own */
	struct writer writer;
};

/* Joins with the last when there are too many. */
void queue_add_gap(struct store_gap_row *gaps, unsigned *count, const struct store_gap_row *gap);
/* 0 or -errno */
int queue_start_thread(struct store *s);

#endif
