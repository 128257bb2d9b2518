/* SPDX-License-Identifier: Apache-2.0 */
/* What ran before the sensor: told once, with executable, parent and boundary, before any act. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

static pid_t sleeper;

/* A process of another executable that is there before the programs are loaded. */
static int begin(void **state)
{
	int ready[2];
	char c;

	(void)state;
	if (pipe2(ready, 0))
		return -1;
	sleeper = fork();
	if (sleeper == 0) {
		close(ready[0]);
		dup2(ready[1], 1);
		need(chdir("/usr") == 0);
		execl("/bin/sh", "sh", "-c", "echo; kill -STOP $$", NULL);
		_exit(127);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1) /* it has executed */
		return -1;
	sensor_start(NULL);
	gather();
	return 0;
}

static int end(void **state)
{
	(void)state;
	kill(sleeper, SIGKILL);
	waitpid(sleeper, NULL, 0);
	sensor_stop();
	return 0;
}

static void test_told_once_with_executable(void **state)
{
	const struct record_exec *r = find_record(RECORD_PROCESS, (uint32_t)sleeper, 0);
	struct str exe;

	(void)state;
	assert_non_null(r);
	assert_int_equal(count_records(RECORD_PROCESS, (uint32_t)sleeper), 1);
	exe = text_of(r, r->exe);
	assert_true(str_ends(exe, "/dash") || str_ends(exe, "/bash") || str_ends(exe, "/sh"));
	assert_text(r, r->cwd, "/usr");
	assert_int_equal(r->argv.len, 0);
	assert_int_equal(r->task.parent_pid, getpid());
	assert_true(r->task.flags & TASK_SEEDED);
	assert_true(r->task.boundary != 0);
	assert_true(r->task.start_ns != 0);
}

/* The test's own process is the sensor here: left out. */
static void test_not_itself(void **state)
{
	(void)state;
	assert_int_equal(count_records(RECORD_PROCESS, (uint32_t)getpid()), 0);
	assert_true(count_records(RECORD_PROCESS, 0) > 10);
}

static void test_between_boundaries_and_acts(void **state)
{
	bool acts = false;

	(void)state;
	for (size_t i = 0; i < records_kept(); i++) {
		const struct record_header *h = record_at(i);

		if (h->kind == RECORD_PROCESS)
			assert_false(acts);
		else if (h->kind != RECORD_BOUNDARY)
			acts = true;
	}
}

/* They are not from the ring: generated = received + lost stays exact. */
static void test_not_counted(void **state)
{
	struct source_stats stats;

	(void)state;
	collect_stats(sensor, &stats);
	assert_int_equal(stats.counters.generated[RECORD_PROCESS], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_once_with_executable),
		cmocka_unit_test(test_not_itself),
		cmocka_unit_test(test_between_boundaries_and_acts),
		cmocka_unit_test(test_not_counted),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
