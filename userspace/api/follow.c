/* SPDX-License-Identifier: Apache-2.0 */
/* follow: GET /api/v1/stream, live events as NDJSON or server-sent events. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/parts.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/number.h"
#include "event_json.h"
#include "event_pack.h"

#define HEARTBEAT_NS 5000000000ull
#define TEXT_MAX     (4u << 20) /* JSON of one read of the stream: at most 96 KiB packed */

struct follower {
	struct body body; /* first */
	struct viewer *viewer;
	struct filter *filter;
	const struct host *host;
	bool sse, notable;
	uint8_t packed[EVENT_PACKED_MAX];
};

static void text(struct json *w, const char *z)
{
	json_text(w, str_of(z));
}

static void write_gap(struct follower *f, uint64_t lost)
{
	char line[128];

	if (f->sse)
		snprintf(line, sizeof(line),
			 "event: gap\ndata: {\"lost\":%llu,\"reason\":\"viewer too slow\"}\n\n",
			 (unsigned long long)lost);
	else
		snprintf(line, sizeof(line), "{\"schema\":\"whodid.gap/1.0\",\"lost\":%llu}\n",
			 (unsigned long long)lost);
	text(&f->body.out, line);
}

static void write_event(struct follower *f, const struct event *ev)
{
	struct json *w = &f->body.out;
	char head[64];

	if (f->sse) {
		snprintf(head, sizeof(head),
			 "id: %llu\nevent: event\ndata: ", (unsigned long long)ev->what.seq);
		text(w, head);
	}
	event_json_write(w, f->host, ev);
	text(w, f->sse ? "\n\n" : "\n");
}

static void write_matching(struct follower *f, size_t n)
{
	struct event ev;
	int used;

	for (size_t at = 0; (used = event_unpack(&ev, f->packed + at, n - at)) > 0;
	     at += (size_t)used) {
		if (f->notable && !event_is_notable(&ev))
			continue;
		if (filter_match(f->filter, &ev))
			write_event(f, &ev);
	}
}

/* Waits for something to show, at most until a sign of life is due: it finds out who has gone. */
static int fill(struct body *b)
{
	struct follower *f = (struct follower *)b;
	uint64_t due = clock_boot_ns() + HEARTBEAT_NS;

	while (!b->out.len) {
		uint64_t now = clock_boot_ns(), missed = 0;
		int n;

		if (now >= due) {
			text(&b->out, f->sse ? ":\n\n" : "\n");
			break;
		}
		n = viewer_read(f->viewer, f->packed, sizeof(f->packed),
				(unsigned)((due - now) / 1000000) + 1, &missed);
		if (missed)
			write_gap(f, missed);
		if (n == -ESHUTDOWN)
			return 1;
		if (n < 0)
			return n;
		write_matching(f, (size_t)n);
	}
	return 0;
}

static void free_follower(struct body *b)
{
	struct follower *f = (struct follower *)b;

	viewer_close(f->viewer);
	filter_free(f->filter);
	free(f);
}

static bool wants_sse(const struct request *rq)
{
	const char *accept = MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_ACCEPT);

	return accept && strstr(accept, "text/event-stream");
}

enum MHD_Result serve_stream(struct request *rq)
{
	struct problem err = {0};
	struct str notable = request_arg(rq, "notable");
	struct filter *filter = NULL;
	struct follower *f;
	bool only_notable = false;
	int rc;

	if (!rq->api->opt.stream)
		return reply_error(rq, MHD_HTTP_SERVICE_UNAVAILABLE, "no live stream here", NULL);
	if (notable.p && number_bool(notable, &only_notable))
		return reply_error(rq, MHD_HTTP_BAD_REQUEST, "notable is 0 or 1", NULL);
	rc = request_filter(rq, &filter, &err);
	if (rc)
		return reply_problem(rq, rc, &err);
	f = calloc(1, sizeof(*f));
	if (!f || viewer_open(&f->viewer, rq->api->opt.stream)) {
		filter_free(filter);
		free(f);
		return MHD_NO;
	}
	f->filter = filter;
	f->host = rq->api->opt.host;
	f->notable = only_notable;
	f->sse = wants_sse(rq);
	f->body.patient = true;
	f->body.fill = fill;
	f->body.free = free_follower;
	json_init(&f->body.out, TEXT_MAX);
	/* Whoever sees this knows that from now on nothing escapes it. */
	text(&f->body.out, f->sse ? ":\n\n" : "\n");
	return reply_body(rq, f->sse ? "text/event-stream" : NDJSON_TYPE, &f->body);
}
