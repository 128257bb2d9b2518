// SPDX-License-Identifier: Apache-2.0
/* test_names: packets to and from port 53 and the first bytes of TLS, of whom, and nothing else. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"

/* A server on port 53 of a loopback address that nobody else uses, and one on any port. */
static int udp_server, tcp_server, other_server;
static struct sockaddr_in dns = {.sin_family = AF_INET}, other = {.sin_family = AF_INET};
static struct sockaddr_in6 dns6 = {.sin6_family = AF_INET6};
static char question[64] = "\x12\x34 a question";
static char hello[3000] = "\x16\x03\x01\x0b\xb3\x01\x00\x0b\xaf\x03\x03";

static struct sockaddr *any(void *addr)
{
	return addr;
}

/* Gives back what it got: datagrams, and of streams the first bytes. */
static void *echo(void *arg)
{
	char buf[4096];
	struct sockaddr_storage from;
	socklen_t len;
	ssize_t n;

	(void)arg;
	for (;;) {
		len = sizeof(from);
		n = recvfrom(udp_server, buf, sizeof(buf), 0, any(&from), &len);
		if (n > 0)
			sendto(udp_server, buf, (size_t)n, 0, any(&from), len);
	}
	return NULL;
}

static void *echo_streams(void *arg)
{
	int *listener = arg;
	char buf[8192];

	for (;;) {
		int fd = accept(*listener, NULL, NULL);
		ssize_t n = fd < 0 ? -1 : recv(fd, buf, sizeof(buf), 0);

		if (n > 0)
			send(fd, buf, (size_t)n, 0);
		while (n > 0)
			n = recv(fd, buf, sizeof(buf), 0);
		close(fd);
	}
	return NULL;
}

static int begin(void **state)
{
	const struct kernel_options opt = {.ring_kib = 16384, .names = true};
	socklen_t len = sizeof(other);
	pthread_t thread;

	(void)state;
	dns.sin_port = htons(53);
	dns.sin_addr.s_addr = htonl(0x7f000000 | (getpid() & 0xffff) << 8 | 53);
	dns6.sin6_port = htons(53);
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &dns6.sin6_addr);
	memcpy(&dns6.sin6_addr.s6_addr[12], &dns.sin_addr, 4);
	udp_server = socket(AF_INET, SOCK_DGRAM, 0);
	tcp_server = socket(AF_INET, SOCK_STREAM, 0);
	other_server = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(udp_server, any(&dns), sizeof(dns)) || bind(tcp_server, any(&dns), sizeof(dns)) ||
	    listen(tcp_server, 8) || listen(other_server, 8) ||
	    getsockname(other_server, any(&other), &len))
		return -1;
	other.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	pthread_create(&thread, NULL, echo, NULL);
	pthread_create(&thread, NULL, echo_streams, &tcp_server);
	pthread_create(&thread, NULL, echo_streams, &other_server);
	sensor_start(&opt);
	return 0;
}

static void assert_packet(const struct record_packet *r, uint32_t proto, bool inbound,
			  const void *bytes, uint32_t n)
{
	assert_non_null(r);
	assert_int_equal(r->family, AF_INET);
	assert_int_equal(r->proto, proto);
	assert_int_equal(r->inbound, inbound);
	assert_int_equal(inbound ? r->src_port : r->dst_port, 53);
	assert_memory_equal(inbound ? r->src : r->dst, &dns.sin_addr, 4);
	assert_int_equal(r->length, n);
	assert_int_equal(r->bytes.len, n);
	assert_memory_equal(text_of(r, r->bytes).p, bytes, n);
	assert_true(r->task.boundary && r->socket && r->net_inum);
	assert_string_equal((const char *)r->task.comm, "test_names");
}

static void ask(void *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char buf[64];

	if (arg)
		need(connect(fd, any(&dns), sizeof(dns)) == 0 &&
		     write(fd, question, sizeof(question)) == sizeof(question));
	else
		need(sendto(fd, question, sizeof(question), 0, any(&dns), sizeof(dns)) ==
		     sizeof(question));
	need(recv(fd, buf, sizeof(buf), 0) == sizeof(buf));
}

static void ask_mapped(void *arg)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	char buf[64];

	(void)arg;
	need(sendto(fd, question, sizeof(question), 0, any(&dns6), sizeof(dns6)) ==
	     sizeof(question));
	need(recv(fd, buf, sizeof(buf), 0) == sizeof(buf));
}

static void assert_exchange(uint32_t pid)
{
	const struct record_packet *out = find_record(RECORD_NET_DNS, pid, 0),
				   *in = find_record(RECORD_NET_DNS, pid, 1);

	assert_int_equal(count_records(RECORD_NET_DNS, pid), 2);
	assert_packet(out, IPPROTO_UDP, false, question, sizeof(question));
	assert_packet(in, IPPROTO_UDP, true, question, sizeof(question));
	assert_int_equal(out->socket, in->socket);
	assert_int_equal(out->src_port, in->dst_port);
}

static void test_datagrams(void **state)
{
	(void)state;
	assert_exchange(act(ask, "connected"));
	assert_exchange(act(ask, NULL));
	assert_exchange(act(ask_mapped, NULL));
}

/* A descriptor with a high number is found too. */
static void ask_from_far(void *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), far = dup2(fd, 900);
	char buf[64];

	(void)arg;
	close(fd);
	need(sendto(far, question, sizeof(question), 0, any(&dns), sizeof(dns)) ==
	     sizeof(question));
	need(recv(far, buf, sizeof(buf), 0) == sizeof(buf));
}

static void test_the_sender_is_who_has_the_socket(void **state)
{
	(void)state;
	assert_exchange(act(ask_from_far, NULL));
}

/* A long payload is cut, and says so. */
static void ask_long(void *arg)
{
	static char longer[6000] = {1};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)arg;
	need(sendto(fd, longer, sizeof(longer), 0, any(&dns), sizeof(dns)) == sizeof(longer));
}

static void test_what_is_long_is_cut(void **state)
{
	const struct record_packet *r = find_record(RECORD_NET_DNS, act(ask_long, NULL), 0);

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->length, 6000);
	assert_int_equal(r->bytes.len, EVENT_PACKET_MAX);
	assert_true(r->header.flags & RECORD_TEXT_CUT);
}

static void ask_stream(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char buf[64];

	(void)arg;
	need(connect(fd, any(&dns), sizeof(dns)) == 0);
	need(send(fd, question, sizeof(question), 0) == sizeof(question));
	need(recv(fd, buf, sizeof(buf), MSG_WAITALL) == sizeof(buf));
	need(send(fd, "more", 4, 0) == 4);
}

static void test_a_stream_has_offsets(void **state)
{
	uint32_t pid = act(ask_stream, NULL);
	const struct record_packet *r = find_record(RECORD_NET_DNS, pid, 0);

	(void)state;
	assert_int_equal(count_records(RECORD_NET_DNS, pid), 3);
	assert_packet(r, IPPROTO_TCP, false, question, sizeof(question));
	assert_int_equal(r->offset, 0);
	r = find_record(RECORD_NET_DNS, pid, 1);
	assert_packet(r, IPPROTO_TCP, true, question, sizeof(question));
	assert_int_equal(r->offset, 0);
	r = find_record(RECORD_NET_DNS, pid, 2);
	assert_packet(r, IPPROTO_TCP, false, "more", 4);
	assert_int_equal(r->offset, sizeof(question));
}

/* In pieces; each waits for nothing. */
static void greet(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	size_t piece = *(size_t *)arg, n;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	need(connect(fd, any(&other), sizeof(other)) == 0);
	for (size_t at = 0; at < sizeof(hello); at += n) {
		n = sizeof(hello) - at < piece ? sizeof(hello) - at : piece;
		need(send(fd, hello + at, n, 0) == (ssize_t)n);
	}
	need(send(fd, "what follows", 12, 0) == 12);
}

static void assert_hello(uint32_t pid, unsigned records)
{
	uint32_t at = 0;

	assert_int_equal(count_records(RECORD_NET_TLS, pid), records);
	for (unsigned i = 0; i < records; i++) {
		const struct record_packet *r = find_record(RECORD_NET_TLS, pid, i);

		assert_int_equal(r->offset, at);
		assert_int_equal(r->dst_port, ntohs(other.sin_port));
		assert_memory_equal(text_of(r, r->bytes).p, hello + at, r->bytes.len);
		at += r->bytes.len;
	}
	assert_int_equal(at, sizeof(hello));
}

static void test_the_first_bytes_of_tls(void **state)
{
	size_t whole = sizeof(hello), half = 1500, small = 500;

	(void)state;
	assert_hello(act(greet, &whole), 1);
	assert_hello(act(greet, &half), 2);
	assert_hello(act(greet, &small), 6);
}

static void greet_otherwise(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	need(connect(fd, any(&other), sizeof(other)) == 0);
	need(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0) == 18);
	need(send(fd, hello, sizeof(hello), 0) == sizeof(hello)); /* not the first bytes */
}

static void test_other_streams_are_left_alone(void **state)
{
	uint32_t pid = act(greet_otherwise, NULL);

	(void)state;
	assert_int_equal(count_records(RECORD_NET_TLS, pid), 0);
	assert_int_equal(count_records(RECORD_NET_DNS, pid), 0);
	assert_int_equal(count_records(RECORD_NET_CONNECT, pid), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_the_sender_is_who_has_the_socket),
		cmocka_unit_test(test_what_is_long_is_cut),
		cmocka_unit_test(test_a_stream_has_offsets),
		cmocka_unit_test(test_the_first_bytes_of_tls),
		cmocka_unit_test(test_other_streams_are_left_alone),
	};

	return cmocka_run_group_tests(tests, begin, end_sensor);
}
