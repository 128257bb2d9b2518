/* SPDX-License-Identifier: Apache-2.0 */
/* JSON writer, terminal escaping, numbers, times: what goes in, what comes out. */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/number.h"

static void json_writes(void **state)
{
	struct json w;

	(void)state;
	json_init(&w, 1 << 20);
	json_object_begin(&w, NULL);
	json_str(&w, "a", STR_LIT("x\"\\\n\t\x01\x7f"));
	json_array_begin(&w, "b");
	json_u64(&w, NULL, UINT64_MAX);
	json_i64(&w, NULL, INT64_MIN);
	json_bool(&w, NULL, true);
	json_object_begin(&w, NULL);
	json_object_end(&w);
	json_array_end(&w);
	json_cstr(&w, "gone", NULL);
	json_time(&w, "t", 1795449739114203911);
	json_base64(&w, "d", STR_LIT("\xff\x00z!"));
	json_double(&w, "r", 0.998);
	json_object_end(&w);
	json_text(&w, STR_LIT("\n"));
	assert_int_equal(w.err, 0);
	json_raw(&w, NULL, STR_LIT("{}"));
	assert_string_equal(
		(json_text(&w, (struct str){"", 1}), w.buf),
		"{\"a\":\"x\\\"\\\\\\n\\t\\u0001\\u007f\",\"b\":[18446744073709551615,"
		"-9223372036854775808,true,{}],\"t\":\"2026-11-23T16:02:19.114203911Z\","
		"\"d\":\"/wB6IQ==\",\"r\":0.998}\n{}");
	json_release(&w);
}

static void json_mends_bytes(void **state)
{
	char buf[256];
	struct json w;

	(void)state;
	json_init_fixed(&w, buf, sizeof(buf));
	/* lone continuation, overlong '/', surrogate, cut euro sign, good euro sign, line separator */
	json_str(&w, NULL,
		 STR_LIT("\x80|\xc0\xaf|\xed\xa0\x80|\xe2\x82|\xe2\x82\xac|\xe2\x80\xa8"));
	json_text(&w, (struct str){"", 1});
	assert_string_equal(
		buf, "\"\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|"
		     "\xef\xbf\xbd\xef\xbf\xbd|\xe2\x82\xac|\\u2028\"");
	assert_false(utf8_valid(STR_LIT("a\xc0\xaf")));
	assert_true(utf8_valid(STR_LIT("a\xe2\x82\xac")));
}

static void json_error_sticks(void **state)
{
	char buf[8];
	struct json w;

	(void)state;
	json_init_fixed(&w, buf, sizeof(buf));
	json_str(&w, NULL, STR_LIT("0123456789"));
	json_u64(&w, NULL, 1);
	assert_int_equal(w.err, -ENOSPC);
	assert_true(w.len <= sizeof(buf));
}

static const char *shown(const char *text, size_t n, bool ascii)
{
	static char out[256];

	escape_terminal((struct str){text, (uint32_t)n}, ascii, out, sizeof(out));
	return out;
}
#define SHOWN(lit, ascii) shown(lit, sizeof(lit) - 1, ascii)

static void escapes(void **state)
{
	char small[5];

	(void)state;
	assert_string_equal(SHOWN("a\x1b[31m\n\\", false), "a\\x1b[31m\\x0a\\\\");
	assert_string_equal(SHOWN("\0", false), "\\x00");
	assert_string_equal(SHOWN("\xe2\x80\xae"
				  "gpj",
				  false),
			    "\\u{202e}gpj");
	assert_string_equal(SHOWN("\xc2\x9b", false), "\\u{9b}");
	assert_string_equal(SHOWN("\xff\xc3\xa9", false), "\\xff\xc3\xa9");
	assert_string_equal(SHOWN("\xff\xc3\xa9", true), "\\xff\\u{e9}");
	assert_string_equal(SHOWN("\xf3\xa0\x81\x81", false), "\\u{e0041}");
	assert_int_equal(escape_terminal(STR_LIT("abcdefg"), false, small, sizeof(small)), 7);
	assert_string_equal(small, "abcd");
}

static void numbers(void **state)
{
	uint64_t u = 7;
	int64_t i = 7;
	bool b;

	(void)state;
	assert_int_equal(number_u64(STR_LIT("18446744073709551615"), 0, UINT64_MAX, &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(number_u64(STR_LIT("18446744073709551616"), 0, UINT64_MAX, &u), -ERANGE);
	assert_int_equal(number_u64(STR_LIT("12abc"), 0, 100, &u), -EINVAL);
	assert_int_equal(number_u64(STR_LIT(""), 0, 100, &u), -EINVAL);
	assert_int_equal(number_u64(STR_LIT("101"), 0, 100, &u), -ERANGE);
	assert_true(u == UINT64_MAX);
	assert_int_equal(number_i64(STR_LIT("-9223372036854775808"), INT64_MIN, 0, &i), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(number_i64(STR_LIT("--1"), INT64_MIN, 0, &i), -EINVAL);
	assert_int_equal(number_duration_ns(STR_LIT("250ms"), &u), 0);
	assert_true(u == 250000000);
	assert_int_equal(number_duration_ns(STR_LIT("7d"), &u), 0);
	assert_true(u == 7 * 86400 * 1000000000ull);
	assert_int_equal(number_duration_ns(STR_LIT("7"), &u), -EINVAL);
	assert_int_equal(number_duration_ns(STR_LIT("7y"), &u), -EINVAL);
	assert_int_equal(number_duration_ns(STR_LIT("99999999999w"), &u), -EINVAL);
	assert_int_equal(number_bool(STR_LIT("on"), &b), 0);
	assert_true(b);
	assert_int_equal(number_bool(STR_LIT("maybe"), &b), -EINVAL);
}

static int64_t parsed(const char *text)
{
	int64_t t = -1;

	return clock_parse(str_of(text), &t) == 0 ? t : -1;
}

static void times(void **state)
{
	int64_t now = clock_wall_ns();
	char text[31];

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_true(parsed("2026-11-23T16:02:19.5Z") == 1795449739500000000);
	assert_true(parsed("2026-11-23 17:02:19") == 1795449739000000000);
	assert_true(parsed("2026-11-23T18:02:19+02:00") == 1795449739000000000);
	assert_true(parsed("2026-11-23T14:32:19-01:30") == 1795449739000000000);
	assert_true(parsed("@1795449739") == 1795449739000000000);
	assert_true(parsed("2026-11-23") == 1795388400000000000);
	assert_true(parsed("2h") <= now - 7200000000000 + 1000000000 &&
		    parsed("2h") >= now - 7200000000000);
	assert_true(parsed("yesterday") < parsed("today") && parsed("today") <= parsed("now"));
	assert_true(parsed("boot") < now);
	assert_true(parsed("00:00") == parsed("today"));
	assert_true(parsed("2026-02-30") == -1);
	assert_true(parsed("2262-04-12T00:00:00Z") == -1);
	assert_true(parsed("9999-12-31") == -1);
	assert_true(parsed("0001-01-01") == -1);
	assert_true(parsed("2026-11-23T16:02:19X") == -1);
	assert_true(parsed("25:00") == -1);
	assert_true(parsed("last week") == -1);
	assert_true(parsed("") == -1);
	clock_rfc3339(text, -1);
	assert_string_equal(text, "1969-12-31T23:59:59.999999999Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_writes),	     cmocka_unit_test(json_mends_bytes),
		cmocka_unit_test(json_error_sticks), cmocka_unit_test(escapes),
		cmocka_unit_test(numbers),	     cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
