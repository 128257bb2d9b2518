// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/btf.h"

static void test_whole_names_only(void **state)
{
	(void)state;
	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		assert_false(btf_names("task_struct"));
		skip();
	}
	assert_true(btf_names("task_struct"));
	assert_false(btf_names("ask_struct")); /* the end of one */
	assert_false(btf_names("task_struc")); /* the beginning of one */
	assert_false(btf_names("no_such_name_in_any_kernel"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_names_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
