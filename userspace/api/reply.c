/* SPDX-License-Identifier: Apache-2.0 */
/* reply: errors, whole answers, and answers that are made while they are sent. */
#include <errno.h>
#include <stdlib.h>

#include "api/parts.h"

/* A piece of a body is at most this; libmicrohttpd copies it into its own chunk. */
#define PIECE_BYTES (32u * 1024)
#define LARGE	    (1u << 20)
#define HELD_MAX    (128u << 20) /* all large answers together */

static enum MHD_Result send_response(struct request *rq, unsigned status, const char *type,
				     struct MHD_Response *response)
{
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
	rc = MHD_queue_response(rq->connection, status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result send_json(struct request *rq, unsigned status, const char *type,
				 struct json *w)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(w->len, w->buf, MHD_RESPMEM_MUST_FREE);

	if (response) /* it has the text now */
		w->buf = NULL;
	json_release(w);
	return send_response(rq, status, type, response);
}

enum MHD_Result reply_error(struct request *rq, unsigned status, const char *what,
			    const char *remedy)
{
	struct json w;

	json_init(&w, 16 * 1024);
	json_object_begin(&w, NULL);
	json_object_begin(&w, "error");
	json_cstr(&w, "what", what);
	json_cstr(&w, "remedy", remedy && *remedy ? remedy : NULL);
	json_object_end(&w);
	json_object_end(&w);
	json_text(&w, STR_LIT("\n"));
	return send_json(rq, status, JSON_TYPE, &w);
}

static unsigned status_of(int err)
{
	static const struct {
		int err;
		unsigned status;
	} known[] = {
		{-EINVAL, MHD_HTTP_BAD_REQUEST}, {-E2BIG, MHD_HTTP_BAD_REQUEST},
		{-ENOENT, MHD_HTTP_NOT_FOUND},	 {-ESRCH, MHD_HTTP_NOT_FOUND},
		{-EACCES, MHD_HTTP_FORBIDDEN},	 {-EPERM, MHD_HTTP_FORBIDDEN},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].err == err)
			return known[i].status;
	return MHD_HTTP_SERVICE_UNAVAILABLE;
}

enum MHD_Result reply_problem(struct request *rq, int err, const struct problem *problem)
{
	return reply_error(rq, status_of(err), problem->text[0] ? problem->text : strerror(-err),
			   problem->remedy);
}

/* A list that is large: who asks for many and takes none must not fill the memory. */
struct large {
	struct body body; /* first */
	struct api *api;
	size_t size;
};

static void free_large(struct body *b)
{
	struct large *large = (struct large *)b;

	atomic_fetch_sub(&large->api->held, large->size);
	free(large);
}

static enum MHD_Result send_large(struct request *rq, const char *type, struct json *w)
{
	struct large *large = calloc(1, sizeof(*large));

	if (!large || atomic_fetch_add(&rq->api->held, w->cap) + w->cap > HELD_MAX) {
		if (large)
			atomic_fetch_sub(&rq->api->held, w->cap);
		free(large);
		json_release(w);
		return reply_error(rq, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "too many large answers wait for their readers", "Try again");
	}
	large->body = (struct body){.out = *w, .last = true, .free = free_large};
	large->api = rq->api;
	large->size = w->cap;
	return reply_body(rq, type, &large->body);
}

enum MHD_Result reply_json(struct request *rq, const char *type, struct json *w)
{
	int err = w->err;

	if (err) {
		json_release(w);
		return reply_error(rq, MHD_HTTP_SERVICE_UNAVAILABLE, strerror(-err),
				   "Ask for less at once");
	}
	return w->cap > LARGE ? send_large(rq, type, w) : send_json(rq, MHD_HTTP_OK, type, w);
}

struct str request_arg(const struct request *rq, const char *name)
{
	const char *value = NULL;
	size_t n = 0;

	if (MHD_lookup_connection_value_n(rq->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name),
					  &value, &n) != MHD_YES)
		return STR_NONE;
	return (struct str){value ? value : "", (uint32_t)n};
}

int request_filter(const struct request *rq, struct filter **out, struct problem *err)
{
	struct str words = request_arg(rq, "q");

	int rc = words.n ? filter_parse(out, words, err) : 0;

	if (rc)
		problem_remedy(err, "Write FIELD=VALUE words like type=exec who=human:*");
	return rc;
}

static ssize_t read_body(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct body *b = cls;

	(void)pos;
	while (b->sent == b->out.len) {
		int rc;

		if (b->last)
			return MHD_CONTENT_READER_END_OF_STREAM;
		json_reset(&b->out);
		b->sent = 0;
		rc = b->fill(b);
		if (rc < 0 || b->out.err)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		b->last = rc == 1;
	}
	if (max > b->out.len - b->sent)
		max = b->out.len - b->sent;
	memcpy(buf, b->out.buf + b->sent, max);
	b->sent += max;
	return (ssize_t)max;
}

static void free_body(void *cls)
{
	struct body *b = cls;

	json_release(&b->out);
	b->free(b);
}

enum MHD_Result reply_body(struct request *rq, const char *type, struct body *b)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, PIECE_BYTES, read_body, b, free_body);

	if (!response) {
		free_body(b);
		return MHD_NO;
	}
	/* A pager or a stopped terminal. */
	if (b->patient)
		MHD_set_connection_option(rq->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	MHD_add_response_header(response, "X-Accel-Buffering", "no");
	return send_response(rq, MHD_HTTP_OK, type, response);
}
