/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches a terminal: escaped, quoted, cut to its width, whatever the bytes are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>

#include "base/utf8.h"
#include "cmd/text.c"

static const char *said(struct text *t, const char *raw, size_t n)
{
	text_clear(t);
	text_say(t, (struct str){raw, (uint32_t)n});
	return text_of(t);
}

static void test_escapes(void **state)
{
	_cleanup_text_ struct text t = {0};

	(void)state;
	text_set_ascii(false);
	assert_string_equal(said(&t, "\033[31mred\n", 9), "\\x1b[31mred\\x0a");
	assert_string_equal(said(&t, "a\0b", 3), "a\\x00b");
	assert_string_equal(said(&t, "\xff", 1), "\\xff");
	assert_string_equal(said(&t,
				 "\xe2\x80\xae"
				 "x",
				 4),
			    "\\u{202e}x");
	assert_string_equal(said(&t, "\xc2\x9b", 2), "\\u{9b}");
	assert_string_equal(said(&t, "\xc3\xa9", 2), "\xc3\xa9");
	text_set_ascii(true);
	assert_string_equal(said(&t, "\xc3\xa9", 2), "\\u{e9}");
	text_set_ascii(false);
}

static void test_names_are_quoted(void **state)
{
	_cleanup_text_ struct text t = {0};

	(void)state;
	text_say_name(&t, STR_LIT("/a b"));
	text_puts(&t, ",");
	text_say_name(&t, STR_LIT("/ab"));
	text_puts(&t, ",");
	text_say_name(&t, STR_LIT(""));
	assert_string_equal(t.p, "\"/a b\",/ab,\"\"");
}

static void test_numbers(void **state)
{
	static const struct {
		uint64_t n;
		const char *number, *bytes, *duration;
	} cases[] = {
		{0, "0", "0 bytes", "0.0 us"},
		{999, "999", "999 bytes", "1.0 us"},
		{1830, "1,830", "1.8 KiB", "1.8 us"},
		{74648000, "74,648,000", "71.2 MiB", "74.6 ms"},
		{UINT64_MAX, "18,446,744,073,709,551,615", "16384 PiB", "213503d 23h"},
		{29000000000ull, "29,000,000,000", "27.0 GiB", "29 s"},
		{900000000000ull, "900,000,000,000", "838 GiB", "15m"},
		{28800000000000ull, "28,800,000,000,000", "26.2 TiB", "8h 00m"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_text_ struct text number = {0}, bytes = {0}, duration = {0};

		text_say_number(&number, cases[i].n);
		text_say_bytes(&bytes, cases[i].n);
		text_say_duration(&duration, cases[i].n);
		assert_string_equal(number.p, cases[i].number);
		assert_string_equal(bytes.p, cases[i].bytes);
		assert_string_equal(duration.p, cases[i].duration);
	}
}

static const char *cut(struct text *t, const char *printable, size_t width)
{
	text_clear(t);
	text_add_cut(t, printable, width);
	return text_of(t);
}

static void test_cuts_the_middle(void **state)
{
	_cleanup_text_ struct text t = {0};

	(void)state;
	assert_string_equal(cut(&t, "/a/b/c", 6), "/a/b/c");
	assert_string_equal(cut(&t, "/home/runner/work/app/app.js", 15), "/home/…/app.js");
	/* the last segment survives, and of a command line the program does */
	assert_non_null(strstr(cut(&t, "/very/long/directory/name/of/a/file.txt", 20), "file.txt"));
	assert_string_equal(cut(&t, "/usr/bin/env some long list of arguments", 24),
			    "/usr/bin/env some long …");
	text_set_ascii(true);
	assert_non_null(strstr(cut(&t, "/very/long/directory/name/file.txt", 20), "..."));
	text_set_ascii(false);
}

/* A small generator: the same bytes on every run. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void random_bytes(char *buf, size_t n, uint32_t *seed)
{
	static const char *const parts[] = {"/",	" ",   "\033", "\xc3\xa9", "\xe4\xb8\xad",
					    "\xff",	"a",   "bc",   "\\",	   "\xe2\x80\xae",
					    "\xcc\x81", " -> "};
	size_t at = 0;

	while (at < n) {
		const char *part = parts[next_random(seed) % ARRAY_SIZE(parts)];
		size_t len = strlen(part) < n - at ? strlen(part) : n - at;

		memcpy(buf + at, part, len);
		at += len;
	}
}

static bool is_printable(const char *z)
{
	size_t left = strlen(z);

	while (left > 0) {
		uint32_t code;
		unsigned n = utf8_decode(z, left, &code);

		if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
			return false;
		z += n;
		left -= n;
	}
	return true;
}

static void test_hostile_text_never_exceeds(void **state)
{
	uint32_t seed = 1;
	char raw[200];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		_cleanup_text_ struct text whole = {0}, part = {0}, joined = {0};
		size_t n = next_random(&seed) % sizeof(raw), width = 1 + next_random(&seed) % 90;

		random_bytes(raw, n, &seed);
		text_say_name(&whole, (struct str){raw, (uint32_t)n});
		assert_true(is_printable(whole.p));
		assert_true(text_width(cut(&part, whole.p, width)) <= width);
		assert_true(is_printable(text_of(&part)));
		/* pieces that fit, joined again, are the whole */
		for (size_t at = 0; whole.p[at];) {
			size_t take = text_fit_words(whole.p + at, width < 16 ? 16 : width);

			assert_true(take > 0);
			text_clear(&part);
			text_add(&part, whole.p + at, take);
			assert_true(text_width(part.p) <= (width < 16 ? 16 : width));
			text_puts(&joined, part.p);
			at += take;
		}
		assert_string_equal(text_of(&joined), text_of(&whole));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_names_are_quoted),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_cuts_the_middle),
		cmocka_unit_test(test_hostile_text_never_exceeds),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
