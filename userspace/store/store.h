/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the host's history in one SQLite file, DIR/hot.db (storage.md 3.2): zstd-compressed
 * batches of packed events, committed every 1,000 events or 250 ms by a thread of its own, each
 * batch hashed onto the one before; gaps as rows; anomalies by id; programs by file.
 *
 * The writer side belongs to the line. Readers open their own handle, also in other processes and
 * on a copied file; they never stop the writer.
 */
#ifndef WHODID_STORE_H
#define WHODID_STORE_H

#include "base/problem.h"
#include "event.h"
#include "program/program.h"

struct store;
struct store_reader;
struct store_cursor;

#define STORE_MARK_MAX 1024

struct store_options {
	uint64_t max_bytes;    /* oldest batches go when the file passes this; 0 = 1 GiB */
	uint32_t batch_events; /* 0 = 1000 */
	uint32_t commit_ms;    /* 0 = 250 */
	bool sync_full;	       /* synchronous=FULL; default true */
	/*
	 * A few bytes that say where what is stored came from: asked for whenever events are handed to the
	 * disk, and kept in the same transaction as these. Returns how many; NULL = none are kept.
	 */
	size_t (*mark)(void *ctx, uint8_t out[STORE_MARK_MAX]);
	void *mark_ctx;
	/*
	 * What the mark of the writer before begins with, when the events behind that mark will come
	 * again: its seqs are then given again. 0 = they will not.
	 */
	uint64_t resume;
};

struct store_stats {
	uint64_t events, bytes, batches; /* in the file */
	uint64_t appended, committed,
		lost;		/* since opening; lost = writer could not keep up or disk full */
	uint64_t deleted;	/* by retention */
	int64_t oldest_wall_ns; /* 0 = empty */
	int last_err;		/* positive errno of the last failed commit, 0 = fine */
	char last_err_text[160];
};

/*
 * Opens or makes DIR/hot.db. *next_seq gets the first free seq; after a writer that did not end
 * cleanly it leaves out more than that one can have given away. 0 or -errno with err (-EBUSY: another
 * daemon writes there).
 */
int store_open(struct store **out, const char *dir, const struct store_options *opt,
	       const struct host *host, uint64_t *next_seq, struct problem *err);
/* What the file says of the last writer: whether it ended by store_close(), and its last event. */
bool store_was_clean(const struct store *s, int64_t *last_wall_ns);
/* The mark that was kept last: before the first commit the earlier writer's. Its size, 0 = none. */
size_t store_mark(struct store *s, uint8_t out[STORE_MARK_MAX]);
/* Takes one packed event (event_pack.h). Never waits: what does not fit is counted. */
void store_append(struct store *s, const struct event *ev, const uint8_t *packed, size_t size);
/*
 * What one reading of the source made is appended: what is due is handed over. With marks, all that
 * comes to the disk together, so this is to be called after each; without them it need not be.
 */
void store_settle(struct store *s);
/* Hands over what is there now, due or not: somebody wants to read it. Waits for nothing. */
void store_flush(struct store *s);
/*
 * From any thread: waits until all that was handed over before is on disk, at most timeout_ms. 0 or
 * -ETIMEDOUT.
 */
int store_wait(struct store *s, unsigned timeout_ms);
/* Once per loop turn: hands a batch to the writer when it is due. */
void store_tick(struct store *s, uint64_t boot_ns);
/* A period in which events are missing: lost, or the sensor did not run. Shown by every answer on it.
 * What the store itself could not take becomes such a row ("store") without this call. */
void store_gap(struct store *s, int64_t from_wall_ns, int64_t to_wall_ns, uint64_t events,
	       const char *why);
void store_put_anomaly(struct store *s, uint64_t id, struct str json);
/* Completes the execs of that file that were kept before its content was known. Kept: the latest 65536. */
void store_put_program(struct store *s, const struct program_facts *facts);
void store_get_stats(struct store *s, struct store_stats *out);
/* Writes everything, waits for the disk, marks the end as clean. 0 or the first -errno. */
int store_close(struct store *s);

/* path is the directory or the file. Fails with a remedy when it is no store or a newer one. */
int store_reader_open(struct store_reader **out, const char *path, struct problem *err);
void store_reader_close(struct store_reader *r);
/*
 * Host facts kept in the file, for uids: of the event that this reader gave last (a store may hold
 * several boots), before that of the newest. Valid while the reader is.
 */
const struct host *store_reader_host(const struct store_reader *r);

struct store_query {
	int64_t since_wall_ns, until_wall_ns; /* 0 = no end */
	uint64_t after_seq;	     /* continue behind this one (before it when descending) */
	const struct filter *filter; /* borrowed; NULL = all */
	bool descending;
	/* Asked before each batch; true ends the walk with -ECANCELED. NULL = never. */
	bool (*enough)(void *ctx);
	void *ctx;
};
/* What is kept now, by seq. A damaged batch is skipped and counted (cursor_damaged), never fatal. Holds
 * no lock between two batches. */
int store_cursor_open(struct store_cursor **out, struct store_reader *r,
		      const struct store_query *query, struct problem *err);
/* 1 with the next event (texts valid until the next call on c or r), 0 at the end, -errno. */
int store_cursor_next(struct store_cursor *c, struct event *ev);
uint64_t store_cursor_damaged(const struct store_cursor *c);
void store_cursor_close(struct store_cursor *c);

/* One event by seq. 1 found, 0 not. *ev's texts are valid until the next call on r. */
int store_get(struct store_reader *r, uint64_t seq, struct event *ev);

struct store_gap_row {
	int64_t from_wall_ns, to_wall_ns;
	uint64_t events;
	char why[96]; /* "ring_buffer", "not_running", "crash", "retention", "store" */
};
/* Gaps that touch the period, oldest first; returns how many there are, writes at most max. */
int store_gaps(struct store_reader *r, int64_t since_wall_ns, int64_t until_wall_ns,
	       struct store_gap_row *out, size_t max);
/* The events of all those gaps. */
uint64_t store_gap_events(struct store_reader *r, int64_t since_wall_ns, int64_t until_wall_ns);
/* Time of the latest batch, 0 = empty. */
int64_t store_newest(struct store_reader *r);
/* First event kept, 0 = empty: answers about earlier times are incomplete (retention makes no gap row). */
int64_t store_oldest(struct store_reader *r);
/* Calls fn for each anomaly kept. */
int store_each_anomaly(struct store_reader *r, void (*fn)(void *ctx, uint64_t id, struct str json),
		       void *ctx);

/* Calls fn for each program kept, the one learnt last at the end. A store without any has none. */
int store_each_program(struct store_reader *r,
		       void (*fn)(void *ctx, const struct program_facts *facts), void *ctx);

struct store_check {
	uint64_t batches, events;
	uint64_t damaged;   /* batches whose hash does not fit their content */
	uint64_t breaks;    /* places where a batch does not follow the one before */
	uint64_t first_bad; /* seq of the first of either, 0 = none */
};
/* Follows the hash chain through the whole file. 0 or -errno. */
int store_verify(struct store_reader *r, struct store_check *out);

#endif
