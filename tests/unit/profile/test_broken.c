/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Broken profiles: each file in broken/ says in its first line what must be found where:
 *     # expect LINE:COLUMN words of the text | words of the remedy
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "profile/profile.h"
#include "base/tree.h"

#define DIR_NAME "tests/unit/profile/broken"

static int is_yaml(const struct dirent *d)
{
	return str_ends(str_of(d->d_name), ".yaml");
}

struct expected {
	unsigned line, column;
	char words[200], remedy[200];
};

static void read_expected(const char *text, struct expected *e)
{
	char *bar;
	int at = 0;

	memset(e, 0, sizeof(*e));
	assert_int_equal(sscanf(text, "# expect %u:%u %n", &e->line, &e->column, &at), 2);
	snprintf(e->words, sizeof(e->words), "%.*s", (int)strcspn(text + at, "\n"), text + at);
	bar = strstr(e->words, " | ");
	if (bar) {
		snprintf(e->remedy, sizeof(e->remedy), "%s", bar + 3);
		*bar = '\0';
	}
}

static bool check(const char *name)
{
	_cleanup_free_ char *text = NULL;
	struct profile_set *sentinel = (struct profile_set *)&text, *p = sentinel;
	struct problem err = {0};
	struct expected e;
	char path[400];
	size_t n;
	int rc;

	snprintf(path, sizeof(path), DIR_NAME "/%s", name);
	assert_int_equal(file_read(path, 1 << 20, &text, &n), 0);
	read_expected(text, &e);
	rc = profile_parse(&p, (struct str){text, (uint32_t)n}, name, &err);
	if (rc == -EINVAL && p == sentinel && err.line == e.line && err.column == e.column &&
	    strstr(err.text, e.words) && strstr(err.remedy, e.remedy) && !strcmp(err.file, name))
		return true;
	print_error("%s: expected %u:%u '%s' (%s)\n  got %d %u:%u '%s' (%s)\n", name, e.line,
		    e.column, e.words, e.remedy, rc, err.line, err.column, err.text, err.remedy);
	if (p != sentinel)
		profile_free(p);
	return false;
}

static void every_mistake_has_its_place_and_words(void **state)
{
	struct dirent **list = NULL;
	int n = scandir(DIR_NAME, &list, is_yaml, alphasort), failed = 0;

	(void)state;
	assert_true(n >= 50);
	for (int i = 0; i < n; i++) {
		failed += !check(list[i]->d_name);
		free(list[i]);
	}
	free(list);
	assert_int_equal(failed, 0);
}

static int parse(const char *text, uint32_t n, struct problem *err)
{
	struct profile_set *p = NULL;
	int e = profile_parse(&p, (struct str){text, n}, "big", err);

	profile_free(p);
	return e;
}

static void a_file_over_1_mib_is_refused(void **state)
{
	_cleanup_free_ char *text = malloc(TREE_BYTES_MAX + 1);
	struct problem err = {0};

	(void)state;
	memset(text, '#', TREE_BYTES_MAX + 1);
	assert_int_equal(parse(text, TREE_BYTES_MAX + 1, &err), -EFBIG);
	assert_int_equal(parse(text, TREE_BYTES_MAX, NULL), 0); /* a long comment */
}

/* Nine levels of nine references each would be hundreds of millions of values. */
static void aliases_do_not_multiply_without_end(void **state)
{
	char text[4096] = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
	struct problem err = {0};

	(void)state;
	for (int i = 1; i < 9; i++) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n,
			 "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
			 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	}
	assert_int_equal(parse(text, (uint32_t)strlen(text), &err), -EINVAL);
	assert_non_null(strstr(err.text, "aliases"));
}

static void depth_is_bounded(void **state)
{
	char text[20001];
	struct problem err = {0};

	(void)state;
	memset(text, '[', 900);
	text[900] = '\0';
	assert_int_equal(parse(text, 900, &err), -EINVAL);
	assert_non_null(strstr(err.text, "24 levels"));
}

/* Words of a person's file that reach a terminal carry no escape sequences. */
static void messages_are_harmless(void **state)
{
	static const char text[] = "apiVersion: whodid.dev/v1alpha1\n\"ki\\x1b[31mnd\\n\": Role\n";
	struct problem err = {0};

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &err), -EINVAL);
	assert_null(strchr(err.text, '\x1b'));
	assert_null(strchr(err.text, '\n'));
	assert_non_null(strstr(err.text, "\\x1b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mistake_has_its_place_and_words),
		cmocka_unit_test(a_file_over_1_mib_is_refused),
		cmocka_unit_test(aliases_do_not_multiply_without_end),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(messages_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
