/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of settings: which files, in which order, and what ends the reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>

#include "base/folder.h"

static const char *const suffixes[] = {".yaml", ".yml", NULL};
static char dir[64];

/* The names that were read, and at which one to fail. */
struct seen {
	char names[256];
	const char *fail_at;
};

static int take(void *ctx, const char *path, struct problem *err)
{
	struct seen *s = ctx;
	const char *name = strrchr(path, '/') + 1;

	(void)err;
	if (s->fail_at && !strcmp(name, s->fail_at))
		return -EBADMSG;
	strcat(strcat(s->names, name), " ");
	return 0;
}

static void make_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	close(open(path, O_CREAT | O_WRONLY, 0600));
}

static int set_up(void **state)
{
	static const char *const names[] = {"b.yaml", "a.yml", "B.yaml", ".hidden.yaml", "c.yaml~"};

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_folder.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		make_file(names[i]);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void reads_in_byte_order(void **state)
{
	struct seen s = {0};
	struct problem err = {0};

	(void)state;
	assert_int_equal(folder_read(dir, suffixes, 3, take, &s, &err), 0);
	assert_string_equal(s.names, "B.yaml a.yml b.yaml ");
}

static void ends_with_the_first_error(void **state)
{
	struct seen s = {.fail_at = "a.yml"};
	struct problem err = {0};

	(void)state;
	assert_int_equal(folder_read(dir, suffixes, 3, take, &s, &err), -EBADMSG);
	assert_string_equal(s.names, "B.yaml ");
}

static void too_many_is_said(void **state)
{
	struct seen s = {0};
	struct problem err = {0};
	char text[256];

	(void)state;
	assert_int_equal(folder_read(dir, suffixes, 2, take, &s, &err), -EINVAL);
	problem_format(&err, text, sizeof(text));
	assert_non_null(strstr(text, "more than 2 files"));
	assert_non_null(strstr(text, dir));
}

static void no_folder_is_an_empty_one(void **state)
{
	struct seen s = {0};
	struct problem err = {0};

	(void)state;
	assert_int_equal(folder_read("/nowhere/at/all", suffixes, 2, take, &s, &err), 0);
	assert_int_equal(folder_read("/etc/passwd", suffixes, 2, take, &s, &err), 0);
	assert_string_equal(s.names, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_in_byte_order),
		cmocka_unit_test(ends_with_the_first_error),
		cmocka_unit_test(too_many_is_said),
		cmocka_unit_test(no_folder_is_an_empty_one),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
