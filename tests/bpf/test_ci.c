// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_ci: a supervisor's child opens a job, once and with what was handed to it. A copy of this
 * program plays the supervisor: it is trusted by its inode, the test itself is not.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static char supervisor[256];

static void run_step(char **argv, char **env)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execve(argv[0], argv, env);
		_exit(98);
	}
	need(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

/* The supervisor's acts. */
static int supervise(char **argv)
{
	static char large[20000];
	char *step[] = {"/bin/true", "a b", NULL};
	char *env[] = {"JOB=one", "EMPTY=", NULL};
	char *big[] = {"JOB=big", large, large, NULL};
	char *again[] = {"/bin/sh", "-c", argv[2], NULL};
	char *helper[] = {argv[0], "in-place", NULL};

	memset(large, 'x', sizeof(large) - 1);
	if (strcmp(argv[1], "step") == 0)
		run_step(step, env);
	else if (strcmp(argv[1], "big") == 0)
		run_step(step, big);
	else if (strcmp(argv[1], "shell") == 0)
		run_step(again, env);
	else if (strcmp(argv[1], "helper") == 0)
		run_step(helper, env);
	else
		execve(step[0], step, env); /* in-place */
	return 0;
}

static int begin(void **state)
{
	static struct ci_supervisor list[] = {{CI_JENKINS, supervisor, false}};
	struct kernel_options opt = {
		.ring_kib = 8192, .fold = true, .ci_supervisors = list, .ci_supervisor_count = 1};

	(void)state;
	snprintf(supervisor, sizeof(supervisor), "%s/supervisor", scratch());
	if (copy_self(supervisor))
		return -1;
	sensor_start(&opt);
	return 0;
}

static uint32_t root; /* of the processes of the act: the supervisor */

static uint32_t parent_of(uint32_t pid)
{
	const struct record_fork *f;

	for (unsigned i = 0; (f = find_record(RECORD_FORK, 0, i)) != NULL; i++)
		if (f->child_pid == pid)
			return f->task.pid;
	return 0;
}

/* Whether it is the supervisor or descends from it: others on the machine run programs, too. */
static bool is_ours(uint32_t pid)
{
	while (pid && pid != root)
		pid = parent_of(pid);
	return pid != 0;
}

/* The act's exec of a program whose path ends so, the i-th. */
static const struct record_exec *exec_of(const char *name, unsigned nth)
{
	const struct record_exec *r;

	for (unsigned i = 0; (r = find_record(RECORD_EXEC, 0, i)) != NULL; i++)
		if (str_ends(text_of(r, r->exe), name) && is_ours(r->task.pid) && nth-- == 0)
			break;
	return r;
}

static const struct record_boundary *boundary_of(uint64_t id)
{
	const struct record_boundary *b;

	for (unsigned i = 0; (b = find_record(RECORD_BOUNDARY, 0, i)) != NULL; i++)
		if (b->id == id)
			break;
	return b;
}

static unsigned count_jobs(void)
{
	const struct record_boundary *b;
	unsigned n = 0;

	for (unsigned i = 0; (b = find_record(RECORD_BOUNDARY, 0, i)) != NULL; i++)
		n += b->kind == BOUNDARY_CI;
	return n;
}

static uint32_t run(const char *what, const char *arg)
{
	char *const argv[] = {supervisor, (char *)what, (char *)arg, NULL};

	forget();
	root = run_program(argv, NULL);
	gather();
	return root;
}

static void test_a_step_opens_a_job(void **state)
{
	uint32_t pid = run("step", NULL);
	const struct record_exec *own = find_record(RECORD_EXEC, pid, 0), *r = exec_of("/true", 0);
	const struct record_boundary *b;
	char cwd[4096];

	(void)state;
	assert_non_null(own);
	assert_non_null(r);
	assert_int_equal(count_jobs(), 1);
	b = boundary_of(r->task.boundary);
	assert_non_null(b);
	assert_true((const void *)b < (const void *)r || b->header.seq < r->header.seq ||
		    b->header.cpu != r->header.cpu);
	assert_int_equal(b->kind, BOUNDARY_CI);
	assert_int_equal(b->role, ROLE_CI_SUPERVISOR);
	assert_int_equal(b->ci_system, CI_JENKINS);
	assert_int_equal(b->opener_pid, pid);
	assert_int_equal(b->opener_start_ns, own->task.start_ns);
	assert_int_equal(b->opener_inode, own->exe_inode);
	assert_int_equal(b->parent_id, own->task.boundary);
	assert_true(str_equal(text_of(b, b->argv), (struct str){"/bin/true\0a b", 13}));
	assert_true(str_equal(text_of(b, b->environ), (struct str){"JOB=one\0EMPTY=", 14}));
	assert_text(b, b->cwd, getcwd(cwd, sizeof(cwd)));
	assert_false(b->header.flags & (RECORD_ENV_CUT | RECORD_ENV_FAULT));
	assert_true(r->task.flags & TASK_IN_JOB);
	assert_false(own->task.flags & TASK_IN_JOB);
}

static void test_a_large_environment_is_cut_and_flagged(void **state)
{
	const struct record_boundary *b = NULL;
	const struct record_exec *r;

	(void)state;
	run("big", NULL);
	r = exec_of("/true", 0);
	assert_non_null(r);
	b = boundary_of(r->task.boundary);
	assert_non_null(b);
	assert_true(b->header.flags & RECORD_ENV_CUT);
	assert_int_equal(b->environ.len, EVENT_ENVIRON_MAX);
	assert_true(str_starts(text_of(b, b->environ), "JOB=big"));
	assert_true(str_starts(text_of(b, b->argv), "/bin/true"));
}

static void test_a_job_opens_no_job(void **state)
{
	const struct record_exec *sh, *fake, *inner;
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "%s step; /bin/cat /dev/null", supervisor);
	run("shell", command);
	sh = exec_of("/dash", 0);
	sh = sh ? sh : exec_of("/bash", 0);
	fake = exec_of("/supervisor", 1);
	inner = exec_of("/true", 0);
	assert_non_null(sh);
	assert_non_null(fake);
	assert_non_null(inner);
	assert_int_equal(count_jobs(), 1);
	assert_int_equal(fake->task.boundary, sh->task.boundary);
	assert_int_equal(inner->task.boundary, sh->task.boundary);
	assert_true(fake->task.flags & TASK_FAKE_SUPERVISOR);
	assert_false(inner->task.flags & TASK_FAKE_SUPERVISOR);
	assert_false(sh->task.flags & TASK_FAKE_SUPERVISOR);
}

static void test_a_helper_between_is_the_supervisors(void **state)
{
	uint32_t pid = run("helper", NULL);
	const struct record_exec *own = find_record(RECORD_EXEC, pid, 0), *r = exec_of("/true", 0);
	const struct record_boundary *b;

	(void)state;
	assert_non_null(own);
	assert_non_null(r);
	assert_int_equal(count_jobs(), 1);
	b = boundary_of(r->task.boundary);
	assert_non_null(b);
	assert_int_equal(b->kind, BOUNDARY_CI);
	assert_int_equal(b->opener_pid, pid);
	assert_true(str_starts(text_of(b, b->environ), "JOB=one"));
}

static void test_what_takes_its_place_is_no_step(void **state)
{
	const struct record_exec *r;

	(void)state;
	run("in-place", NULL);
	r = exec_of("/true", 0);
	assert_non_null(r);
	assert_int_equal(count_jobs(), 0);
	assert_false(r->task.flags & TASK_IN_JOB);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_step_opens_a_job),
		cmocka_unit_test(test_a_large_environment_is_cut_and_flagged),
		cmocka_unit_test(test_a_job_opens_no_job),
		cmocka_unit_test(test_a_helper_between_is_the_supervisors),
		cmocka_unit_test(test_what_takes_its_place_is_no_step),
	};

	if (argc > 1)
		return supervise(argv);
	return cmocka_run_group_tests(tests, begin, end_sensor);
}
