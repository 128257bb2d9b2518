// SPDX-License-Identifier: Apache-2.0
/* test_order: neighbours in the ring come out by their time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collect/order.h"

#define RECORDS 10000

static struct record_header all[RECORDS];
static struct order o;
static const struct record_header *last;
static unsigned given, backwards;

static void give(const struct record_header *r)
{
	if (!r)
		return;
	given++;
	if (last &&
	    (r->boot_ns < last->boot_ns || (r->boot_ns == last->boot_ns && r->seq < last->seq)))
		backwards++;
	last = r;
}

static void run(void)
{
	o = (struct order){.count = 0};
	last = NULL;
	given = backwards = 0;
	for (unsigned i = 0; i < RECORDS; i++) {
		all[i].seq = i;
		give(order_put(&o, &all[i]));
		assert_true(o.count <= ORDER_WINDOW);
	}
	while (o.count)
		give(order_take(&o));
	assert_null(order_take(&o));
	assert_int_equal(given, RECORDS);
}

static void within_the_window_order_is_whole(void **state)
{
	(void)state;
	srandom(1);
	/* each at most ORDER_WINDOW places from where its time puts it; many with the same time */
	for (unsigned i = 0; i < RECORDS; i++)
		all[i].boot_ns = 1000 + i / 3;
	for (unsigned i = 0; i + ORDER_WINDOW < RECORDS; i += ORDER_WINDOW)
		for (unsigned k = ORDER_WINDOW - 1; k > 0; k--) {
			unsigned j = (unsigned)random() % (k + 1);
			uint64_t t = all[i + k].boot_ns;

			all[i + k].boot_ns = all[i + j].boot_ns;
			all[i + j].boot_ns = t;
		}
	run();
	assert_int_equal(backwards, 0);
}

static void what_is_farther_off_comes_at_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RECORDS; i++)
		all[i].boot_ns = 1000 + i;
	all[RECORDS / 2].boot_ns = 1;
	run();
	assert_int_equal(backwards, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(within_the_window_order_is_whole),
		cmocka_unit_test(what_is_farther_off_comes_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
