/* SPDX-License-Identifier: Apache-2.0 */
/* path_join(): what relative user paths become, and that it stays within its memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "decode/reader.h"

static const struct {
	const char *base, *path, *want;
} cases[] = {
	{"/home/a", "b", "/home/a/b"},
	{"/jail", "/etc/passwd", "/jail/etc/passwd"}, /* a changed root */
	{"/jail", "/../../etc/./x", "/jail/etc/x"},
	{NULL, "/etc/passwd", "/etc/passwd"},
	{"/home/a", "../../etc/./passwd", "/etc/passwd"},
	{"/home/a", "../../../../etc", "/etc"},
	{"/", "x", "/x"},
	{"/a", "", "/a"},
	{"/a", ".", "/a"},
	{"/a/b", "..", "/a"},
	{"/a", "..", "/"},
	{NULL, "/a//b///c/", "/a/b/c"},
	{NULL, "/..", "/"},
	{NULL, "/a/../../b", "/b"},
	{NULL, "a/../../b", "../b"},
	{NULL, "../../b/..", "../.."},
	{NULL, "./x", "x"},
	{"/a", "...", "/a/..."},
	{"/a", "..b/.c", "/a/..b/.c"},
	{"rest/of/cut", "../f", "rest/of/f"},
	{"/srv/jail/a/b", "../../../../c", "/srv/jail/c"}, /* the root of who acts is not left */
	{"/srv/jail", "..", "/srv/jail"},
	{"/srv/jailed", "../c", "/srv/c"},
	{"/srv", "../c", "/c"},
};

static void paths_are_joined(void **state)
{
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct str got = path_join(out, sizeof(out), STR_LIT("/srv/jail"),
					   str_of(cases[i].base), str_of(cases[i].path));

		if (!str_is(got, cases[i].want))
			fail_msg("%s + %s: got %.*s, want %s", cases[i].base, cases[i].path,
				 STR_ARG(got), cases[i].want);
	}
}

/* The memory is exactly as long as said, so that a sanitizer sees one byte too many. */
static void too_long_is_absent_and_never_overruns(void **state)
{
	(void)state;
	for (size_t size = 0; size <= 12; size++) {
		_cleanup_free_ char *out = malloc(size ? size : 1);
		struct str got =
			path_join(out, size, STR_NONE, STR_LIT("/abc/def"), STR_LIT("ghi"));

		assert_int_equal(got.p != NULL, size >= 12);
	}
}

static void result_is_always_tidy(void **state)
{
	static const char alphabet[] = "/./..ab";
	unsigned seed = 7;
	char in[24], out[64];

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		uint32_t n = round % sizeof(in);
		struct str got;

		for (uint32_t i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			in[i] = alphabet[(seed >> 16) % 7];
		}
		got = path_join(out, sizeof(out) - 1, STR_LIT("/base"), STR_LIT("/base/dir"),
				(struct str){in, n});
		assert_non_null(got.p);
		out[got.n] = '\0';
		assert_true(out[0] == '/');
		assert_null(strstr(out, "//"));
		assert_false(str_ends(got, "/..") || str_ends(got, "/."));
		assert_null(strstr(out, "/../"));
		assert_null(strstr(out, "/./"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_joined),
		cmocka_unit_test(too_long_is_absent_and_never_overruns),
		cmocka_unit_test(result_is_always_tidy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
