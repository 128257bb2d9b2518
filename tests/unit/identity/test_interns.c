/* SPDX-License-Identifier: Apache-2.0 */
/* interns: one copy per text, bounded; what is in use is never given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "identity/interns.h"

static void equal_texts_are_one(void **state)
{
	struct interns t;
	char other[] = "/bin/sh";
	struct interned *a, *b;

	(void)state;
	assert_int_equal(interns_init(&t, 8, 4096), 0);
	a = interns_take(&t, STR_LIT("/bin/sh"));
	b = interns_take(&t, (struct str){other, 7});
	assert_ptr_equal(a, b);
	assert_int_equal(a->refs, 2);
	assert_null(interns_take(&t, STR_NONE));
	b = interns_take(&t, (struct str){"a\0b", 3});
	assert_int_equal(interned_str(b).n, 3);
	assert_ptr_not_equal(b, interns_take(&t, (struct str){"a\0c", 3}));
	interns_release(&t);
}

static void idle_ones_stay_until_room_is_needed(void **state)
{
	struct interns t;
	struct interned *first, *used;

	(void)state;
	assert_int_equal(interns_init(&t, 3, 4096), 0);
	first = interns_take(&t, STR_LIT("first"));
	interns_drop(&t, first);
	assert_ptr_equal(interns_take(&t, STR_LIT("first")), first); /* no new memory */
	interns_drop(&t, first);
	used = interns_take(&t, STR_LIT("used"));
	for (unsigned i = 0; i < 100; i++) {
		char text[16];
		int n = snprintf(text, sizeof(text), "%u", i);

		interns_drop(&t, interns_take(&t, (struct str){text, (uint32_t)n}));
		assert_true(t.count <= 3);
	}
	assert_true(str_is(interned_str(used), "used"));
	assert_ptr_equal(interns_take(&t, STR_LIT("used")), used);
	interns_release(&t);
}

static void full_of_used_ones_gives_none(void **state)
{
	struct interns t;
	struct interned *a;

	(void)state;
	assert_int_equal(interns_init(&t, 2, 4096), 0);
	a = interns_take(&t, STR_LIT("a"));
	assert_non_null(interns_take(&t, STR_LIT("b")));
	assert_null(interns_take(&t, STR_LIT("c")));
	interns_drop(&t, a);
	assert_non_null(interns_take(&t, STR_LIT("c")));
	interns_release(&t);
}

static void bytes_are_bounded(void **state)
{
	static char big[1000];
	struct interns t;

	(void)state;
	assert_int_equal(interns_init(&t, 1000, 4096), 0);
	for (unsigned i = 0; i < 50; i++) {
		big[0] = (char)i;
		interns_drop(&t, interns_take(&t, (struct str){big, sizeof(big)}));
		assert_true(t.bytes <= 4096);
	}
	assert_true(t.count >= 2);
	interns_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_are_one),
		cmocka_unit_test(idle_ones_stay_until_room_is_needed),
		cmocka_unit_test(full_of_used_ones_gives_none),
		cmocka_unit_test(bytes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
