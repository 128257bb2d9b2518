/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/glob.h"

static const struct {
	const char *pattern, *path;
	bool match;
} cases[] = {
	{"/bin/sh", "/bin/sh", true},
	{"/bin/sh", "/bin/sh2", false},
	{"/bin/sh", "/bin/s", false},
	{"/bin/*", "/bin/sh", true},
	{"/bin/*", "/bin/a/sh", false},
	{"/bin/*", "/bin/", true},
	{"/bin/**", "/bin/a/sh", true},
	{"/bin/**", "/bin", false},
	{"/**", "/a/b", true},
	{"/a/**/b", "/a/b", true},
	{"/a/**/b", "/a/x/y/b", true},
	{"/a/**/b", "/a/xb", false},
	{"/a/**b", "/a/x/yb", true},
	{"/etc/", "/etc", true},
	{"/etc/", "/etc/shadow", true},
	{"/etc/", "/etcetera", false},
	{"/home/*/.ssh/", "/home/a/.ssh", true},
	{"/home/*/.ssh/", "/home/a/.ssh/id", true},
	{"/home/*/.ssh/", "/home/a/b/.ssh/id", false},
	{"/usr/bin/{git,tar,make}", "/usr/bin/tar", true},
	{"/usr/bin/{git,tar,make}", "/usr/bin/ta", false},
	{"/usr/bin/{git,tar,make}", "/usr/bin/git,tar", false},
	{"/usr/bin/{gcc*,ld*}", "/usr/bin/gcc-12", true},
	{"/usr/bin/{gcc*,ld*}", "/usr/bin/ld/x", false},
	{"/p{,rivate}/x", "/p/x", true},
	{"/p{,rivate}/x", "/private/x", true},
	{"/p{,rivate}/x", "/pr/x", false},
	{"/{a,b}/{c,d}", "/b/c", true},
	{"/{a,b}/{c,d}", "/c/b", false},
	{"/x,y", "/x,y", true},
	{"/t[0-9][!0-9]", "/t1a", true},
	{"/t[0-9][!0-9]", "/t11", false},
	{"/t[^x]", "/t/", false},
	{"/a?c", "/abc", true},
	{"/a?c", "/a/c", false},
	{"/a\\*c", "/a*c", true},
	{"/a\\*c", "/abc", false},
	{"/proc/*/{mem,environ}", "/proc/4127/mem", true},
	{"/proc/*/{mem,environ}", "/proc/4127/task/4127/mem", false},
};

static void matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (glob_check(str_of(cases[i].pattern), NULL) != 0)
			fail_msg("%s is refused", cases[i].pattern);
		if (glob_match(str_of(cases[i].pattern), str_of(cases[i].path)) != cases[i].match)
			fail_msg("%s on %s should be %d", cases[i].pattern, cases[i].path,
				 cases[i].match);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *pattern;
		unsigned column;
	} bad[] = {{"", 1},	{"/a[bc", 3},	{"/a[]", 3}, {"/a{b", 3},
		   {"/a}b", 3}, {"/{a{b}}", 4}, {"/a\\", 3}, {"/[a/b]", 4}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct problem err = {0};

		if (glob_check(str_of(bad[i].pattern), &err) == 0)
			fail_msg("%s is accepted", bad[i].pattern);
		assert_int_equal(err.column, bad[i].column);
		assert_true(err.text[0] != '\0');
	}
}

/* A pattern that makes backtracking matchers take exponential time. */
static void hostile_is_bounded(void **state)
{
	char pattern[GLOB_MAX + 1] = "/", path[4096] = "/";
	size_t n = 1;

	(void)state;
	while (n + 2 < 2000) {
		memcpy(pattern + n, "*a", 2);
		n += 2;
	}
	memcpy(pattern + n, "b", 2);
	memset(path + 1, 'a', sizeof(path) - 2);
	assert_false(glob_match(str_of(pattern), str_of(path)));
	path[sizeof(path) - 2] = 'b';
	assert_true(glob_match(str_of(pattern), str_of(path)));
}

/* The meaning of patterns without classes and braces, as a definition and not fast. */
static bool means(struct str p, uint32_t at, struct str path, uint32_t in, bool tree)
{
	bool deep = at + 1 < p.n && p.p[at] == '*' && p.p[at + 1] == '*';

	if (at == p.n)
		return in == path.n || (tree && path.p[in] == '/');
	if (deep && at && p.p[at - 1] == '/' && at + 2 < p.n && p.p[at + 2] == '/' &&
	    means(p, at + 3, path, in, tree))
		return true;
	if (p.p[at] == '*') {
		for (;; in++) {
			if (means(p, at + (deep ? 2 : 1), path, in, tree))
				return true;
			if (in == path.n || (!deep && path.p[in] == '/'))
				return false;
		}
	}
	return in < path.n && (p.p[at] == '?' ? path.p[in] != '/' : p.p[at] == path.p[in]) &&
	       means(p, at + 1, path, in + 1, tree);
}

static uint32_t make(char *out, uint32_t max, const char *bytes, uint32_t kinds, uint32_t *seed)
{
	uint32_t n = 1;

	out[0] = '/';
	while (n < max && (*seed = *seed * 1664525 + 1013904223) >> 24 > 12)
		out[n++] = bytes[(*seed >> 12) % kinds];
	return n;
}

/* Against the definition, also with bytes that no text has; braces around one make it the automaton's. */
static void random_patterns_mean_what_they_say(void **state)
{
	static const char in_path[] = {'a', 'a', 'a', 'b', '/', '/', '\n', '\0', '\xff'};
	uint32_t seed = 7, hits = 0;

	(void)state;
	for (unsigned i = 0; i < 60000; i++) {
		char pattern[24], other[30], text[20];
		struct str p = {pattern, make(pattern, 10, "aaab//****?\n\xff", 13, &seed)};
		struct str path = {text, make(text, 14, in_path, sizeof(in_path), &seed)};
		struct str braced = {other, p.n + 2};
		bool tree = p.n > 1 && p.p[p.n - 1] == '/';
		bool want = means(str_sub(p, 0, p.n - tree), 0, path, 0, tree);

		hits += want;
		if (glob_match(p, path) != want)
			fail_msg("\"%.*s\" on \"%.*s\"", STR_ARG(p), STR_ARG(path));
		memcpy(other, "{/}", 3);
		memcpy(other + 3, pattern + 1, p.n - 1);
		if (p.n > 1 && strncmp(pattern, "/**/", 4) != 0 && glob_match(braced, path) != want)
			fail_msg("\"%.*s\" on \"%.*s\"", STR_ARG(braced), STR_ARG(path));
	}
	assert_true(hits > 1000);
}

/* Whatever bytes a path has, they are bytes: only '/' separates, and NUL ends nothing. */
static void paths_are_bytes(void **state)
{
	(void)state;
	assert_true(glob_match(STR_LIT("/tmp/*"), STR_LIT("/tmp/a\nb")));
	assert_true(glob_match(STR_LIT("/tmp/a?b"), STR_LIT("/tmp/a\xff"
							    "b")));
	assert_false(glob_match(STR_LIT("/tmp/a"), STR_LIT("/tmp/a\0b")));
	assert_false(glob_match(STR_LIT("/tmp/a"), STR_LIT("/tmp/a\n")));
	assert_true(glob_match(STR_LIT("/tmp/a[!x]b"), STR_LIT("/tmp/a\0b")));
	assert_false(glob_match(STR_LIT("/etc/"), STR_LIT("/etc\0/shadow")));
	assert_false(glob_match(STR_LIT("/a"), STR_NONE));
	assert_false(glob_match(STR_NONE, STR_LIT("/a")));
	assert_false(glob_match(STR_LIT("/*"), STR_NONE));
}

static void words(void **state)
{
	(void)state;
	assert_true(glob_match_word(STR_LIT("ci:acme/*"), STR_LIT("ci:acme/app/build")));
	assert_false(glob_match_word(STR_LIT("ci:acme/*"), STR_LIT("ci:other/app")));
	assert_true(glob_match_word(STR_LIT("*"), STR_LIT("")));
	assert_true(glob_match_word(STR_LIT("human:a?"), STR_LIT("human:ab")));
	assert_false(glob_match_word(STR_LIT("human"), STR_LIT("human:ab")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(refuses),
		cmocka_unit_test(hostile_is_bounded),
		cmocka_unit_test(random_patterns_mean_what_they_say),
		cmocka_unit_test(paths_are_bytes),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
