/* SPDX-License-Identifier: Apache-2.0 */
/* Who wrote what cron runs: line by line, and nobody where not all lines are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "identity/deferrals.h"

#define SPOOL "/var/spool/cron/crontabs"

static char root[] = "/tmp/test-deferrals-XXXXXX";
static struct deferrals *d;

static int begin(void **state)
{
	char dir[128];

	(void)state;
	strcpy(root, "/tmp/test-deferrals-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(dir, sizeof(dir), "%s%s", root, SPOOL);
	if (file_mkdirs(dir, 0755))
		return -1;
	snprintf(dir, sizeof(dir), "%s/etc/cron.d", root);
	if (file_mkdirs(dir, 0755))
		return -1;
	d = deferrals_new(root);
	return d ? 0 : -1;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	deferrals_free(d);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static FILE *open_file(const char *path)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "w");
	assert_non_null(f);
	return f;
}

static void told(enum event_type type, const char *path, const char *who, const char *exe)
{
	char full[256];
	struct identity id = {.who = str_of(who), .kind = STR_LIT("human")};
	struct event_what what = {.type = type, .outcome = OUTCOME_OK, .pid = 9};
	struct stat st;

	snprintf(full, sizeof(full), "%s%s", root, path);
	assert_int_equal(stat(full, &st), 0);
	what.wall_ns = clock_wall_ns() + 1000000000; /* well behind the tick of the change */
	what.file.path = str_of(path);
	what.file.inode = st.st_ino;
	what.file.dev = st.st_dev;
	deferrals_learn(d, &what, &id, str_of(exe));
}

/* who writes the file, and cron reads it. */
static void passes(const char *path, const char *who)
{
	told(EVENT_FILE_WRITE, path, who, "/usr/bin/crontab");
	told(EVENT_FILE_READ, path, "unit:cron.service", "/usr/sbin/cron");
}

static const char *writer_of(const char *user, const char *command)
{
	static char who[64];
	struct deferral out;

	if (!deferrals_of_cron(d, str_of(user), str_of(command), &out))
		return "";
	snprintf(who, sizeof(who), "%.*s", STR_ARG(out.who));
	return who;
}

static void a_line_is_whose_write_brought_it(void **state)
{
	FILE *f = open_file(SPOOL "/alice");

	(void)state;
	fputs("@daily one\n", f);
	fclose(f);
	passes(SPOOL "/alice", "human:alice");
	f = open_file(SPOOL "/alice");
	fputs("@daily one\n@daily two\n", f);
	fclose(f);
	passes(SPOOL "/alice", "human:bob");
	assert_string_equal(writer_of("alice", "one"), "human:alice");
	assert_string_equal(writer_of("alice", "two"), "human:bob");
	assert_string_equal(writer_of("bob", "two"), "");
}

static void put_lines(const char *path, const char *user, unsigned n, unsigned bytes)
{
	FILE *f = open_file(path);

	for (unsigned i = 0; i < n; i++)
		fprintf(f, "@daily %s%s%u%0*u\n", user, *user ? " " : "", i, (int)bytes, 0);
	fprintf(f, "@daily %s%slast\n", user, *user ? " " : "");
	fclose(f);
}

static void one_crontab_takes_no_room_of_others(void **state)
{
	char path[64];

	(void)state;
	for (unsigned i = 0; i < 40; i++) { /* many lines, or too many bytes */
		snprintf(path, sizeof(path), SPOOL "/m%u", i);
		put_lines(path, "", i % 2 ? 3000 : 90, i % 2 ? 1 : 900);
		passes(path, "human:mallory");
	}
	put_lines(SPOOL "/alice", "", 3, 1);
	passes(SPOOL "/alice", "human:alice");
	assert_string_equal(writer_of("alice", "last"), "human:alice");
	assert_string_equal(writer_of("m1", "last"), "");
	assert_string_equal(writer_of("m1", "00"), ""); /* known, and perhaps not alone */
}

/* What was not known to stand there may have stood there before its last writer came. */
static void what_was_cut_is_not_the_next_writers(void **state)
{
	(void)state;
	put_lines(SPOOL "/alice", "", 300, 1);
	passes(SPOOL "/alice", "human:alice");
	assert_string_equal(writer_of("alice", "last"), "");
	put_lines(SPOOL "/alice", "", 3, 1);
	passes(SPOOL "/alice", "human:bob");
	assert_string_equal(writer_of("alice", "00"), "human:alice");
	assert_string_equal(writer_of("alice", "last"), "");
}

/* A command of alice's may also stand where it is not known. */
static void a_crontab_of_the_system_is_about_everybody(void **state)
{
	(void)state;
	put_lines(SPOOL "/alice", "", 3, 1);
	passes(SPOOL "/alice", "human:alice");
	assert_string_equal(writer_of("alice", "last"), "human:alice");
	put_lines("/etc/cron.d/large", "alice", 300, 1);
	passes("/etc/cron.d/large", "human:mallory");
	assert_string_equal(writer_of("alice", "last"), "");
	put_lines("/etc/cron.d/large", "bob", 3, 1);
	passes("/etc/cron.d/large", "human:mallory");
	assert_string_equal(writer_of("alice", "last"), "human:alice");
}

/* A name that is too long to be kept is not the name of whoever wrote before. */
static void a_name_without_room_is_nobodys(void **state)
{
	char name[800];

	(void)state;
	put_lines(SPOOL "/alice", "", 1, 1);
	passes(SPOOL "/alice", "human:alice");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	put_lines(SPOOL "/alice", "", 2, 1);
	passes(SPOOL "/alice", name);
	assert_string_equal(writer_of("alice", "10"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_is_whose_write_brought_it, begin, end),
		cmocka_unit_test_setup_teardown(one_crontab_takes_no_room_of_others, begin, end),
		cmocka_unit_test_setup_teardown(what_was_cut_is_not_the_next_writers, begin, end),
		cmocka_unit_test_setup_teardown(a_crontab_of_the_system_is_about_everybody, begin,
						end),
		cmocka_unit_test_setup_teardown(a_name_without_room_is_nobodys, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
