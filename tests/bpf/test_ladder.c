// SPDX-License-Identifier: Apache-2.0
/* test_ladder: which rung of hooks is used and why, and what the better ones are better at. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define RACES 300

/* Each class has a rung; on a better one there is a program for it, and on the last one a reason. */
static void test_classes_are_told(void **state)
{
	struct class_status classes[32];
	struct hook_status hooks[64];
	size_t n = collect_classes(sensor, classes, 32),
	       programs = collect_hooks(sensor, hooks, 64);
	bool better = has_kernel_paths();

	(void)state;
	assert_true(n > 8);
	for (size_t i = 0; i < n; i++) {
		bool found = strcmp(classes[i].rung, "tracepoint") == 0;

		assert_true(!found || classes[i].why[0] != 0);
		for (size_t p = 0; p < programs; p++)
			found = found || (strcmp(hooks[p].what, classes[i].what) == 0 &&
					  strcmp(hooks[p].rung, classes[i].rung) == 0);
		if (!found)
			fail_msg("%s: no program on the %s rung", classes[i].what, classes[i].rung);
		print_message("# %s: %s %s\n", classes[i].what, classes[i].rung, classes[i].why);
	}
	/* what is attached inside calls was called when it was tried: no class is left behind */
	for (size_t i = 0; better && i < n; i++)
		assert_string_not_equal(classes[i].why, "its hooks were not called when tried");
}

/* What does not work here is refused when it is asked for, with the reason. */
static void test_force(void **state)
{
	static const enum hook_rung rungs[] = {HOOKS_LSM, HOOKS_FENTRY, HOOKS_TRACEPOINT};
	static const char *const words[] = {"lsm", "fentry", "tracepoint"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct kernel_options opt = {.ring_kib = 64, .hooks = rungs[i]};
		struct problem err = {0};
		struct source *forced = NULL;
		int e = collect_open_kernel(&forced, &opt, &err);

		if (e) {
			assert_int_not_equal(rungs[i], HOOKS_TRACEPOINT);
			assert_int_equal(e, -EOPNOTSUPP);
			assert_non_null(strstr(err.text, words[i]));
			print_message("# %s\n", err.text);
			continue;
		}
		assert_string_equal(collect_rung_name(forced), words[i]);
		collect_close(forced);
	}
}

/* --- two threads */

static struct shared {
	union {
		char name[8];
		volatile uint32_t word; /* written at once, so that it is one of the two */
	};
	volatile int over, taken[RACES]; /* 'a' or 'b': the file that the call removed */
} * shared;

/* An emulated machine takes its time for each. */
static int races(void)
{
	return getenv("WHODID_TEST_SLOW") ? RACES / 4 : RACES;
}

static void *swap_name(void *arg)
{
	(void)arg;
	while (!shared->over) {
		shared->word = 0x61616161;
		shared->word = 0x62626262;
	}
	return NULL;
}

static bool make(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	return fd >= 0 && close(fd) == 0;
}

static void race(void *arg)
{
	pthread_t other;

	(void)arg;
	need(pthread_create(&other, NULL, swap_name, NULL) == 0);
	for (int i = 0; i < races(); i++) {
		need(make("aaaa") && make("bbbb"));
		if (unlink(shared->name) == 0)
			shared->taken[i] = access("aaaa", F_OK) == 0 ? 'b' : 'a';
	}
	shared->over = 1;
	need(pthread_join(other, NULL) == 0);
}

/* The name is rewritten during the call; the record has to name what was removed. */
static void test_race_of_names(void **state)
{
	unsigned wrong = 0, records = 0;
	const struct record_file *r;
	uint32_t pid;

	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	shared->word = 0x61616161;
	pid = act(race, NULL);
	for (int i = 0; i < races(); i++) {
		char name[] = {'/', (char)shared->taken[i], 0};

		if (!shared->taken[i])
			continue;
		r = find_record(RECORD_FILE_DELETE, pid, records++);
		assert_non_null(r);
		assert_int_equal(r->result, 0);
		wrong += !str_ends(text_of(r, r->path), name + 1);
		if (has_kernel_paths())
			assert_int_equal(r->header.flags, 0);
	}
	print_message("# %u of %u names are not what was removed\n", wrong, records);
	assert_true((int)records > races() / 2);
	if (has_kernel_paths())
		assert_int_equal(wrong, 0);
	munmap(shared, sizeof(*shared));
}

/* --- calls that fail */

static void fail_behind_the_hook(void *arg)
{
	(void)arg;
	need(mkdir("full", 0755) == 0 && make("full/one"));
	need(rmdir("full") < 0 && errno == ENOTEMPTY);
	need(setuid(65534) == 0);
	need(unlink("full/one") < 0 && errno == EACCES);
	need(chmod("full", 0777) < 0 && errno == EPERM);
}

/* The record has the call's own result, and the kernel's path where it was asked for. */
static void test_failures(void **state)
{
	const struct record_file *r;
	uint32_t pid;
	char path[256];

	(void)state;
	assert_int_equal(chmod(scratch(), 0755), 0);
	pid = act(fail_behind_the_hook, NULL);
	assert_int_equal(count_records(RECORD_FILE_DELETE, pid), 2);
	r = find_record(RECORD_FILE_DELETE, pid, 0);
	assert_int_equal(r->result, -ENOTEMPTY);
	assert_int_equal(r->op, FILE_OP_RMDIR);
	assert_place(r, r->path, r->base, scratch(), "full");
	if (has_kernel_paths())
		assert_int_equal(r->header.flags, 0);
	r = find_record(RECORD_FILE_DELETE, pid, 1);
	assert_int_equal(r->result, -EACCES);
	assert_place(r, r->path, r->base, scratch(), "full/one");
	r = find_record(RECORD_FILE_CHMOD, pid, 0);
	assert_int_equal(r->result, -EPERM);
	assert_int_equal(r->mode, 0777);
	snprintf(path, sizeof(path), "%s/full/one", scratch());
	assert_int_equal(unlink(path) | rmdir("full"), 0);
}

static void fail_often(void *arg)
{
	(void)arg;
	need(unlink("nothing") < 0 && errno == ENOENT);
	need(rename("nothing", "else") < 0 && errno == ENOENT);
	need(mkdir(".", 0700) < 0 && errno == EEXIST);
	need(make("kept") && unlink("kept") == 0);
}

/* More processes than slots can be held: none is left behind. */
static void test_nothing_is_held_for_ever(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		uint32_t pid = act(fail_often, NULL);
		const struct record_file *r = find_record(RECORD_FILE_DELETE, pid, 0);

		assert_int_equal(count_records(RECORD_FILE_DELETE, pid), 1);
		assert_place(r, r->path, r->base, scratch(), "kept");
		if (has_kernel_paths())
			assert_int_equal(r->header.flags, 0);
		forget();
	}
}

/* --- ends that are skipped */

static struct turns {
	volatile int asked, given;
} * turns;

/* The child lets the test go on, and waits until that is done. */
static void give_turn(void)
{
	turns->asked++;
	while (turns->given < turns->asked)
		sched_yield();
}

/* The same for the test: waits for the child, and has it go on when skipping is as it shall be. */
static void take_turn(int n, bool skip)
{
	while (turns->asked < n)
		sched_yield();
	if (skip)
		sensor_skip("on_sys_exit");
	else
		sensor_skip_none();
	turns->given = n;
}

/* By one piece of memory, so that calls differ in nothing but in what was there. */
static void remove_by_turns(void *arg)
{
	static char name[8];

	(void)arg;
	need(close_range(3, ~0u, 0) == 0); /* a link is there as long as anybody has it */
	need(make("one") && make("two") && make("three") && make("four"));
	strcpy(name, "one");
	give_turn(); /* not seen: the end of what follows */
	need(unlink(name) == 0);
	give_turn(); /* seen */
	strcpy(name, "two");
	need(unlink(name) == 0);
	strcpy(name, "three");
	give_turn();
	need(unlink(name) == 0);
	give_turn();
	need(make("other"));
	strcpy(name, "four");
	give_turn();
	need(unlink(name) == 0);
	give_turn();
	need(unlink(name) < 0 && errno == ENOENT);
}

static void assert_removed(uint32_t pid, unsigned i, const char *name, uint32_t flags)
{
	const struct record_file *r = find_record(RECORD_FILE_DELETE, pid, i);

	assert_non_null(r);
	assert_place(r, r->path, r->base, scratch(), name);
	assert_int_equal(r->header.flags, flags);
	assert_int_equal(r->result, 0);
}

/* Each call has its own record, and none has the result of another. */
static void test_skipped_ends(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (!has_kernel_paths())
		skip(); /* nothing is held: a call whose end is skipped has no record, and is counted as lost */
	turns = mmap(NULL, sizeof(*turns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	assert_ptr_not_equal(turns, MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		remove_by_turns(NULL);
		_exit(0);
	}
	for (int n = 1; n <= 6; n++)
		take_turn(n, n % 2);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	gather();
	assert_removed((uint32_t)pid, 0, "one", RECORD_NO_RESULT);
	assert_removed((uint32_t)pid, 1, "two", 0);
	assert_removed((uint32_t)pid, 2, "three", RECORD_NO_RESULT);
	assert_removed((uint32_t)pid, 3, "four", RECORD_NO_RESULT);
	assert_int_equal(count_records(RECORD_FILE_DELETE, (uint32_t)pid), 4);
	munmap((void *)turns, sizeof(*turns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes_are_told),
		cmocka_unit_test(test_force),
		cmocka_unit_test(test_race_of_names),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_nothing_is_held_for_ever),
		cmocka_unit_test(test_skipped_ends),
	};

	return cmocka_run_group_tests(tests, begin_in_scratch, end_sensor);
}
