// SPDX-License-Identifier: Apache-2.0
/*
 * test_unix_send: datagrams to a unix socket that the call names: told by the caller's word, equal ones
 * counted, others never counted among them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define MANY	  500
#define LOOKED_AT 128 /* MESSAGES_MAX of bpf/socket.bpf.c */
#define TOO_MANY  150
#define AT_ONCE	  8 /* a queue has room for ten */

static int begin(void **state)
{
	static const struct kernel_options folds = {.ring_kib = 16384, .fold = true};

	(void)state;
	sensor_start(&folds);
	return chdir(scratch());
}

/* The address, '@' for an abstract name; its length. */
static socklen_t name_it(struct sockaddr_un *a, const char *name)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(a->sun_path, name, strlen(name));
	if (name[0] != '@')
		return (socklen_t)sizeof(*a);
	a->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
}

static int bound(const char *name)
{
	struct sockaddr_un a;
	socklen_t len = name_it(&a, name);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	need(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0);
	return fd;
}

static int send_to(int fd, const char *name)
{
	struct sockaddr_un a;
	socklen_t len = name_it(&a, name);

	return sendto(fd, "x", 1, 0, (struct sockaddr *)&a, len) == 1 ? 0 : -errno;
}

static int send_msg(int fd, const char *name)
{
	struct sockaddr_un a;
	struct iovec text = {"x", 1};
	struct msghdr msg = {.msg_iov = &text, .msg_iovlen = 1, .msg_name = &a};

	msg.msg_namelen = name_it(&a, name);
	return sendmsg(fd, &msg, 0) == 1 ? 0 : -errno;
}

static void send_some(void *arg)
{
	int one = bound("one"), named = bound("@whodid-named"), fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char path[108], byte;

	(void)arg;
	snprintf(path, sizeof(path), "%s/one", scratch());
	for (int i = 0; i < MANY; i++) {
		need(send_to(fd, path) == 0 && recv(one, &byte, 1, 0) == 1);
		need(send_msg(fd, "@whodid-named") == 0 && recv(named, &byte, 1, 0) == 1);
	}
	need(send_to(fd, "one") == 0);
	need(send_to(fd, "nothing") == -ENOENT);
	close(one);
	need(send_to(fd, path) == -ECONNREFUSED);
	/* the same word, another place */
	need(mkdir("sub", 0700) == 0 && chdir("sub") == 0);
	one = bound("one");
	need(send_to(fd, "one") == 0);
	need(send_to(one, "") < 0); /* without a name */
}

/* To two names in turn, by one call; one has none. */
static void send_at_once(void *arg)
{
	static struct iovec text = {"x", 1};
	int fds[] = {bound("first"), bound("second")}, fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un a[2];
	struct mmsghdr m[AT_ONCE + 1] = {0};

	(void)arg;
	name_it(&a[0], "first");
	name_it(&a[1], "second");
	for (int i = 0; i < AT_ONCE; i++) {
		m[i].msg_hdr = (struct msghdr){.msg_iov = &text, .msg_iovlen = 1};
		m[i].msg_hdr.msg_name = &a[i % 2];
		m[i].msg_hdr.msg_namelen = sizeof(a[0]);
	}
	m[AT_ONCE].msg_hdr = (struct msghdr){.msg_iov = &text, .msg_iovlen = 1};
	need(sendmmsg(fd, m, AT_ONCE + 1, 0) == AT_ONCE);
	/* the first has none: it goes to where the socket is connected to */
	need(connect(fd, (struct sockaddr *)&a[0], sizeof(a[0])) == 0);
	m[0].msg_hdr.msg_name = NULL;
	need(sendmmsg(fd, m, 2, 0) == 2);
	m[0].msg_hdr.msg_name = &a[0];
	name_it(&a[0], "missing");
	need(sendmmsg(fd, m, AT_ONCE, 0) == -1 && errno == ENOENT);
	close(fds[0]);
	name_it(&a[0], "first");
	need(sendmmsg(fd, m, AT_ONCE, 0) == -1 && errno == ECONNREFUSED);
}

/* More than are looked at. */
static void send_too_many(void *arg)
{
	static struct iovec text = {"x", 1};
	static struct mmsghdr m[TOO_MANY];
	struct sockaddr_un a;
	int room = -1;

	(void)arg;
	need(unshare(CLONE_NEWNET) == 0);
	room = open("/proc/sys/net/unix/max_dgram_qlen", O_WRONLY);
	need(room >= 0 && write(room, "999", 3) == 3);
	bound("crowded");
	name_it(&a, "crowded");
	for (int i = 0; i < TOO_MANY; i++) {
		m[i].msg_hdr = (struct msghdr){.msg_iov = &text, .msg_iovlen = 1};
		m[i].msg_hdr.msg_name = &a;
		m[i].msg_hdr.msg_namelen = sizeof(a);
	}
	need(sendmmsg(socket(AF_UNIX, SOCK_DGRAM, 0), m, TOO_MANY, 0) == TOO_MANY);
}

/* The same whole name, twice, behind a root of that name below root_fd. */
static void send_behind(int root_fd, const char *name)
{
	char dir[256];
	int fd;

	snprintf(dir, sizeof(dir), "%s/%s", scratch(), name);
	need(fchdir(root_fd) == 0 && chroot(".") == 0);
	need(mkdir(dir, 0700) == 0 && chroot(dir) == 0 && chdir("/") == 0);
	fd = bound("log");
	need(send_to(fd, "/log") == 0 && send_to(fd, "/log") == 0);
	close(fd);
}

static void send_from_elsewhere(void *arg)
{
	int root_fd = open("/", O_RDONLY | O_DIRECTORY), named;

	(void)arg;
	send_behind(root_fd, "jail");
	send_behind(root_fd, "cell");
	for (int i = 0; i < 2; i++) {
		need(unshare(CLONE_NEWNET) == 0);
		named = bound("@whodid-space");
		need(send_to(named, "@whodid-space") == 0);
		close(named);
	}
}

/* Acts to that name from that directory ("" = said whole) with that result. */
static uint64_t count_sent(uint32_t pid, const char *name, const char *dir, int result)
{
	const struct record_unix *r;
	uint64_t n = 0;

	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++) {
		assert_int_equal(r->net.family, AF_UNIX);
		if (!(r->net.header.flags & RECORD_SENT))
			continue;
		assert_int_equal(r->net.header.flags & ~RECORD_FOLDED,
				 RECORD_SENT | RECORD_USER_ADDRESS);
		assert_int_equal(r->type, SOCK_DGRAM);
		if (str_is(text_of(r, r->path), name) && str_is(text_of(r, r->base), dir) &&
		    r->net.result == result)
			n += r->net.count;
	}
	return n;
}

static void equal_ones_are_counted(void **state)
{
	uint32_t pid = act(send_some, NULL);
	char path[256], sub[256];

	(void)state;
	for (int i = 0; i < 3; i++)
		gather_tick();
	snprintf(path, sizeof(path), "%s/one", scratch());
	snprintf(sub, sizeof(sub), "%s/sub", scratch());
	assert_int_equal(count_sent(pid, path, "", 0), MANY);
	assert_int_equal(count_sent(pid, "@whodid-named", "", 0), MANY);
	assert_int_equal(count_sent(pid, "one", scratch(), 0), 1);
	assert_int_equal(count_sent(pid, path, "", -ECONNREFUSED), 1);
	assert_int_equal(count_sent(pid, "one", sub, 0), 1);
	assert_in_range(count_records(RECORD_NET_CONNECT, pid), 5, 40);
}

static void all_of_one_call_are_told(void **state)
{
	uint32_t pid = act(send_at_once, NULL);

	(void)state;
	for (int i = 0; i < 3; i++)
		gather_tick();
	assert_int_equal(count_sent(pid, "first", scratch(), 0), AT_ONCE / 2);
	assert_int_equal(count_sent(pid, "second", scratch(), 0), AT_ONCE / 2 + 1);
	assert_int_equal(count_sent(pid, "first", scratch(), -ECONNREFUSED), 1);
}

static void those_that_are_not_looked_at_are_lost(void **state)
{
	struct source_stats before, after;
	uint32_t pid;

	(void)state;
	collect_stats(sensor, &before);
	pid = act(send_too_many, NULL);
	for (int i = 0; i < 3; i++)
		gather_tick();
	collect_stats(sensor, &after);
	assert_int_equal(count_sent(pid, "crowded", scratch(), 0), LOOKED_AT);
	assert_int_equal(after.counters.lost[RECORD_NET_CONNECT] -
				 before.counters.lost[RECORD_NET_CONNECT],
			 TOO_MANY - LOOKED_AT);
}

static void what_a_name_means_elsewhere_is_another(void **state)
{
	uint32_t pid = act(send_from_elsewhere, NULL);
	const struct record_unix *r;
	uint32_t before = 0;
	char dir[256];

	(void)state;
	for (int i = 0; i < 3; i++)
		gather_tick();
	snprintf(dir, sizeof(dir), "%s/jail", scratch());
	assert_int_equal(count_sent(pid, "/log", dir, 0), 2);
	snprintf(dir, sizeof(dir), "%s/cell", scratch());
	assert_int_equal(count_sent(pid, "/log", dir, 0), 2);
	assert_int_equal(count_sent(pid, "@whodid-space", "", 0), 2);
	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++) {
		if (!str_is(text_of(r, r->path), "@whodid-space"))
			continue;
		assert_int_equal(r->net.count, 1);
		assert_int_not_equal(r->net.net_inum, before);
		before = r->net.net_inum;
	}
}

#define SENDERS 3
#define NAMES	3000 /* of each: together more than have numbers at once */
#define TIMES	3

static void send_to_many(void *arg)
{
	int status;

	(void)arg;
	for (unsigned who = 0; who < SENDERS; who++) {
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		char name[32];

		if (fork())
			continue;
		for (unsigned i = 0; i < NAMES * TIMES; i++) {
			snprintf(name, sizeof(name), "@w%u-%u", who, i / TIMES);
			need(send_to(fd, name) == -ECONNREFUSED);
		}
		_exit(0);
	}
	for (unsigned who = 0; who < SENDERS; who++)
		need(wait(&status) > 0 && status == 0);
}

/* Numbers are given and lost while others send: no act is another name's, and none is missing. */
static void more_names_than_are_kept(void **state)
{
	static uint64_t sent[SENDERS][NAMES];
	uint32_t parent = act(send_to_many, NULL);
	uint64_t total = 0, boundary = 0;
	unsigned who, number;

	(void)state;
	gather_tick();
	for (size_t i = 0; i < records_kept(); i++) {
		const struct record_unix *r = (const void *)record_at(i);
		char name[32];

		if (r->net.header.kind != RECORD_NET_CONNECT)
			continue;
		if (r->net.task.parent_pid == parent) {
			snprintf(name, sizeof(name), "%.*s", STR_ARG(text_of(r, r->path)));
			assert_int_equal(sscanf(name, "@w%u-%u", &who, &number), 2);
			assert_true(who < SENDERS && number < NAMES);
			sent[who][number] += r->net.count;
			assert_in_range(sent[who][number], 1, TIMES);
			boundary = r->net.task.boundary;
		} else if (r->net.task.pid || r->net.task.boundary != boundary) {
			continue; /* else counted, but the collector has no more room for its name */
		}
		total += r->net.count;
	}
	assert_int_equal(total, SENDERS * NAMES * TIMES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(equal_ones_are_counted, begin, end_sensor),
		cmocka_unit_test_setup_teardown(all_of_one_call_are_told, begin, end_sensor),
		cmocka_unit_test_setup_teardown(those_that_are_not_looked_at_are_lost, begin,
						end_sensor),
		cmocka_unit_test_setup_teardown(what_a_name_means_elsewhere_is_another, begin,
						end_sensor),
		cmocka_unit_test_setup_teardown(more_names_than_are_kept, begin, end_sensor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
