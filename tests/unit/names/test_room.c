/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of fixed size: who makes room in them, and the names that connections end with. */
#include "stage.h"

static void test_many_names_push_out_the_oldest(void **state)
{
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		look_up("127.0.0.53", name, 600, 0x0a000000 + i);
	}
	assert_str(connect_to(0x0a000000), NULL);
	assert_str(connect_to(0x0a000000 + 4999), "n4999.test");
	assert_str(connect_to(0x0a000000 + 1000), "n1000.test");
	assert_int_equal(stats().forgotten, 5000 - 4096);
}

/* Whoever has most gives: a workload that asks for names without end keeps nobody from their own. */
static void test_a_full_table_takes_from_who_has_most(void **state)
{
	char name[32];

	(void)state;
	self.boundary = 4;
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "mine%u.test", i);
		look_up("127.0.0.53", name, 600, 0x0b000000 + i);
	}
	for (uint64_t other = 5; other < 8; other++) {
		self.boundary = other;
		for (unsigned i = 0; i < 5000; i++) {
			snprintf(name, sizeof(name), "n%u.test", i);
			look_up("127.0.0.53", name, 600, 0x0a000000 + i);
		}
	}
	assert_int_equal(stats().forgotten, 15020 - 4096);
	for (uint64_t other = 5; other < 8; other++) {
		self.boundary = other; /* a third each: their newest ones */
		assert_str(connect_to(0x0a000000 + 4999), "n4999.test");
		assert_str(connect_to(0x0a000000 + 4999 - 1300), "n3699.test");
		assert_str(connect_to(0x0a000000 + 4999 - 1400), NULL);
	}
	self.boundary = 4;
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "mine%u.test", i);
		assert_str(connect_to(0x0b000000 + i), name);
	}
	self.boundary = 9; /* and a new one finds room at once */
	look_up("127.0.0.53", "new.test", 600, 0x0a000000);
	assert_str(connect_to(0x0a000000), "new.test");
}

static void begin_tcp(enum event_type type, uint16_t src_port)
{
	begin(type, "10.0.0.1", IPPROTO_TCP);
	ev.what.net.src_port = src_port;
	ev.what.net.dst_port = 443;
	ev.what.outcome = OUTCOME_OK;
}

static struct str close_of(uint16_t src_port)
{
	begin_tcp(EVENT_NET_CLOSE, src_port);
	ev.what.net.ns = 0; /* the record does not say it */
	assert_true(names_attach(names, &ev));
	return ev.what.net.dst_name;
}

static void open_from(uint16_t src_port, uint32_t ns)
{
	begin_tcp(EVENT_NET_CONNECT, src_port);
	ev.what.net.ns = ns;
	assert_true(names_attach(names, &ev));
}

static void test_the_end_is_called_as_the_beginning(void **state)
{
	uint32_t ns = NET;

	(void)state;
	look_up("127.0.0.53", "one.test", 60, 0x0a000001);
	open_from(40000, ns);
	open_from(40001, ns);
	look_up("127.0.0.53", "two.test", 60, 0x0a000001);
	open_from(40002, ns);
	now += 1000 * SECOND; /* a name's time is over, the connection's is not */
	assert_str(close_of(40000), "one.test");
	assert_int_equal(ev.what.net.dst_name_source, NAME_OF_RESOLVER);
	assert_str(close_of(40000), NULL); /* ended before: a record was lost, another one began */
	assert_str(close_of(40002), "two.test");
	self.pid++;
	assert_str(close_of(40001), NULL); /* somebody else's */
	self.pid--;
	open_from(40001, ns + 1); /* the same once more in another network: which of them ends? */
	assert_str(close_of(40001), NULL);
	assert_str(close_of(40001), NULL);
}

static void test_who_opens_much_loses_their_own(void **state)
{
	(void)state;
	look_up("127.0.0.53", "one.test", 60, 0x0a000001);
	open_from(40000, NET);
	self.boundary++;
	for (unsigned i = 1; i < 6000; i++)
		open_from((uint16_t)i, NET);
	self.boundary--;
	assert_str(close_of(40000), "one.test");
}

/* However many names one address gets, a look-up is short; and others' names are not among them. */
static void test_a_thousand_names_of_one_address(void **state)
{
	char name[32];

	(void)state;
	self.boundary = 4;
	look_up("127.0.0.53", "theirs.test", 600, 0x0a000001);
	self.boundary = 3;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		look_up("127.0.0.53", name, 600, 0x0a000001);
	}
	assert_str(connect_to(0x0a000001), "n999.test");
	self.pid =
		8; /* the newest ones are the process's own: another one of the workload has the same */
	assert_str(connect_to(0x0a000001), "n999.test");
	self.boundary = 4;
	assert_str(connect_to(0x0a000001), "theirs.test");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_many_names_push_out_the_oldest),
		T(test_a_full_table_takes_from_who_has_most),
		T(test_the_end_is_called_as_the_beginning),
		T(test_who_opens_much_loses_their_own),
		T(test_a_thousand_names_of_one_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
