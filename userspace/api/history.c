/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history: GET /api/v1/events. Answers come from the store through a reader of its own, in rounds: a
 * snapshot lives while one round is read, never while a slow client takes it. The last line says how
 * complete the answer is.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "api/parts.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/number.h"
#include "event_json.h"
#include "store/store.h"

#define ROUND_BYTES (512u * 1024) /* some batches; a round ends behind the event that passes it */
#define TEXT_MAX    (4u << 20)
#define GAPS_MAX    100
#define SEARCH_NICE 10
#define PLAIN_UID   (EVENT_UID_MAX - 1)

struct answer {
	struct body body; /* first */
	struct api *api;
	struct store_reader *reader;
	struct filter *filter;
	struct store_query query;
	uint64_t limit; /* 0 = none */
	uint64_t given;
	int fd;
	int64_t oldest_wall_ns; /* kept when the answer began */
	int64_t last_wall_ns;	/* of what was given last */
	bool more, damaged;
	bool unsettled; /* what happened just before may not be in the store yet */
	bool overtaken; /* retention deleted what was still to be given */
};

static void write_hole(struct json *w, int64_t from, int64_t to, const char *why)
{
	json_object_begin(w, NULL);
	json_time(w, "from", from);
	json_time(w, "to", to);
	json_cstr(w, "why", why);
	json_object_end(w);
}

/* Holes that are not rows of the store: they come from the moment of the answer. */
static bool write_own_holes(struct answer *an, int64_t oldest)
{
	const struct store_query *q = &an->query;
	int64_t newest = an->unsettled ? store_newest(an->reader) : 0;
	struct json *w = &an->body.out;
	bool unsettled = an->unsettled && newest < q->until_wall_ns, before;

	before = q->since_wall_ns && (!oldest || q->since_wall_ns < oldest);
	if (before)
		write_hole(w, q->since_wall_ns, oldest ? oldest : q->until_wall_ns, "before_first");
	if (an->overtaken)
		write_hole(w, q->descending ? an->oldest_wall_ns : an->last_wall_ns, oldest,
			   "retention");
	if (unsettled)
		write_hole(w, newest > q->since_wall_ns ? newest : q->since_wall_ns,
			   q->until_wall_ns, "not_written");
	return before || an->overtaken || unsettled;
}

static void write_gaps(struct answer *an, int64_t oldest, bool *complete, uint64_t *lost)
{
	struct store_gap_row rows[GAPS_MAX];
	struct json *w = &an->body.out;
	int n = store_gaps(an->reader, an->query.since_wall_ns, an->query.until_wall_ns, rows,
			   GAPS_MAX);

	json_array_begin(w, "gaps");
	if (write_own_holes(an, oldest))
		*complete = false;
	for (int i = 0; i < n && i < GAPS_MAX; i++) {
		json_object_begin(w, NULL);
		json_time(w, "from", rows[i].from_wall_ns);
		json_time(w, "to", rows[i].to_wall_ns);
		json_u64(w, "events", rows[i].events);
		json_cstr(w, "why", rows[i].why);
		json_object_end(w);
	}
	json_array_end(w);
	if (n != 0)
		*complete = false;
	*lost = n ? store_gap_events(an->reader, an->query.since_wall_ns, an->query.until_wall_ns)
		  : 0;
	if (n > GAPS_MAX)
		json_u64(w, "gaps_total", (uint64_t)n);
}

static void write_end(struct answer *an)
{
	struct json *w = &an->body.out;
	int64_t oldest = store_oldest(an->reader);
	bool complete = !an->damaged;
	uint64_t lost = 0;

	if (an->query.descending && !an->more && oldest > an->oldest_wall_ns)
		an->overtaken = true;
	json_object_begin(w, NULL);
	json_cstr(w, "schema", "whodid.answer/1.0");
	json_u64(w, "events", an->given);
	if (oldest)
		json_time(w, "oldest_time", oldest);
	write_gaps(an, oldest, &complete, &lost);
	json_bool(w, "complete", complete);
	if (an->damaged)
		json_bool(w, "damaged", true);
	json_u64(w, "lost", lost);
	json_bool(w, "more", an->more);
	if (an->query.after_seq)
		json_u64(w, "after", an->query.after_seq);
	json_object_end(w);
	json_text(w, STR_LIT("\n"));
}

/* One event to the client, or notes that the limit leaves it out. */
static void take_event(struct answer *an, const struct event *ev)
{
	if (an->limit && an->given == an->limit) {
		an->more = true;
		return;
	}
	event_json_write(&an->body.out, store_reader_host(an->reader), ev);
	json_text(&an->body.out, STR_LIT("\n"));
	an->given++;
	an->query.after_seq = ev->what.seq;
	an->last_wall_ns = ev->what.wall_ns;
}

/* A search that finds nothing must end when nobody waits for it any more. */
static bool is_pointless(void *ctx)
{
	struct answer *an = ctx;
	struct pollfd peer = {.fd = an->fd};

	return an->api->stopping || (poll(&peer, 1, 0) > 0 && (peer.revents & (POLLHUP | POLLERR)));
}

static int fill(struct body *b)
{
	struct answer *an = (struct answer *)b;
	struct store_cursor *cursor;
	struct event ev;
	int rc;

	if (an->given && !an->query.descending && store_oldest(an->reader) > an->last_wall_ns)
		an->overtaken = true;
	rc = store_cursor_open(&cursor, an->reader, &an->query, NULL);
	if (rc)
		return rc;
	while ((rc = store_cursor_next(cursor, &ev)) == 1) {
		take_event(an, &ev);
		if (an->more || b->out.len > ROUND_BYTES || an->api->stopping)
			break;
	}
	if (store_cursor_damaged(cursor))
		an->damaged = true;
	store_cursor_close(cursor);
	if (rc < 0 || an->api->stopping)
		return rc < 0 ? rc : -ESHUTDOWN;
	if (rc == 1 && !an->more)
		return 0;
	write_end(an);
	return 1;
}

static void free_answer(struct body *b)
{
	struct answer *an = (struct answer *)b;

	store_reader_close(an->reader);
	filter_free(an->filter);
	free(an);
}

static int parse_time(const struct request *rq, const char *name, int64_t *wall_ns,
		      struct problem *err)
{
	struct str value = request_arg(rq, name);

	if (!value.n)
		return 0;
	if (clock_parse(value, wall_ns)) {
		problem_remedy(err,
			       "Write 2h, 7d, today, 17:00, 2026-11-23T17:00:00Z or @1760000000");
		return problem_set(err, -EINVAL, "%s is no time: %.*s", name,
				   value.n > 100 ? 100 : (int)value.n, value.p);
	}
	return 0;
}

static int parse_number(const struct request *rq, const char *name, uint64_t *out,
			struct problem *err)
{
	struct str value = request_arg(rq, name);

	if (!value.n || !number_u64(value, 0, UINT64_MAX, out))
		return 0;
	return problem_set(err, -EINVAL, "%s is no number", name);
}

static int parse_order(const struct request *rq, bool *descending, struct problem *err)
{
	struct str order = request_arg(rq, "order");

	if (order.n && !str_is(order, "asc") && !str_is(order, "desc"))
		return problem_set(err, -EINVAL, "order is asc or desc");
	*descending = str_is(order, "desc");
	return 0;
}

static int parse_answer(const struct request *rq, struct answer *an, struct problem *err)
{
	int64_t now = clock_wall_ns();
	int rc = parse_time(rq, "since", &an->query.since_wall_ns, err);

	if (!rc)
		rc = parse_time(rq, "until", &an->query.until_wall_ns, err);
	if (!rc)
		rc = parse_number(rq, "limit", &an->limit, err);
	if (!rc)
		rc = parse_number(rq, "after", &an->query.after_seq, err);
	if (!rc)
		rc = parse_order(rq, &an->query.descending, err);
	if (!rc)
		rc = request_filter(rq, &an->filter, err);
	/* An end, so that an answer does not run after the events that it causes itself. */
	if (!an->query.until_wall_ns || an->query.until_wall_ns > now)
		an->query.until_wall_ns = now;
	an->query.filter = an->filter;
	an->query.enough = is_pointless;
	an->query.ctx = an;
	return rc;
}

static int open_reader(struct request *rq, struct store_reader **out, struct problem *err)
{
	if (!rq->api->opt.store_path)
		return problem_set(err, -ENODATA, "this daemon keeps no history");
	return store_reader_open(out, rq->api->opt.store_path, err);
}

enum MHD_Result serve_events(struct request *rq)
{
	struct problem err = {0};
	struct answer *an = calloc(1, sizeof(*an));
	int rc;

	if (!an)
		return MHD_NO;
	an->api = rq->api;
	an->fd = rq->fd;
	rc = parse_answer(rq, an, &err);
	if (!rc) {
		an->unsettled = question_settle(rq->api) != 0;
		rc = open_reader(rq, &an->reader, &err);
		/* Whatever is wrong with the file, it is not the asker's request. */
		if (rc)
			rc = -EIO;
	}
	if (rc) {
		enum MHD_Result sent = reply_problem(rq, rc, &err);

		if (an->reader)
			store_reader_close(an->reader);
		filter_free(an->filter);
		free(an);
		return sent;
	}
	/* This thread searches; the line's comes first. */
	setpriority(PRIO_PROCESS, 0, SEARCH_NICE);
	an->oldest_wall_ns = store_oldest(an->reader);
	an->body.patient = true;
	an->body.fill = fill;
	an->body.free = free_answer;
	json_init(&an->body.out, TEXT_MAX);
	return reply_body(rq, NDJSON_TYPE, &an->body);
}

/* The uid names one host, boot and moment: the same number of another one is another event. */
static bool is_named(struct str key, const struct host *host, const struct event *ev)
{
	char uid[EVENT_UID_MAX];

	if (key.n != PLAIN_UID)
		return true;
	event_uid_format(uid, host, ev);
	return strncasecmp(uid, key.p, PLAIN_UID) == 0;
}

/* 1 found, 0 not, -errno. An event of this moment is waited for. */
static int look_up(struct request *rq, struct store_reader *reader, uint64_t seq, struct event *ev)
{
	int rc = store_get(reader, seq, ev);

	return rc == 0 && !question_settle(rq->api) ? store_get(reader, seq, ev) : rc;
}

/* A ULID has 26 characters, a sequence number at most 20. */
static int find_event(struct request *rq, struct str key, struct store_reader **reader,
		      struct event *ev, struct problem *err)
{
	uint64_t seq;
	int rc = key.n == PLAIN_UID ? event_uid_parse(key, &seq)
				    : number_u64(key, 1, UINT64_MAX, &seq);

	if (rc)
		return problem_set(err, -EINVAL, "that is no event's id: %.*s",
				   key.n > 40 ? 40 : (int)key.n, key.p);
	if (open_reader(rq, reader, err))
		return -EIO;
	rc = look_up(rq, *reader, seq, ev);
	if (rc == 1 && is_named(key, store_reader_host(*reader), ev))
		return 0;
	store_reader_close(*reader);
	*reader = NULL;
	if (rc < 0)
		return problem_set(err, -EIO, "the part of the store that holds it is damaged: %s",
				   strerror(-rc));
	return problem_set(err, -ENOENT, "no event of that id is kept");
}

enum MHD_Result serve_event(struct request *rq)
{
	struct problem err = {0};
	struct store_reader *reader = NULL;
	struct event ev = {0};
	struct json w;
	int rc = find_event(rq, rq->rest, &reader, &ev, &err);

	if (rc)
		return reply_problem(rq, rc, &err);
	json_init(&w, TEXT_MAX);
	event_json_write(&w, store_reader_host(reader), &ev);
	json_text(&w, STR_LIT("\n"));
	store_reader_close(reader);
	return reply_json(rq, JSON_TYPE, &w);
}

/* Of an event: its boundary is explained, which outlives the process. */
static int event_boundary(struct request *rq, char *buf, size_t size, struct problem *err)
{
	struct store_reader *reader = NULL;
	struct event ev = {0};
	int rc = find_event(rq, rq->rest, &reader, &ev, err);

	if (rc)
		return rc;
	if (!ev.what.boundary) {
		rc = problem_set(err, -ENOENT, "that event was done by nobody: %s",
				 event_type_name(ev.what.type));
	} else if (ev.what.seq < rq->api->opt.since_seq) {
		problem_remedy(err, "whodid show %.*s tells what was recorded", STR_ARG(rq->rest));
		rc = problem_set(
			err, -ENOENT,
			"that event is from before the daemon's start, and its boundary is not known any more");
	}
	if (!rc && ev.who.id.flags & ID_SHARED_RING) {
		problem_remedy(err, "whodid show %.*s tells what was recorded", STR_ARG(rq->rest));
		rc = problem_set(err, -ENOENT,
				 "a shared ring was asked for it: its boundary is the maker's");
	}
	snprintf(buf, size, "b%llu", (unsigned long long)ev.what.boundary);
	store_reader_close(reader);
	return rc;
}

enum MHD_Result serve_identity(struct request *rq)
{
	struct problem err = {0};
	struct str key = rq->rest;
	char boundary[32];
	struct json w;
	int rc = 0;

	if (key.n == PLAIN_UID) {
		rc = event_boundary(rq, boundary, sizeof(boundary), &err);
		key = str_of(boundary);
	}
	if (rc)
		return reply_problem(rq, rc, &err);
	json_init(&w, TEXT_MAX);
	rc = question_ask(rq->api, API_IDENTITY, key, &w, &err);
	if (rc) {
		json_release(&w);
		return reply_problem(rq, rc, &err);
	}
	json_text(&w, STR_LIT("\n"));
	return reply_json(rq, JSON_TYPE, &w);
}
