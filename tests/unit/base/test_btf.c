// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/btf.h"

#define LACKS(names) btf_lacks_in(names, sizeof(names) - 1, out, sizeof(out))

static void test_what_is_missing_by_release(void **state)
{
	char out[256];

	(void)state;
	assert_true(LACKS("\0task_struct\0"));
	assert_string_equal(out, "bpf_task_storage_get (Linux 5.11), "
				 "bpf_get_current_task_btf (Linux 5.11), "
				 "bpf_task_pt_regs (Linux 5.15), bpf_find_vma (Linux 5.17), "
				 "bpf_loop (Linux 5.17)");
	assert_true(LACKS("\0BPF_FUNC_task_storage_get\0BPF_FUNC_get_current_task_btf\0"
			  "BPF_FUNC_task_pt_regs\0"));
	assert_string_equal(out, "bpf_find_vma (Linux 5.17), bpf_loop (Linux 5.17)");
}

#define ALL_BUT_LOOP                                                                          \
	"\0BPF_FUNC_task_storage_get\0BPF_FUNC_get_current_task_btf\0BPF_FUNC_task_pt_regs\0" \
	"BPF_FUNC_find_vma\0"

static void test_whole_names_only(void **state)
{
	char out[256];

	(void)state;
	assert_true(LACKS(ALL_BUT_LOOP "BPF_FUNC_loop_of\0")); /* the beginning of one */
	assert_string_equal(out, "bpf_loop (Linux 5.17)");
	assert_true(LACKS(ALL_BUT_LOOP "NO_BPF_FUNC_loop\0")); /* the end of one */
	assert_true(LACKS(ALL_BUT_LOOP "BPF_FUNC_loop"));      /* cut off: not all of it */
	assert_false(LACKS(ALL_BUT_LOOP "BPF_FUNC_loop\0"));
	assert_string_equal(out, "");
}

static void test_a_short_buffer_is_no_overflow(void **state)
{
	char out[8];

	(void)state;
	assert_true(LACKS("\0"));
	assert_string_equal(out, "bpf_tas");
}

static void test_this_kernel(void **state)
{
	char out[256] = "?";
	bool lacks = btf_lacks(out, sizeof(out));

	(void)state;
	assert_int_equal(lacks, out[0] != 0);
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		assert_false(lacks); /* nothing is known */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_missing_by_release),
		cmocka_unit_test(test_whole_names_only),
		cmocka_unit_test(test_a_short_buffer_is_no_overflow),
		cmocka_unit_test(test_this_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
