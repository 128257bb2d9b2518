/* SPDX-License-Identifier: Apache-2.0 */
/* TLS client hellos: the name, wherever it lies, and what is no hello. */
#include "messages.h"

#include <errno.h>

#include "names/hello.h"

static struct message m;
static char scratch[HELLO_MAX];
static struct str name;

static int parse(uint32_t n)
{
	return hello_parse(str_sub(bytes_of(&m), 0, n), scratch, &name);
}

static void test_the_name_is_found(void **state)
{
	(void)state;
	make_hello(&m, "api.example.com", 0, 16384);
	assert_int_equal(parse(m.n), 1);
	assert_true(str_is(name, "api.example.com"));
	make_hello(&m, "a\n\x1b,b", 2000, 16384); /* what follows may print it, not we */
	assert_int_equal(parse(m.n), 1);
	assert_true(str_is(name, "a\n\x1b,b"));
}

static void test_a_part_asks_for_more(void **state)
{
	(void)state;
	make_hello(&m, "api.example.com", 1500, 16384);
	for (uint32_t n = 0; n < m.n; n++) {
		assert_int_equal(parse(n), 0);
		assert_null(name.p);
	}
}

static void test_records_are_joined(void **state)
{
	(void)state;
	make_hello(&m, "api.example.com", 300, 7);
	assert_int_equal(parse(m.n), 1);
	assert_true(str_is(name, "api.example.com"));
	assert_int_equal(parse(m.n - 1), 0);
}

static void test_without_a_name(void **state)
{
	(void)state;
	make_hello(&m, NULL, 10, 16384);
	assert_int_equal(parse(m.n), 1);
	assert_null(name.p);
}

static void test_what_is_no_hello(void **state)
{
	(void)state;
	m.n = 0;
	put(&m, "GET / HTTP/1.1\r\n\r\n", 18);
	assert_int_equal(parse(m.n), -EBADMSG);
	make_hello(&m, "a", 0, 16384);
	m.b[5] = 2; /* a server's */
	assert_int_equal(parse(m.n), -EBADMSG);
	make_hello(&m, "a", 5000, 16384); /* longer than the bound */
	assert_int_equal(parse(m.n), -EBADMSG);
	make_hello(&m, "a", 0, 16384);
	m.b[5 + 4 + 2 + 32] = 255; /* the session's length passes the end */
	assert_int_equal(parse(m.n), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_name_is_found),
		cmocka_unit_test(test_a_part_asks_for_more),
		cmocka_unit_test(test_records_are_joined),
		cmocka_unit_test(test_without_a_name),
		cmocka_unit_test(test_what_is_no_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
