/* SPDX-License-Identifier: Apache-2.0 */
/* user_names: uids of one passwd file, also an odd one, and that changes are noticed. */
#include "history.h"

#include "identity/user_names.h"

static void assert_name(const struct user_names *u, uint32_t uid, const char *want)
{
	struct str got = user_names_name(u, uid);

	if (want ? !str_is(got, want) : got.p != NULL)
		fail_msg("%u is \"%.*s\", not %s", uid, STR_ARG(got), want ? want : "unknown");
}

static void names_are_found(void **state)
{
	struct user_names u;

	(void)state;
	user_names_init(&u, passwd_path);
	assert_name(&u, 0, NULL); /* nothing was read yet */
	user_names_refresh(&u);
	assert_name(&u, 0, "root");
	assert_name(&u, 1001, "alice");
	assert_name(&u, 1002, "deployer");
	assert_name(&u, 1003, NULL);
	assert_name(&u, UINT32_MAX, NULL);
	user_names_release(&u);
}

static void odd_lines_name_nobody(void **state)
{
	struct user_names u;

	(void)state;
	write_passwd(
		"\n:x:5:5::/:/bin/sh\n# comment\n+::::::\nnofields\nshort:x\nminus:x:-1:0::/:\n"
		"big:x:4294967295:0::/:\nhuge:x:4294967296:0::/:\nhex:x:0x10:0::/:\n"
		"first:x:7:7::/:/bin/sh\nsecond:x:7:7::/:/bin/sh\nlast:x:8:8");
	user_names_init(&u, passwd_path);
	user_names_refresh(&u);
	assert_int_equal(u.count, 3);
	assert_name(&u, 7, "first");
	assert_name(&u, 8, "last");
	assert_name(&u, UINT32_MAX, NULL);
	user_names_release(&u);
	write_passwd("");
	user_names_init(&u, passwd_path);
	user_names_refresh(&u);
	assert_int_equal(u.count, 0);
	user_names_release(&u);
	write_passwd(PASSWD);
}

static void changes_are_noticed_and_loss_is_survived(void **state)
{
	struct user_names u;

	(void)state;
	user_names_init(&u, passwd_path);
	user_names_refresh(&u);
	write_passwd("eve:x:1001:1001::/:/bin/sh\n");
	assert_name(&u, 1001, "alice"); /* only when asked to */
	user_names_refresh(&u);
	assert_name(&u, 1001, "eve");
	assert_name(&u, 1002, NULL);
	u.path = "/nonexistent/passwd";
	user_names_refresh(&u);
	assert_name(&u, 1001, "eve");
	user_names_release(&u);
	write_passwd(PASSWD);
}

static void many_users_are_sorted(void **state)
{
	struct user_names u;
	FILE *f;

	(void)state;
	f = fopen(passwd_path, "w");
	assert_non_null(f);
	for (unsigned i = 0; i < 5000; i++) {
		unsigned uid = (i * 2654435761u) % 100003;

		fprintf(f, "u%u:x:%u:0::/:/bin/sh\n", uid, uid);
	}
	fclose(f);
	user_names_init(&u, passwd_path);
	user_names_refresh(&u);
	for (unsigned i = 0; i < 5000; i++) {
		unsigned uid = (i * 2654435761u) % 100003;
		char want[16];

		snprintf(want, sizeof(want), "u%u", uid);
		assert_name(&u, uid, want);
	}
	user_names_release(&u);
	write_passwd(PASSWD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(odd_lines_name_nobody),
		cmocka_unit_test(changes_are_noticed_and_loss_is_survived),
		cmocka_unit_test(many_users_are_sorted),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
