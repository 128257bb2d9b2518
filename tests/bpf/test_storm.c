// SPDX-License-Identifier: Apache-2.0
/* test_storm: every act counted: short processes, a ring that overflows, folded opens. */
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"

static char actors[4096];

static char *actor(const char *name)
{
	static char path[4200];

	snprintf(path, sizeof(path), "%s/%s", actors, name);
	return path;
}

/* Fewer where an emulator takes ten times as long for each. */
static char *processes(void)
{
	static char few[] = "1000", many[] = "10000";

	return getenv("WHODID_TEST_SLOW") ? few : many;
}

/* While a driver runs nobody reads: the ring must hold it all, or lose and say so. */
static uint32_t storm(char *const argv[], long *done)
{
	uint32_t pid = run_program(argv, done);

	gather_tick();
	return pid;
}

static void test_short_processes_are_all_attributed(void **state)
{
	struct kernel_options opt = {.ring_kib = 65536, .fold = true};
	char *const argv[] = {actor("exec_storm"), processes(), "4", NULL};
	const struct record_exec *driver, *r;
	char *exe = realpath(argv[0], NULL);
	unsigned execs = 0, exits = 0, forks;
	struct source_stats st;
	uint32_t pid;
	long done;

	(void)state;
	sensor_start(&opt);
	pid = storm(argv, &done);
	driver = find_record(RECORD_EXEC, pid, 0);
	assert_non_null(driver);
	for (size_t i = 0; i < records_kept(); i++) {
		const struct record_header *h = record_at(i);
		const struct record_task *t = task_of(h);

		if (h->kind == RECORD_EXIT && t->parent_pid == pid)
			exits++;
		if (h->kind != RECORD_EXEC || t->parent_pid != pid)
			continue;
		r = (const void *)h;
		execs++;
		assert_int_equal(t->boundary, driver->task.boundary);
		assert_int_equal(t->parent_start_ns, driver->task.start_ns);
		assert_int_equal(t->exec_count, 1);
		assert_text(r, r->exe, exe);
		assert_int_equal(r->argv.len, sizeof("exec_storm\0-") - 1);
	}
	forks = count_records(RECORD_FORK, pid);
	assert_int_equal(done, strtol(argv[1], NULL, 10));
	/* a kernel that skips programs (7.0 and later) has said so */
	collect_stats(sensor, &st);
	print_message("%u of %ld execs, %lu runs skipped by the kernel\n", execs, done,
		      (unsigned long)st.recursion_misses);
	assert_in_range(done - execs, 0, st.counters.lost[RECORD_EXEC]);
	assert_in_range(done - exits, 0, st.counters.lost[RECORD_EXIT]);
	assert_in_range(done - forks, 0, st.counters.lost[RECORD_FORK]);
	if (st.recursion_misses == 0)
		assert_int_equal(execs + exits + forks, 3 * done);
	free(exe);
	sensor_stop();
}

static void count_received(uint64_t received[RECORD_KIND_MAX], uint64_t told[RECORD_KIND_MAX])
{
	for (size_t i = 0; i < records_kept(); i++) {
		const struct record_header *h = record_at(i);
		const struct record_loss *loss = (const void *)h;

		if (h->kind == RECORD_PROCESS) /* from an iterator, not counted */
			continue;
		if (h->kind != RECORD_LOSS) {
			if (!(h->flags & RECORD_FOLDED))
				received[h->kind]++;
			continue;
		}
		assert_true(loss->to_ns > loss->from_ns);
		for (int k = 0; k < RECORD_KIND_MAX; k++)
			told[k] += loss->lost[k];
	}
}

/* The host goes on living: counters and ring are compared when both have stood still. */
static void settle(struct source_stats *st)
{
	struct source_stats before;

	do {
		gather_tick();
		collect_stats(sensor, &before);
		gather_tick();
		collect_stats(sensor, st);
	} while (memcmp(&before.counters, &st->counters, sizeof(before.counters)) != 0);
}

static void test_loss_is_counted_exactly(void **state)
{
	struct kernel_options opt = {.ring_kib = 16, .fold = true};
	char *const argv[] = {actor("exec_storm"), "500", "4", NULL};
	uint64_t received[RECORD_KIND_MAX] = {0}, told[RECORD_KIND_MAX] = {0};
	struct source_stats st;
	long done;

	(void)state;
	sensor_start(&opt);
	storm(argv, &done);
	settle(&st);
	count_received(received, told);
	assert_true(st.counters.lost[RECORD_EXEC] > 0);
	assert_true(st.counters.generated[RECORD_EXEC] >= (uint64_t)done + 1);
	for (int k = 0; k < RECORD_KIND_MAX; k++) {
		assert_int_equal(st.counters.generated[k], received[k] + st.counters.lost[k]);
		assert_int_equal(told[k], st.counters.lost[k]);
	}
	sensor_stop();
}

/* Acts on the driver's files, by path: emitted ones and the counts of folded ones. */
static uint64_t sum_of_reads(uint32_t pid, unsigned *records, unsigned *folded)
{
	const struct record_file *r;
	uint64_t sum = 0;

	*records = *folded = 0;
	for (unsigned i = 0; (r = find_record(RECORD_FILE_READ, pid, i)) != NULL; i++) {
		if (!str_starts(text_of(r, r->path), "/tmp/open_storm."))
			continue;
		(*records)++;
		if (r->header.flags & RECORD_FOLDED) {
			(*folded)++;
			if (r->count > 1)
				assert_true(r->first_ns > 0 && r->last_ns >= r->first_ns);
		}
		sum += r->count;
	}
	return sum;
}

static void test_folded_counts_are_the_truth(void **state)
{
	char *const argv[] = {actor("open_storm"), "50", "400", NULL};
	unsigned records, folded;
	uint32_t pid;
	long done;

	(void)state;
	sensor_start(NULL);
	pid = storm(argv, &done);
	gather_tick();
	assert_int_equal(done, 50 * 400);
	assert_int_equal(sum_of_reads(pid, &records, &folded), done);
	assert_int_equal(records, 100);
	assert_int_equal(folded, 50);
	sensor_stop();
}

/* Windows that end in the middle of the storm, again and again: the sum stays exact. */
static void test_folding_over_many_windows(void **state)
{
	unsigned records, folded;
	uint64_t sum = 0;
	int fds[2];
	pid_t pid;
	long done;
	char buf[64] = "";

	(void)state;
	sensor_start(NULL);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], 1);
		execl(actor("open_storm"), "open_storm", "200", "1000", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	do /* windows end while it runs */
		gather_tick();
	while (poll(&(struct pollfd){.fd = fds[0], .events = POLLIN}, 1, 10) == 0);
	assert_true(read(fds[0], buf, sizeof(buf) - 1) > 0);
	gather_tick();
	done = strtol(buf, NULL, 10);
	sum = sum_of_reads((uint32_t)pid, &records, &folded);
	assert_int_equal(sum, done);
	assert_int_equal(done, 200000);
	assert_true(folded >= 400);
	sensor_stop();
}

static void test_without_folding_each_open_is_a_record(void **state)
{
	struct kernel_options opt = {.ring_kib = 16384, .fold = false};
	char *const argv[] = {actor("open_storm"), "10", "100", NULL};
	unsigned records, folded;
	uint32_t pid;
	long done;

	(void)state;
	sensor_start(&opt);
	pid = storm(argv, &done);
	assert_int_equal(sum_of_reads(pid, &records, &folded), 1000);
	assert_int_equal(records, 1000);
	assert_int_equal(folded, 0);
	sensor_stop();
}

static void test_connect_storm(void **state)
{
	char *const tcp[] = {actor("connect_storm"), "tcp", "1000", NULL};
	char *const udp[] = {tcp[0], "udp", "1000", NULL};
	const struct record_net *r;
	uint32_t pid;
	unsigned ok = 0;
	long done;

	(void)state;
	sensor_start(NULL);
	pid = storm(tcp, &done);
	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)) != NULL; i++)
		ok += r->result == 0;
	assert_int_equal(ok, done);
	pid = storm(udp, &done);
	assert_int_equal(count_records(RECORD_NET_CONNECT, pid), done);
	sensor_stop();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_processes_are_all_attributed),
		cmocka_unit_test(test_loss_is_counted_exactly),
		cmocka_unit_test(test_folded_counts_are_the_truth),
		cmocka_unit_test(test_folding_over_many_windows),
		cmocka_unit_test(test_without_folding_each_open_is_a_record),
		cmocka_unit_test(test_connect_storm),
	};
	char *self = realpath(argv[0], NULL);

	(void)argc;
	if (!self)
		return 1;
	/* build/tests/bpf/test_storm beside build/tests/live/actors */
	snprintf(actors, sizeof(actors), "%s/../live/actors", dirname(self));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
