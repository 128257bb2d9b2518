// SPDX-License-Identifier: Apache-2.0
/* test_net: outbound connections: who, where to, with which result, and each exactly once. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

static int listener, listener6;
static struct sockaddr_in open4, closed4;
static struct sockaddr_in6 open6;

static struct sockaddr *any(void *addr)
{
	return addr;
}

static int begin(void **state)
{
	socklen_t len = sizeof(open4), len6 = sizeof(open6);
	int spare = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	open4 = closed4 = (struct sockaddr_in){.sin_family = AF_INET,
					       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	open6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	listener = socket(AF_INET, SOCK_STREAM, 0);
	listener6 = socket(AF_INET6, SOCK_STREAM, 0);
	if (bind(listener, any(&open4), len) || listen(listener, 64) ||
	    getsockname(listener, any(&open4), &len) || bind(spare, any(&closed4), len) ||
	    getsockname(spare, any(&closed4), &len))
		return -1;
	if (bind(listener6, any(&open6), len6) == 0 && listen(listener6, 64) == 0)
		getsockname(listener6, any(&open6), &len6);
	close(spare);
	sensor_start(NULL);
	return 0;
}

static const struct record_net *only_one(uint32_t pid)
{
	assert_int_equal(count_records(RECORD_NET_CONNECT, pid), 1);
	return find_record(RECORD_NET_CONNECT, pid, 0);
}

static void assert_loopback4(const struct record_net *r, uint32_t proto, uint16_t port)
{
	static const uint8_t want[16] = {127, 0, 0, 1};

	assert_int_equal(r->family, AF_INET);
	assert_int_equal(r->proto, proto);
	assert_int_equal(r->dst_port, port);
	assert_memory_equal(r->dst, want, 16);
	assert_int_equal(r->count, 1);
}

static void tcp_ok(void *arg)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	need(connect(fd, any(&open4), sizeof(open4)) == 0);
	need(getsockname(fd, any(&own), &len) == 0);
	need(write(*(int *)arg, &own.sin_port, 2) == 2);
}

static void test_tcp_ok(void **state)
{
	const struct record_net *r;
	uint16_t port;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	r = only_one(act(tcp_ok, &fds[1]));
	assert_int_equal(read(fds[0], &port, 2), 2);
	assert_loopback4(r, IPPROTO_TCP, ntohs(open4.sin_port));
	assert_int_equal(r->result, 0);
	assert_int_equal(r->src_port, ntohs(port));
	assert_int_equal(r->src[0], 127);
	assert_in_range(r->duration_ns, 1, 2000000000);
}

static void tcp_refused(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	need(connect(fd, any(&closed4), sizeof(closed4)) < 0 && errno == ECONNREFUSED);
}

static void test_tcp_refused(void **state)
{
	const struct record_net *r = only_one(act(tcp_refused, NULL));

	(void)state;
	assert_loopback4(r, IPPROTO_TCP, ntohs(closed4.sin_port));
	assert_int_equal(r->result, -ECONNREFUSED);
}

/* Without blocking, asked twice: the second call only tells the result. */
static void tcp_later(void *arg)
{
	struct sockaddr_in *to = arg;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int ret = connect(fd, any(to), sizeof(*to));

	if (ret == 0)
		return;
	if (errno == EINPROGRESS) {
		need(poll(&p, 1, 5000) == 1);
		ret = connect(fd, any(to), sizeof(*to));
	}
	need(ret == 0 || errno == ECONNREFUSED || errno == EISCONN);
}

static void test_tcp_without_blocking(void **state)
{
	const struct record_net *r = only_one(act(tcp_later, &open4));

	(void)state;
	assert_loopback4(r, IPPROTO_TCP, ntohs(open4.sin_port));
	assert_int_equal(r->result, 0);
	r = only_one(act(tcp_later, &closed4));
	assert_loopback4(r, IPPROTO_TCP, ntohs(closed4.sin_port));
	assert_int_equal(r->result, -ECONNREFUSED);
}

static void tcp_mapped(void *arg)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = open4.sin_port};

	(void)arg;
	need(inet_pton(AF_INET6, "::ffff:127.0.0.1", &to.sin6_addr) == 1);
	need(connect(fd, any(&to), sizeof(to)) == 0);
}

static void tcp6(void *arg)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	(void)arg;
	need(connect(fd, any(&open6), sizeof(open6)) == 0);
}

static void test_tcp6(void **state)
{
	const struct record_net *r;

	(void)state;
	if (open6.sin6_port == 0)
		skip(); /* no IPv6 here */
	r = only_one(act(tcp6, NULL));
	assert_int_equal(r->family, AF_INET6);
	assert_memory_equal(r->dst, &in6addr_loopback, 16);
	assert_memory_equal(r->src, &in6addr_loopback, 16);
	assert_int_equal(r->dst_port, ntohs(open6.sin6_port));
	r = only_one(act(tcp_mapped, NULL));
	assert_loopback4(r, IPPROTO_TCP, ntohs(open4.sin_port));
	assert_int_equal(r->src[0], 127);
}

/* Never sends anything: a v4 broadcast address is no peer for TCP. */
static void tcp_no_route(void *arg)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(80)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	need(connect(fd, any(&to), sizeof(to)) < 0 && errno != EINPROGRESS);
}

/* Reaches SYN_SENT and falls back in the same call: the local port is taken by this very pair. */
static void tcp_address_taken(void *arg)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(own);
	int a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	(void)arg;
	setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(b, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	need(bind(a, any(&own), len) == 0 && getsockname(a, any(&own), &len) == 0);
	need(bind(b, any(&own), len) == 0);
	need(connect(a, any(&open4), sizeof(open4)) == 0);
	need(connect(b, any(&open4), sizeof(open4)) < 0 && errno == EADDRNOTAVAIL);
}

static void test_tcp_that_sends_nothing(void **state)
{
	const struct record_net *r = only_one(act(tcp_no_route, NULL));
	uint32_t pid;

	(void)state;
	assert_int_equal(r->dst_port, 80);
	assert_int_equal(r->dst[0], 255);
	assert_true(r->result < 0);
	pid = act(tcp_address_taken, NULL);
	assert_int_equal(count_records(RECORD_NET_CONNECT, pid), 2);
	r = find_record(RECORD_NET_CONNECT, pid, 1);
	assert_loopback4(r, IPPROTO_TCP, ntohs(open4.sin_port));
	assert_int_equal(r->result, -EADDRNOTAVAIL);
}

static void udp(void *arg)
{
	struct sockaddr_in to = open4, none = {.sin_family = AF_UNSPEC};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)arg;
	to.sin_port = 0; /* what getaddrinfo(3) does to learn its own address */
	need(connect(fd, any(&to), sizeof(to)) == 0);
	to.sin_port = htons(53);
	need(connect(fd, any(&to), sizeof(to)) == 0);
	need(connect(fd, any(&none), sizeof(none)) == 0);
}

static void test_udp(void **state)
{
	const struct record_net *r = only_one(act(udp, NULL));

	(void)state;
	assert_loopback4(r, IPPROTO_UDP, 53);
	assert_int_equal(r->result, 0);
	assert_int_not_equal(r->src_port, 0);
}

#if defined(__x86_64__)
/* A call through int 0x80: arguments below 4 GiB. */
static long call32(long number, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(number), "b"(a), "c"(b), "d"(c)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

struct low {
	uint32_t args[6];
	struct sockaddr_in to;
	char byte;
};

static uint32_t low_address(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

/* As 32-bit programs do it: connect and socketcall(connect), socketcall(sendto). */
static void calls32(void *arg)
{
	struct low *m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)arg;
	need(m != MAP_FAILED);
	m->to = open4;
	m->to.sin_port = htons(5301);
	need(call32(362, fd, low_address(&m->to), sizeof(m->to)) == 0);
	m->to.sin_port = htons(5302);
	m->args[0] = (uint32_t)fd;
	m->args[1] = low_address(&m->to);
	m->args[2] = sizeof(m->to);
	need(call32(102, 3, low_address(m->args), 0) == 0);
	m->to.sin_port = htons(5303);
	m->args[1] = low_address(&m->byte);
	m->args[2] = 1;
	m->args[4] = low_address(&m->to);
	m->args[5] = sizeof(m->to);
	need(call32(102, 11, low_address(m->args), 0) == 1);
}

static void test_32_bit_calls(void **state)
{
	uint32_t pid;

	(void)state;
	if (call32(20, 0, 0, 0) != getpid()) {
		print_message("# SKIP no 32-bit calls in this kernel\n");
		skip();
	}
	pid = act(calls32, NULL);
	assert_int_equal(count_records(RECORD_NET_CONNECT, pid), 3);
	for (unsigned i = 0; i < 3; i++)
		assert_loopback4(find_record(RECORD_NET_CONNECT, pid, i), IPPROTO_UDP,
				 (uint16_t)(5301 + i));
	assert_true(((const struct record_header *)find_record(RECORD_NET_CONNECT, pid, 2))->flags &
		    RECORD_SENT);
}
#endif

/* A failure in the middle of sendmmsg(2) has no error of its own; what was sent before is counted. */
static void send_some(void *arg)
{
	struct sockaddr_in good = open4, bad = {.sin_family = AF_INET, .sin_port = htons(5311)};
	struct iovec piece = {"x", 1};
	struct mmsghdr all[4];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)arg;
	good.sin_port = htons(5310);
	bad.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	for (int i = 0; i < 4; i++)
		all[i].msg_hdr = (struct msghdr){.msg_name = i == 2 ? &bad : &good,
						 .msg_namelen = sizeof(good),
						 .msg_iov = &piece,
						 .msg_iovlen = 1};
	need(sendmmsg(fd, all, 4, 0) == 2);
}

static void test_datagrams_until_a_failure(void **state)
{
	uint32_t pid = act(send_some, NULL);
	const struct record_net *r = find_record(RECORD_NET_CONNECT, pid, 0);

	(void)state;
	assert_int_equal(count_records(RECORD_NET_CONNECT, pid), 2);
	assert_int_equal(r->dst_port, 5310);
	assert_int_equal(r->count, 2);
	assert_int_equal(r->result, 0);
	assert_true(r->header.flags & RECORD_SENT);
	r = find_record(RECORD_NET_CONNECT, pid, 1);
	assert_int_equal(r->dst_port, 5311);
	assert_int_equal(r->count, 1);
	assert_int_equal(r->result, -EVENT_ERRNO_UNKNOWN);
}

static void fast_open(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	need(sendto(fd, "x", 1, MSG_FASTOPEN, any(&open4), sizeof(open4)) == 1);
}

static void test_tcp_fast_open(void **state)
{
	const struct record_net *r = only_one(act(fast_open, NULL));

	(void)state;
	assert_loopback4(r, IPPROTO_TCP, ntohs(open4.sin_port));
	assert_int_equal(r->result, 0);
}

/* The asker is gone when the answer comes: the record is still its own. 192.0.2.0/24 answers never. */
static void give_up(void *arg)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)arg;
	to.sin_addr.s_addr = htonl(0xc0000201);
	need(connect(fd, any(&to), sizeof(to)) < 0);
}

static void test_tcp_given_up(void **state)
{
	uint32_t pid = act(give_up, NULL);
	const struct record_net *r = only_one(pid);

	(void)state;
	assert_int_equal(r->dst[0], 192);
	assert_true(r->result < 0);
	assert_int_equal(r->task.pid, pid);
}

static void ignore(int sig)
{
	(void)sig;
}

struct hanging {
	struct sockaddr_in to;
	int fd;
	volatile pid_t tid;
};

/* Waits for an answer until a signal comes, by when the descriptor is gone; then it goes elsewhere. */
static void *connect_and_hang(void *arg)
{
	struct sockaddr_in next = open4;
	struct hanging *h = arg;

	h->tid = gettid();
	need(connect(h->fd, any(&h->to), sizeof(h->to)) < 0 && errno == EINTR);
	next.sin_port = htons(4711);
	need(connect(socket(AF_INET, SOCK_DGRAM, 0), any(&next), sizeof(next)) == 0);
	return NULL;
}

static bool is_in_connect(pid_t tid)
{
	char path[64], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	f = fopen(path, "r");
	need(f != NULL);
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	return atoi(text) == SYS_connect;
}

/* A listener whose queue is full answers to nobody. */
static void listen_deaf(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int deaf = socket(AF_INET, SOCK_STREAM, 0);

	*at = (struct sockaddr_in){.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	need(bind(deaf, any(at), len) == 0 && listen(deaf, 0) == 0);
	need(getsockname(deaf, any(at), &len) == 0);
	need(connect(socket(AF_INET, SOCK_STREAM, 0), any(at), len) == 0);
}

static void close_under(void *arg)
{
	struct sigaction sa = {.sa_handler = ignore};
	struct hanging h = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
	pthread_t t;

	(void)arg;
	listen_deaf(&h.to);
	need(sigaction(SIGUSR1, &sa, NULL) == 0);
	need(pthread_create(&t, NULL, connect_and_hang, &h) == 0);
	while (!h.tid || !is_in_connect(h.tid))
		sched_yield();
	close(h.fd);
	need(pthread_kill(t, SIGUSR1) == 0 && pthread_join(t, NULL) == 0);
}

/* A descriptor closed by another thread during connect(2) hides nothing, not the next one either. */
static void test_closed_under_the_call(void **state)
{
	uint32_t pid = act(close_under, NULL);
	const struct record_net *r, *udp4711 = NULL;
	unsigned tcp = 0;

	(void)state;
	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)) != NULL; i++) {
		if (r->dst_port == 4711)
			udp4711 = r;
		tcp += r->proto == IPPROTO_TCP;
	}
	assert_non_null(udp4711);
	assert_loopback4(udp4711, IPPROTO_UDP, 4711);
	assert_int_equal(tcp, 2); /* the one that filled the queue, and the one that was given up */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_ok),
		cmocka_unit_test(test_tcp_refused),
		cmocka_unit_test(test_tcp_without_blocking),
		cmocka_unit_test(test_tcp6),
		cmocka_unit_test(test_tcp_that_sends_nothing),
		cmocka_unit_test(test_udp),
#if defined(__x86_64__)
		cmocka_unit_test(test_32_bit_calls),
#endif
		cmocka_unit_test(test_datagrams_until_a_failure),
		cmocka_unit_test(test_tcp_fast_open),
		cmocka_unit_test(test_tcp_given_up),
		cmocka_unit_test(test_closed_under_the_call),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, begin, end_sensor);
}
