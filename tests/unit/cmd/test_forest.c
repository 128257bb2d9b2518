/* SPDX-License-Identifier: Apache-2.0 */
/* Trees from events: order, pids used twice, unknown parents, lies about parents. */
/* before cmocka, which has a macro named fail */
#include "cmd/fail.c"
#include "cmd/forest.c"
#include "cmd/row.c"
#include "cmd/text.c"
#include "cmd/view.c"
#include "cmd/view_net.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add(struct forest *f, const char *json, bool note)
{
	_cleanup_json_ json_t *row = row_parse(str_of(json));

	assert_non_null(row);
	forest_add(f, row, note);
}

static void exec(struct forest *f, const char *uid, unsigned pid, const char *parent,
		 unsigned second)
{
	char json[512];

	snprintf(json, sizeof(json),
		 "{\"schema\":\"whodid.event/1.0\",\"type\":\"exec\",\"time\":"
		 "\"2026-11-23T16:00:%02u.000000000Z\",\"process\":{\"uid\":\"%s\",\"pid\":%u,"
		 "\"exe\":\"/bin/%s\",\"parent\":{\"uid\":\"%s\"}}}",
		 second, uid, pid, uid, parent);
	add(f, json, false);
}

static size_t child_count(const struct forest *f, size_t at)
{
	size_t n = 0;

	for (at = f->nodes[at].first_child; at != NO_NODE; at = f->nodes[at].next_sibling)
		n++;
	return n;
}

static void test_links_in_order_of_time(void **state)
{
	struct forest f;
	size_t root, first;

	(void)state;
	forest_init(&f);
	exec(&f, "c2", 12, "root", 9);
	exec(&f, "root", 10, "unknown", 1);
	exec(&f, "c1", 11, "root", 5);
	forest_link(&f);
	root = forest_find_uid(&f, STR_LIT("root"));
	first = f.nodes[root].first_child;
	assert_int_equal(f.nodes[root].parent, NO_NODE);
	assert_int_equal(child_count(&f, root), 2);
	assert_string_equal(f.nodes[first].uid, "c1");
	assert_string_equal(f.nodes[f.nodes[first].next_sibling].uid, "c2");
	forest_release(&f);
}

static void test_a_pid_used_twice_is_the_newest(void **state)
{
	struct forest f;

	(void)state;
	forest_init(&f);
	exec(&f, "new", 10, "-", 30);
	exec(&f, "old", 10, "-", 1);
	forest_link(&f);
	assert_string_equal(f.nodes[forest_find_pid(&f, 10)].uid, "new");
	assert_int_equal(forest_find_pid(&f, 99), NO_NODE);
	forest_release(&f);
}

static void test_circles_are_not_linked(void **state)
{
	struct forest f;
	size_t roots = 0;

	(void)state;
	forest_init(&f);
	exec(&f, "a", 1, "b", 1);
	exec(&f, "b", 2, "c", 2);
	exec(&f, "c", 3, "a", 3);
	exec(&f, "self", 4, "self", 4);
	forest_link(&f);
	for (size_t i = 0; i < f.count; i++) {
		roots += f.nodes[i].parent == NO_NODE;
		forest_want(&f, i); /* ends */
		assert_true(f.nodes[i].wanted);
	}
	assert_int_equal(roots, 2);
	forest_release(&f);
}

static void test_marks_reach_the_root(void **state)
{
	struct forest f;
	size_t root;

	(void)state;
	forest_init(&f);
	exec(&f, "root", 1, "-", 1);
	exec(&f, "mid", 2, "root", 2);
	exec(&f, "leaf", 3, "mid", 3);
	exec(&f, "quiet", 4, "root", 4);
	add(&f,
	    "{\"type\":\"file.read\",\"time\":\"2026-11-23T16:00:08.000000000Z\","
	    "\"process\":{\"uid\":\"leaf\",\"pid\":3},\"verdict\":{\"value\":\"forbidden\"}}",
	    true);
	forest_link(&f);
	root = forest_find_uid(&f, STR_LIT("root"));
	assert_true(f.nodes[root].marked_below);
	assert_true(f.nodes[forest_find_uid(&f, STR_LIT("leaf"))].marked);
	assert_false(f.nodes[forest_find_uid(&f, STR_LIT("quiet"))].marked_below);
	forest_want(&f, forest_find_uid(&f, STR_LIT("mid")));
	assert_false(f.nodes[root].wanted);
	assert_true(f.nodes[forest_find_uid(&f, STR_LIT("leaf"))].wanted);
	assert_false(f.nodes[forest_find_uid(&f, STR_LIT("quiet"))].wanted);
	forest_release(&f);
}

static void test_rows_without_a_name_are_left_out(void **state)
{
	struct forest f;

	(void)state;
	forest_init(&f);
	add(&f, "{\"type\":\"loss\"}", false);
	add(&f, "{\"process\":{\"uid\":17}}", false);
	add(&f, "{\"process\":\"x\"}", false);
	forest_link(&f);
	assert_int_equal(f.count, 0);
	forest_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links_in_order_of_time),
		cmocka_unit_test(test_a_pid_used_twice_is_the_newest),
		cmocka_unit_test(test_circles_are_not_linked),
		cmocka_unit_test(test_marks_reach_the_root),
		cmocka_unit_test(test_rows_without_a_name_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
