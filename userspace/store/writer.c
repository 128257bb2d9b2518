/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writer.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "store/schema.h"

/* Above what a writer can have given away without committing it: all its buffers. */
#define SEQ_JUMP (1u << 20)

static void release(struct writer *w)
{
	sqlite3_finalize(w->insert_batch);
	sqlite3_finalize(w->insert_gap);
	sqlite3_finalize(w->put_anomaly);
	sqlite3_finalize(w->put_program);
	sqlite3_finalize(w->put_mark);
	sqlite3_finalize(w->oldest);
	sqlite3_finalize(w->delete_to);
	batch_packer_free(w->packer);
	sqlite3_close_v2(w->db);
	*w = (struct writer){0};
}

static int prepare(struct writer *w)
{
	const struct {
		sqlite3_stmt **statement;
		const char *sql;
	} all[] = {
		{&w->insert_batch, "INSERT INTO batch(seq0, seq1, n, ts0, ts1, raw_len, kindmask,"
				   " host, prev, hash, d) VALUES(?,?,?,?,?,?,?,?,?,?,?)"},
		{&w->insert_gap, "INSERT INTO gap(ts0, ts1, n, why) VALUES(?,?,?,?)"},
		{&w->put_anomaly, "INSERT OR REPLACE INTO anomaly VALUES(?,?)"},
		{&w->put_program, "INSERT OR REPLACE INTO program VALUES(?,?,?,?,?,?)"},
		{&w->put_mark, "INSERT OR REPLACE INTO meta VALUES('mark',?)"},
		{&w->oldest, "SELECT seq0, n FROM batch ORDER BY seq0 LIMIT 17"},
		{&w->delete_to, "DELETE FROM batch WHERE seq0<=?"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(all); i++)
		r = schema_prepare(w->db, all[i].sql, all[i].statement);
	w->packer = batch_packer_new();
	return r ? r : w->packer ? 0 : -ENOMEM;
}

/* One number, 0 where there is none. */
static int64_t ask(sqlite3 *db, const char *sql)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;

	if (schema_prepare(db, sql, &st) || sqlite3_step(st) != SQLITE_ROW)
		return 0;
	return sqlite3_column_int64(st, 0);
}

static int64_t oldest_wall_ns(sqlite3 *db)
{
	return ask(db, "SELECT ts0 FROM batch ORDER BY seq0 LIMIT 1");
}

static int read_chain_end(struct writer *w)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int r = schema_prepare(w->db, "SELECT hash FROM batch ORDER BY seq0 DESC LIMIT 1", &st);

	if (r)
		return r;
	if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_bytes(st, 0) == BATCH_HASH)
		memcpy(w->prev, sqlite3_column_blob(st, 0), BATCH_HASH);
	return 0;
}

static void read_stats(struct writer *w, struct store_stats *stats)
{
	w->page_bytes = (uint64_t)ask(w->db, "PRAGMA page_size");
	stats->events = (uint64_t)ask(w->db, "SELECT sum(n) FROM batch");
	stats->batches = (uint64_t)ask(w->db, "SELECT count(*) FROM batch");
	stats->bytes = (uint64_t)ask(w->db, "PRAGMA page_count") * w->page_bytes;
	stats->oldest_wall_ns = oldest_wall_ns(w->db);
}

static void read_mark(struct writer *w)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int n;

	if (schema_prepare(w->db, "SELECT v FROM meta WHERE k='mark'", &st) ||
	    sqlite3_step(st) != SQLITE_ROW)
		return;
	n = sqlite3_column_bytes(st, 0);
	if (n <= 0 || n > STORE_MARK_MAX || !sqlite3_column_blob(st, 0))
		return;
	w->mark_len = (uint32_t)n;
	memcpy(w->mark, sqlite3_column_blob(st, 0), (size_t)n);
}

static bool is_resumed(const struct writer *w, uint64_t resume)
{
	return resume && w->mark_len >= sizeof(resume) && !memcmp(w->mark, &resume, sizeof(resume));
}

static void read_last_end(struct writer *w, uint64_t resume, uint64_t *next_seq)
{
	int64_t clean = 0, kept = 0;
	uint64_t last = (uint64_t)ask(w->db, "SELECT seq1 FROM batch ORDER BY seq0 DESC LIMIT 1");

	w->was_clean = schema_meta_get(w->db, "clean", &clean) == 0 || clean == 1;
	w->last_wall_ns = ask(w->db, "SELECT ts1 FROM batch ORDER BY seq0 DESC LIMIT 1");
	schema_meta_get(w->db, "next_seq", &kept);
	*next_seq = last + 1 > (uint64_t)kept ? last + 1 : (uint64_t)kept;
	read_mark(w);
	if (!w->was_clean && !is_resumed(w, resume))
		*next_seq += SEQ_JUMP;
}

/* From here on an end that is not clean shows, and the first seq given away is above all earlier ones. */
static int mark_open(struct writer *w, const struct host *host, uint64_t next_seq)
{
	int r = schema_exec(w->db, "BEGIN IMMEDIATE");

	if (r == 0)
		r = schema_meta_set(w->db, "clean", 0);
	if (r == 0)
		r = schema_meta_set(w->db, "next_seq", (int64_t)next_seq);
	if (r == 0)
		r = schema_host_put(w->db, host, &w->host);
	return r ? r : schema_exec(w->db, "COMMIT");
}

int writer_open(struct writer *w, const char *path, const struct store_options *opt,
		const struct host *host, struct store_stats *stats, uint64_t *next_seq,
		struct problem *err)
{
	struct writer new = {.max_bytes = opt->max_bytes};
	uint64_t seq = 0;
	int r = schema_open_writer(&new.db, path, opt->sync_full, err);

	if (r)
		return r;
	r = prepare(&new);
	if (r == 0)
		r = read_chain_end(&new);
	if (r == 0) {
		read_stats(&new, stats);
		read_last_end(&new, opt->resume, &seq);
		r = mark_open(&new, host, seq);
	}
	if (r) {
		problem_set(err, r, "cannot write %s: %s", path, sqlite3_errmsg(new.db));
		release(&new);
		return r;
	}
	*w = new;
	*next_seq = seq;
	return 0;
}

static int run(struct writer *w, sqlite3_stmt *st)
{
	int r = sqlite3_step(st) == SQLITE_DONE ? 0 : -schema_errno(w->db);

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return r;
}

static int write_batch(struct writer *w, const struct buffer *b, uint8_t prev[static BATCH_HASH],
		       struct commit_result *out)
{
	const struct batch_facts *f = &b->facts;
	sqlite3_stmt *st = w->insert_batch;
	uint8_t hash[BATCH_HASH];
	struct str data;
	int r = batch_compress(w->packer, (struct str){(const char *)b->raw, f->raw_len}, &data);

	if (r == 0)
		r = batch_hash(hash, prev, f, data);
	if (r)
		return r;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)f->seq0);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)f->seq1);
	sqlite3_bind_int64(st, 3, f->count);
	sqlite3_bind_int64(st, 4, f->ts0);
	sqlite3_bind_int64(st, 5, f->ts1);
	sqlite3_bind_int64(st, 6, f->raw_len);
	sqlite3_bind_int64(st, 7, (sqlite3_int64)f->types);
	sqlite3_bind_int64(st, 8, (sqlite3_int64)f->host);
	sqlite3_bind_blob(st, 9, prev, BATCH_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(st, 10, hash, BATCH_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(st, 11, data.p, (int)data.n, SQLITE_STATIC);
	r = run(w, st);
	if (r && (sqlite3_errcode(w->db) & 0xff) == SQLITE_CONSTRAINT) {
		out->refused += f->count;
		return 0;
	}
	if (r == 0) {
		memcpy(prev, hash, BATCH_HASH);
		out->events += f->count;
		out->batches++;
	}
	return r;
}

/* That of the last batch is the furthest. */
static int write_mark(struct writer *w, const struct work *work)
{
	const struct buffer *last = NULL;

	for (const struct buffer *b = work->batches; b; b = b->next)
		if (b->mark_len)
			last = b;
	if (!last)
		return 0;
	sqlite3_bind_blob(w->put_mark, 1, last->mark, (int)last->mark_len, SQLITE_STATIC);
	return run(w, w->put_mark);
}

static int write_gap(struct writer *w, const struct store_gap_row *gap)
{
	sqlite3_bind_int64(w->insert_gap, 1, gap->from_wall_ns);
	sqlite3_bind_int64(w->insert_gap, 2, gap->to_wall_ns);
	sqlite3_bind_int64(w->insert_gap, 3, (sqlite3_int64)gap->events);
	sqlite3_bind_text(w->insert_gap, 4, gap->why, -1, SQLITE_STATIC);
	return run(w, w->insert_gap);
}

static int write_anomaly(struct writer *w, const struct pending_anomaly *a)
{
	sqlite3_bind_int64(w->put_anomaly, 1, (sqlite3_int64)a->id);
	sqlite3_bind_text(w->put_anomaly, 2, a->json, (int)a->len, SQLITE_STATIC);
	return run(w, w->put_anomaly);
}

static int write_program(struct writer *w, const struct program_facts *f)
{
	sqlite3_bind_int64(w->put_program, 1, (sqlite3_int64)f->dev);
	sqlite3_bind_int64(w->put_program, 2, (sqlite3_int64)f->inode);
	sqlite3_bind_int64(w->put_program, 3, (sqlite3_int64)f->ctime_ns);
	sqlite3_bind_text(w->put_program, 4, f->sha256, -1, SQLITE_STATIC);
	sqlite3_bind_text(w->put_program, 5, f->package, -1, SQLITE_STATIC);
	sqlite3_bind_int(w->put_program, 6, f->modified);
	return run(w, w->put_program);
}

static int write_programs(struct writer *w, const struct work *work)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < work->program_count; i++)
		r = write_program(w, &work->programs[i]);
	if (r || !work->program_count)
		return r;
	return schema_exec(w->db, "DELETE FROM program WHERE rowid <="
				  " (SELECT max(rowid) - 65536 FROM program)");
}

static int write_all(struct writer *w, const struct work *work, uint8_t prev[static BATCH_HASH],
		     struct commit_result *out)
{
	int r = 0;

	for (const struct buffer *b = work->batches; r == 0 && b; b = b->next)
		r = write_batch(w, b, prev, out);
	if (r == 0)
		r = write_mark(w, work);
	for (unsigned i = 0; r == 0 && i < work->gap_count; i++)
		r = write_gap(w, &work->gaps[i]);
	for (size_t i = 0; r == 0 && i < work->anomaly_count; i++)
		r = write_anomaly(w, &work->anomalies[i]);
	return r ? r : write_programs(w, work);
}

/* Bytes in use: pages behind deleted rows are taken again before the file grows. */
static uint64_t used_bytes(struct writer *w, struct commit_result *out)
{
	uint64_t pages = (uint64_t)ask(w->db, "PRAGMA page_count");

	out->bytes = pages * w->page_bytes;
	return (pages - (uint64_t)ask(w->db, "PRAGMA freelist_count")) * w->page_bytes;
}

/* Deletes the 16 oldest batches; never the last, which carries the chain. 1 deleted, 0 nothing left. */
static int delete_some(struct writer *w, struct commit_result *out)
{
	uint64_t events = 0, batches = 0;
	sqlite3_int64 last = 0, seq0 = 0, n = 0;
	int r;

	while (sqlite3_step(w->oldest) == SQLITE_ROW) {
		if (batches || n) { /* one behind, so that the newest row read stays */
			last = seq0;
			events += (uint64_t)n;
			batches++;
		}
		seq0 = sqlite3_column_int64(w->oldest, 0);
		n = sqlite3_column_int64(w->oldest, 1);
	}
	sqlite3_reset(w->oldest);
	if (batches == 0)
		return 0;
	sqlite3_bind_int64(w->delete_to, 1, last);
	r = run(w, w->delete_to);
	if (r)
		return r;
	out->deleted += events;
	out->deleted_batches += batches;
	return 1;
}

/* Down to 2 % below the limit, so that not every commit deletes. Failing here is not failing to write. */
static void retain(struct writer *w, struct commit_result *out)
{
	struct commit_result done = *out;
	int r = 1;

	if (used_bytes(w, out) <= w->max_bytes)
		return;
	if (schema_exec(w->db, "BEGIN IMMEDIATE"))
		return;
	while (r == 1 && used_bytes(w, &done) > w->max_bytes - w->max_bytes / 50)
		r = delete_some(w, &done);
	if (r >= 0)
		r = schema_exec(w->db, "DELETE FROM gap WHERE ts1 <"
				       " (SELECT ts0 FROM batch ORDER BY seq0 LIMIT 1)");
	if (r == 0)
		r = schema_exec(w->db, "COMMIT");
	if (r == 0)
		*out = done;
	else
		schema_exec(w->db, "ROLLBACK");
}

static void keep_error(struct writer *w)
{
	snprintf(w->error, sizeof(w->error), "%s", sqlite3_errmsg(w->db));
}

int writer_commit(struct writer *w, const struct work *work, struct commit_result *out)
{
	struct commit_result result = {0};
	uint8_t prev[BATCH_HASH];
	int r;

	memcpy(prev, w->prev, sizeof(prev));
	r = schema_exec(w->db, "BEGIN IMMEDIATE");
	if (r) {
		keep_error(w);
		return r;
	}
	r = write_all(w, work, prev, &result);
	if (r == 0)
		r = schema_exec(w->db, "COMMIT");
	if (r) {
		keep_error(w);
		/* what SQLite has rolled back by itself is no error here */
		sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
		return r;
	}
	memcpy(w->prev, prev, sizeof(prev));
	retain(w, &result);
	result.oldest_wall_ns = oldest_wall_ns(w->db);
	*out = result;
	return 0;
}

const char *writer_error(const struct writer *w)
{
	return w->error;
}

int writer_close(struct writer *w, bool clean, uint64_t next_seq)
{
	int r = 0;

	if (clean) {
		r = schema_meta_set(w->db, "next_seq", (int64_t)next_seq);
		if (r == 0)
			r = schema_meta_set(w->db, "clean", 1);
	}
	release(w);
	return r;
}
