/* SPDX-License-Identifier: Apache-2.0 */
/* The stage: questions and answers become events, and connects get the name that was asked for. */
#include "stage.h"

#include <errno.h>
#include <stdio.h>

#include "bpf/event.h"
#include "names/names.h"

static void test_a_question_and_its_answer_are_one_event(void **state)
{
	(void)state;
	assert_true(look_up("127.0.0.53", "www.test", 60, 0x0a000001));
	assert_int_equal(ev.what.type, EVENT_NET_DNS);
	assert_int_equal(ev.what.outcome, OUTCOME_OK);
	assert_int_equal(ev.what.pid, 7);
	assert_str(ev.what.comm, "dig");
	assert_str(ev.what.dns.name, "www.test");
	assert_str(ev.what.dns.type, "A");
	assert_str(ev.what.dns.rcode, "NOERROR");
	assert_str(ev.what.dns.answers, "10.0.0.1");
	assert_null(ev.what.dns.cnames.p);
	assert_int_equal(ev.what.net.duration_ns, 2000000);
	assert_int_equal(ev.what.net.dst_port, 53);
	assert_int_equal(ev.what.net.dst[3], 53);
	assert_int_equal(ev.what.boot_ns, now);
}

static void test_a_connect_gets_the_name(void **state)
{
	(void)state;
	assert_str(connect_to(0x0a000001), NULL);
	look_up("127.0.0.53", "www.test", 60, 0x0a000001);
	assert_str(connect_to(0x0a000001), "www.test");
	assert_int_equal(ev.what.net.dst_name_source, NAME_OF_RESOLVER);
	assert_null(ev.what.net.dst_other_names.p);
	assert_str(connect_to(0x0a000002), NULL);
}

static void test_only_what_was_asked_counts(void **state)
{
	(void)state;
	make_question(&m, 1, "www.test");
	assert_false(packet("127.0.0.53", 9, false));
	make_answer(&m, 2, "www.test", 60, 0x0a000001); /* another number */
	assert_false(packet("127.0.0.53", 9, true));
	make_answer(&m, 1, "w3.test", 60, 0x0a000001); /* another name */
	assert_false(packet("127.0.0.53", 9, true));
	make_answer(&m, 1, "www.test", 60, 0x0a000001);
	assert_false(packet("127.0.0.54", 9, true));  /* another server */
	assert_false(packet("127.0.0.53", 10, true)); /* another socket */
	assert_int_equal(stats().unasked, 4);
	assert_str(connect_to(0x0a000001), NULL);
	make_answer(&m, 1, "www.test", 60, 0x0a000001);
	assert_true(packet("127.0.0.53", 9, true));
	make_answer(&m, 1, "www.test", 60, 0x0a000002); /* it was answered */
	assert_false(packet("127.0.0.53", 9, true));
	assert_int_equal(stats().unasked, 5);
	assert_str(connect_to(0x0a000002), NULL);
}

static void test_records_of_other_names_are_not_learnt(void **state)
{
	(void)state;
	make_question(&m, 1, "evil.test");
	packet("127.0.0.53", 9, false);
	put_header(&m, 1, QR, 1, 2, 0);
	put_question(&m, "evil.test", 1);
	put_a(&m, "evil.test", 60, 0x0a000001);
	put_a(&m, "github.com", 60, 0x0a000002);
	assert_true(packet("127.0.0.53", 9, true));
	assert_str(ev.what.dns.answers, "10.0.0.1");
	assert_str(connect_to(0x0a000002), NULL);
}

static void test_a_name_ends_with_its_time(void **state)
{
	(void)state;
	look_up("127.0.0.53", "long.test", 60, 0x0a000001);
	look_up("127.0.0.53", "short.test", 0, 0x0a000002);
	now += 9 * SECOND;
	assert_str(connect_to(0x0a000002), "short.test"); /* used at once all the same */
	now += 2 * SECOND;
	assert_str(connect_to(0x0a000002), NULL);
	now += 48 * SECOND;
	assert_str(connect_to(0x0a000001), "long.test");
	now += 2 * SECOND;
	assert_str(connect_to(0x0a000001), NULL);
}

static void test_workloads_do_not_share_names(void **state)
{
	(void)state;
	look_up("127.0.0.53", "one.test", 60, 0x0a000001);
	self.pid = 8;
	assert_str(connect_to(0x0a000001), "one.test"); /* the same workload, another process */
	self.boundary = 4;
	assert_str(connect_to(0x0a000001), NULL);
	look_up("127.0.0.53", "two.test", 60, 0x0a000001);
	assert_str(connect_to(0x0a000001), "two.test");
	assert_null(ev.what.net.dst_other_names.p);
	self.boundary = 3;
	self.pid = 7;
	assert_str(connect_to(0x0a000001), "one.test");
	self.net++;
	assert_str(connect_to(0x0a000001), NULL);
	self.net--;
	self.cgroup++;
	self.pid = 9;
	assert_str(connect_to(0x0a000001), NULL);
}

static void test_who_ran_before_shares_with_nobody(void **state)
{
	(void)state;
	self.flags = TASK_SEEDED;
	look_up("127.0.0.53", "one.test", 60, 0x0a000001);
	assert_str(connect_to(0x0a000001), "one.test");
	self.pid = 8;
	assert_str(connect_to(0x0a000001), NULL);
}

static void test_the_latest_name_of_the_process_counts(void **state)
{
	(void)state;
	look_up("127.0.0.53", "one.test", 60, 0x0a000001);
	look_up("127.0.0.53", "two.test", 60, 0x0a000001);
	assert_str(connect_to(0x0a000001), "two.test");
	assert_str(ev.what.net.dst_other_names, "one.test");
	look_up("127.0.0.53", "one.test", 60, 0x0a000001); /* again */
	assert_str(connect_to(0x0a000001), "one.test");
	assert_str(ev.what.net.dst_other_names, "two.test");
	self.pid = 8;
	look_up("127.0.0.53", "three.test", 60, 0x0a000001);
	self.pid = 7;
	assert_str(connect_to(0x0a000001), "one.test"); /* its own before a neighbour's newer one */
	assert_true(memmem(ev.what.net.dst_other_names.p, ev.what.net.dst_other_names.n,
			   "three.test", 10));
}

static void test_whose_answer_it_was(void **state)
{
	(void)state;
	look_up("10.6.6.6", "github.com", 60, 0x0a000001); /* a server of the job's own */
	connect_to(0x0a000001);
	assert_int_equal(ev.what.net.dst_name_source, NAME_OF_SERVER);
	look_up("9.9.9.9", "comment.test", 60, 0x0a000002);
	connect_to(0x0a000002);
	assert_int_equal(ev.what.net.dst_name_source, NAME_OF_SERVER);
	look_up("10.0.0.53", "set.test", 60, 0x0a000003);
	connect_to(0x0a000003);
	assert_int_equal(ev.what.net.dst_name_source, NAME_OF_RESOLVER);
	/* loopback of another network is another machine's */
	self.net++;
	look_up("127.0.0.53", "inside.test", 60, 0x0a000004);
	connect_to(0x0a000004);
	assert_int_equal(ev.what.net.dst_name_source, NAME_OF_SERVER);
	look_up("10.0.0.53", "outside.test", 60, 0x0a000005);
	connect_to(0x0a000005);
	assert_int_equal(ev.what.net.dst_name_source, NAME_OF_RESOLVER);
}

static void test_no_answer_is_an_event_too(void **state)
{
	(void)state;
	make_question(&m, 1, "nobody.test");
	packet("127.0.0.53", 9, false);
	packet("127.0.0.53", 9, false); /* sent again */
	now += 9 * SECOND;
	assert_false(names_due(names, now, false, &ev));
	now += 2 * SECOND;
	assert_true(names_due(names, now, false, &ev));
	assert_str(ev.what.dns.name, "nobody.test");
	assert_null(ev.what.dns.rcode.p);
	assert_int_equal(ev.what.outcome, OUTCOME_FAILED);
	assert_int_equal(ev.what.err, ETIMEDOUT);
	assert_int_equal(ev.what.net.duration_ns, 11 * SECOND);
	assert_false(names_due(names, now, false, &ev));
	assert_int_equal(stats().unanswered, 1);
	packet("127.0.0.53", 9, false);
	assert_true(names_due(names, now, true, &ev)); /* at the end */
	assert_int_equal(ev.what.outcome, OUTCOME_NONE);
	assert_int_equal(ev.what.err, 0);
}

static void test_a_full_table_loses_nothing(void **state)
{
	char name[32];
	unsigned told = 0, i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		make_question(&m, (uint16_t)i, name);
		now += 1000;
		told += packet("127.0.0.53", 9, false);
	}
	assert_in_range(told, 1, 2999);
	assert_str(ev.what.dns.name, "n1975.test"); /* the oldest made room */
	while (names_due(names, now, true, &ev))
		told++;
	assert_int_equal(told, 3000);
}

static void test_equal_exchanges_are_counted(void **state)
{
	unsigned told = 0;
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		told += look_up("127.0.0.53", "www.test", 60, 0x0a000001 + i % 2);
	assert_int_equal(told, 1);
	assert_false(names_due(names, now, false, &ev));
	now += SECOND;
	assert_true(names_due(names, now, false, &ev));
	assert_int_equal(ev.what.count, 9);
	assert_true(ev.what.first_wall_ns && ev.what.last_wall_ns > ev.what.first_wall_ns);
	assert_str(ev.what.dns.name, "www.test");
	assert_false(names_due(names, now, false, &ev));
	/* another name, answer or workload is another exchange */
	told = look_up("127.0.0.53", "www.test", 60, 0x0a000001);
	told += look_up("127.0.0.53", "w3.test", 60, 0x0a000001);
	self.boundary++;
	told += look_up("127.0.0.53", "www.test", 60, 0x0a000001);
	assert_int_equal(told, 3);
	for (unsigned i = 0; i < 500; i++) { /* more than there is room for */
		char name[32];

		snprintf(name, sizeof(name), "n%u.test", i % 250);
		sum += look_up("127.0.0.53", name, 60, 0x0a000001);
	}
	while (names_due(names, now, true, &ev))
		sum += ev.what.count;
	assert_int_equal(sum, 500);
}

/* A segment of a TCP stream to or from the server. */
static bool segment(const void *bytes, uint32_t n, uint32_t offset, bool inbound,
		    enum event_type type)
{
	struct message keep = m;
	bool ret;

	memcpy(m.b, bytes, n);
	m.n = n;
	begin(type, "127.0.0.53", IPPROTO_TCP);
	if (inbound) {
		memcpy(ev.what.net.dst, ev.what.net.src, 16);
		inet_pton(AF_INET, "127.0.0.53", ev.what.net.src);
		ev.what.net.src_port = 53;
		ev.what.net.dst_port = 40000;
	}
	ev.what.packet.bytes = bytes_of(&m);
	ev.what.packet.length = n;
	ev.what.packet.socket = 77;
	ev.what.packet.offset = offset;
	ev.what.packet.inbound = inbound;
	ret = names_attach(names, &ev);
	m = keep;
	return ret;
}

/* Two messages, each behind its length, one behind the other. */
static uint32_t two(uint8_t *out, void (*make)(unsigned i))
{
	uint32_t n = 0;

	for (unsigned i = 0; i < 2; i++) {
		make(i);
		out[n++] = (uint8_t)(m.n >> 8);
		out[n++] = (uint8_t)m.n;
		memcpy(out + n, m.b, m.n);
		n += m.n;
	}
	return n;
}

static void make_one_question(unsigned i)
{
	make_question(&m, (uint16_t)i, i ? "b.test" : "a.test");
}

static void make_one_answer(unsigned i)
{
	make_answer(&m, (uint16_t)i, i ? "b.test" : "a.test", 60, 0x0a000001 + i);
}

static void test_messages_over_tcp_in_any_pieces(void **state)
{
	uint8_t bytes[1024];
	uint32_t n = two(bytes, make_one_question), told = 0;

	(void)state;
	for (uint32_t i = 0; i < n; i++)
		assert_false(segment(bytes + i, 1, i, false, EVENT_NET_DNS));
	n = two(bytes, make_one_answer);
	assert_false(segment(bytes, 1, 0, true, EVENT_NET_DNS));
	assert_false(segment(bytes, 1, 0, true, EVENT_NET_DNS)); /* sent again */
	assert_true(segment(bytes, n, 0, true, EVENT_NET_DNS));	 /* and with what follows */
	do
		told++;
	while (names_next(names, &ev));
	assert_int_equal(told, 2);
	assert_str(ev.what.dns.name, "b.test");
	assert_int_equal(ev.what.net.proto, IPPROTO_TCP);
	assert_str(connect_to(0x0a000001), "a.test");
	assert_str(connect_to(0x0a000002), "b.test");
}

static void test_a_hole_in_a_stream_is_counted(void **state)
{
	uint8_t bytes[1024];
	uint32_t n = two(bytes, make_one_question);

	(void)state;
	assert_false(segment(bytes, 4, 0, false, EVENT_NET_DNS));
	assert_false(segment(bytes + 6, n - 6, 6, false, EVENT_NET_DNS));
	assert_int_equal(stats().broken, 1);
	assert_int_equal(stats().questions, 0);
	assert_false(segment("\xff\xff", 2, 0, false, EVENT_NET_DNS)); /* 64 KiB to come */
	assert_int_equal(stats().broken, 2);
}

static void test_the_server_name_is_compared(void **state)
{
	struct message hello;

	(void)state;
	look_up("127.0.0.53", "one.test", 60, 0x7f000035);
	make_hello(&hello, "One.test", 0, 16384);
	assert_true(segment(hello.b, hello.n, 0, false, EVENT_NET_TLS));
	assert_int_equal(ev.what.outcome, OUTCOME_OK);
	assert_str(ev.what.tls.server_name, "One.test");
	assert_str(ev.what.net.dst_name, "one.test");
	assert_false(ev.what.tls.mismatch);
	look_up("127.0.0.53", "two.test", 60, 0x7f000035);
	assert_true(segment(hello.b, hello.n, 0, false, EVENT_NET_TLS));
	assert_str(ev.what.net.dst_name, "one.test"); /* of two, the one that it says */
	assert_false(ev.what.tls.mismatch);
	make_hello(&hello, "evil.test", 0, 16384);
	assert_true(segment(hello.b, hello.n, 0, false, EVENT_NET_TLS));
	assert_true(ev.what.tls.mismatch);
	make_hello(&hello, NULL, 0, 16384);
	assert_true(segment(hello.b, hello.n, 0, false, EVENT_NET_TLS));
	assert_null(ev.what.tls.server_name.p);
	assert_false(ev.what.tls.mismatch);
	now += 100 * SECOND;
	make_hello(&hello, "evil.test", 0, 16384); /* nothing to compare with */
	assert_true(segment(hello.b, hello.n, 0, false, EVENT_NET_TLS));
	assert_null(ev.what.net.dst_name.p);
	assert_false(ev.what.tls.mismatch);
}

static void test_a_hello_in_pieces(void **state)
{
	struct message hello;

	(void)state;
	make_hello(&hello, "one.test", 2000, 700);
	for (uint32_t at = 0; at < hello.n; at += 500) {
		uint32_t n = hello.n - at < 500 ? hello.n - at : 500;

		assert_int_equal(segment(hello.b + at, n, at, false, EVENT_NET_TLS),
				 at + n == hello.n);
	}
	assert_str(ev.what.tls.server_name, "one.test");
	assert_false(segment("nonsense nonsense", 17, 0, false, EVENT_NET_TLS));
	assert_int_equal(stats().malformed, 1);
}

static void test_garbage_is_counted(void **state)
{
	(void)state;
	m.n = 0;
	put(&m, "SSH-2.0-OpenSSH_9.2\r\n", 21);
	assert_false(packet("127.0.0.53", 9, false));
	make_answer(&m, 1, "www.test", 60, 1); /* an answer that goes out */
	assert_false(packet("127.0.0.53", 9, false));
	assert_int_equal(stats().malformed, 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_question_and_its_answer_are_one_event),
		T(test_a_connect_gets_the_name),
		T(test_only_what_was_asked_counts),
		T(test_records_of_other_names_are_not_learnt),
		T(test_a_name_ends_with_its_time),
		T(test_workloads_do_not_share_names),
		T(test_who_ran_before_shares_with_nobody),
		T(test_the_latest_name_of_the_process_counts),
		T(test_whose_answer_it_was),
		T(test_no_answer_is_an_event_too),
		T(test_a_full_table_loses_nothing),
		T(test_equal_exchanges_are_counted),
		T(test_messages_over_tcp_in_any_pieces),
		T(test_a_hole_in_a_stream_is_counted),
		T(test_the_server_name_is_compared),
		T(test_a_hello_in_pieces),
		T(test_garbage_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
