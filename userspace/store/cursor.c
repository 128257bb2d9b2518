/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks batches in either direction. Each step reads one row and lets the file go again: a reader that
 * stopped in the middle would keep the writer's -wal from being emptied.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "event_filter.h"
#include "store/reader.h"
#include "store/schema.h"

struct store_cursor {
	struct store_reader *r;
	struct store_query q;
	sqlite3_stmt *next_batch;
	struct loaded batch;
	uint32_t left;	  /* events of the batch that were not looked at */
	uint64_t at, end; /* seq0 of the last batch read, and of the newest one at opening */
	uint64_t damaged;
	bool at_end;
};

#define CONDITIONS " AND ts1>=?3 AND (?4=0 OR ts0<=?4) AND (kindmask & ?5)!=0"
#define FORWARD                                                                     \
	"SELECT " BATCH_COLUMNS " FROM batch WHERE seq0>?1 AND seq0<=?2" CONDITIONS \
	" ORDER BY seq0 LIMIT 1"
#define BACKWARD                                                                    \
	"SELECT " BATCH_COLUMNS " FROM batch WHERE seq0<?1 AND seq0<=?2" CONDITIONS \
	" ORDER BY seq0 DESC LIMIT 1"

/* seq0 of the last batch that begins at or before seq, or 0. */
static int batch_of(struct store_reader *r, uint64_t seq, uint64_t *seq0)
{
	_cleanup_statement_ sqlite3_stmt *st = NULL;
	int result = schema_prepare(r->db, "SELECT max(seq0) FROM batch WHERE seq0<=?", &st);

	if (result)
		return result;
	sqlite3_bind_int64(st, 1, seq > INT64_MAX ? INT64_MAX : (sqlite3_int64)seq);
	if (sqlite3_step(st) != SQLITE_ROW)
		return -schema_errno(r->db);
	*seq0 = (uint64_t)sqlite3_column_int64(st, 0);
	return 0;
}

/* Where the walk starts: just before the batch that holds the first event of interest. */
static int set_bounds(struct store_cursor *c)
{
	uint64_t after = c->q.after_seq, start = 0;
	int r = batch_of(c->r, UINT64_MAX, &c->end);

	if (r)
		return r;
	if (c->q.descending) {
		c->at = after && after < INT64_MAX ? after : INT64_MAX;
		return 0;
	}
	r = after ? batch_of(c->r, after, &start) : 0;
	c->at = start ? start - 1 : 0;
	return r;
}

int store_cursor_open(struct store_cursor **out, struct store_reader *r,
		      const struct store_query *query, struct problem *err)
{
	_cleanup_free_ struct store_cursor *c = calloc(1, sizeof(*c));
	int result;

	if (!c)
		return problem_set(err, -ENOMEM, "out of memory");
	c->r = r;
	c->q = *query;
	result = schema_prepare(r->db, query->descending ? BACKWARD : FORWARD, &c->next_batch);
	if (result == 0)
		result = set_bounds(c);
	if (result) {
		sqlite3_finalize(c->next_batch);
		return problem_set(err, result, "cannot read the store: %s", sqlite3_errmsg(r->db));
	}
	*out = TAKE_PTR(c);
	return 0;
}

static void bind_bounds(struct store_cursor *c)
{
	sqlite3_stmt *st = c->next_batch;

	sqlite3_bind_int64(st, 1, (sqlite3_int64)c->at);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)c->end);
	sqlite3_bind_int64(st, 3, c->q.since_wall_ns ? c->q.since_wall_ns : INT64_MIN);
	sqlite3_bind_int64(st, 4, c->q.until_wall_ns);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)filter_types(c->q.filter));
}

/* 1 with the next batch that can hold something, 0 at the end, -errno. */
static int load_next(struct store_cursor *c)
{
	sqlite3_stmt *st = c->next_batch;

	for (;;) {
		int step, r;

		if (c->q.enough && c->q.enough(c->q.ctx))
			return -ECANCELED;
		bind_bounds(c);
		step = sqlite3_step(st);
		if (step != SQLITE_ROW) {
			r = step == SQLITE_DONE ? 0 : -schema_errno(c->r->db);
			sqlite3_reset(st);
			return r;
		}
		c->at = (uint64_t)sqlite3_column_int64(st, 0);
		r = loaded_read(&c->batch, st);
		sqlite3_reset(st);
		if (r == 0) {
			c->left = c->batch.facts.count;
			return 1;
		}
		if (r != -EBADMSG)
			return r;
		c->damaged++;
	}
}

static bool is_wanted(const struct store_cursor *c, const struct event *ev)
{
	const struct store_query *q = &c->q;

	if (q->after_seq &&
	    (q->descending ? ev->what.seq >= q->after_seq : ev->what.seq <= q->after_seq))
		return false;
	if (q->since_wall_ns && ev->what.wall_ns < q->since_wall_ns)
		return false;
	if (q->until_wall_ns && ev->what.wall_ns > q->until_wall_ns)
		return false;
	return filter_match(q->filter, ev);
}

int store_cursor_next(struct store_cursor *c, struct event *ev)
{
	while (!c->at_end) {
		uint32_t i;

		if (c->left == 0) {
			int r = load_next(c);

			if (r != 1) {
				c->at_end = true;
				return r;
			}
		}
		i = c->q.descending ? c->left - 1 : c->batch.facts.count - c->left;
		c->left--;
		if (loaded_event(&c->batch, i, ev))
			continue;
		reader_complete(c->r, ev);
		if (is_wanted(c, ev)) {
			reader_take_host(c->r, c->batch.facts.host);
			return 1;
		}
	}
	return 0;
}

uint64_t store_cursor_damaged(const struct store_cursor *c)
{
	return c->damaged;
}

void store_cursor_close(struct store_cursor *c)
{
	if (!c)
		return;
	sqlite3_finalize(c->next_batch);
	loaded_release(&c->batch);
	free(c);
}
