/* SPDX-License-Identifier: Apache-2.0 */
/* The index finds what glob_match() alone would find, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "profile/index.h"

#define GLOBS 300

static unsigned rnd(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

/* Few letters, so that things are often equal. */
static void make(char *out, size_t size, unsigned *seed, const char *const *parts, unsigned count)
{
	unsigned n = 1 + rnd(seed, 5);

	*out = '\0';
	for (unsigned i = 0; i < n; i++) {
		strncat(out, "/", size - strlen(out) - 1);
		strncat(out, parts[rnd(seed, count)], size - strlen(out) - 1);
	}
}

static const char *const glob_parts[] = {"a",	"b",	"ab",	"*",	 "**",	   "a*",
					 "*b",	"?",	"[ab]", "{a,b}", "{a,ab}", "x{,y}z",
					 "\\*", "a\\{", "**",	"abc"};
static const char *const path_parts[] = {"a",	"b", "ab", "abc", "xz",
					 "xyz", "*", "a{", "ba",  "aab"};

static unsigned index_hits(const struct path_index *idx, const char *path, bool *hit)
{
	static const struct act act;
	const struct path_entry *pe;
	struct path_walk w;
	unsigned n = 0;

	memset(hit, 0, GLOBS * sizeof(*hit));
	path_walk_begin(&w, idx, &act, str_of(path));
	while ((pe = path_walk_next(&w))) {
		hit[pe->e.object->at.line] = true;
		n++;
	}
	return n;
}

static void the_index_agrees_with_the_matcher(void **state)
{
	_cleanup_(arena_release) struct arena arena = {NULL, 0};
	static char globs[GLOBS][64];
	static struct object objects[GLOBS];
	struct path_index idx = {.count = 0};
	unsigned seed = 3, hits = 0;

	(void)state;
	for (unsigned i = 0; i < GLOBS; i++) {
		struct entry e = {.object = &objects[i]};

		make(globs[i], sizeof(globs[i]), &seed, glob_parts, ARRAY_SIZE(glob_parts));
		if (rnd(&seed, 4) == 0)
			strcat(globs[i], "/");
		assert_int_equal(glob_check(str_of(globs[i]), NULL), 0);
		objects[i].at.line = i;
		assert_int_equal(path_index_add(&idx, &arena, str_of(globs[i]), &e), 0);
	}
	assert_int_equal(path_index_seal(&idx, &arena), 0);
	for (unsigned k = 0; k < 3000; k++) {
		bool hit[GLOBS];
		char path[64];

		make(path, sizeof(path), &seed, path_parts, ARRAY_SIZE(path_parts));
		index_hits(&idx, path, hit);
		for (unsigned i = 0; i < GLOBS; i++) {
			bool expected = glob_match(str_of(globs[i]), str_of(path));

			hits += expected;
			if (hit[i] != expected)
				print_error("%s on %s: %d, not %d\n", globs[i], path, hit[i],
					    expected);
			assert_int_equal(hit[i], expected);
		}
	}
	assert_true(hits > 10000);
}

static void long_prefixes_and_paths(void **state)
{
	_cleanup_(arena_release) struct arena arena = {NULL, 0};
	struct path_index idx = {.count = 0};
	struct object object = {0};
	struct entry e = {.object = &object};
	char deep[4096], other[4096];
	bool hit[GLOBS];

	(void)state;
	memset(deep, 'd', sizeof(deep) - 1);
	deep[0] = '/';
	deep[sizeof(deep) - 1] = '\0';
	memcpy(other, deep, sizeof(deep));
	other[4000] = 'x';
	assert_int_equal(path_index_add(&idx, &arena, str_of(deep), &e), 0);
	assert_int_equal(path_index_seal(&idx, &arena), 0);
	assert_int_equal(index_hits(&idx, deep, hit), 1);
	assert_int_equal(index_hits(&idx, other, hit), 0);
	deep[4094] = '\0';
	assert_int_equal(index_hits(&idx, deep, hit), 0);
	assert_int_equal(index_hits(&idx, "", hit), 0);
}

/* 11 groups of two would be 2,048 globs: kept folded, and still right. */
static void many_braces_stay_folded(void **state)
{
	_cleanup_(arena_release) struct arena arena = {NULL, 0};
	static const char glob[] = "/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}";
	struct path_index idx = {.count = 0};
	struct object object = {0};
	struct entry e = {.object = &object};
	bool hit[GLOBS];

	(void)state;
	assert_int_equal(path_index_add(&idx, &arena, str_of(glob), &e), 0);
	assert_int_equal(idx.count, 1);
	assert_int_equal(path_index_seal(&idx, &arena), 0);
	assert_int_equal(index_hits(&idx, "/abababababa", hit), 1);
	assert_int_equal(index_hits(&idx, "/ababababab", hit), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_index_agrees_with_the_matcher),
		cmocka_unit_test(long_prefixes_and_paths),
		cmocka_unit_test(many_braces_stay_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
