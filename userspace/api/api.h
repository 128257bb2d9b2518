/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api: HTTP/1.1 over the unix socket (libmicrohttpd). The peer's uid decides: root, the daemon's own
 * uid and members of the configured group may look; others get 403. One thread per connection, at most
 * api.connections; none of them touches the line: live state is asked through ask(), history through a
 * reader of its own, the stream through a viewer. A quarter of the connections is root's.
 *
 *   GET /api/v1/status                         one object
 *   GET /api/v1/events?q=&since=&until=&limit=&order=asc|desc&after=
 *                                              NDJSON; the last line is a whodid.answer/1.0 object with
 *                                              {events, complete, oldest_time, gaps[], lost, more, after}
 *   GET /api/v1/events/{uid|seq}               one object or 404
 *   GET /api/v1/stream?q=&notable=1            NDJSON, live; text/event-stream when Accept asks for it.
 *                                              {"schema":"whodid.gap/1.0","lost":N} where a slow viewer missed
 *                                              some; a blank line every 5 s when idle
 *   GET /api/v1/anomalies?state=open|all|...   NDJSON
 *   GET /api/v1/anomalies/{A-n}                one object
 *   GET /api/v1/identity/{pid|bN|event uid}    one object
 *   GET /api/v1/processes                      NDJSON
 *   GET /api/v1/profiles                       NDJSON
 *   GET /api/v1/hooks                          NDJSON
 *   GET /schema/event.json
 *
 * Beside it, tokens are taken on a socket of their own that everybody may speak to (attest_path,
 * SOCK_SEQPACKET, 0666). A conversation, each line one message:
 *
 *   HELLO
 *                   CHALLENGE AUDIENCE       AUDIENCE is whodid:<machine id>:<nonce>
 *   BIND AUDIENCE WANTED TOKEN               AUDIENCE as it came; WANTED is "-" or the token's audience
 *                   OK WHO                   or ERROR CODE TEXT (attest_result_name(), _text())
 *
 * Errors are {"error":{"what":..., "remedy":...}} with status 400, 403, 404, 405, 503.
 */
#ifndef WHODID_API_H
#define WHODID_API_H

#include "attest/attest.h"
#include "base/json.h"
#include "base/problem.h"
#include "event.h"
#include "sink/stream.h"

struct api;

enum api_question {
	API_STATUS,
	API_IDENTITY,
	API_PROCESSES,
	API_ANOMALIES,
	API_ANOMALY,
	API_PROFILES,
	API_HOOKS,
	API_ATTEST, /* arg is one struct attest_request, which is answered too; writes no text */
	API_FLUSH   /* take what waits in the ring, store_flush(); writes no text */
};

/* A token that somebody showed, and what attest_verify() said of it. */
struct attest_request {
	int pidfd; /* of the sender, whom the kernel names in every message; -1 = it has ended */
	uint32_t pid;
	const struct attestation *attestation; /* NULL unless result is ATTEST_OK */
	enum attest_result result;	       /* the answer, when the line has bound it or not */
	char who[256];			       /* the answer: who it is now */
};

/*
 * Answers a question about live state on the line's thread. arg is the path's last part or the state=
 * word. Returns 0 and fills w, or -errno with err.
 */
typedef int (*api_answer_fn)(void *ctx, enum api_question question, struct str arg, struct json *w,
			     struct problem *err);

struct api_options {
	const char *socket_path;
	const char *group; /* that may look; a group that does not exist is no group */
	unsigned connections;
	const char *store_path; /* for history; NULL = no history here (503) */
	struct store *store;	/* for store_wait() alone; NULL = nobody writes the history */
	uint64_t since_seq;	/* first of this run: boundary ids from before mean nothing now */
	const struct host *host;
	const char *attest_path; /* NULL = no tokens are taken */
	struct issuers *issuers; /* whose; taken over */
	int64_t started_wall_ns;
	struct stream *stream;
	api_answer_fn answer;
	void *ctx;
};

/* Whether somebody answers on that socket: another daemon. */
bool api_is_answering(const char *socket_path);

/*
 * Makes the socket (0660, root:group), refuses with -EADDRINUSE when another daemon answers on it,
 * replaces a dead one. Starts answering.
 */
int api_start(struct api **out, const struct api_options *opt, struct problem *err);
/* Other issuers from now on. Takes set over; without attest_path there is nobody to take it. */
void api_set_issuers(struct api *a, struct issuers *set);
/* Readable when a question waits for the line's thread; then call api_serve(). */
int api_question_fd(const struct api *a);
/* On the line's thread: answers what waits. */
void api_serve(struct api *a);
/* Shuts the stream down, lets viewers take what is left of it, ends all threads, removes the socket. */
void api_stop(struct api *a);

#endif
