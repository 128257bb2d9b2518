// SPDX-License-Identifier: Apache-2.0
/* test_flow: listening, accepting, and the end of TCP connections, on both sides. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define SENT 100000

static struct sockaddr *any(void *addr)
{
	return addr;
}

static void read_all(int fd, size_t n)
{
	static char buf[65536];

	while (n > 0) {
		ssize_t got = read(fd, buf, sizeof(buf));

		need(got > 0);
		n -= (size_t)got;
	}
}

/* The server is the child, the client its child: one port between them. */
static void client(uint16_t port, int family)
{
	struct sockaddr_in to4 = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = port};
	struct sockaddr_in6 to6 = {
		.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback, .sin6_port = port};
	int fd = socket(family, SOCK_STREAM, 0);
	static char bytes[SENT];

	need(connect(fd, family == AF_INET ? any(&to4) : any(&to6),
		     family == AF_INET ? sizeof(to4) : sizeof(to6)) == 0);
	need(write(fd, bytes, SENT) == SENT);
	read_all(fd, 3);
	need(read(fd, bytes, 1) == 0);
	need(close(fd) == 0);
}

static void serve(void *arg)
{
	struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	int family = (int)(intptr_t)arg, fd = socket(family, SOCK_STREAM, 0), one, status;
	struct sockaddr_in *own4 = (void *)&own;
	socklen_t len = sizeof(own);
	pid_t pid;

	if (family == AF_INET)
		*own4 = (struct sockaddr_in){.sin_family = AF_INET,
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	need(bind(fd, any(&own), family == AF_INET ? sizeof(*own4) : sizeof(own)) == 0);
	need(listen(fd, 5) == 0 && getsockname(fd, any(&own), &len) == 0);
	pid = fork();
	if (pid == 0) {
		client(own4->sin_port, family);
		_exit(0);
	}
	one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	need(one >= 0);
	read_all(one, SENT);
	need(write(one, "abc", 3) == 3 && close(one) == 0);
	need(waitpid(pid, &status, 0) == pid && status == 0);
}

static const struct record_flow *only_one(uint32_t kind, uint32_t pid)
{
	assert_int_equal(count_records(kind, pid), 1);
	return find_record(kind, pid, 0);
}

static void test_both_ends(int family)
{
	static const uint8_t loop4[16] = {127, 0, 0, 1}, loop6[16] = {[15] = 1};
	const uint8_t *ip = family == AF_INET ? loop4 : loop6;
	uint32_t pid = act(serve, (void *)(intptr_t)family), other;
	const struct record_flow *listen = only_one(RECORD_NET_LISTEN, pid);
	const struct record_flow *accept = only_one(RECORD_NET_ACCEPT, pid), *in, *out;

	assert_int_equal(listen->family, family);
	assert_int_equal(listen->proto, IPPROTO_TCP);
	assert_memory_equal(listen->dst, ip, 16);
	assert_int_not_equal(listen->dst_port, 0);
	assert_int_equal(listen->src_port, 0);
	assert_int_equal(listen->result, 0);
	assert_int_equal(listen->inbound, 1);
	assert_int_equal(accept->dst_port, listen->dst_port);
	assert_int_not_equal(accept->src_port, 0);
	assert_memory_equal(accept->dst, ip, 16);
	assert_memory_equal(accept->src, ip, 16);
	assert_int_equal(accept->inbound, 1);

	in = only_one(RECORD_NET_CLOSE, pid);
	assert_int_equal(in->inbound, 1);
	assert_int_equal(in->src_port, accept->src_port);
	assert_int_equal(in->dst_port, accept->dst_port);
	assert_int_equal(in->bytes_in, SENT);
	assert_int_equal(in->bytes_out, 3);
	assert_true(in->duration_ns > 0 && in->duration_ns < 60000000000ull);

	other = ((const struct record_fork *)find_record(RECORD_FORK, pid, 0))->child_pid;
	out = only_one(RECORD_NET_CLOSE, other);
	assert_int_equal(out->inbound, 0);
	assert_int_equal(out->family, family);
	assert_int_equal(out->src_port, accept->src_port);
	assert_int_equal(out->dst_port, accept->dst_port);
	assert_memory_equal(out->src, ip, 16);
	assert_memory_equal(out->dst, ip, 16);
	assert_int_equal(out->bytes_in, 3);
	assert_int_equal(out->bytes_out, SENT);
	assert_int_equal(count_records(RECORD_NET_CONNECT, other), 1);
}

static void test_v4(void **state)
{
	(void)state;
	test_both_ends(AF_INET);
}

static void test_v6(void **state)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};

	(void)state;
	if (fd < 0 || bind(fd, any(&own), sizeof(own))) {
		print_message("# SKIP no IPv6 here\n");
		skip();
	}
	close(fd);
	test_both_ends(AF_INET6);
}

#define MANY 50

/* Each says as many bytes as its number, and is answered by one. */
static void client_of_many(const struct sockaddr_in *to, int i)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[MANY] = {0};

	need(fd >= 0 && connect(fd, any((void *)(uintptr_t)to), sizeof(*to)) == 0);
	need(write(fd, bytes, (size_t)i + 1) == i + 1);
	read_all(fd, 1);
	need(close(fd) == 0);
}

static void serve_many(void *arg)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), status;
	socklen_t len = sizeof(own);
	pid_t pid;

	(void)arg;
	need(bind(fd, any(&own), len) == 0 && listen(fd, 5) == 0);
	need(getsockname(fd, any(&own), &len) == 0);
	pid = fork();
	for (int i = 0; i < MANY; i++) {
		int one;

		if (pid == 0) {
			client_of_many(&own, i);
			continue;
		}
		one = accept(fd, NULL, NULL);
		read_all(one, (size_t)i + 1);
		need(write(one, "x", 1) == 1 && read(one, &status, 1) == 0 && close(one) == 0);
	}
	if (pid == 0)
		_exit(0);
	need(waitpid(pid, &status, 0) == pid && status == 0);
}

struct sums {
	uint64_t records, acts, in, out;
};

static struct sums sum_up(uint32_t kind, uint32_t pid)
{
	const struct record_flow *r;
	struct sums s = {0};

	for (unsigned i = 0; (r = find_record(kind, pid, i)) != NULL; i++) {
		const struct record_flows *several = (const void *)r;
		bool folded = r->header.flags & RECORD_FOLDED;

		if (folded) {
			assert_int_equal(r->header.size, sizeof(*several));
			assert_int_equal(r->src_port, 0);
		}
		s.records++;
		s.acts += folded ? several->count : 1;
		s.in += r->bytes_in;
		s.out += r->bytes_out;
	}
	return s;
}

/* A busy server: few records, and the sums are the truth. */
static void test_many_are_counted(void **state)
{
	uint32_t pid = act(serve_many, NULL);
	struct sums taken, ended;

	(void)state;
	gather_tick();
	taken = sum_up(RECORD_NET_ACCEPT, pid);
	ended = sum_up(RECORD_NET_CLOSE, pid);
	assert_int_equal(taken.acts, MANY);
	assert_int_equal(ended.acts, MANY);
	assert_int_equal(ended.in, MANY * (MANY + 1) / 2);
	assert_int_equal(ended.out, MANY);
	assert_in_range(taken.records, 2, MANY / 2);
	assert_in_range(ended.records, 2, MANY / 2);
}

static void refused(void *arg)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	socklen_t len = sizeof(own);

	(void)arg;
	setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(b, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	need(bind(a, any(&own), len) == 0 && getsockname(a, any(&own), &len) == 0);
	need(bind(b, any(&own), len) == 0);
	need(listen(a, 1) == 0);
	need(listen(b, 1) < 0 && errno == EADDRINUSE);
	own.sin_port = htons(1);
	need(connect(b, any(&own), len) < 0); /* refused: there is no end without a beginning */
}

static void test_refused(void **state)
{
	uint32_t pid = act(refused, NULL);
	const struct record_flow *r = find_record(RECORD_NET_LISTEN, pid, 1);

	(void)state;
	assert_int_equal(count_records(RECORD_NET_LISTEN, pid), 2);
	assert_int_equal(r->result, -EADDRINUSE);
	assert_int_equal(count_records(RECORD_NET_CLOSE, pid), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v4),
		cmocka_unit_test(test_v6),
		cmocka_unit_test(test_many_are_counted),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, begin_sensor, end_sensor);
}
