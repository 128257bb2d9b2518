/* SPDX-License-Identifier: Apache-2.0 */
/* When silence is blindness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "heart.h"

static struct heart h;
static struct pulse p[2];
static const struct heart_class *changed[PULSES_MAX];
static uint64_t now;

static int begin(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	p[0] = (struct pulse){.name = "on_fork", .what = "fork", .attached = true, .acts = true};
	p[1] = (struct pulse){.name = "on_exec", .what = "exec", .attached = true};
	now = 1000;
	return 0;
}

/* One act, seen by the first hook that often; what has changed. */
static size_t beat(uint64_t seen)
{
	heart_act(&h, p, 2, now += 10);
	p[0].seen += seen;
	return heart_look(&h, p, 2, changed);
}

static void test_sees(void **state)
{
	(void)state;
	assert_int_equal(h.checked_ns, 0);
	assert_int_equal(beat(1), 0);
	assert_int_equal(beat(3), 0);
	assert_int_equal(heart_blind(&h), 0);
	assert_false(heart_doubts(&h));
	assert_int_equal(h.checked_ns, now);
}

static void test_one_miss_says_nothing(void **state)
{
	(void)state;
	assert_int_equal(beat(0), 0);
	assert_true(heart_doubts(&h));
	assert_int_equal(heart_blind(&h), 0);
	assert_int_equal(beat(1), 0);
	assert_false(heart_doubts(&h));
	assert_int_equal(beat(0), 0); /* not in a row */
	assert_int_equal(heart_blind(&h), 0);
}

static void test_blind_and_back(void **state)
{
	uint64_t since;

	(void)state;
	beat(0);
	assert_int_equal(beat(0), 1);
	since = now;
	assert_ptr_equal(changed[0], &h.classes[0]);
	assert_int_equal(h.classes[0].blind_ns, since);
	assert_false(heart_doubts(&h)); /* no longer a doubt */
	assert_int_equal(beat(0), 0);	/* told once */
	assert_int_equal(h.classes[0].blind_ns, since);
	assert_int_equal(heart_blind(&h), 1);
	assert_int_equal(beat(1), 1);
	assert_int_equal(h.classes[0].blind_ns, 0);
	assert_int_equal(heart_blind(&h), 0);
}

static void test_detached_is_blind_at_once(void **state)
{
	(void)state;
	beat(1);
	p[1].attached = false;
	assert_int_equal(beat(1), 1);
	assert_ptr_equal(changed[0], &h.classes[1]);
	p[1].attached = true;
	assert_int_equal(beat(1), 1);
	assert_int_equal(heart_blind(&h), 0);
}

static void test_counts_that_go_back(void **state)
{
	(void)state;
	p[0].seen = 100;
	beat(1);
	assert_int_equal(beat((uint64_t)-50), 0);
	assert_int_equal(beat(0), 1);
}

/* An act that could not be done says nothing; that nobody can see it any more does. */
static void test_refused(void **state)
{
	(void)state;
	p[0].refused = EAFNOSUPPORT;
	beat(0);
	assert_int_equal(beat(0), 0);
	assert_int_equal(heart_blind(&h), 0);
	p[0].attached = false;
	assert_int_equal(beat(0), 1);
}

/* Nor does it say that what was blind sees again; that one was attached anew where nothing can be tried does. */
static void test_refused_while_blind(void **state)
{
	(void)state;
	beat(0);
	assert_int_equal(beat(0), 1);
	p[0].refused = EMFILE;
	assert_int_equal(beat(0), 0);
	assert_int_equal(heart_blind(&h), 1);
	p[0].refused = 0;
	assert_int_equal(beat(1), 1);
	assert_int_equal(heart_blind(&h), 0);

	p[0].refused = EAFNOSUPPORT;
	p[0].attached = false;
	assert_int_equal(beat(0), 1);
	assert_int_equal(beat(0), 0);
	p[0].attached = true;
	assert_int_equal(beat(0), 1);
	assert_int_equal(heart_blind(&h), 0);
}

static void test_look_without_act(void **state)
{
	(void)state;
	assert_int_equal(heart_look(&h, p, 2, changed), 0);
	beat(1);
	assert_int_equal(heart_look(&h, p, 2, changed), 0);
	assert_false(h.waiting);
}

/* Other hooks than before: what was known of those that stood there is not theirs. */
static void test_other_hooks(void **state)
{
	(void)state;
	beat(0);
	p[0].name = "on_exit";
	assert_int_equal(beat(0), 0);
	assert_int_equal(heart_blind(&h), 0);
	assert_int_equal(beat(0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sees, begin),
		cmocka_unit_test_setup(test_one_miss_says_nothing, begin),
		cmocka_unit_test_setup(test_blind_and_back, begin),
		cmocka_unit_test_setup(test_detached_is_blind_at_once, begin),
		cmocka_unit_test_setup(test_counts_that_go_back, begin),
		cmocka_unit_test_setup(test_refused, begin),
		cmocka_unit_test_setup(test_refused_while_blind, begin),
		cmocka_unit_test_setup(test_look_without_act, begin),
		cmocka_unit_test_setup(test_other_hooks, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
