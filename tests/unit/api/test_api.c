/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's socket from a client's side: who may ask, what comes back, how streams begin and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "api/api.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "event_pack.h"
#include "store/store.h"

#define NOBODY	    65534
#define GROUP_NAME  "daemon" /* there on every Linux */
#define CONNECTIONS 8

static char dir[64], path[100];
static struct host host = {"testhost", "b1946ac9-0000-4000-8000-000000000001", ""};
static struct stream *stream;
static struct api *api;
static pthread_t line;
static atomic_bool line_stops, line_sleeps, line_is_slow;
static atomic_uint turn, turn_max; /* questions that one api_serve() answered */
static struct store *live;	   /* what the line writes; NULL = nothing */

/* When the n-th event that is put into the store happened: an hour ago. */
static int64_t kept_wall_ns(uint64_t n)
{
	static int64_t base;

	if (!base)
		base = clock_wall_ns() - 3600000000000;
	return base + (int64_t)n * 1000000;
}

/* --- the line's side */

static int answer(void *ctx, enum api_question what, struct str arg, struct json *w,
		  struct problem *err)
{
	assert_ptr_equal(ctx, &line);
	if (++turn > turn_max)
		turn_max = turn;
	if (what == API_FLUSH) {
		store_flush(live);
		return 0;
	}
	if (line_is_slow)
		nanosleep(&(struct timespec){0, 20000000}, NULL);
	if (what == API_IDENTITY && str_is(arg, "4466")) {
		json_object_begin(w, NULL);
		json_str(w, "asked", arg);
		json_object_end(w);
		return 0;
	}
	if (what == API_IDENTITY)
		return problem_set(err, -ESRCH, "nothing is known of %.*s", STR_ARG(arg));
	for (unsigned i = 0; what == API_PROCESSES && i < 5000; i++) {
		static char kib[1024];

		memset(kib, 'x', sizeof(kib));
		json_text(w, (struct str){kib, sizeof(kib)});
	}
	json_object_begin(w, NULL);
	json_u64(w, "question", what);
	json_str(w, "arg", arg);
	json_object_end(w);
	return 0;
}

static void *run_line(void *arg)
{
	struct pollfd fd = {.fd = api_question_fd(api), .events = POLLIN};

	while (!line_stops)
		if (poll(&fd, 1, 10) > 0 && !line_sleeps) {
			turn = 0;
			api_serve(arg);
		}
	return NULL;
}

static struct api_options options(void)
{
	return (struct api_options){
		.socket_path = path,
		.group = GROUP_NAME,
		.connections = CONNECTIONS,
		.store_path = dir,
		.store = live,
		.since_seq = 20,
		.host = &host,
		.stream = stream,
		.answer = answer,
		.ctx = &line,
	};
}

static int start(void **state)
{
	struct api_options opt;
	struct problem err = {0};

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/whodid-api.XXXXXX");
	assert_non_null(mkdtemp(dir));
	chmod(dir, 0755);
	snprintf(path, sizeof(path), "%s/sub/api.sock", dir);
	assert_int_equal(stream_new(&stream, 256 * 1024), 0);
	opt = options();
	if (api_start(&api, &opt, &err))
		fail_msg("%s", err.text);
	line_stops = line_sleeps = line_is_slow = false;
	turn_max = 0;
	pthread_create(&line, NULL, run_line, api);
	return 0;
}

static int stop(void **state)
{
	char cmd[128];

	(void)state;
	line_stops = true;
	pthread_join(line, NULL);
	api_stop(TAKE_PTR(api));
	store_close(TAKE_PTR(live));
	stream_free(stream);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

/* --- a client */

struct reply {
	int status;
	bool whole; /* the body came to its proper end */
	char type[64];
	char body[4 << 20];
	size_t n;
};

static int dial(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval patience = {20, 0};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int say(const char *method, const char *url, const char *headers, const char *body)
{
	char text[8192];
	int fd = dial(), n;

	if (fd < 0)
		return -1;
	n = snprintf(text, sizeof(text),
		     "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n%s", method, url,
		     headers, body);
	if (send(fd, text, (size_t)n, MSG_NOSIGNAL) != n) {
		close(fd);
		return -1;
	}
	return fd;
}

static size_t read_until_end(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < size && (got = recv(fd, buf + n, size - 1 - n, 0)) > 0)
		n += (size_t)got;
	buf[n] = '\0';
	return n;
}

/* Takes the chunks' frames away. Returns whether the last, empty chunk was there. */
static bool dechunk(char *text, size_t *n)
{
	char *in = text, *out = text, *end = text + *n;
	bool whole = false;

	while (in < end) {
		char *data;
		size_t size = strtoul(in, &data, 16);

		if (data + 2 > end || memcmp(data, "\r\n", 2) || data + 2 + size + 2 > end)
			break;
		whole = size == 0;
		memmove(out, data + 2, size);
		out += size;
		in = data + 2 + size + 2;
	}
	*n = (size_t)(out - text);
	*out = '\0';
	return whole;
}

static void parse(struct reply *r, char *raw, size_t n)
{
	char *body = strstr(raw, "\r\n\r\n"), *type;

	r->status = 0;
	r->n = 0;
	r->body[0] = '\0';
	if (!body || sscanf(raw, "HTTP/1.1 %d", &r->status) != 1)
		return;
	*body = '\0';
	body += 4;
	r->n = n - (size_t)(body - raw);
	type = strcasestr(raw, "\r\nContent-Type: ");
	snprintf(r->type, sizeof(r->type), "%.*s", type ? (int)strcspn(type + 16, "\r") : 0,
		 type ? type + 16 : "");
	memcpy(r->body, body, r->n + 1);
	r->whole = strcasestr(raw, "chunked") ? dechunk(r->body, &r->n) : true;
}

static struct reply *ask(const char *method, const char *url)
{
	static struct reply r;
	static char raw[4 << 20];
	int fd = say(method, url, *method == 'P' ? "Content-Length: 2\r\n" : "",
		     *method == 'P' ? "{}" : "");

	r.status = -1;
	if (fd < 0)
		return &r;
	parse(&r, raw, read_until_end(fd, raw, sizeof(raw)));
	close(fd);
	return &r;
}

static struct reply *get(const char *url)
{
	return ask("GET", url);
}

static bool has(const struct reply *r, const char *text)
{
	return strstr(r->body, text) != NULL;
}

/* --- who and what */

static void test_questions_are_answered(void **state)
{
	struct reply *r = get("/api/v1/status");

	(void)state;
	assert_int_equal(r->status, 200);
	assert_string_equal(r->type, "application/json");
	assert_string_equal(r->body, "{\"question\":0,\"arg\":\"\"}\n");
	r = get("/api/v1/anomalies?state=a%20b");
	assert_true(has(r, "\"arg\":\"a b\""));
	assert_string_equal(r->type, "application/x-ndjson");
	assert_true(has(get("/api/v1/anomalies"), "\"arg\":\"open\""));
	assert_true(has(get("/api/v1/anomalies/A-12"), "\"arg\":\"A-12\""));
	r = get("/api/v1/identity/4466");
	assert_int_equal(r->status, 200);
	assert_string_equal(r->body, "{\"asked\":\"4466\"}\n");
	r = get("/api/v1/identity/1");
	assert_int_equal(r->status, 404);
	assert_true(has(r, "{\"error\":{\"what\":\"nothing is known of 1\""));
	assert_true(has(get("/schema/event.json"), "schema"));
}

static const struct {
	const char *method, *url;
	int status;
} refusals[] = {
	{"GET", "/", 404},
	{"GET", "/api/v1", 404},
	{"GET", "/api/v1/statu", 404},
	{"GET", "/api/v1/status/", 404},
	{"GET", "/api/v1/status/x", 404},
	{"GET", "/api/v1/identity/", 404},
	{"GET", "/api/v1/identity/a/b", 404},
	{"GET", "/api/v1/../../etc/passwd", 404},
	{"POST", "/api/v1/status", 405},
	{"PUT", "/api/v1/events", 405},
	{"DELETE", "/api/v1/status", 405},
	{"POST", "/nonsense", 404},
	{"GET", "/api/v1/status?x=1", 400},
	{"GET", "/api/v1/events?lim=1", 400},
	{"GET", "/api/v1/events?limit=ten", 400},
	{"GET", "/api/v1/events?order=up", 400},
	{"GET", "/api/v1/events?since=whenever", 400},
	{"GET", "/api/v1/events?q=nofield%3D1", 400},
	{"GET", "/api/v1/stream?q=nofield%3D1", 400},
	{"GET", "/api/v1/stream?notable=perhaps", 400},
	{"GET", "/api/v1/events/xyz", 400},
	{"GET", "/api/v1/anomalies?state%20x=1", 400},
	{"GET", "/api/v1/status?a%00=1", 400},
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct reply *r = ask(refusals[i].method, refusals[i].url);

		if (r->status != refusals[i].status || !has(r, "{\"error\":{\"what\":\""))
			fail_msg("%s %s: %d %s", refusals[i].method, refusals[i].url, r->status,
				 r->body);
	}
	assert_int_equal(get("/api/v1/status")->status, 200);
}

/* The class of status (2, 4, ...) that a child of these ids gets; 0 = it could not even connect. */
static int class_as(uid_t uid, gid_t gid, gid_t extra)
{
	int wait_status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(extra != (gid_t)-1, &extra) || setgid(gid) || setuid(uid))
			_exit(99);
		_exit(get("/api/v1/status")->status / 100); /* fits into an exit code */
	}
	waitpid(pid, &wait_status, 0);
	return WEXITSTATUS(wait_status);
}

static void test_the_peer_decides(void **state)
{
	struct group *g = getgrnam(GROUP_NAME);
	struct stat st;

	(void)state;
	if (geteuid() != 0 || !g)
		skip();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(st.st_gid, g->gr_gid);
	assert_int_equal(class_as(NOBODY, NOBODY, (gid_t)-1), 0);
	/* Not only the file's mode: */
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(class_as(NOBODY, NOBODY, (gid_t)-1), 4);
	assert_int_equal(class_as(NOBODY, NOBODY, g->gr_gid), 2);
	assert_int_equal(class_as(NOBODY, g->gr_gid, (gid_t)-1), 2);
	assert_int_equal(class_as(0, 0, (gid_t)-1), 2);
}

/* A connection that has ended keeps its place until its thread has left. */
static bool answers_soon(int status)
{
	for (int tries = 0; tries < 500; tries++) {
		if (get("/api/v1/status")->status == status)
			return true;
		usleep(10000);
	}
	return false;
}

/* A stream that has begun, likewise; its descriptor. */
static int stream_soon(void)
{
	char head[12] = "";

	for (int tries = 0; tries < 500; tries++) {
		int fd = say("GET", "/api/v1/stream", "", "");

		if (fd >= 0 && recv(fd, head, sizeof(head), MSG_WAITALL) == sizeof(head) &&
		    memcmp(head, "HTTP/1.1 200", sizeof(head)) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
		usleep(10000);
	}
	return -1;
}

/* Uses all that others may have and holds it; says so by a byte, ends at the other's. */
static pid_t crowd_of(gid_t group, int say_fd, int wait_fd)
{
	pid_t pid = fork();
	int fds[CONNECTIONS];
	char byte;

	if (pid)
		return pid;
	if (setgroups(0, NULL) || setgid(group) || setuid(NOBODY))
		_exit(1);
	for (int i = 0; i < CONNECTIONS - 2; i++) {
		fds[i] = stream_soon();
		if (fds[i] < 0)
			_exit(2);
	}
	if (!answers_soon(503))
		_exit(3);
	byte = 0;
	if (write(say_fd, &byte, 1) != 1 || read(wait_fd, &byte, 1) != 0)
		_exit(4);
	_exit(0);
}

static void test_others_leave_room_for_root(void **state)
{
	struct group *g = getgrnam(GROUP_NAME);
	int says[2], waits[2], status;
	char byte;
	pid_t pid;

	(void)state;
	if (geteuid() != 0 || !g)
		skip();
	assert_int_equal(pipe2(says, O_CLOEXEC), 0);
	assert_int_equal(pipe2(waits, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(waits[1]);
		pid = crowd_of(g->gr_gid, says[1], waits[0]);
		waitpid(pid, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	close(says[1]);
	assert_int_equal(read(says[0], &byte, 1), 1);
	for (int i = 0; i < 3; i++)
		assert_true(answers_soon(200));
	close(waits[1]);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	close(says[0]);
	close(waits[0]);
}

static double seconds_since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

static void test_a_busy_line_is_said_and_streams_show_life(void **state)
{
	struct timespec from;
	char buf[4096];
	int fd = say("GET", "/api/v1/stream", "", "");
	size_t n = 0;
	ssize_t got;

	(void)state;
	line_sleeps = true;
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(get("/api/v1/status")->status, 503);
	assert_true(seconds_since(&from) < 15);
	line_sleeps = false;
	assert_int_equal(get("/api/v1/status")->status, 200);
	/* The first blank line at once, the second after five idle seconds. */
	do {
		got = recv(fd, buf + n, sizeof(buf) - 1 - n, 0);
		assert_true(got > 0);
		n += (size_t)got;
		buf[n] = '\0';
	} while (!strstr(buf, "1\r\n\n\r\n1\r\n\n\r\n"));
	assert_true(seconds_since(&from) > 4 && seconds_since(&from) < 15);
	close(fd);
}

/* The ring must be looked at between two questions that took long. */
static void test_many_questions_do_not_hold_the_line(void **state)
{
	int fds[CONNECTIONS - 1];
	static char raw[4096];

	(void)state;
	line_is_slow = line_sleeps = true;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = say("GET", "/api/v1/status", "", "");
	nanosleep(&(struct timespec){0, 200000000}, NULL); /* most of them wait by now */
	line_sleeps = false;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		struct reply r;

		parse(&r, raw, read_until_end(fds[i], raw, sizeof(raw)));
		assert_int_equal(r.status, 200);
		close(fds[i]);
	}
	assert_int_equal(turn_max, 1);
}

/* 5 MB each, in buffers of 8 MiB: all clients together may have 128 MiB of them waiting. */
static void test_large_answers_have_a_ceiling(void **state)
{
	enum { MANY = 20 };
	struct api_options opt = options();
	char raw[64] = "";
	int fds[MANY], refused = 0, served = 0;

	(void)state;
	line_stops = true;
	pthread_join(line, NULL);
	api_stop(TAKE_PTR(api));
	stream_free(stream);
	assert_int_equal(stream_new(&stream, 256 * 1024), 0);
	opt.stream = stream;
	opt.connections = MANY + 4;
	assert_int_equal(api_start(&api, &opt, NULL), 0);
	line_stops = false;
	pthread_create(&line, NULL, run_line, api);
	for (int i = 0; i < MANY; i++) {
		fds[i] = say("GET", "/api/v1/processes", "", "");
		assert_true(read_until_end(fds[i], raw, 14) == 13); /* "HTTP/1.1 200 ", no more */
		served += strstr(raw, " 200") != NULL;
		refused += strstr(raw, " 503") != NULL;
	}
	assert_int_equal(served, 16);
	assert_int_equal(refused, MANY - 16);
	/* What is taken or given up makes room again. */
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	for (int i = 0; i < 1000 && (served = get("/api/v1/processes")->status) != 200; i++)
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	assert_int_equal(served, 200);
}

static void test_connections_are_limited(void **state)
{
	int fds[CONNECTIONS + 1];
	struct reply *r;

	(void)state;
	for (int i = 0; i < CONNECTIONS; i++) {
		char byte;

		fds[i] = say("GET", "/api/v1/stream", "", "");
		assert_true(fds[i] >= 0);
		assert_int_equal(recv(fds[i], &byte, 1, 0), 1); /* it is served */
	}
	r = get("/api/v1/status");
	assert_true(r->status <= 0);
	close(fds[0]);
	/* Its thread notices when it has something to write. */
	for (int i = 0; i < 1000 && (r = get("/api/v1/status"))->status != 200; i++) {
		uint8_t packed[EVENT_PACKED_MAX];
		struct event ev = {.what = {.type = EVENT_EXEC, .count = 1, .wall_ns = 1}};
		int n = event_pack(&ev, packed, sizeof(packed));

		stream_emit(stream, packed, (size_t)n);
		stream_flush(stream);
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	}
	assert_int_equal(r->status, 200);
	for (int i = 1; i < CONNECTIONS; i++)
		close(fds[i]);
}

static void test_one_daemon_a_socket(void **state)
{
	struct api_options opt = options();
	struct problem err = {0};
	struct api *second = NULL;
	char other[160];
	FILE *f;

	(void)state;
	assert_true(api_is_answering(path));
	assert_int_equal(api_start(&second, &opt, &err), -EADDRINUSE);
	assert_int_equal(get("/api/v1/status")->status, 200);
	/* A file that is no socket is nobody's to remove. */
	snprintf(other, sizeof(other), "%s/file", dir);
	f = fopen(other, "w");
	fclose(f);
	opt.socket_path = other;
	err = (struct problem){0};
	assert_true(api_start(&second, &opt, &err) < 0);
	assert_int_equal(access(other, F_OK), 0);
	assert_false(api_is_answering(other));
	assert_null(second);
}

static void test_a_daemon_that_does_not_accept_is_one(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), waiting[4];
	char other[160];

	(void)state;
	snprintf(other, sizeof(other), "%s/hung", dir);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.107s", other);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(waiting); i++) {
		waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(waiting[i], (struct sockaddr *)&addr, sizeof(addr));
	}
	alarm(20);
	assert_true(api_is_answering(other));
	alarm(0);
	for (size_t i = 0; i < ARRAY_SIZE(waiting); i++)
		close(waiting[i]);
	close(fd);
}

static void test_a_dead_socket_is_replaced(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct api_options opt = options();
	struct api *second = NULL;
	char other[160];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	snprintf(other, sizeof(other), "%s/dead", dir);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.107s", other);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	opt.socket_path = other;
	opt.stream = NULL;
	assert_int_equal(api_start(&second, &opt, NULL), 0);
	assert_true(api_is_answering(other));
	api_stop(second);
	assert_int_equal(access(other, F_OK), -1);
}

/* --- the live stream */

static void emit(enum event_type type, const char *exe, uint64_t seq)
{
	static uint8_t packed[EVENT_PACKED_MAX];
	struct event ev = {0};
	int n;

	ev.what.type = type;
	ev.what.seq = seq;
	ev.what.count = 1;
	ev.what.wall_ns = 1764000000000000000 + (int64_t)seq * 1000000;
	ev.what.pid = 4466;
	ev.who.exe = str_of(exe);
	n = event_pack(&ev, packed, sizeof(packed));
	assert_true(n > 0);
	stream_emit(stream, packed, (size_t)n);
	stream_flush(stream);
}

static void wait_for_viewer(void)
{
	for (int i = 0; i < 2000 && !stream_viewers(stream); i++)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	assert_int_equal(stream_viewers(stream), 1);
}

static struct reply *finish_stream(int fd)
{
	static struct reply r;
	static char raw[4 << 20];

	/* The end of the daemon is the end of the stream, after everything that was in it. */
	line_stops = true;
	pthread_join(line, NULL);
	api_stop(TAKE_PTR(api));
	parse(&r, raw, read_until_end(fd, raw, sizeof(raw)));
	close(fd);
	line_stops = false;
	struct api_options opt = options();
	stream_free(stream);
	assert_int_equal(stream_new(&stream, 256 * 1024), 0);
	opt.stream = stream;
	assert_int_equal(api_start(&api, &opt, NULL), 0);
	pthread_create(&line, NULL, run_line, api);
	return &r;
}

static unsigned count(const struct reply *r, const char *text)
{
	unsigned n = 0;

	for (const char *at = r->body; (at = strstr(at, text)); at += strlen(text))
		n++;
	return n;
}

static void test_stream_shows_what_matches_and_ends_properly(void **state)
{
	int fd = say("GET", "/api/v1/stream?q=type%3Dexec", "", "");
	struct reply *r;

	(void)state;
	wait_for_viewer();
	emit(EVENT_EXEC, "/usr/bin/one", 1);
	emit(EVENT_EXIT, "/usr/bin/one", 2);
	emit(EVENT_EXEC, "/usr/bin/two", 3);
	r = finish_stream(fd);
	assert_int_equal(r->status, 200);
	assert_string_equal(r->type, "application/x-ndjson");
	assert_true(r->whole);
	assert_int_equal(count(r, "\"schema\":\"whodid.event/1.0\""), 2);
	assert_true(has(r, "/usr/bin/two"));
	assert_true(has(r, "\"name\":\"testhost\"") || has(r, "testhost"));
	assert_false(has(r, "\"exit\""));
}

static void test_stream_as_server_sent_events(void **state)
{
	int fd = say("GET", "/api/v1/stream", "Accept: text/event-stream\r\n", "");
	struct reply *r;

	(void)state;
	wait_for_viewer();
	emit(EVENT_EXEC, "/usr/bin/one", 77);
	r = finish_stream(fd);
	assert_string_equal(r->type, "text/event-stream");
	assert_non_null(strstr(r->body, "id: 77\nevent: event\ndata: {"));
	assert_true(r->n > 2 && !strcmp(r->body + r->n - 2, "\n\n"));
}

static void test_a_viewer_that_does_not_read_is_told_what_it_missed(void **state)
{
	enum { MANY = 60000 };
	int fd = say("GET", "/api/v1/stream", "", "");
	unsigned long long lost = 0;
	struct timespec from;
	struct reply *r;

	(void)state;
	wait_for_viewer();
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (uint64_t i = 1; i <= MANY; i++)
		emit(EVENT_EXEC, "/usr/bin/a/long/path/that/fills/buffers", i);
	assert_true(seconds_since(&from) < 10);
	/* Reading begins now; stopping gives it time for that. */
	static char raw[64 << 20];
	size_t n = 0;
	ssize_t got;

	emit(EVENT_EXIT, "/usr/bin/last", MANY + 1);
	while ((got = recv(fd, raw + n, sizeof(raw) - 1 - n, 0)) > 0) {
		n += (size_t)got;
		raw[n] = '\0';
		if (strstr(raw + (n > 8192 ? n - 8192 : 0), "/usr/bin/last"))
			break;
	}
	unsigned seen = 0;

	for (char *at = raw; (at = strstr(at, "whodid.event/1.0")); at++)
		seen++;
	for (char *at = raw; (at = strstr(at, "whodid.gap/1.0\",\"lost\":")); at++)
		lost += strtoull(at + 23, NULL, 10);
	assert_true(lost > 0);
	assert_int_equal(seen + lost, MANY + 1);
	assert_int_equal(stream_lost(stream), lost);
	close(fd);
	r = get("/api/v1/status");
	assert_int_equal(r->status, 200);
}

static void test_stop_does_not_wait_for_who_does_not_read(void **state)
{
	int fd = say("GET", "/api/v1/stream", "", "");
	struct timespec from;

	(void)state;
	wait_for_viewer();
	for (uint64_t i = 1; i <= 20000; i++)
		emit(EVENT_EXEC, "/usr/bin/a/long/path/that/fills/buffers", i);
	clock_gettime(CLOCK_MONOTONIC, &from);
	finish_stream(dup(fd));
	assert_true(seconds_since(&from) < 5);
	close(fd);
}

/* --- history */

#define KEPT	  2500
#define SECOND_NS 1000000000ll

static void keep_events(bool with_gap)
{
	static uint8_t packed[EVENT_PACKED_MAX];
	struct store_options opt = {.batch_events = 250, .commit_ms = 50};
	struct problem err = {0};
	struct store *s;
	uint64_t seq = 0;

	if (store_open(&s, dir, &opt, &host, &seq, &err))
		fail_msg("%s", err.text);
	for (uint64_t i = 1; i <= KEPT; i++, seq++) {
		struct event ev = {0};
		int n;

		ev.what.type = i % 10 ? EVENT_EXEC : EVENT_EXIT;
		ev.what.seq = i;
		ev.what.count = 1;
		ev.what.boot_ns = i * 1000000;
		ev.what.wall_ns = kept_wall_ns(i);
		ev.what.boundary = 281474976710657;
		ev.who.exe = STR_LIT("/usr/bin/make");
		n = event_pack(&ev, packed, sizeof(packed));
		store_append(s, &ev, packed, (size_t)n);
		if (i % 250 == 0)
			store_tick(s, i * 1000000);
	}
	if (with_gap)
		store_gap(s, kept_wall_ns(1000), kept_wall_ns(1001), 17, "ring_buffer");
	assert_int_equal(store_close(s), 0);
}

/* The seqs of an NDJSON answer in order; returns how many. */
static size_t seqs(const struct reply *r, uint64_t *out, size_t max)
{
	size_t n = 0;

	for (const char *at = r->body; (at = strstr(at, "\"seq\":")) && n < max; at++)
		out[n++] = strtoull(at + 6, NULL, 10);
	return n;
}

static const char *last_line(const struct reply *r)
{
	const char *at = r->body + r->n - 1;

	while (at > r->body && at[-1] != '\n')
		at--;
	return at;
}

static void test_history_whole(void **state)
{
	static uint64_t got[KEPT + 1];
	struct reply *r;

	(void)state;
	keep_events(false);
	r = get("/api/v1/events");
	assert_int_equal(r->status, 200);
	assert_true(r->whole);
	assert_int_equal(seqs(r, got, KEPT + 1), KEPT);
	for (uint64_t i = 0; i < KEPT; i++)
		assert_int_equal(got[i], i + 1);
	assert_non_null(strstr(last_line(r), "\"schema\":\"whodid.answer/1.0\""));
	assert_non_null(strstr(last_line(r), "\"events\":2500"));
	assert_non_null(strstr(last_line(r), "\"complete\":true"));
	assert_non_null(strstr(last_line(r), "\"more\":false"));
	assert_non_null(strstr(last_line(r), "\"lost\":0"));
	r = get("/api/v1/events?q=type%3Dexit&order=desc");
	assert_int_equal(seqs(r, got, KEPT + 1), KEPT / 10);
	assert_int_equal(got[0], KEPT);
	assert_int_equal(got[KEPT / 10 - 1], 10);
	/* What was before the first event is not known. */
	assert_non_null(
		strstr(last_line(get("/api/v1/events?since=1d&limit=1")), "\"complete\":false"));
	assert_non_null(
		strstr(last_line(get("/api/v1/events?since=59m&limit=1")), "\"complete\":true"));
}

static void page_through(const char *order, uint64_t limit)
{
	static uint64_t got[KEPT + 1];
	uint64_t after = 0, total = 0, want = *order == 'a' ? 1 : KEPT;
	bool more = true;

	while (more) {
		char url[128];
		const char *found;
		struct reply *r;
		size_t n;

		snprintf(url, sizeof(url), "/api/v1/events?order=%s&limit=%llu%s%.0llu", order,
			 (unsigned long long)limit, after ? "&after=" : "",
			 (unsigned long long)after);
		r = get(url);
		assert_int_equal(r->status, 200);
		n = seqs(r, got, KEPT + 1);
		assert_true(n <= limit);
		for (size_t i = 0; i < n; i++, total++, want += *order == 'a' ? 1 : -1ull)
			assert_int_equal(got[i], want);
		more = strstr(last_line(r), "\"more\":true");
		assert_true(!more || n == limit);
		found = strstr(last_line(r), "\"after\":");
		assert_true(!more || found);
		after = found ? strtoull(found + 8, NULL, 10) : 0;
	}
	assert_int_equal(total, KEPT);
}

static void test_history_in_pages(void **state)
{
	(void)state;
	keep_events(false);
	page_through("asc", 333);
	page_through("desc", 333);
	page_through("asc", 500); /* the last page is exactly full */
}

static void test_gaps_make_answers_incomplete(void **state)
{
	char url[160], from[31], to[31];
	struct reply *r;

	(void)state;
	keep_events(true);
	r = get("/api/v1/events?limit=5");
	assert_non_null(strstr(last_line(r), "\"complete\":false"));
	assert_non_null(strstr(last_line(r), "\"lost\":17"));
	assert_non_null(strstr(last_line(r), "\"why\":\"ring_buffer\""));
	/* A period that the gap does not touch is complete. */
	clock_rfc3339(from, kept_wall_ns(1100));
	clock_rfc3339(to, kept_wall_ns(1200));
	snprintf(url, sizeof(url), "/api/v1/events?since=%s&until=%s", from, to);
	r = get(url);
	assert_non_null(strstr(last_line(r), "\"complete\":true"));
}

static void test_one_event(void **state)
{
	struct event ev = {0};
	char uid[EVENT_UID_MAX], url[128];
	struct reply *r;

	(void)state;
	keep_events(false);
	r = get("/api/v1/events/42");
	assert_int_equal(r->status, 200);
	assert_true(has(r, "\"seq\":42"));
	ev.what.seq = 43;
	ev.what.wall_ns = kept_wall_ns(43);
	event_uid_format(uid, &host, &ev);
	snprintf(url, sizeof(url), "/api/v1/events/%s", uid);
	r = get(url);
	assert_int_equal(r->status, 200);
	assert_true(has(r, "\"seq\":43"));
	assert_int_equal(get("/api/v1/events/99999")->status, 404);
	/* The identity of an event is that of its boundary. */
	snprintf(url, sizeof(url), "/api/v1/identity/%s", uid);
	r = get(url);
	assert_true(has(r, "nothing is known of b281474976710657"));
	/* An event from before the daemon's start: that boundary's number may be another's now. */
	event_uid_format(uid, &host,
			 &(struct event){.what = {.seq = 7, .wall_ns = kept_wall_ns(7)}});
	snprintf(url, sizeof(url), "/api/v1/identity/%s", uid);
	r = get(url);
	assert_int_equal(r->status, 404);
	assert_true(has(r, "before the daemon's start"));
}

/* Another host's or boot's event of the same number is another event. */
static void test_a_uid_is_more_than_a_number(void **state)
{
	static const struct host others[] = {
		{"testhost", "00006ac9-0000-4000-8000-000000000001", ""}};
	struct event ev = {.what = {.seq = 43, .wall_ns = kept_wall_ns(43)}};
	char uid[EVENT_UID_MAX], url[128];

	(void)state;
	keep_events(false);
	event_uid_format(uid, &others[0], &ev);
	snprintf(url, sizeof(url), "/api/v1/events/%s", uid);
	assert_int_equal(get(url)->status, 404);
	snprintf(url, sizeof(url), "/api/v1/identity/%s", uid);
	assert_int_equal(get(url)->status, 404);
	ev.what.wall_ns += SECOND_NS;
	event_uid_format(uid, &host, &ev);
	snprintf(url, sizeof(url), "/api/v1/events/%s", uid);
	assert_int_equal(get(url)->status, 404);
}

static void test_all_gaps_count_as_lost(void **state)
{
	struct store_options opt = {0};
	struct store *s;
	uint64_t seq;
	struct reply *r;

	(void)state;
	assert_int_equal(store_open(&s, dir, &opt, &host, &seq, NULL), 0);
	for (int i = 0; i < 150; i++) {
		store_gap(s, kept_wall_ns(10), kept_wall_ns(20), 2, "ring_buffer");
		if (i % 50 == 0)
			assert_int_equal(store_wait(s, 10000), 0);
	}
	store_close(s);
	r = get("/api/v1/events");
	assert_non_null(strstr(last_line(r), "\"lost\":300"));
	assert_non_null(strstr(last_line(r), "\"gaps_total\":150"));
}

static void delete_to(uint64_t seq0)
{
	char file[160], sql[96];
	sqlite3 *db;

	snprintf(file, sizeof(file), "%s/hot.db", dir);
	snprintf(sql, sizeof(sql), "DELETE FROM batch WHERE seq0<=%llu", (unsigned long long)seq0);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A slow reader, and a store that deletes what he was still to get. */
static void hole_in(const char *url, uint64_t deleted)
{
	static char raw[4 << 20];
	static struct reply r;
	static uint64_t got[KEPT + 1];
	struct store *writer;
	struct store_options opt = {0};
	uint64_t seq;
	size_t n;
	int fd;

	keep_events(false);
	/* beside a writer, as ever */
	assert_int_equal(store_open(&writer, dir, &opt, &host, &seq, NULL), 0);
	fd = say("GET", url, "", "");
	n = read_until_end(fd, raw, 4096);
	delete_to(deleted);
	n += read_until_end(fd, raw + n, sizeof(raw) - n);
	close(fd);
	parse(&r, raw, n);
	assert_true(r.whole);
	n = seqs(&r, got, KEPT + 1);
	assert_true(n > 200 && n < KEPT);
	assert_non_null(strstr(last_line(&r), "\"complete\":false"));
	assert_non_null(strstr(last_line(&r), "\"why\":\"retention\""));
	store_close(writer);
}

static void test_retention_overtakes_a_slow_reader(void **state)
{
	(void)state;
	hole_in("/api/v1/events", 2001);
}

static void test_retention_overtakes_from_behind(void **state)
{
	(void)state;
	hole_in("/api/v1/events?order=desc", 501);
}

static void keep_live(uint64_t seq)
{
	static uint8_t packed[EVENT_PACKED_MAX];
	struct event ev = {.what = {.type = EVENT_EXEC, .count = 1}};
	int n;

	ev.what.seq = seq;
	ev.what.wall_ns = clock_wall_ns();
	n = event_pack(&ev, packed, sizeof(packed));
	store_append(live, &ev, packed, (size_t)n);
}

/* Restarts the server over a store that the line writes, with batches that are never due. */
static void start_live(void)
{
	struct store_options opt = {.commit_ms = 60000};
	struct api_options api_opt;
	uint64_t seq;

	assert_int_equal(store_open(&live, dir, &opt, &host, &seq, NULL), 0);
	line_stops = true;
	pthread_join(line, NULL);
	api_stop(TAKE_PTR(api));
	stream_free(stream);
	assert_int_equal(stream_new(&stream, 256 * 1024), 0);
	api_opt = options();
	assert_int_equal(api_start(&api, &api_opt, NULL), 0);
	line_stops = false;
}

static void go_on(void)
{
	pthread_create(&line, NULL, run_line, api);
}

static void test_what_just_happened_is_in_the_answer(void **state)
{
	struct reply *r;
	uint64_t got[4];

	(void)state;
	start_live();
	keep_live(1);
	keep_live(2);
	go_on();
	r = get("/api/v1/events");
	assert_int_equal(seqs(r, got, 4), 2);
	assert_non_null(strstr(last_line(r), "\"complete\":true"));
	assert_int_equal(get("/api/v1/events/2")->status, 200);
	/* A line that does not hand over: the answer comes, and says what it may not hold. */
	line_sleeps = true;
	r = get("/api/v1/events");
	assert_int_equal(seqs(r, got, 4), 2);
	assert_non_null(strstr(last_line(r), "\"complete\":false"));
	assert_non_null(strstr(last_line(r), "\"why\":\"not_written\""));
	assert_int_equal(get("/api/v1/events/3")->status, 404);
}

/* An event that one look-up alone finds. */
static void test_one_event_of_this_moment(void **state)
{
	(void)state;
	start_live();
	keep_live(1);
	go_on();
	assert_int_equal(get("/api/v1/events/1")->status, 200);
}

static void test_no_history_is_said(void **state)
{
	struct reply *r = get("/api/v1/events");

	(void)state;
	assert_int_equal(r->status, 503);
	assert_true(has(r, "{\"error\":{\"what\":\""));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		T(test_questions_are_answered),
		T(test_refusals),
		T(test_the_peer_decides),
		T(test_a_busy_line_is_said_and_streams_show_life),
		T(test_others_leave_room_for_root),
		T(test_many_questions_do_not_hold_the_line),
		T(test_large_answers_have_a_ceiling),
		T(test_connections_are_limited),
		T(test_one_daemon_a_socket),
		T(test_a_daemon_that_does_not_accept_is_one),
		T(test_a_dead_socket_is_replaced),
		T(test_stream_shows_what_matches_and_ends_properly),
		T(test_stream_as_server_sent_events),
		T(test_a_viewer_that_does_not_read_is_told_what_it_missed),
		T(test_stop_does_not_wait_for_who_does_not_read),
		T(test_history_whole),
		T(test_history_in_pages),
		T(test_gaps_make_answers_incomplete),
		T(test_one_event),
		T(test_a_uid_is_more_than_a_number),
		T(test_all_gaps_count_as_lost),
		T(test_retention_overtakes_a_slow_reader),
		T(test_retention_overtakes_from_behind),
		T(test_what_just_happened_is_in_the_answer),
		T(test_one_event_of_this_moment),
		T(test_no_history_is_said),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
