// SPDX-License-Identifier: Apache-2.0
/*
 * test_auth: what sshd tells its log, and that nobody else's words are taken for it. A copy of this
 * program plays sshd: it is trusted by its inode, the test itself is not.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define LINE "<38>Nov 23 17:50:32 sshd[7]: Accepted password for u from 127.0.0.1 port 5 ssh2"

static char daemon_path[256], log_path[108];
static int sink;      /* reads what was sent */
static uint16_t port; /* of a listener on the loopback */

static int log_socket(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", log_path);
	need(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

static void say(int fd, const char *text, size_t n)
{
	struct iovec piece = {(void *)(uintptr_t)text, n};
	struct msghdr msg = {.msg_iov = &piece, .msg_iovlen = 1};

	need(send(fd, text, n, 0) == (ssize_t)n);
	need(sendmsg(fd, &msg, 0) == (ssize_t)n);
}

/* Writes to an engine are looked at for something else. */
static void call_an_engine(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%.*s/docker.sock",
		 (int)(strrchr(log_path, '/') - log_path), log_path);
	need(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 4) == 0);
	need(connect(client, (struct sockaddr *)&at, sizeof(at)) == 0);
}

/*
 * As sshd: how = "root", "user", "long", "other" (text that is no line), "udp", "engine" (connected to
 * one).
 */
static int serve(const char *how)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	static char text[4096];
	int log;

	memset(text, 'x', sizeof(text));
	text[0] = '<';
	if (strcmp(how, "udp") == 0) {
		log = socket(AF_INET, SOCK_DGRAM, 0);
		at.sin_port = htons(9);
		need(log >= 0 && connect(log, (struct sockaddr *)&at, sizeof(at)) == 0);
		send(log, LINE, strlen(LINE), 0);
		return 0;
	}
	log = log_socket();
	if (strcmp(how, "engine") == 0)
		call_an_engine();
	if (strcmp(how, "user") == 0)
		need(setuid(1234) == 0);
	if (strcmp(how, "long") == 0)
		say(log, text, sizeof(text));
	else if (strcmp(how, "other") == 0)
		say(log, "Accepted", 8);
	else
		say(log, LINE, strlen(LINE));
	return 0;
}

static uint32_t act_as(const char *program, const char *how)
{
	char *argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "serve", log_path,
			(char *)(uintptr_t)how, NULL};

	uint32_t pid = run_program(argv, NULL);
	char text[4096];

	while (recv(sink, text, sizeof(text), MSG_DONTWAIT) > 0)
		; /* its queue is short */
	return pid;
}

static void the_daemons_lines_are_taken(void **state)
{
	const struct record_auth_log *r;
	uint32_t pid = act_as(daemon_path, "root");

	(void)state;
	gather();
	assert_int_equal(count_records(RECORD_AUTH_LOG, pid), 2); /* send and sendmsg */
	for (unsigned i = 0; i < 2; i++) {
		r = find_record(RECORD_AUTH_LOG, pid, i);
		assert_text(r, r->text, LINE);
		assert_int_equal(r->header.flags & RECORD_TEXT_CUT, 0);
		assert_int_equal(r->task.flags & TASK_PLAYS_SSHD, 0);
		assert_int_equal(r->family, 0); /* nobody is connected to it */
	}
}

static void long_lines_are_cut_and_say_so(void **state)
{
	const struct record_auth_log *r;
	uint32_t pid = act_as(daemon_path, "long");

	(void)state;
	gather();
	r = find_record(RECORD_AUTH_LOG, pid, 0);
	assert_non_null(r);
	assert_int_equal(r->text.len, EVENT_LOG_MAX);
	assert_int_equal(r->header.flags & RECORD_TEXT_CUT, RECORD_TEXT_CUT);
}

static void what_is_no_line_is_not_heard(void **state)
{
	static const char *const hows[] = {"other", "udp"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint32_t pid = act_as(daemon_path, hows[i]);

		gather();
		assert_true(count_records(RECORD_EXEC, pid) > 0);
		assert_int_equal(count_records(RECORD_AUTH_LOG, pid), 0);
	}
}

/* The daemon without root, and another program as root: lines of theirs are told as what they are. */
static void who_plays_the_daemon_is_marked(void **state)
{
	const uint32_t pids[] = {act_as(daemon_path, "user"), act_as("/proc/self/exe", "root"),
				 act_as("/proc/self/exe", "engine")};

	(void)state;
	gather();
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(count_records(RECORD_AUTH_LOG, pids[i]), 2);
		for (unsigned k = 0; k < 2; k++) {
			const struct record_auth_log *r = find_record(RECORD_AUTH_LOG, pids[i], k);

			assert_text(r, r->text, LINE);
			assert_true(r->task.flags & TASK_PLAYS_SSHD);
		}
	}
}

/* The client's end of the connection that the daemon holds. */
static void call_in(void *arg)
{
	int listener = *(int *)arg, client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), served;
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(port)};
	char *argv[] = {daemon_path, (char *)(uintptr_t) "serve", log_path,
			(char *)(uintptr_t) "root", NULL};

	need(client >= 0 && connect(client, (struct sockaddr *)&at, sizeof(at)) == 0);
	served = accept(listener, NULL, NULL);	   /* inherited */
	need(served >= 0 && dup2(served, 3) == 3); /* where sshd has it; the test has many */
	execv(daemon_path, argv);
	_exit(98);
}

static void the_clients_connection_is_found(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(at);
	const struct record_auth_log *r;
	const struct record_net *c;
	uint32_t pid;

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
	port = ntohs(at.sin_port);
	pid = act(call_in, &listener);
	close(listener);
	gather();
	r = find_record(RECORD_AUTH_LOG, pid, 0);
	c = find_record(RECORD_NET_CONNECT, pid, 0);
	assert_non_null(r);
	assert_non_null(c);
	assert_int_equal(r->family, AF_INET);
	assert_int_equal(r->local_port, port);
	assert_int_equal(r->peer_port, c->src_port);
	assert_memory_equal(r->peer, c->src, 16);
	assert_memory_equal(r->local, c->dst, 16);
	assert_int_not_equal(r->net_inum, 0);
	assert_int_equal(r->net_inum, c->net_inum);
}

/* Here, and nowhere else, sshd is the copy: the sensor takes its inode. */
static int take_the_place_of_sshd(void)
{
	static const char path[] = "/usr/sbin/sshd";

	return unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	       mount(daemon_path, path, NULL, MS_BIND, NULL);
}

static int setup(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	(void)state;
	sink = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(daemon_path, sizeof(daemon_path), "%s/sshd", scratch());
	snprintf(log_path, sizeof(log_path), "%s/log", scratch());
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", log_path);
	if (sink < 0 || bind(sink, (struct sockaddr *)&at, sizeof(at)) || chmod(log_path, 0666) ||
	    chmod(scratch(), 0755) || copy_self(daemon_path) || take_the_place_of_sshd())
		return -1;
	sensor_start(NULL);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_daemons_lines_are_taken),
		cmocka_unit_test(long_lines_are_cut_and_say_so),
		cmocka_unit_test(what_is_no_line_is_not_heard),
		cmocka_unit_test(who_plays_the_daemon_is_marked),
		cmocka_unit_test(the_clients_connection_is_found),
	};

	if (access("/usr/sbin/sshd", F_OK)) {
		puts("1..0 # SKIP sshd is not installed");
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "serve") == 0) {
		snprintf(log_path, sizeof(log_path), "%s", argv[2]);
		return serve(argv[3]);
	}
	return cmocka_run_group_tests(tests, setup, end_sensor);
}
