/* SPDX-License-Identifier: Apache-2.0 */
/* writer: the one connection that writes hot.db. Everything here runs in the store's thread, but
 * open and close, when that thread is not there. */
#ifndef WHODID_STORE_WRITER_H
#define WHODID_STORE_WRITER_H

#include <sqlite3.h>

#include "store/batch.h"
#include "store/store.h"

/* A batch in memory: filled by the line, then read by the thread. raw begins on a page. */
struct buffer {
	uint8_t raw[BATCH_RAW_MAX];
	struct buffer *next;
	struct batch_facts facts;
	uint32_t mark_len; /* 0 = none */
	uint8_t mark[STORE_MARK_MAX];
};

#define GAPS_MAX 64 /* waiting to be written; more are joined with the last */

struct pending_anomaly {
	uint64_t id;
	char *json;
	uint32_t len;
};

#define PROGRAMS_MAX 128 /* waiting to be written; what is more is left out */

/* What one commit writes: all or nothing. */
struct work {
	struct buffer *batches;
	struct store_gap_row gaps[GAPS_MAX];
	unsigned gap_count;
	struct pending_anomaly *anomalies;
	size_t anomaly_count;
	struct program_facts programs[PROGRAMS_MAX];
	unsigned program_count;
};

struct writer {
	sqlite3 *db;
	sqlite3_stmt *insert_batch, *insert_gap, *put_anomaly, *put_program, *put_mark, *oldest,
		*delete_to;
	struct batch_packer *packer;
	uint8_t prev[BATCH_HASH];
	uint64_t host;
	uint64_t max_bytes;
	uint64_t page_bytes;
	bool was_clean;
	int64_t last_wall_ns; /* of the newest event that was there at opening */
	uint32_t mark_len;    /* of the mark that is in the file */
	uint8_t mark[STORE_MARK_MAX];
	char error[160]; /* of the last commit that failed, before it was rolled back */
};

/* What a commit changed in the file. */
struct commit_result {
	uint64_t events, batches;
	uint64_t refused; /* events of batches whose seq is taken: never to be written */
	uint64_t deleted, deleted_batches; /* by retention */
	uint64_t bytes;			   /* size of the file now */
	int64_t oldest_wall_ns;
};

/* Fills *w and what the file holds already. 0 or -errno with err; then nothing is left open. */
int writer_open(struct writer *w, const char *path, const struct store_options *opt,
		const struct host *host, struct store_stats *stats, uint64_t *next_seq,
		struct problem *err);
/* 0, or -errno with nothing written. */
int writer_commit(struct writer *w, const struct work *work, struct commit_result *out);
const char *writer_error(const struct writer *w);
/* Marks the end as clean when asked to, and closes. 0 or -errno. */
int writer_close(struct writer *w, bool clean, uint64_t next_seq);

#endif
