// SPDX-License-Identifier: Apache-2.0
/*
 * test_ask: what is asked of a container engine, by whichever call, and nothing that stands behind it. Of systemd
 * only who is none: to listen as it does one has to be PID 1.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define LINE   "POST /v1.41/containers/web/start"
#define SECRET "X-Registry-Auth: c2VjcmV0"

enum how { WRITE, WRITEV, SEND, SENDMSG, THREAD };

struct client {
	const char *name; /* of the listener's socket */
	const char *text;
	enum how how;
};

static int connect_to(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", scratch(), name);
	need(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

static void say(int fd, const char *text, enum how how)
{
	size_t n = strlen(text);
	struct iovec piece = {(void *)(uintptr_t)text, n};
	struct msghdr msg = {.msg_iov = &piece, .msg_iovlen = 1};
	ssize_t sent;

	if (how == WRITEV)
		sent = writev(fd, &piece, 1);
	else if (how == SEND)
		sent = send(fd, text, n, 0);
	else if (how == SENDMSG)
		sent = sendmsg(fd, &msg, 0);
	else
		sent = write(fd, text, n);
	need(sent == (ssize_t)n);
}

struct other_thread {
	int fd;
	const char *text;
};

static void *say_in_thread(void *arg)
{
	const struct other_thread *t = arg;

	say(t->fd, t->text, WRITE);
	return NULL;
}

static void be_client(void *arg)
{
	const struct client *c = arg;
	struct other_thread t = {connect_to(c->name), c->text};
	pthread_t thread;

	if (c->how != THREAD) {
		say(t.fd, c->text, c->how);
		return;
	}
	need(pthread_create(&thread, NULL, say_in_thread, &t) == 0);
	need(pthread_join(thread, NULL) == 0);
}

static uint32_t ask(const char *name, const char *text, enum how how)
{
	struct client c = {name, text, how};
	uint32_t pid = act(be_client, &c);

	gather();
	return pid;
}

static void every_way_to_write_is_heard(void **state)
{
	(void)state;
	for (int how = WRITE; how <= THREAD; how++) {
		uint32_t pid =
			ask("docker.sock", LINE " HTTP/1.1\r\n" SECRET "\r\n\r\n", (enum how)how);
		const struct record_request *r = find_record(RECORD_REQUEST, pid, 0);

		assert_int_equal(count_records(RECORD_REQUEST, pid), 1);
		assert_text(r, r->line, LINE);
		assert_int_equal(r->engine, REQUEST_ENGINE_DOCKER);
		assert_int_equal(r->role, ROLE_NONE);
		assert_null(memmem(r, r->header.size, "c2VjcmV0", 8));
	}
}

static void a_line_ends_where_it_may_hold_a_secret(void **state)
{
	static const struct {
		const char *text, *line;
	} rows[] = {
		{LINE "?t=c2VjcmV0 HTTP/1.1\r\n", LINE},
		{LINE "\r\nc2VjcmV0", LINE},
		{LINE, LINE},
		{"POST /\x1b[31mc2VjcmV0", "POST /"},
		{"POST /\xff c2VjcmV0", "POST /"},
	};
	char long_line[1024] = "POST /";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t pid = ask("docker.sock", rows[i].text, WRITE);
		const struct record_request *r = find_record(RECORD_REQUEST, pid, 0);

		assert_non_null(r);
		assert_text(r, r->line, rows[i].line);
		assert_null(memmem(r, r->header.size, "c2VjcmV0", 8));
	}
	memset(long_line + 6, 'a', sizeof(long_line) - 7);
	assert_int_equal(count_records(RECORD_REQUEST, ask("docker.sock", long_line, WRITE)), 1);
}

static void podmans_socket_is_another(void **state)
{
	const struct record_request *r =
		find_record(RECORD_REQUEST, ask("podman.sock", LINE " HTTP/1.1\r\n", WRITE), 0);

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->engine, REQUEST_ENGINE_PODMAN);
}

static void nothing_else_is_heard(void **state)
{
	static const struct client rows[] = {
		{"other.sock", LINE, WRITE},
		{"docker.sockx", LINE, WRITE},
		{"xdocker.sock", LINE, SEND},
		{"docker.sock", "GET /v1.41/info HTTP/1.1\r\n", WRITE},
		{"docker.sock", "POST", WRITE},
		{"docker.sock", " " LINE, WRITE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			count_records(RECORD_REQUEST, ask(rows[i].name, rows[i].text, rows[i].how)),
			0);
}

/* Connected to an engine, and to somewhere else. */
static void write_elsewhere(void *arg)
{
	int engine = connect_to("docker.sock"), other = connect_to("other.sock"), pipes[2];

	(void)arg;
	need(pipe(pipes) == 0);
	say(other, LINE, WRITE);
	say(pipes[1], LINE, WRITE);
	say(engine, LINE, WRITE);
	need(write(999, LINE, strlen(LINE)) < 0);
	need(write(engine, (void *)(uintptr_t)getpid(), 100) < 0); /* nothing lies there */
	need(shutdown(engine, SHUT_WR) == 0);
	need(send(engine, LINE, strlen(LINE), MSG_NOSIGNAL) < 0); /* nobody gets it */
}

static void only_the_engines_socket_is_heard(void **state)
{
	uint32_t pid = act(write_elsewhere, NULL);

	(void)state;
	gather();
	assert_int_equal(count_records(RECORD_REQUEST, pid), 1);
}

/* Who says docker.sock of a socket of their own asks for nothing that the host's engine starts. */
static void only_root_of_the_host_is_an_engine(void **state)
{
	static const char *const names[] = {"user/docker.sock", "container/docker.sock"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint32_t pid = ask(names[i], LINE " HTTP/1.1\r\n", WRITE);

		assert_true(count_records(RECORD_NET_CONNECT, pid) > 0);
		assert_int_equal(count_records(RECORD_REQUEST, pid), 0);
	}
}

/* StartUnit("a.service") as far as the kernel programs look: the head, and the first argument. */
static void call_start(void *name)
{
	static const uint8_t head[24] = {'l', 1, 0, 1, 14, 0, 0, 0, 1, 0, 0, 0, 8};
	static const uint8_t body[14] = {9, 0, 0, 0, 'a', '.', 's', 'e', 'r', 'v', 'i', 'c', 'e'};
	struct iovec pieces[2] = {{(void *)(uintptr_t)head, sizeof(head)},
				  {(void *)(uintptr_t)body, sizeof(body)}};
	struct msghdr msg = {.msg_iov = pieces, .msg_iovlen = 2};
	int fd = connect_to(name);

	need(sendmsg(fd, &msg, 0) == sizeof(head) + sizeof(body));
}

/* PID 1 listens for systemd's sockets, and for the bus; who else listens by these names is neither. */
static void only_the_first_process_is_systemd(void **state)
{
	static char *const names[] = {"system_bus_socket", "systemd/private"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint32_t pid = act(call_start, names[i]);

		gather();
		assert_true(count_records(RECORD_NET_CONNECT, pid) > 0);
		assert_int_equal(count_records(RECORD_REQUEST, pid), 0);
	}
}

static int bind_at(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", scratch(), name);
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -1 : fd;
}

static int listen_at(const char *name)
{
	return listen(bind_at(name), 64);
}

static int listen_as_user(int fd)
{
	return seteuid(1234) || listen(fd, 64) || seteuid(0);
}

static int listen_in_container(int fd)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		need(unshare(CLONE_NEWPID) == 0);
		pid = fork();
		if (pid == 0) {
			need(listen(fd, 64) == 0);
			_exit(0);
		}
		need(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
}

static int make_folder(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", scratch(), name);
	return mkdir(path, 0700);
}

static int setup(void **state)
{
	static const char *const names[] = {"docker.sock", "podman.sock", "other.sock",
					    "docker.sockx", "xdocker.sock"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (listen_at(names[i]))
			return -1;
	if (make_folder("user") || make_folder("container") || make_folder("systemd") ||
	    listen_at("system_bus_socket") || listen_at("systemd/private") ||
	    listen_as_user(bind_at("user/docker.sock")) ||
	    listen_in_container(bind_at("container/docker.sock")))
		return -1;
	sensor_start(NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_write_is_heard),
		cmocka_unit_test(a_line_ends_where_it_may_hold_a_secret),
		cmocka_unit_test(podmans_socket_is_another),
		cmocka_unit_test(nothing_else_is_heard),
		cmocka_unit_test(only_the_engines_socket_is_heard),
		cmocka_unit_test(only_the_first_process_is_systemd),
		cmocka_unit_test(only_root_of_the_host_is_an_engine),
	};

	return cmocka_run_group_tests(tests, setup, end_sensor);
}
