// SPDX-License-Identifier: Apache-2.0
/*
 * test_ring_send: datagrams that no hook sees when a ring sends them: unix ones by name, those of raw sockets;
 * and acts whose result does not fit into the ring.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <signal.h>

#include "harness.h"
#include "ring_ways.h"

#define SENT   4
#define UDP_TO 20104

static int begin(void **state)
{
	static const struct kernel_options folds = {.ring_kib = 4096, .fold = true};

	(void)state;
	if (ring_open(&ring, 0)) {
		print_message("# SKIP io_uring: %s\n", strerror(errno));
		skip();
	}
	close(ring.fd);
	sensor_start(&folds);
	return chdir(scratch());
}

static int end(void **state)
{
	(void)state;
	sensor_stop();
	return 0;
}

static struct sockaddr_in at_home(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int heard(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(a.sun_path, name);
	unlink(name);
	need(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	return fd;
}

static struct msghdr message(void *to, size_t len)
{
	static struct icmphdr ping = {.type = ICMP_ECHO};
	static struct iovec text = {&ping, sizeof(ping)};

	return (struct msghdr){
		.msg_name = to, .msg_namelen = (socklen_t)len, .msg_iov = &text, .msg_iovlen = 1};
}

static void ask_to_send(const struct way *way, int fd, const struct msghdr *msg)
{
	struct io_uring_sqe *sqe = ring_request(&ring, IORING_OP_SENDMSG);

	sqe->flags = (uint8_t)way->sqe_flags;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)msg;
	sqe->len = 1;
}

static int send_by_ring(const struct way *way, int fd, void *to, size_t len)
{
	struct msghdr msg = message(to, len);

	ask_to_send(way, fd, &msg);
	return ring_do(&ring);
}

static int send_to_unix(const struct way *way, int fd, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	strcpy(a.sun_path, name);
	return send_by_ring(way, fd, &a, sizeof(a));
}

static void send_every_way(void *arg)
{
	const struct way *way = arg;
	struct sockaddr_in home = at_home(0);
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	int one;

	need(ring_open(&ring, way->setup) == 0);
	heard("one");
	one = heard("stale");
	need(close(one) == 0);
	for (int i = 0; i < SENT; i++) {
		need(send_by_ring(way, raw, &home, sizeof(home)) > 0);
		need(send_to_unix(way, fd, "one") > 0);
	}
	need(send_to_unix(way, fd, "stale") == -ECONNREFUSED);
	need(send_to_unix(way, fd, "nothing") == -ENOENT);
}

static bool names_home(const struct record_net *r)
{
	static const uint8_t home[4] = {127, 0, 0, 1};

	return r->family == AF_INET && memcmp(r->dst, home, sizeof(home)) == 0;
}

static uint64_t count_raw(uint32_t pid)
{
	const struct record_net *r;
	uint64_t n = 0;

	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++) {
		assert_true(r->header.flags & RECORD_IO_URING);
		assert_true(r->header.flags & RECORD_SENT);
		assert_true(r->header.flags & (RECORD_USER_ADDRESS | RECORD_REQUEST_PATH));
		if (names_home(r) && r->proto == IPPROTO_ICMP && r->result == 0)
			n += r->count;
	}
	return n;
}

static uint64_t count_unix(uint32_t pid, const char *name, int result)
{
	const struct record_unix *r;
	uint64_t n = 0;

	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++) {
		if (r->net.family != AF_UNIX || r->net.result != result ||
		    !str_is(text_of(r, r->path), name))
			continue;
		assert_text(r, r->base, scratch());
		assert_int_equal(r->type, SOCK_DGRAM);
		n += r->net.count;
	}
	return n;
}

static void what_no_hook_sees(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		uint32_t pid;

		if (!can(&ways[i]))
			continue;
		print_message("# %s\n", ways[i].name);
		pid = act(send_every_way, (void *)(uintptr_t)&ways[i]);
		for (int n = 0; n < 3; n++)
			gather_tick();
		assert_int_equal(count_raw(pid), SENT);
		assert_int_equal(count_unix(pid, "one", 0), SENT);
		assert_int_equal(count_unix(pid, "stale", -ECONNREFUSED), 1);
		assert_in_range(count_records(RECORD_NET_CONNECT, pid), 3, 7);
		forget();
	}
}

/* Without a word when it succeeds, from the ring's own table. */
static void send_silently(void *arg)
{
	static const struct way silent = {"silently", 0, IOSQE_CQE_SKIP_SUCCESS | IOSQE_FIXED_FILE};
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "one"};
	struct msghdr msg = message(&a, sizeof(a));
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), one = heard("one");
	char bytes[64];

	(void)arg;
	need(ring_open(&ring, 0) == 0);
	need(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &fd, 1) == 0);
	for (int i = 0; i < SENT; i++) {
		ask_to_send(&silent, 0, &msg);
		need(ring_submit(&ring, 0) == 0 && recv(one, bytes, sizeof(bytes), 0) > 0);
	}
}

static void without_a_word(void **state)
{
	uint32_t pid = act(send_silently, NULL);

	(void)state;
	for (int n = 0; n < 3; n++)
		gather_tick();
	assert_int_equal(count_unix(pid, "one", -EINPROGRESS), SENT);
}

static void ask_a_full_ring(void)
{
	static const struct way aside = {"by a worker", 0, IOSQE_ASYNC};
	struct sockaddr_in home = at_home(UDP_TO);
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "one"};
	struct msghdr to_unix = message(&a, sizeof(a)), to_home = message(&home, sizeof(home));
	struct io_uring_sqe *sqe;

	need(ring_open(&ring, 0) == 0 && ring_overflow(&ring) == 0);
	ask_to_send(&ways[0], socket(AF_UNIX, SOCK_DGRAM, 0), &to_unix);
	ask_to_send(&ways[0], socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), &to_home);
	ask_to_send(&aside, socket(AF_INET, SOCK_DGRAM, 0), &to_home);
	sqe = ring_request(&ring, IORING_OP_CONNECT);
	sqe->fd = socket(AF_INET, SOCK_DGRAM, 0);
	sqe->addr = (uintptr_t)&home;
	sqe->off = sizeof(home);
	sqe = ring_request(&ring, IORING_OP_SOCKET);
	sqe->fd = AF_PACKET;
	sqe->off = SOCK_RAW;
	need(ring_submit(&ring, 1) == 0);
	for (;;) /* until the sensor has waited long enough for a result */
		pause();
}

static void assert_without_result(uint32_t pid)
{
	const struct record_net *r;
	unsigned of_unix = 0, icmp = 0, udp = 0, connected = 0;

	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++) {
		assert_true(r->header.flags & RECORD_NO_RESULT);
		of_unix += r->family == AF_UNIX;
		icmp += names_home(r) && r->proto == IPPROTO_ICMP;
		udp += names_home(r) && r->dst_port == UDP_TO && r->header.flags & RECORD_SENT &&
		       r->proto == IPPROTO_UDP;
		connected += r->dst_port == UDP_TO && !(r->header.flags & RECORD_SENT);
	}
	assert_int_equal(of_unix, 1);
	assert_int_equal(icmp, 1);
	assert_int_equal(udp, 1);
	assert_int_equal(connected, 1);
}

/* The memory of a request is used again by the next ones: here by one of which nothing is put aside. */
static void hide_behind_others(void *arg)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "one"};
	struct msghdr to_unix = message(&a, sizeof(a));
	struct sockaddr_in nowhere = at_home(9);
	struct io_uring_sqe *sqe;
	int one = heard("one"), res;

	(void)arg;
	need(ring_open(&ring, 0) == 0 && ring_overflow(&ring) == 0);
	ask_to_send(&ways[0], socket(AF_UNIX, SOCK_DGRAM, 0), &to_unix);
	need(ring_submit(&ring, 1) == 0 && recv(one, &res, sizeof(res), 0) > 0);
	while (ring_submit(&ring, 0) == 0 && ring_result(&ring, &res))
		;
	for (int i = 0; i < RING_ENTRIES; i++) {
		sqe = ring_request(&ring, IORING_OP_CONNECT);
		sqe->fd = socket(AF_INET, SOCK_STREAM, 0);
		sqe->addr = (uintptr_t)&nowhere;
		sqe->off = sizeof(nowhere);
	}
	need(ring_submit(&ring, RING_ENTRIES) == 0);
}

static void what_took_its_place_hides_nothing(void **state)
{
	const struct record_unix *r;
	uint32_t pid = act(hide_behind_others, NULL);
	unsigned told = 0;

	(void)state;
	gather_tick();
	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++)
		told += r->net.family == AF_UNIX && r->net.header.flags & RECORD_NO_RESULT;
	assert_int_equal(told, 1);
}

static void results_that_do_not_fit(void **state)
{
	const struct record_socket *s;
	uint32_t pid;
	int one = heard("one");

	(void)state;
	pid = (uint32_t)fork();
	if (pid == 0) {
		ask_a_full_ring();
		_exit(0);
	}
	for (unsigned i = 0; i < 2000 && count_records(RECORD_NET_CONNECT, pid) < 4; i++) {
		await();
		gather_tick();
	}
	kill((pid_t)pid, SIGKILL);
	waitpid((pid_t)pid, NULL, 0);
	close(one);
	assert_without_result(pid);
	for (unsigned i = 0; (s = find_record(RECORD_NET_SOCKET, pid, i)); i++)
		if (s->family == AF_PACKET)
			break;
	assert_non_null(s);
	assert_true(s->header.flags & RECORD_NO_RESULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_no_hook_sees, begin, end),
		cmocka_unit_test_setup_teardown(without_a_word, begin, end),
		cmocka_unit_test_setup_teardown(what_took_its_place_hides_nothing, begin, end),
		cmocka_unit_test_setup_teardown(results_that_do_not_fit, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
