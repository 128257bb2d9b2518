/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/source.h"

#include "base/clock.h"

static void add_time(struct text *path, const char *name, int64_t ns)
{
	char time[31];

	if (ns == 0)
		return;
	clock_rfc3339(time, ns);
	http_add_query(path, name, str_of(time));
}

static void add_number(struct text *path, const char *name, uint64_t n)
{
	if (n)
		text_printf(path, "%s%s=%llu", strchr(text_of(path), '?') ? "&" : "?", name,
			    (unsigned long long)n);
}

int source_events(const struct cli *c, const struct events_request *r, line_fn line, void *ctx)
{
	_cleanup_text_ struct text path = {0};
	struct http_request request = {.line = line, .ctx = ctx};

	if (c->from)
		return offline_events(c, r, line, ctx);
	text_puts(&path, "/api/v1/events");
	http_add_query(&path, "order", str_of(r->descending ? "desc" : "asc"));
	if (r->filter.n)
		http_add_query(&path, "q", r->filter);
	add_time(&path, "since", r->since_ns);
	add_time(&path, "until", r->until_ns);
	add_number(&path, "after", r->after_seq);
	add_number(&path, "limit", r->limit);
	request.path = path.p;
	return http_get(c, &request);
}

int source_anomalies(const struct cli *c, const char *state, line_fn line, void *ctx)
{
	_cleanup_text_ struct text path = {0};
	struct http_request request = {.line = line, .ctx = ctx};

	if (c->from)
		return offline_anomalies(c, state, line, ctx);
	text_puts(&path, "/api/v1/anomalies");
	http_add_query(&path, "state", str_of(state));
	request.path = path.p;
	return http_get(c, &request);
}
