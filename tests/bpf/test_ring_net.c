// SPDX-License-Identifier: Apache-2.0
/*
 * test_ring_net: requests to rings that are about sockets make the records of the calls that they stand
 * for: connections, listening, accepting, datagrams and raw sockets, whoever of the kernel's threads does it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/utsname.h>

#include "harness.h"
#include "ring_ways.h"

#define SENT	  3
#define UDP_TO	  20101
#define UDP_APART 20102

static int begin(void **state)
{
	(void)state;
	if (ring_open(&ring, 0)) {
		print_message("# SKIP io_uring: %s\n", strerror(errno));
		skip();
	}
	close(ring.fd);
	sensor_start(NULL);
	return chdir(scratch());
}

static struct io_uring_sqe *request(const struct way *way, unsigned op, int fd)
{
	struct io_uring_sqe *sqe = ring_request(&ring, op);

	sqe->flags = (uint8_t)way->sqe_flags;
	sqe->fd = fd;
	return sqe;
}

static int connect_to(const struct way *way, int fd, const void *address, size_t len)
{
	struct io_uring_sqe *sqe = request(way, IORING_OP_CONNECT, fd);

	sqe->addr = (uintptr_t)address;
	sqe->off = len;
	return ring_do(&ring);
}

static struct sockaddr_in at_port(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A socket with that name, which listens or does not. */
static int bound(const char *name, bool listens)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(a.sun_path, name);
	unlink(name);
	need(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	need(!listens || listen(fd, 5) == 0);
	return fd;
}

static int connect_unix(const struct way *way, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	strcpy(a.sun_path, name);
	return connect_to(way, socket(AF_UNIX, SOCK_STREAM, 0), &a, sizeof(a));
}

static void ask_for_unix(void *arg)
{
	const struct way *way = arg;

	need(ring_open(&ring, way->setup) == 0);
	bound("heard", true);
	bound("stale", false);
	need(connect_unix(way, "heard") == 0);
	need(connect_unix(way, "stale") == -ECONNREFUSED);
	need(connect_unix(way, "nothing") == -ENOENT);
}

static void unix_connections(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		const struct record_unix *r;
		char path[256];
		uint32_t pid;

		if (!can(&ways[i]))
			continue;
		print_message("# %s\n", ways[i].name);
		pid = act(ask_for_unix, (void *)(uintptr_t)&ways[i]);
		assert_int_equal(count_records(RECORD_NET_CONNECT, pid), 2);
		r = find_record(RECORD_NET_CONNECT, pid, 0);
		snprintf(path, sizeof(path), "%s/heard", scratch());
		assert_text(r, r->path, path);
		assert_int_equal(r->net.header.flags, RECORD_IO_URING);
		assert_int_equal(r->net.result, 0);
		assert_int_equal(r->peer_pid, pid);
		assert_true(r->inode != 0);
		r = find_record(RECORD_NET_CONNECT, pid, 1);
		assert_text(r, r->path, "stale");
		assert_text(r, r->base, scratch());
		assert_int_equal(r->net.result, -ECONNREFUSED);
		assert_true(r->net.header.flags & RECORD_IO_URING);
		assert_true(r->net.header.flags & (RECORD_USER_ADDRESS | RECORD_REQUEST_PATH));
		forget();
	}
}

static void ask_for_ip(void *arg)
{
	const struct way *way = arg;
	struct sockaddr_in a = at_port(0), udp = at_port(UDP_TO);
	socklen_t len = sizeof(a);
	int server = socket(AF_INET, SOCK_STREAM, 0), client, peer;

	need(ring_open(&ring, way->setup) == 0);
	need(bind(server, (struct sockaddr *)&a, sizeof(a)) == 0);
	if (request(way, RING_OP_LISTEN, server)->len = 5, ring_do(&ring) == -EINVAL)
		need(listen(server, 5) == 0); /* Linux 6.11 */
	need(getsockname(server, (struct sockaddr *)&a, &len) == 0);
	client = socket(AF_INET, SOCK_STREAM, 0);
	need(connect_to(way, client, &a, sizeof(a)) == 0);
	request(way, IORING_OP_ACCEPT, server);
	peer = ring_do(&ring);
	need(peer >= 0 && close(client) == 0 && close(peer) == 0);
	need(connect_to(way, socket(AF_INET, SOCK_DGRAM, 0), &udp, sizeof(udp)) == 0);
	need(connect_to(way, socket(AF_INET, SOCK_STREAM, 0), &udp, sizeof(udp)) == -ECONNREFUSED);
	need(connect_to(way, server, &udp, sizeof(udp)) == -EISCONN); /* old news, as of calls */
}

static const struct record_net *of_connect(uint32_t pid, unsigned proto, int result)
{
	const struct record_net *r;

	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++)
		if (r->proto == proto && r->result == result)
			return r;
	fail_msg("no connect with protocol %u and result %d", proto, result);
	return NULL;
}

static void ip_connections(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		const struct record_net *r;
		const struct record_flow *f;
		uint16_t port;
		uint32_t pid;

		if (!can(&ways[i]))
			continue;
		print_message("# %s\n", ways[i].name);
		pid = act(ask_for_ip, (void *)(uintptr_t)&ways[i]);
		assert_int_equal(count_records(RECORD_NET_LISTEN, pid), 1);
		f = find_record(RECORD_NET_LISTEN, pid, 0);
		assert_int_equal(f->result, 0);
		port = f->dst_port;
		r = of_connect(pid, IPPROTO_TCP, 0);
		assert_int_equal(r->dst_port, port);
		assert_true(r->header.flags & RECORD_IO_URING);
		assert_int_equal(r->task.pid, pid);
		assert_int_equal(count_records(RECORD_NET_ACCEPT, pid), 1);
		f = find_record(RECORD_NET_ACCEPT, pid, 0);
		assert_int_equal(f->dst_port, port);
		assert_int_equal(f->src_port, r->src_port);
		r = of_connect(pid, IPPROTO_UDP, 0);
		assert_int_equal(r->dst_port, UDP_TO);
		assert_int_equal(r->header.flags, RECORD_IO_URING);
		assert_int_equal(of_connect(pid, IPPROTO_TCP, -ECONNREFUSED)->dst_port, UDP_TO);
		assert_int_equal(count_records(RECORD_NET_CONNECT, pid), 3);
		assert_int_equal(count_records(RECORD_NET_CLOSE, pid), 2);
		forget();
	}
}

static void ask_for_datagrams(void *arg)
{
	const struct way *way = arg;
	struct sockaddr_in to = at_port(UDP_TO), wide = {.sin_family = AF_INET,
							 .sin_port = htons(UDP_TO),
							 .sin_addr.s_addr = INADDR_BROADCAST};
	struct iovec text = {"x", 1};
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &text, .msg_iovlen = 1};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct io_uring_sqe *sqe;

	need(ring_open(&ring, way->setup) == 0);
	for (int i = 0; i < SENT; i++) {
		sqe = request(way, IORING_OP_SENDMSG, fd);
		sqe->addr = (uintptr_t)&msg;
		sqe->len = 1;
		if (!(way->sqe_flags & IOSQE_CQE_SKIP_SUCCESS))
			need(ring_do(&ring) == 1);
		else
			need(ring_submit(&ring, 0) == 0);
	}
	msg.msg_name = &wide;
	sqe = request(&ways[0], IORING_OP_SENDMSG, fd);
	sqe->addr = (uintptr_t)&msg;
	sqe->len = 1;
	need(ring_do(&ring) < 0);
	sqe = request(way, IORING_OP_SOCKET, AF_INET);
	sqe->off = SOCK_RAW | SOCK_CLOEXEC;
	sqe->len = IPPROTO_ICMP;
	if (way->sqe_flags & IOSQE_CQE_SKIP_SUCCESS)
		need(ring_submit(&ring, 0) == 0);
	else
		need(ring_do(&ring) >= 0);
}

static uint64_t sent_to(uint32_t pid, const uint8_t *dst, uint16_t port, int result)
{
	const struct record_net *r;
	uint64_t n = 0;

	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++)
		if (r->header.flags & RECORD_SENT && memcmp(r->dst, dst, 4) == 0 &&
		    r->dst_port == port && (result == r->result || (result < 0 && r->result < 0))) {
			assert_true(r->header.flags & (RECORD_IO_URING | RECORD_FOLDED));
			n += r->count;
		}
	return n;
}

static void datagrams_and_raw_sockets(void **state)
{
	static const uint8_t home[4] = {127, 0, 0, 1}, wide[4] = {255, 255, 255, 255};
	const struct record_socket *s;

	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		uint32_t pid;

		if (!can(&ways[i]))
			continue;
		print_message("# %s\n", ways[i].name);
		pid = act(ask_for_datagrams, (void *)(uintptr_t)&ways[i]);
		gather_tick();
		assert_int_equal(sent_to(pid, home, UDP_TO, 0), SENT);
		assert_int_equal(sent_to(pid, wide, UDP_TO, -1), 1);
		s = find_record(RECORD_NET_SOCKET, pid, 0);
		assert_non_null(s);
		assert_int_equal(s->header.flags, RECORD_IO_URING);
		assert_int_equal(s->type, SOCK_RAW);
		assert_int_equal(s->protocol, IPPROTO_ICMP);
		forget();
	}
}

static void ask_silently(void *arg)
{
	static const struct way silent = {"silently", 0, IOSQE_CQE_SKIP_SUCCESS},
				aside = {"silently", 0, IOSQE_CQE_SKIP_SUCCESS | IOSQE_ASYNC};
	struct sockaddr_in udp = at_port(UDP_TO);
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "heard"};
	struct sockaddr_in apart = at_port(UDP_APART);
	struct iovec text = {"x", 1};
	struct msghdr msg = {.msg_name = &apart,
			     .msg_namelen = sizeof(apart),
			     .msg_iov = &text,
			     .msg_iovlen = 1};
	struct io_uring_sqe *sqe;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), server;

	(void)arg;
	ask_for_datagrams((void *)(uintptr_t)&silent);
	server = bound("heard", true);
	sqe = request(&silent, IORING_OP_CONNECT, fd);
	sqe->addr = (uintptr_t)&a;
	sqe->off = sizeof(a);
	need(ring_submit(&ring, 0) == 0 && accept(server, NULL, NULL) >= 0);
	sqe = request(&aside, IORING_OP_CONNECT, socket(AF_INET, SOCK_DGRAM, 0));
	sqe->addr = (uintptr_t)&udp;
	sqe->off = sizeof(udp);
	sqe = request(&aside, IORING_OP_SENDMSG, socket(AF_INET, SOCK_DGRAM, 0));
	sqe->addr = (uintptr_t)&msg;
	sqe->len = 1;
	need(ring_submit(&ring, 0) == 0);
}

/* The kernel has copied the address before a worker gets it: since 6.10. */
static bool tells_workers(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	need(uname(&u) == 0 && sscanf(u.release, "%d.%d", &major, &minor) == 2);
	return major > 6 || (major == 6 && minor >= 10);
}

/* Success is not told by the ring: the acts are, when they are asked for. */
static void without_a_word(void **state)
{
	static const uint8_t home[4] = {127, 0, 0, 1};
	const struct record_net *r;
	const struct record_unix *u = NULL;
	uint32_t pid = act(ask_silently, NULL);

	(void)state;
	gather_tick();
	assert_int_equal(sent_to(pid, home, UDP_TO, -EINPROGRESS) + sent_to(pid, home, UDP_TO, 0),
			 SENT);
	if (tells_workers())
		assert_int_equal(sent_to(pid, home, UDP_APART, -EINPROGRESS), 1);
	assert_int_equal(((const struct record_socket *)find_record(RECORD_NET_SOCKET, pid, 0))
				 ->header.flags,
			 RECORD_IO_URING | RECORD_NO_RESULT);
	r = of_connect(pid, IPPROTO_UDP, 0);
	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++)
		if (r->family == AF_UNIX)
			u = (const void *)r;
	assert_non_null(u);
	assert_text(u, u->path, "heard");
	assert_text(u, u->base, scratch());
	assert_true(u->net.header.flags & RECORD_NO_RESULT);
	assert_true(u->net.header.flags & RECORD_IO_URING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unix_connections, begin, end_sensor),
		cmocka_unit_test_setup_teardown(ip_connections, begin, end_sensor),
		cmocka_unit_test_setup_teardown(datagrams_and_raw_sockets, begin, end_sensor),
		cmocka_unit_test_setup_teardown(without_a_word, begin, end_sensor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
