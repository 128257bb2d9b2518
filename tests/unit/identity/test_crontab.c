/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of crontabs as cron hands them to the shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "identity/crontab.h"

#define ALICE STR_LIT("alice")

static void places_are_known(void **state)
{
	static const struct {
		const char *path, *user;
		enum spool spool;
	} rows[] = {
		{"/etc/crontab", NULL, SPOOL_SYSTEM},
		{"/etc/cron.d/x", NULL, SPOOL_SYSTEM},
		{"/var/spool/cron/crontabs/alice", "alice", SPOOL_USER},
		{"/var/spool/cron/alice", "alice", SPOOL_USER},
		{"/var/spool/cron/atjobs/a0001", NULL, SPOOL_AT},
		{"/var/spool/at/a0001", NULL, SPOOL_AT},
		{"/etc/cron.d/", NULL, SPOOL_NONE},
		{"/etc/cron.d/sub/x", NULL, SPOOL_NONE},
		{"/etc/cron.daily/x", NULL, SPOOL_NONE},
		{"/tmp/etc/crontab", NULL, SPOOL_NONE},
		{"", NULL, SPOOL_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct str user;

		assert_int_equal(spool_of(str_of(rows[i].path), &user), rows[i].spool);
		assert_true(rows[i].user ? str_is(user, rows[i].user) : !user.p);
	}
}

static void commands_are_what_the_shell_gets(void **state)
{
	uint64_t want = crontab_hash(ALICE, STR_LIT("echo 100% of it"));

	(void)state;
	assert_int_equal(crontab_line(SPOOL_USER, ALICE, STR_LIT("* * * * * echo 100\\% of it")),
			 want);
	assert_int_equal(
		crontab_line(SPOOL_USER, ALICE,
			     STR_LIT(" 1-5\t*/2 1,2 jan mon-fri  echo 100\\% of it%input%more")),
		want);
	assert_int_equal(crontab_line(SPOOL_USER, ALICE, STR_LIT("@daily echo 100\\% of it")),
			 want);
	assert_int_equal(crontab_line(SPOOL_SYSTEM, STR_NONE,
				      STR_LIT("* * * * *\talice\techo 100\\% of it")),
			 want);
	assert_int_not_equal(
		crontab_line(SPOOL_SYSTEM, STR_NONE, STR_LIT("* * * * * bob echo 100\\% of it")),
		want);
	assert_int_not_equal(
		crontab_line(SPOOL_USER, ALICE, STR_LIT("* * * * * x echo 100\\% of it")), want);
}

static void what_runs_nothing_has_none(void **state)
{
	static const char *const lines[] = {"",
					    "  ",
					    "# * * * * * x",
					    "SHELL=/bin/sh",
					    "MAILTO = a b c",
					    "* * * * *",
					    "* * * * * %input",
					    "@daily",
					    "@daily   "};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_int_equal(crontab_line(SPOOL_USER, ALICE, str_of(lines[i])), 0);
	assert_int_equal(crontab_line(SPOOL_SYSTEM, STR_NONE, STR_LIT("* * * * * alice")), 0);
}

static void what_cron_refuses_is_no_other_line(void **state)
{
	static char line[1100];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "@daily ", 7);
	assert_int_not_equal(crontab_line(SPOOL_USER, ALICE, (struct str){line, 7 + 1000}), 0);
	assert_int_equal(crontab_line(SPOOL_USER, ALICE, (struct str){line, 7 + 1025}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_known),
		cmocka_unit_test(commands_are_what_the_shell_gets),
		cmocka_unit_test(what_runs_nothing_has_none),
		cmocka_unit_test(what_cron_refuses_is_no_other_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
