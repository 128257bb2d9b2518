/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages: what the question's name leads to, and what is refused. */
#include "messages.h"

#include <errno.h>
#include <sys/socket.h>

#include "names/message.h"

static struct dns_message got;
static struct message m;

static void test_a_question(void **state)
{
	(void)state;
	make_question(&m, 0x1234, "WWW.Example.com");
	assert_int_equal(dns_parse(&got, bytes_of(&m)), 0);
	assert_int_equal(got.id, 0x1234);
	assert_int_equal(got.type, 1);
	assert_false(got.response);
	assert_string_equal(got.name, "www.example.com");
	assert_int_equal(got.address_count, 0);
	put_header(&m, 1, 0, 1, 0, 0);
	put_question(&m, "", 2);
	assert_int_equal(dns_parse(&got, bytes_of(&m)), 0);
	assert_string_equal(got.name, ".");
}

static void test_aliases_are_followed_in_any_order(void **state)
{
	static const uint8_t v6[16] = {0x20, 1, [15] = 7};

	(void)state;
	put_header(&m, 7, QR, 1, 5, 0);
	put_question(&m, "www.test", 28);
	put_record(&m, "end.test", 28, 40, v6, 16);
	put_cname(&m, "middle.test", 20, "end.test");
	put_a(&m, "elsewhere.test", 90, 0x01020304);
	put_cname(&m, "www.test", 300, "Middle.test");
	put_a(&m, "end.test", 10, 0x7f000001);
	assert_int_equal(dns_parse(&got, bytes_of(&m)), 0);
	assert_true(got.response);
	assert_int_equal(got.address_count, 2);
	assert_int_equal(got.addresses[0].family, AF_INET6);
	assert_memory_equal(got.addresses[0].ip, v6, 16);
	assert_int_equal(got.addresses[0].ttl, 20); /* the least on the way */
	assert_int_equal(got.addresses[1].family, AF_INET);
	assert_int_equal(got.addresses[1].ttl, 10);
	assert_int_equal(got.cnames_len, strlen("middle.test,end.test"));
	assert_memory_equal(got.cnames, "middle.test,end.test", got.cnames_len);
}

static void test_a_circle_of_aliases_ends(void **state)
{
	(void)state;
	put_header(&m, 7, QR, 1, 2, 0);
	put_question(&m, "a.test", 1);
	put_cname(&m, "a.test", 1, "b.test");
	put_cname(&m, "b.test", 1, "a.test");
	assert_int_equal(dns_parse(&got, bytes_of(&m)), 0);
	assert_int_equal(got.address_count, 0);
	assert_true(got.cut);
}

static void test_the_code_has_the_bits_of_edns(void **state)
{
	(void)state;
	put_header(&m, 7, QR | TC | 3, 1, 0, 1);
	put_question(&m, "a.test", 1);
	put_u(&m, 0, 1);
	put_u(&m, 41, 2);
	put_u(&m, 1232, 2);
	put_u(&m, 0x01008000, 4);
	put_u(&m, 0, 2);
	assert_int_equal(dns_parse(&got, bytes_of(&m)), 0);
	assert_int_equal(got.rcode, 16 | 3);
	assert_true(got.truncated);
	assert_string_equal(dns_rcode_name(16), "BADVERS");
	assert_string_equal(dns_rcode_name(3), "NXDOMAIN");
	assert_null(dns_rcode_name(4095));
}

static void test_more_addresses_than_room(void **state)
{
	(void)state;
	put_header(&m, 7, QR, 1, DNS_ADDRESSES_MAX + 3, 0);
	put_question(&m, "a.test", 1);
	for (unsigned i = 0; i < DNS_ADDRESSES_MAX + 3; i++)
		put_a(&m, "a.test", 60, 0x0a000000 + i);
	assert_int_equal(dns_parse(&got, bytes_of(&m)), 0);
	assert_int_equal(got.address_count, DNS_ADDRESSES_MAX);
	assert_true(got.cut);
}

static void test_hostile_names_are_printable(void **state)
{
	(void)state;
	make_question(&m, 1, "a\n\x1b[2J,b\xff\".test");
	assert_int_equal(dns_parse(&got, bytes_of(&m)), 0);
	assert_string_equal(got.name, "a\\010\\027[2j\\044b\\255\\\".test");
}

static void test_the_longest_name_fits(void **state)
{
	char name[256] = {0};

	(void)state;
	memset(name, 1, 253);
	name[63] = name[127] = name[191] = '.';
	make_question(&m, 1, name);
	assert_int_equal(dns_parse(&got, bytes_of(&m)), 0);
	assert_int_equal(strlen(got.name), 250 * 4 + 3);
}

static void test_what_is_refused(void **state)
{
	(void)state;
	assert_int_equal(dns_parse(&got, STR_NONE), -EBADMSG);
	assert_int_equal(dns_parse(&got, STR_LIT("GET / HTTP/1.1\r\n")), -EBADMSG);
	put_header(&m, 1, 0, 2, 0, 0);
	put_question(&m, "a.test", 1);
	put_question(&m, "b.test", 1);
	assert_int_equal(dns_parse(&got, bytes_of(&m)), -EBADMSG);
	put_header(&m, 1, QR, 0, 0, 0);
	assert_int_equal(dns_parse(&got, bytes_of(&m)), -EBADMSG);
	put_header(&m, 1, 0x2800, 1, 0, 0); /* an update is no query */
	put_question(&m, "a.test", 1);
	assert_int_equal(dns_parse(&got, bytes_of(&m)), -EBADMSG);
	make_answer(&m, 1, "a.test", 60, 1);
	for (uint32_t n = 0; n < m.n; n++)
		assert_int_equal(dns_parse(&got, str_sub(bytes_of(&m), 0, n)), -EBADMSG);
	put_header(&m, 1, 0, 1, 0, 0); /* a name that points to itself */
	put_u(&m, 0xc00c, 2);
	put_u(&m, 1, 2);
	put_u(&m, 1, 2);
	assert_int_equal(dns_parse(&got, bytes_of(&m)), -EBADMSG);
}

static void test_types_have_words(void **state)
{
	char type[DNS_TYPE_MAX];

	(void)state;
	dns_type_format(type, 28);
	assert_string_equal(type, "AAAA");
	dns_type_format(type, 65535);
	assert_string_equal(type, "TYPE65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_question),
		cmocka_unit_test(test_aliases_are_followed_in_any_order),
		cmocka_unit_test(test_a_circle_of_aliases_ends),
		cmocka_unit_test(test_the_code_has_the_bits_of_edns),
		cmocka_unit_test(test_more_addresses_than_room),
		cmocka_unit_test(test_hostile_names_are_printable),
		cmocka_unit_test(test_the_longest_name_fits),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_types_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
