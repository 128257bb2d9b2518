/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offline: the same lines without a daemon. A store is read through store.h and turned into JSON, NDJSON
 * is passed on; both are filtered here as the daemon would.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cmd/event_read.h"
#include "cmd/source.h"
#include "event_filter.h"
#include "event_json.h"
#include "store/store.h"

#define GAPS_MAX      4096
#define LINE_JSON_MAX (1u << 20)

static void cleanup_filter_p(struct filter **f)
{
	filter_free(*f);
}

static void cleanup_reader_p(struct store_reader **r)
{
	if (*r)
		store_reader_close(*r);
}

static void cleanup_cursor_p(struct store_cursor **c)
{
	if (*c)
		store_cursor_close(*c);
}

/* Whether path is a directory or an SQLite file, so not NDJSON. What is missing is said by the store. */
static bool is_store(const char *path)
{
	_cleanup_fclose_ FILE *f = NULL;
	char magic[16] = "";
	struct stat st;

	if (strcmp(path, "-") == 0)
		return false;
	if (stat(path, &st))
		return true;
	if (!S_ISREG(st.st_mode)) /* what is read from a pipe is gone */
		return S_ISDIR(st.st_mode);
	f = fopen(path, "re");
	return f && fread(magic, 1, sizeof(magic), f) == sizeof(magic) &&
	       memcmp(magic, "SQLite format 3", 16) == 0;
}

static int parse_filter(struct filter **out, struct str text)
{
	struct problem p = {0};

	if (text.n == 0 || filter_parse(out, text, &p) == 0)
		return CODE_DONE;
	return fail_problem(CODE_USAGE, &p);
}

/* --- NDJSON */

static bool is_wanted(const struct events_request *r, const struct filter *f, const json_t *row,
		      struct text *memory)
{
	bool asks = r->notable || f || r->since_ns || r->until_ns || r->after_seq;
	struct event ev;

	if (row_is(row, "schema", "whodid.answer/1.0"))
		return false; /* it spoke of another question */
	if (!asks)
		return true;
	if (event_read(&ev, row, memory))
		return false;
	if (r->since_ns && ev.what.wall_ns < r->since_ns)
		return false;
	if (r->until_ns && ev.what.wall_ns > r->until_ns)
		return false;
	if (r->after_seq && ev.what.seq <= r->after_seq)
		return false;
	return (!r->notable || event_is_notable(&ev)) && filter_match(f, &ev);
}

/* The last lines, when a limit asks for the newest. */
struct kept {
	char **lines;
	size_t room, n, next;
};

static void keep_line(struct kept *k, const char *line, size_t len)
{
	if (k->n == k->room) {
		free(k->lines[k->next]);
	} else {
		k->n++;
	}
	k->lines[k->next] = strndup(line, len);
	k->next = (k->next + 1) % k->room;
}

static void give_kept(struct kept *k, line_fn line, void *ctx)
{
	bool stopped = false;

	for (size_t i = 0; i < k->n; i++) {
		char *z = k->lines[(k->next + k->room - 1 - i) % k->room];

		stopped = stopped || !z || line(ctx, str_of(z));
		free(z);
	}
	free(k->lines);
}

/* Every line that is an event and wanted; descending gives the newest first, so needs all in memory. */
static int ndjson_events(const struct cli *c, const struct events_request *r, line_fn line,
			 void *ctx)
{
	_cleanup_(cleanup_filter_p) struct filter *filter = NULL;
	_cleanup_fclose_ FILE *f =
		strcmp(c->from, "-") == 0 ? fdopen(dup(0), "r") : fopen(c->from, "re");
	_cleanup_free_ char *z = NULL;
	_cleanup_text_ struct text memory = {0};
	struct kept kept = {0};
	uint64_t given = 0, number = 0;
	size_t size = 0;
	ssize_t n;
	int code = parse_filter(&filter, r->filter);

	if (code)
		return code;
	if (!f)
		return fail(CODE_FAILED, NULL, "cannot read %s: %s", c->from, strerror(errno));
	if (r->descending) {
		kept.room = r->limit ? r->limit : 1u << 20;
		kept.lines = calloc(kept.room, sizeof(char *));
		if (!kept.lines)
			return fail(CODE_FAILED, NULL, "out of memory");
	}
	while (code == CODE_DONE && (n = getline(&z, &size, f)) > 0 && !terminal_interrupted()) {
		_cleanup_json_ json_t *row = NULL;

		number++;
		if (n > 0 && z[n - 1] == '\n')
			n--;
		if (n == 0)
			continue;
		row = row_parse((struct str){z, (uint32_t)n});
		if (!row)
			code = fail(CODE_FAILED, "Each line must be one JSON object.",
				    "%s: line %llu is not JSON", c->from,
				    (unsigned long long)number);
		else if (!is_wanted(r, filter, row, &memory))
			continue;
		else if (r->descending)
			keep_line(&kept, z, (size_t)n);
		else if (line(ctx, (struct str){z, (uint32_t)n}) || ++given == r->limit)
			break;
	}
	if (r->descending)
		give_kept(&kept, line, ctx);
	return code;
}

/* --- a store */

static void write_gap(struct json *w, const struct store_gap_row *gap)
{
	json_object_begin(w, NULL);
	json_time(w, "from", gap->from_wall_ns);
	json_time(w, "to", gap->to_wall_ns);
	if (gap->events)
		json_u64(w, "events", gap->events);
	json_cstr(w, "why", gap->why);
	json_object_end(w);
}

/* The part of the period that no event kept reaches back to; 1 when there is one. */
static int write_before_first(struct json *w, const struct events_request *r, int64_t oldest)
{
	struct store_gap_row gap = {r->since_ns, oldest ? oldest : r->until_ns, 0, "before_first"};

	if (r->since_ns == 0 || (oldest && r->since_ns >= oldest))
		return 0;
	write_gap(w, &gap);
	return 1;
}

/* The answer object, as the API ends its own answers. */
static void give_answer(struct store_reader *reader, const struct events_request *r,
			uint64_t events, uint64_t damaged, line_fn line, void *ctx)
{
	_cleanup_free_ struct store_gap_row *gaps = calloc(GAPS_MAX, sizeof(*gaps));
	int64_t oldest = store_oldest(reader);
	struct json w;
	int n, before;

	if (!gaps)
		return;
	n = store_gaps(reader, r->since_ns, r->until_ns, gaps, GAPS_MAX);
	json_init(&w, 4u << 20);
	json_object_begin(&w, NULL);
	json_cstr(&w, "schema", "whodid.answer/1.0");
	json_u64(&w, "events", events);
	if (oldest)
		json_time(&w, "oldest_time", oldest);
	json_array_begin(&w, "gaps");
	before = write_before_first(&w, r, oldest);
	for (int i = 0; i < n && i < GAPS_MAX; i++)
		write_gap(&w, &gaps[i]);
	json_array_end(&w);
	if (n > GAPS_MAX)
		json_u64(&w, "gaps_total", (uint64_t)n);
	json_bool(&w, "complete", n == 0 && before == 0 && damaged == 0);
	if (damaged)
		json_bool(&w, "damaged", true);
	json_u64(&w, "lost", n > 0 ? store_gap_events(reader, r->since_ns, r->until_ns) : 0);
	json_object_end(&w);
	if (w.err == 0)
		line(ctx, (struct str){w.buf, (uint32_t)w.len});
	json_release(&w);
}

static int store_events(const struct cli *c, const struct events_request *r, line_fn line,
			void *ctx)
{
	_cleanup_(cleanup_filter_p) struct filter *filter = NULL;
	_cleanup_(cleanup_reader_p) struct store_reader *reader = NULL;
	_cleanup_(cleanup_cursor_p) struct store_cursor *cursor = NULL;
	struct problem p = {0};
	struct store_query query = {.since_wall_ns = r->since_ns,
				    .until_wall_ns = r->until_ns,
				    .after_seq = r->after_seq,
				    .descending = r->descending};
	struct event ev;
	struct json w;
	uint64_t given = 0;
	int got = 0, code = parse_filter(&filter, r->filter);

	if (code)
		return code;
	query.filter = filter;
	if (store_reader_open(&reader, c->from, &p) ||
	    store_cursor_open(&cursor, reader, &query, &p))
		return fail_problem(CODE_FAILED, &p);
	json_init(&w, LINE_JSON_MAX);
	while (!terminal_interrupted() && (got = store_cursor_next(cursor, &ev)) == 1) {
		if (r->notable && !event_is_notable(&ev))
			continue;
		json_reset(&w);
		event_json_write(&w, store_reader_host(reader), &ev);
		if (w.err == 0 && line(ctx, (struct str){w.buf, (uint32_t)w.len}))
			break;
		if (++given == r->limit)
			break;
	}
	json_release(&w);
	if (got < 0)
		return fail(CODE_FAILED, NULL, "cannot read %s: %s", c->from, strerror(-got));
	give_answer(reader, r, given, store_cursor_damaged(cursor), line, ctx);
	return CODE_DONE;
}

int offline_events(const struct cli *c, const struct events_request *r, line_fn line, void *ctx)
{
	return is_store(c->from) ? store_events(c, r, line, ctx) : ndjson_events(c, r, line, ctx);
}

/* --- anomalies */

struct wanted {
	const char *state;
	line_fn line;
	void *ctx;
	bool stopped;
};

static bool is_state(const json_t *row, const char *state)
{
	if (strcmp(state, "all") == 0)
		return true;
	if (strcmp(state, "open") == 0)
		return row_is(row, "state", "new") || row_is(row, "state", "ack");
	return row_is(row, "state", state);
}

static void give_anomaly(void *ctx, uint64_t id, struct str json)
{
	struct wanted *w = ctx;
	_cleanup_json_ json_t *row = row_parse(json);

	(void)id;
	if (row && !w->stopped && is_state(row, w->state))
		w->stopped = w->line(w->ctx, json) != 0;
}

int offline_anomalies(const struct cli *c, const char *state, line_fn line, void *ctx)
{
	_cleanup_(cleanup_reader_p) struct store_reader *reader = NULL;
	struct wanted w = {state, line, ctx, false};
	struct problem p = {0};
	int err;

	if (!is_store(c->from))
		return fail(CODE_USAGE, "Give a copied store: --from DIR",
			    "anomalies cannot be read from NDJSON");
	if (store_reader_open(&reader, c->from, &p))
		return fail_problem(CODE_FAILED, &p);
	err = store_each_anomaly(reader, give_anomaly, &w);
	return err < 0 ? fail(CODE_FAILED, NULL, "cannot read %s: %s", c->from, strerror(-err))
		       : CODE_DONE;
}
