/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read-only handles. A file may come from another host: every number in a row is checked, and the
 * hash tells damage before anything is decompressed.
 */
#include "store/reader.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "event_pack.h"
#include "store/schema.h"

/* --- rows */

void loaded_release(struct loaded *b)
{
	free(b->raw);
	free(b->offset);
	batch_unpacker_release(&b->unpacker);
	*b = (struct loaded){0};
}

static int make_room(struct loaded *b)
{
	if (b->facts.raw_len > b->raw_size) {
		free(b->raw);
		b->raw_size = 0;
		b->raw = malloc(BATCH_ROOM(b->facts.raw_len));
		if (!b->raw)
			return -ENOMEM;
		b->raw_size = b->facts.raw_len;
	}
	if (b->facts.count + 1 > b->offset_size) {
		free(b->offset);
		b->offset_size = 0;
		b->offset = calloc(b->facts.count + 1, sizeof(*b->offset));
		if (!b->offset)
			return -ENOMEM;
		b->offset_size = b->facts.count + 1;
	}
	return 0;
}

static bool copy_hash(sqlite3_stmt *st, int column, uint8_t out[static BATCH_HASH])
{
	const void *p = sqlite3_column_blob(st, column);

	if (!p || sqlite3_column_bytes(st, column) != BATCH_HASH)
		return false;
	memcpy(out, p, BATCH_HASH);
	return true;
}

/* The least that an event can be is one byte of length, so count is bounded by raw_len. */
static bool read_facts(struct loaded *b, sqlite3_stmt *st)
{
	sqlite3_int64 count = sqlite3_column_int64(st, 2), raw_len = sqlite3_column_int64(st, 5);

	b->facts = (struct batch_facts){
		.seq0 = (uint64_t)sqlite3_column_int64(st, 0),
		.seq1 = (uint64_t)sqlite3_column_int64(st, 1),
		.ts0 = sqlite3_column_int64(st, 3),
		.ts1 = sqlite3_column_int64(st, 4),
		.types = (uint64_t)sqlite3_column_int64(st, 6),
		.host = (uint64_t)sqlite3_column_int64(st, 7),
	};
	if (raw_len <= 0 || raw_len > BATCH_RAW_LIMIT || count <= 0 || count > raw_len)
		return false;
	b->facts.count = (uint32_t)count;
	b->facts.raw_len = (uint32_t)raw_len;
	return copy_hash(st, 8, b->prev) && copy_hash(st, 9, b->hash);
}

/* Where each event begins; together they must fill the batch. */
static int index_events(struct loaded *b)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < b->facts.count; i++) {
		int n = event_packed_size(b->raw + at, b->facts.raw_len - at);

		if (n <= 0)
			return -EBADMSG;
		b->offset[i] = at;
		at += (uint32_t)n;
	}
	b->offset[b->facts.count] = at;
	return at == b->facts.raw_len ? 0 : -EBADMSG;
}

int loaded_read(struct loaded *b, sqlite3_stmt *st)
{
	uint8_t hash[BATCH_HASH];
	struct str data;
	int r;

	if (!read_facts(b, st))
		return -EBADMSG;
	data.p = sqlite3_column_blob(st, 10);
	data.n = (uint32_t)sqlite3_column_bytes(st, 10);
	if (!data.p)
		return -EBADMSG;
	r = batch_hash(hash, b->prev, &b->facts, data);
	if (r)
		return r;
	if (memcmp(hash, b->hash, BATCH_HASH) != 0)
		return -EBADMSG;
	r = make_room(b);
	if (r == 0)
		r = batch_decompress(&b->unpacker, &b->facts, data, b->raw);
	return r ? r : index_events(b);
}

int loaded_event(const struct loaded *b, uint32_t i, struct event *ev)
{
	int n = event_unpack(ev, b->raw + b->offset[i], b->offset[i + 1] - b->offset[i]);

	return n > 0 ? 0 : -EBADMSG;
}

/* --- handle */

int store_reader_open(struct store_reader **out, const char *path, struct problem *err)
{
	_cleanup_free_ struct store_reader *r = NULL;
	char file[4200];
	struct stat st;
	bool is_dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	int n = snprintf(file, sizeof(file), "%s%s", path, is_dir ? "/" HOT_DB : ""), result;

	if ((size_t)n >= sizeof(file))
		return problem_set(err, -ENAMETOOLONG, "the store's path is too long");
	r = calloc(1, sizeof(*r));
	if (!r)
		return problem_set(err, -ENOMEM, "out of memory");
	result = schema_open_reader(&r->db, file, err);
	if (result)
		return result;
	schema_host_get(r->db, 0, &r->host);
	*out = TAKE_PTR(r);
	return 0;
}

void store_reader_close(struct store_reader *r)
{
	if (!r)
		return;
	loaded_release(&r->one);
	sqlite3_finalize(r->find_program);
	sqlite3_close_v2(r->db);
	free(r);
}

const struct host *store_reader_host(const struct store_reader *r)
{
	return &r->host;
}

void reader_take_host(struct store_reader *r, uint64_t row)
{
	if (row == r->host_row)
		return;
	if (schema_host_get(r->db, row, &r->host) != 1)
		memset(&r->host, 0, sizeof(r->host));
	r->host_row = row;
}

static int find_seq(struct store_reader *r, uint64_t seq, struct event *ev)
{
	const struct loaded *b = &r->one;

	for (uint32_t i = 0; i < b->facts.count; i++) {
		int failed = loaded_event(b, i, ev);

		if (failed)
			return failed;
		if (ev->what.seq == seq) {
			reader_take_host(r, b->facts.host);
			return 1;
		}
	}
	return 0;
}

int store_get(struct store_reader *r, uint64_t seq, struct event *ev)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct event found;
	int result = schema_prepare(r->db,
				    "SELECT " BATCH_COLUMNS " FROM batch WHERE seq0<=?"
				    " ORDER BY seq0 DESC LIMIT 1",
				    &st);

	if (result)
		return result;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)seq);
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		break;
	case SQLITE_DONE:
		return 0;
	default:
		return -schema_errno(r->db);
	}
	result = loaded_read(&r->one, st);
	if (result)
		return result;
	result = find_seq(r, seq, &found);
	if (result == 1) {
		reader_complete(r, &found);
		*ev = found;
	}
	return result;
}

static void read_gap(sqlite3_stmt *st, struct store_gap_row *out)
{
	const unsigned char *why = sqlite3_column_text(st, 3);

	out->from_wall_ns = sqlite3_column_int64(st, 0);
	out->to_wall_ns = sqlite3_column_int64(st, 1);
	out->events = (uint64_t)sqlite3_column_int64(st, 2);
	snprintf(out->why, sizeof(out->why), "%s", why ? (const char *)why : "");
}

#define GAPS_IN_PERIOD " FROM gap WHERE (?1=0 OR ts1>=?1) AND (?2=0 OR ts0<=?2)"

int store_gaps(struct store_reader *r, int64_t since_wall_ns, int64_t until_wall_ns,
	       struct store_gap_row *out, size_t max)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int count = 0, step;
	int result = schema_prepare(
		r->db, "SELECT ts0, ts1, n, why" GAPS_IN_PERIOD " ORDER BY ts0, id", &st);

	if (result)
		return result;
	sqlite3_bind_int64(st, 1, since_wall_ns);
	sqlite3_bind_int64(st, 2, until_wall_ns);
	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		if ((size_t)count < max)
			read_gap(st, &out[count]);
		count++;
	}
	return step == SQLITE_DONE ? count : -schema_errno(r->db);
}

uint64_t store_gap_events(struct store_reader *r, int64_t since_wall_ns, int64_t until_wall_ns)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;

	if (schema_prepare(r->db, "SELECT sum(n)" GAPS_IN_PERIOD, &st))
		return 0;
	sqlite3_bind_int64(st, 1, since_wall_ns);
	sqlite3_bind_int64(st, 2, until_wall_ns);
	return sqlite3_step(st) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
}

static int64_t ask(struct store_reader *r, const char *sql)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;

	if (schema_prepare(r->db, sql, &st) || sqlite3_step(st) != SQLITE_ROW)
		return 0;
	return sqlite3_column_int64(st, 0);
}

int64_t store_newest(struct store_reader *r)
{
	return ask(r, "SELECT ts1 FROM batch ORDER BY seq0 DESC LIMIT 1");
}

int64_t store_oldest(struct store_reader *r)
{
	return ask(r, "SELECT ts0 FROM batch ORDER BY seq0 LIMIT 1");
}

int store_each_anomaly(struct store_reader *r, void (*fn)(void *ctx, uint64_t id, struct str json),
		       void *ctx)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int result = schema_prepare(r->db, "SELECT id, json FROM anomaly ORDER BY id", &st), step;

	if (result)
		return result;
	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		const char *json = (const char *)sqlite3_column_text(st, 1);

		if (json)
			fn(ctx, (uint64_t)sqlite3_column_int64(st, 0),
			   (struct str){json, (uint32_t)sqlite3_column_bytes(st, 1)});
	}
	return step == SQLITE_DONE ? 0 : -schema_errno(r->db);
}

static int check_rows(sqlite3_stmt *st, struct loaded *b, struct store_check *check)
{
	uint8_t last[BATCH_HASH];
	int step;

	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		int result = loaded_read(b, st);
		bool damaged = result != 0, broken;

		if (result && result != -EBADMSG)
			return result;
		broken = check->batches && memcmp(b->prev, last, BATCH_HASH) != 0;
		check->batches++;
		check->events += damaged ? 0 : b->facts.count;
		check->damaged += damaged;
		check->breaks += broken;
		if ((damaged || broken) && !check->first_bad)
			check->first_bad = b->facts.seq0;
		memcpy(last, b->hash, BATCH_HASH);
	}
	return step == SQLITE_DONE ? 0 : -schema_errno(sqlite3_db_handle(st));
}

int store_verify(struct store_reader *r, struct store_check *out)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	struct loaded b = {0};
	struct store_check check = {0};
	int result =
		schema_prepare(r->db, "SELECT " BATCH_COLUMNS " FROM batch ORDER BY seq0", &st);

	if (result)
		return result;
	result = check_rows(st, &b, &check);
	loaded_release(&b);
	if (result == 0)
		*out = check;
	return result;
}
