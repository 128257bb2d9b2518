/* SPDX-License-Identifier: Apache-2.0 */
/* writers: who wrote a file last, and when nobody may be named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "identity/writers.h"

#define SECOND 1000000000ll
#define MS     1000000ll

static struct writers w;
static int64_t now = 1000 * SECOND + 1; /* whole seconds are a coarse clock's */

static int begin(void **state)
{
	(void)state;
	return writers_init(&w, 64);
}

static int end(void **state)
{
	(void)state;
	writers_release(&w);
	return 0;
}

static struct event_what open_of(enum event_type type, uint64_t inode, int64_t ctime)
{
	return (struct event_what){.type = type,
				   .outcome = OUTCOME_OK,
				   .wall_ns = now,
				   .boot_ns = (uint64_t)(now - 500 * SECOND),
				   .file = {.op = STR_LIT("open"),
					    .flags = STR_LIT("wronly"),
					    .dev = 8,
					    .inode = inode,
					    .generation = 7,
					    .ctime_ns = (uint64_t)ctime,
					    .mode = S_IFREG | 0755}};
}

static void makes(const char *who, uint64_t inode)
{
	struct event_what what = open_of(EVENT_FILE_CREATE, inode, now);

	writers_learn(&w, &what, str_of(who));
}

static void opens(const char *who, uint64_t inode, int64_t ctime, bool shared)
{
	struct event_what what = open_of(EVENT_FILE_WRITE, inode, ctime);

	what.file.other_writers = shared;
	writers_learn(&w, &what, str_of(who));
}

/* "a,b" of the file as an exec finds it that was changed at ctime. */
static const char *wrote(uint64_t inode, int64_t ctime)
{
	static char out[256];
	struct file_state file = {8, inode, (uint64_t)ctime, 7};
	struct written_by by;
	int n = 0;

	writers_find(&w, &file, &by);
	out[0] = '\0';
	for (unsigned i = 0; i < by.count; i++)
		n += snprintf(out + n, sizeof(out) - (size_t)n, "%s%.*s", i ? "," : "",
			      STR_ARG(by.who[i]));
	assert_true((by.count > 0) == (by.wall_ns > 0));
	return out;
}

static enum writer_unknown why(uint64_t inode, int64_t ctime)
{
	struct file_state file = {8, inode, (uint64_t)ctime, 7};
	struct written_by by;

	writers_find(&w, &file, &by);
	return by.why;
}

static void pass(int64_t ns)
{
	now += ns;
}

static void the_last_opener_wrote_it(void **state)
{
	(void)state;
	assert_string_equal(wrote(1, now), "");
	makes("ci:a", 1);
	pass(SECOND);
	assert_string_equal(wrote(1, now), "ci:a");
	opens("human:b", 1, now - SECOND, false);
	pass(SECOND);
	assert_string_equal(wrote(1, now), "human:b");
	/* a reader of the old inode number is no writer of the new file */
	makes("ci:c", 1);
	assert_string_equal(wrote(1, now), "ci:c");
}

static void an_open_that_changed_nothing_wrote_nothing(void **state)
{
	int64_t changed;

	(void)state;
	makes("ci:a", 1);
	pass(SECOND);
	changed = now;
	pass(SECOND);
	opens("human:b", 1, changed, false);
	pass(SECOND);
	assert_string_equal(wrote(1, changed), "ci:a");
	assert_string_equal(wrote(1, now), "human:b");
	/* in the tick of the change it can have been either */
	opens("human:d", 1, now - 2 * MS, false);
	assert_string_equal(wrote(1, now - 2 * MS), "human:d,human:b");
	/* nobody knows who wrote it before */
	opens("human:b", 2, changed, false);
	assert_string_equal(wrote(2, changed), "");
}

static void emptied_is_changed(void **state)
{
	struct event_what what = open_of(EVENT_FILE_WRITE, 1, now);

	(void)state;
	makes("ci:a", 1);
	what.file.flags = STR_LIT("wronly,trunc");
	writers_learn(&w, &what, STR_LIT("human:b"));
	assert_string_equal(wrote(1, now), "human:b");
}

static void several_at_once_are_all_named(void **state)
{
	(void)state;
	makes("ci:a", 1);
	opens("human:b", 1, now, true);
	pass(SECOND);
	assert_string_equal(wrote(1, now), "human:b,ci:a");
	opens("ci:a", 1, now, true);
	pass(SECOND);
	assert_string_equal(wrote(1, now), "ci:a,human:b");
	opens("human:c", 1, now, false); /* everybody else has gone */
	pass(SECOND);
	assert_string_equal(wrote(1, now), "human:c");
	opens("d", 1, now, true);
	opens("e", 1, now, true);
	opens("f", 1, now, true);
	pass(SECOND);
	assert_string_equal(wrote(1, now), "f,e,d,human:c");
	opens("g", 1, now, true); /* more than are kept */
	pass(SECOND);
	assert_string_equal(wrote(1, now), "");
	/* held by somebody who was never seen */
	opens("human:b", 2, now, true);
	pass(SECOND);
	assert_string_equal(wrote(2, now), "");
	opens("human:b", 2, now, false);
	pass(SECOND);
	assert_string_equal(wrote(2, now), "human:b");
}

static void what_was_missed_names_nobody(void **state)
{
	(void)state;
	makes("ci:a", 1);
	pass(SECOND);
	writers_missed(&w, now, now + SECOND);
	assert_string_equal(wrote(1, now - SECOND), "ci:a"); /* not changed since */
	pass(2 * SECOND);
	assert_string_equal(wrote(1, now), "");
	opens("human:b", 1, now, false);
	pass(SECOND);
	assert_string_equal(wrote(1, now), "human:b");
	/* more such times than are kept: still nobody too many is named */
	makes("ci:a", 2);
	for (unsigned i = 0; i < 3 * BLINDS_MAX; i++) {
		pass(SECOND);
		writers_missed(&w, now, now + MS);
	}
	pass(SECOND);
	assert_string_equal(wrote(2, now), "");
	assert_true(w.blind_count <= BLINDS_MAX);
}

/* A ring was asked for it, and its result was never told. */
static void what_a_ring_may_have_opened_names_nobody(void **state)
{
	struct event_what what;

	(void)state;
	makes("ci:a", 1);
	pass(SECOND);
	what = open_of(EVENT_FILE_WRITE, 0, 0);
	what.outcome = OUTCOME_NONE;
	writers_learn(&w, &what, STR_LIT("x"));
	assert_string_equal(wrote(1, now - SECOND), "ci:a"); /* not changed since */
	pass(SECOND);
	opens("human:b", 1, now, false); /* the ring's may still be to come */
	pass(SECOND);
	assert_string_equal(wrote(1, now), "");
}

static void other_events_teach_nothing(void **state)
{
	struct event_what what;

	(void)state;
	makes("ci:a", 1);
	pass(SECOND);
	what = open_of(EVENT_FILE_READ, 1, now);
	writers_learn(&w, &what, STR_LIT("x"));
	what = open_of(EVENT_FILE_WRITE, 1, now);
	what.outcome = OUTCOME_FAILED;
	writers_learn(&w, &what, STR_LIT("x"));
	what = open_of(EVENT_FILE_WRITE, 1, now);
	what.folded = true;
	writers_learn(&w, &what, STR_LIT("x"));
	what = open_of(EVENT_FILE_WRITE, 1, now);
	what.file.mode = S_IFCHR | 0666;
	writers_learn(&w, &what, STR_LIT("x"));
	pass(SECOND);
	assert_string_equal(wrote(1, now), "ci:a");
	/* an open without an object: anything may have been written */
	what = open_of(EVENT_FILE_WRITE, 0, 0);
	writers_learn(&w, &what, STR_LIT("x"));
	pass(SECOND);
	assert_string_equal(wrote(1, now), "");
}

static void a_step_of_the_clock_forgets(void **state)
{
	struct event_what what;

	(void)state;
	makes("ci:a", 1);
	what = open_of(EVENT_FILE_WRITE, 5, now);
	what.wall_ns -= 3600 * SECOND;
	writers_learn(&w, &what, STR_LIT("x"));
	assert_string_equal(wrote(1, now), "");
}

static void the_oldest_goes(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 65; i++) {
		makes(i % 2 ? "ci:odd" : "ci:even", i);
		opens("ci:keep", 1, now, false);
	}
	pass(SECOND);
	assert_string_equal(wrote(1, now), "ci:keep");
	assert_string_equal(wrote(2, now), "");
	assert_string_equal(wrote(3, now), "ci:odd");
	assert_string_equal(wrote(65, now), "ci:odd");
	assert_int_equal(w.count, 64);
	assert_int_equal(w.evicted, 1);
	for (uint64_t i = 100; i < 5000; i++)
		makes("ci:many", i * 977);
	assert_string_equal(wrote(4999 * 977, now), "ci:many");
}

/* What an earlier table knew, behind what this one has seen since. */
static void a_table_takes_over_from_an_earlier_one(void **state)
{
	struct writers older;
	int64_t before;

	(void)state;
	makes("ci:a", 1);
	makes("ci:b", 2);
	makes("ci:c", 3);
	makes("ci:d", 4);
	opens("human:x", 4, now, true);
	pass(SECOND);
	before = now;
	pass(SECOND);
	older = w;
	assert_int_equal(writers_init(&w, 64), 0);
	writers_missed(&w, now, now + SECOND); /* nothing ran */
	pass(2 * SECOND);
	opens("human:e", 2, before, false);
	makes("human:e", 3);
	opens("human:e", 4, before, false);
	opens("human:e", 5, before, false);
	assert_true(writers_take(&w, &older, 1)); /* bit by bit */
	while (writers_take(&w, &older, 1))
		;
	writers_release(&older);
	assert_string_equal(wrote(1, before), "ci:a");
	assert_int_equal(why(1, before), WRITER_SAID);
	assert_string_equal(wrote(1, now - 2 * SECOND + MS), ""); /* changed unseen */
	assert_int_equal(why(1, now - 2 * SECOND + MS), WRITER_MISSED);
	assert_string_equal(wrote(2, before), "ci:b"); /* opened in vain */
	pass(SECOND);
	assert_string_equal(wrote(2, now), "human:e");
	assert_string_equal(wrote(3, now), "human:e");
	assert_string_equal(wrote(4, before), ""); /* several before, and one since */
	assert_int_equal(why(4, before), WRITER_OTHERS);
	assert_string_equal(wrote(4, now), "human:e");
	assert_string_equal(wrote(5, before), ""); /* there before all that */
	assert_int_equal(why(5, before), WRITER_SAID);
	assert_int_equal(why(6, now - 3 * SECOND + MS), WRITER_MISSED); /* came while nothing ran */
	assert_int_equal(why(6, before - 100 * SECOND), WRITER_SAID);
}

static void another_clock_makes_the_earlier_one_worthless(void **state)
{
	struct writers older;

	(void)state;
	makes("ci:a", 1);
	older = w;
	assert_int_equal(writers_init(&w, 64), 0);
	makes("ci:b", 2);
	w.wall_offset_ns += SECOND;
	assert_false(writers_take(&w, &older, 64));
	writers_release(&older);
	assert_string_equal(wrote(1, now), "");
	assert_string_equal(wrote(2, now), "ci:b");
}

static void what_finds_no_room_is_counted(void **state)
{
	struct writers older;

	(void)state;
	for (uint64_t i = 1; i <= 10; i++)
		makes("ci:a", i);
	older = w;
	assert_int_equal(writers_init(&w, 64), 0);
	for (uint64_t i = 101; i <= 160; i++)
		makes("ci:b", i);
	assert_false(writers_take(&w, &older, 64));
	writers_release(&older);
	assert_int_equal(w.count, 64);
	assert_int_equal(w.evicted, 6);
	assert_string_equal(wrote(10, now), "ci:a");
	assert_string_equal(wrote(6, now), "");
}

/* A time that is said late and is longer than those before it counts as a whole. */
static void times_that_nothing_was_seen_in_are_joined(void **state)
{
	int64_t first = now;

	(void)state;
	makes("ci:a", 1);
	writers_missed(&w, first + 100 * SECOND, first + 110 * SECOND);
	writers_missed(&w, first + 300 * SECOND, first + 310 * SECOND);
	writers_missed(&w, first + 20 * SECOND, first + 305 * SECOND);
	assert_int_equal(w.blind_count, 1);
	assert_int_equal(why(1, first + 60 * SECOND), WRITER_MISSED);
	assert_int_equal(why(9, first + 60 * SECOND), WRITER_MISSED);
	assert_int_equal(why(9, first), WRITER_SAID);
}

/* ext4 with small inodes has no fraction of a second: then it can have been either. */
static void whole_seconds_tell_less(void **state)
{
	(void)state;
	now = 1000 * SECOND;
	pass(200 * MS);
	makes("ci:a", 1);
	pass(300 * MS);
	opens("human:b", 1, 1000 * SECOND, false);
	pass(100 * MS);
	assert_string_equal(wrote(1, 1000 * SECOND), "human:b,ci:a");
}

/* A change from before its first open: another disk with the same numbers. */
static void a_file_does_not_get_older(void **state)
{
	(void)state;
	makes("ci:a", 1);
	assert_string_equal(wrote(1, now - 60 * SECOND), "");
	opens("ci:b", 2, now - 7 * SECOND - MS, false);
	assert_string_equal(wrote(2, now - 60 * SECOND), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_last_opener_wrote_it, begin, end),
		cmocka_unit_test_setup_teardown(an_open_that_changed_nothing_wrote_nothing, begin,
						end),
		cmocka_unit_test_setup_teardown(emptied_is_changed, begin, end),
		cmocka_unit_test_setup_teardown(several_at_once_are_all_named, begin, end),
		cmocka_unit_test_setup_teardown(what_was_missed_names_nobody, begin, end),
		cmocka_unit_test_setup_teardown(what_a_ring_may_have_opened_names_nobody, begin,
						end),
		cmocka_unit_test_setup_teardown(other_events_teach_nothing, begin, end),
		cmocka_unit_test_setup_teardown(a_step_of_the_clock_forgets, begin, end),
		cmocka_unit_test_setup_teardown(the_oldest_goes, begin, end),
		cmocka_unit_test_setup_teardown(a_table_takes_over_from_an_earlier_one, begin, end),
		cmocka_unit_test_setup_teardown(another_clock_makes_the_earlier_one_worthless,
						begin, end),
		cmocka_unit_test_setup_teardown(what_finds_no_room_is_counted, begin, end),
		cmocka_unit_test_setup_teardown(times_that_nothing_was_seen_in_are_joined, begin,
						end),
		cmocka_unit_test_setup_teardown(whole_seconds_tell_less, begin, end),
		cmocka_unit_test_setup_teardown(a_file_does_not_get_older, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
