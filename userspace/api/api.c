/* SPDX-License-Identifier: Apache-2.0 */
/* api: starts and stops the server, decides who may ask, and finds who answers which path. */
#include "api/api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include "api/parts.h"
#include "base/cleanup.h"
#include "event_json.h"

#define IDLE_S	      30	   /* a client that sends no request */
#define MEMORY_BYTES  (128u << 10) /* request and one piece of the answer, per connection */
#define ANSWER_MAX    (64u << 20)  /* all processes of a large host */
#define ARG_MAX_BYTES 8192

/* NDJSON lists and single objects that the line answers. */
static enum MHD_Result ask(struct request *rq, enum api_question what, struct str arg,
			   const char *type)
{
	struct problem err = {0};
	struct json w;
	int rc;

	json_init(&w, ANSWER_MAX);
	rc = question_ask(rq->api, what, arg, &w, &err);
	if (rc) {
		json_release(&w);
		return reply_problem(rq, rc, &err);
	}
	if (w.len && w.buf[w.len - 1] != '\n')
		json_text(&w, STR_LIT("\n"));
	return reply_json(rq, type, &w);
}

static enum MHD_Result serve_status(struct request *rq)
{
	return ask(rq, API_STATUS, STR_NONE, JSON_TYPE);
}

static enum MHD_Result serve_anomalies(struct request *rq)
{
	struct str state = request_arg(rq, "state");

	return ask(rq, API_ANOMALIES, state.n ? state : STR_LIT("open"), NDJSON_TYPE);
}

static enum MHD_Result serve_anomaly(struct request *rq)
{
	return ask(rq, API_ANOMALY, rq->rest, JSON_TYPE);
}

static enum MHD_Result serve_processes(struct request *rq)
{
	return ask(rq, API_PROCESSES, STR_NONE, NDJSON_TYPE);
}

static enum MHD_Result serve_profiles(struct request *rq)
{
	return ask(rq, API_PROFILES, STR_NONE, NDJSON_TYPE);
}

static enum MHD_Result serve_hooks(struct request *rq)
{
	return ask(rq, API_HOOKS, STR_NONE, NDJSON_TYPE);
}

static enum MHD_Result serve_schema(struct request *rq)
{
	struct json w;

	json_init(&w, ANSWER_MAX);
	event_json_schema(&w);
	return reply_json(rq, "application/schema+json", &w);
}

static const struct route {
	const char *path; /* one that ends with '/' takes one more part */
	const char *args; /* the query arguments that it knows */
	enum MHD_Result (*serve)(struct request *rq);
} routes[] = {
	{"/api/v1/status", "", serve_status},
	{"/api/v1/events", " q since until limit order after ", serve_events},
	{"/api/v1/events/", "", serve_event},
	{"/api/v1/stream", " q notable ", serve_stream},
	{"/api/v1/anomalies", " state ", serve_anomalies},
	{"/api/v1/anomalies/", "", serve_anomaly},
	{"/api/v1/identity/", "", serve_identity},
	{"/api/v1/processes", "", serve_processes},
	{"/api/v1/profiles", "", serve_profiles},
	{"/api/v1/hooks", "", serve_hooks},
	{"/schema/event.json", "", serve_schema},
};

static const struct route *find_route(struct str path, struct str *rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		struct str own = str_of(routes[i].path);

		*rest = STR_NONE;
		if (str_equal(path, own) && !str_ends(own, "/"))
			return &routes[i];
		if (!str_ends(own, "/") || !str_starts(path, routes[i].path))
			continue;
		*rest = str_sub(path, own.n, path.n);
		if (rest->n && str_index(*rest, 0, '/') < 0)
			return &routes[i];
	}
	return NULL;
}

struct arg_check {
	const struct route *route;
	const char *unknown;
	bool too_long;
};

/* Lengths are told: a %00 ends nothing. */
static enum MHD_Result check_arg(void *cls, enum MHD_ValueKind kind, const char *key,
				 size_t key_size, const char *value, size_t value_size)
{
	struct arg_check *check = cls;
	char word[32];
	int n = snprintf(word, sizeof(word), " %s ", key);

	(void)kind;
	(void)value;
	if ((size_t)n != key_size + 2 || strchr(key, ' ') || !strstr(check->route->args, word))
		check->unknown = key;
	if (value_size > ARG_MAX_BYTES)
		check->too_long = true;
	return check->unknown || check->too_long ? MHD_NO : MHD_YES;
}

static enum MHD_Result answer(struct request *rq, const char *url, const char *method)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct arg_check check = {0};

	if (!info || !socket_peer_may_look(rq->api, info->connect_fd))
		return reply_error(
			rq, MHD_HTTP_FORBIDDEN, "you may not look",
			"Become root, or a member of the group in api.group, and log in anew");
	rq->fd = info->connect_fd;
	check.route = find_route(str_of(url), &rq->rest);
	if (!check.route)
		return reply_error(rq, MHD_HTTP_NOT_FOUND, "no such path", NULL);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return reply_error(rq, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET here", NULL);
	MHD_get_connection_values_n(rq->connection, MHD_GET_ARGUMENT_KIND, check_arg, &check);
	if (check.unknown)
		return reply_error(rq, MHD_HTTP_BAD_REQUEST, "unknown query argument",
				   check.route->args[0] ? check.route->args : "It takes none");
	if (check.too_long)
		return reply_error(rq, MHD_HTTP_BAD_REQUEST, "a query argument is too long", NULL);
	return check.route->serve(rq);
}

/* Called once for the headers, then for the body if there is one, then to answer. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	static int headers_seen;
	struct request rq = {.api = cls, .connection = connection};

	(void)version;
	(void)upload;
	if (!*state) {
		*state = &headers_seen;
		/* A body is not waited for. */
		return strcmp(method, MHD_HTTP_METHOD_GET) != 0 ? answer(&rq, url, method)
								: MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	return answer(&rq, url, method);
}

/* Said without a thread of its own; whoever does not take it at once does not get it. */
static void turn_away(int fd)
{
	static const char text[] = "HTTP/1.1 503 Service Unavailable\r\n"
				   "Content-Type: " JSON_TYPE "\r\nConnection: close\r\n\r\n"
				   "{\"error\":{\"what\":\"too many clients\"}}\n";

	(void)!send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_RDWR);
}

/* Members of the group cannot take all connections: root must be able to look. */
static void on_connection(void *cls, struct MHD_Connection *connection, void **is_guest,
			  enum MHD_ConnectionNotificationCode what)
{
	struct api *a = cls;
	unsigned max = a->opt.connections - (a->opt.connections + 3) / 4;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*is_guest)
			atomic_fetch_sub(&a->guests, 1);
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!info || socket_peer_is_ours(info->connect_fd))
		return;
	*is_guest = a;
	if (atomic_fetch_add(&a->guests, 1) >= max)
		turn_away(info->connect_fd);
}

/* No MHD_USE_ERROR_LOG: it would print a line for each viewer that leaves. */
static int start_threads(struct api *a)
{
	a->mhd = MHD_start_daemon(
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
			MHD_USE_ITC,
		0, NULL, NULL, on_request, a, MHD_OPTION_LISTEN_SOCKET, a->listener.fd,
		MHD_OPTION_CONNECTION_LIMIT, a->opt.connections, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, a, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES, MHD_OPTION_END);
	if (!a->mhd)
		return -EIO;
	a->listener.fd = -1; /* closed by it */
	return 0;
}

static void free_api(struct api *a)
{
	if (a->listener.fd >= 0)
		close(a->listener.fd);
	if (a->question_fd >= 0)
		close(a->question_fd);
	pthread_cond_destroy(&a->answered);
	pthread_mutex_destroy(&a->flush_lock);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

static struct api *new_api(const struct api_options *opt)
{
	struct api *a = calloc(1, sizeof(*a));
	pthread_condattr_t attr;

	if (!a)
		return NULL;
	a->opt = *opt;
	a->listener.fd = -1;
	a->last = &a->first;
	pthread_mutex_init(&a->lock, NULL);
	pthread_mutex_init(&a->flush_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->answered, &attr);
	pthread_condattr_destroy(&attr);
	a->question_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return a;
}

int api_start(struct api **out, const struct api_options *opt, struct problem *err)
{
	struct api *a = new_api(opt);
	int rc;

	if (!a) {
		issuers_free(opt->issuers);
		return -ENOMEM;
	}
	rc = a->question_fd < 0 ? problem_set(err, -EMFILE, "cannot make an eventfd")
				: socket_listen(a, err);
	if (!rc && start_threads(a)) {
		socket_remove(&a->listener);
		rc = problem_set(err, -EIO, "cannot start the server on %s", opt->socket_path);
	}
	if (rc) {
		issuers_free(opt->issuers);
		free_api(a);
		return rc;
	}
	if (opt->attest_path)
		rc = attest_server_start(a, opt->issuers, err);
	if (rc) {
		api_stop(a);
		return rc;
	}
	*out = a;
	return 0;
}

void api_set_issuers(struct api *a, struct issuers *set)
{
	attest_server_reload(a->attest, set);
}

/* Viewers come to the end of the stream by themselves; one that does not read is not waited for. */
static void wait_for_viewers(const struct api *a)
{
	struct timespec nap = {0, 5 * 1000000};

	for (int i = 0; i < 100 && stream_viewers(a->opt.stream); i++)
		nanosleep(&nap, NULL);
}

void api_stop(struct api *a)
{
	MHD_socket fd;

	if (!a)
		return;
	socket_remove(&a->listener);
	fd = MHD_quiesce_daemon(a->mhd);
	question_refuse_all(a);
	attest_server_stop(a->attest);
	if (a->opt.stream) {
		stream_shutdown(a->opt.stream);
		wait_for_viewers(a);
	}
	MHD_stop_daemon(a->mhd);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	free_api(a);
}
