// SPDX-License-Identifier: Apache-2.0
/*
 * test_ring_accept: what a ring accepts is told, each connection once: many by one request, into the ring's
 * own table, with results that do not fit into the ring.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "harness.h"
#include "ring_ways.h"

#define MANY 3

static int begin(void **state)
{
	static const struct kernel_options apart = {.ring_kib = 4096};

	(void)state;
	if (ring_open(&ring, 0)) {
		print_message("# SKIP io_uring: %s\n", strerror(errno));
		skip();
	}
	close(ring.fd);
	sensor_start(&apart);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sensor_stop();
	return 0;
}

static int serve(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*at = (struct sockaddr_in){.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	need(bind(fd, (struct sockaddr *)at, len) == 0 && listen(fd, 64) == 0);
	need(getsockname(fd, (struct sockaddr *)at, &len) == 0);
	return fd;
}

static int come(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	need(connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0);
	return fd;
}

static void ask_to_accept(const struct way *way, int server, bool many, unsigned slot)
{
	struct io_uring_sqe *sqe = ring_request(&ring, IORING_OP_ACCEPT);

	sqe->flags = (uint8_t)way->sqe_flags;
	sqe->fd = server;
	sqe->ioprio = many ? IORING_ACCEPT_MULTISHOT : 0;
	sqe->file_index = slot;
}

static int next_result(void)
{
	int res = -1;

	while (!ring_result(&ring, &res))
		need(ring_submit(&ring, 1) == 0);
	return res;
}

static void accept_many(const struct way *way, unsigned slot)
{
	struct sockaddr_in at;
	int server = serve(&at);

	ask_to_accept(way, server, true, slot);
	need(ring_submit(&ring, 0) == 0);
	for (int i = 0; i < MANY; i++) {
		come(&at);
		need(next_result() >= 0);
	}
}

static void ask_every_way(void *arg)
{
	const struct way *way = arg;
	struct sockaddr_in at;
	int files[8], server = serve(&at);

	memset(files, -1, sizeof(files));
	need(ring_open(&ring, way->setup) == 0);
	need(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, files, 8) == 0);
	accept_many(way, 0);
	accept_many(way, IORING_FILE_INDEX_ALLOC);
	ask_to_accept(way, server, false, 8);
	need(ring_submit(&ring, 0) == 0);
	come(&at);
	need(next_result() == 0);
}

/* Each connection of pid to itself has its other end. */
static void assert_all_accepted(uint32_t pid, unsigned count)
{
	const struct record_net *asked;
	const struct record_flow *taken;
	unsigned found = 0;

	assert_int_equal(count_records(RECORD_NET_CONNECT, pid), count);
	assert_int_equal(count_records(RECORD_NET_ACCEPT, pid), count);
	for (unsigned i = 0; (asked = find_record(RECORD_NET_CONNECT, pid, i)); i++)
		for (unsigned n = 0; (taken = find_record(RECORD_NET_ACCEPT, pid, n)); n++)
			found += taken->src_port == asked->src_port &&
				 taken->dst_port == asked->dst_port;
	assert_int_equal(found, count);
}

static void many_and_into_its_own_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		if (!can(&ways[i]))
			continue;
		print_message("# %s\n", ways[i].name);
		assert_all_accepted(act(ask_every_way, (void *)(uintptr_t)&ways[i]), 2 * MANY + 1);
		forget();
	}
}

/* With the user_data of a request to accept: bytes that were read, as many as a connection's number. */
static void read_as_many_as(int number)
{
	static char bytes[256];
	struct io_uring_sqe *sqe;
	int fds[2];

	need(pipe(fds) == 0 && write(fds[1], bytes, (size_t)number) == number);
	sqe = ring_request(&ring, IORING_OP_READ);
	sqe->fd = fds[0];
	sqe->addr = (uintptr_t)bytes;
	sqe->len = (uint32_t)number;
	sqe->off = (uint64_t)-1;
	need(ring_submit(&ring, 1) == 0);
}

static void ask_a_full_ring(void *arg)
{
	struct sockaddr_in at;
	int server = serve(&at);

	(void)arg;
	need(ring_open(&ring, 0) == 0 && ring_overflow(&ring) == 0);
	for (int i = 0; i < MANY; i++) {
		come(&at);
		ask_to_accept(&ways[0], server, false, 0);
		need(ring_submit(&ring, 1) == 0);
	}
	for (int number = 3; number < 20; number++)
		read_as_many_as(number);
}

static void results_that_do_not_fit(void **state)
{
	(void)state;
	assert_all_accepted(act(ask_a_full_ring, NULL), MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_and_into_its_own_table, begin, end),
		cmocka_unit_test_setup_teardown(results_that_do_not_fit, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
