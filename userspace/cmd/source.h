/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source: lines of JSON from where the user pointed: the daemon's socket (http.c), a copied store
 * (offline.c), or NDJSON on standard input or in a file. What reads them cannot tell the difference.
 */
#ifndef WHODID_CMD_SOURCE_H
#define WHODID_CMD_SOURCE_H

#include "cmd/cmd.h"

/* One line without its newline, valid during the call. Not 0 stops the source, which is no error. */
typedef int (*line_fn)(void *ctx, struct str line);

struct http_request {
	const char *path; /* "/api/v1/status" */
	line_fn line;
	void *ctx;
	bool endless;		 /* a stream: no overall timeout */
	int64_t until_ns;	 /* of clock_boot_ns(): stop then; 0 = never */
	void (*tick)(void *ctx); /* every 100 ms of an endless one; NULL = none */
	bool quiet;		 /* say nothing when it fails */
	bool missing_ok;	 /* 404 is CODE_NO, unsaid */
};

/* Adds name=value to a path, percent-encoded, behind '?' or '&'. */
void http_add_query(struct text *path, const char *name, struct str value);
/* Adds one path segment, percent-encoded. */
void http_add_segment(struct text *path, const char *segment);
/* Asks the daemon. Returns an exit code; what went wrong has been said. */
int http_get(const struct cli *c, const struct http_request *r);

struct events_request {
	struct str filter;
	int64_t since_ns, until_ns;
	uint64_t after_seq, limit; /* 0 = none */
	bool descending;
	bool notable; /* only events that watch shows by default; not asked of the daemon's history */
};

/*
 * Events of the history in order, then one whodid.answer/1.0 object about completeness where it is
 * known. Returns an exit code.
 */
int source_events(const struct cli *c, const struct events_request *r, line_fn line, void *ctx);
/* Anomalies with that state ("open", "all", ...). */
int source_anomalies(const struct cli *c, const char *state, line_fn line, void *ctx);

/* The same from c->from. */
int offline_events(const struct cli *c, const struct events_request *r, line_fn line, void *ctx);
int offline_anomalies(const struct cli *c, const char *state, line_fn line, void *ctx);

#endif
