// SPDX-License-Identifier: Apache-2.0
/* test_target: what one process does to another: memory, descriptors, signals; true and refused. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static pid_t victim;
static char bytes[16];

static int begin(void **state)
{
	(void)state;
	sensor_start(NULL);
	victim = fork();
	if (victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return victim < 0;
}

static int end(void **state)
{
	(void)state;
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	sensor_stop();
	return 0;
}

static const struct record_target *only_one(uint32_t kind, uint32_t pid)
{
	assert_int_equal(count_records(kind, pid), 1);
	return find_record(kind, pid, 0);
}

/* The victim is a child of this program, by the same file, in the same boundary. */
static void assert_victim(const struct record_target *r)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	assert_true(n > 0);
	exe[n] = 0;
	assert_int_equal(r->pid, victim);
	assert_text(r, r->exe, exe);
	assert_int_equal(r->boundary, finds_tasks() ? r->task.boundary : 0);
	assert_true(r->start_ns > r->task.parent_start_ns && r->start_ns < r->header.boot_ns);
	assert_int_equal(r->header.flags, 0);
}

static void attach(void *arg)
{
	int status;

	need(ptrace((enum __ptrace_request)(intptr_t)arg, victim, NULL, NULL) == 0);
	if ((intptr_t)arg == PTRACE_ATTACH)
		need(waitpid(victim, &status, __WALL) == victim);
	/* what a tracer does then is not an act of its own */
	else
		need(ptrace(PTRACE_INTERRUPT, victim, NULL, NULL) == 0 &&
		     waitpid(victim, &status, __WALL) == victim);
	need(ptrace(PTRACE_DETACH, victim, NULL, NULL) == 0);
}

static void test_ptrace(void **state)
{
	static const struct {
		intptr_t request;
		uint32_t op;
	} cases[] = {{PTRACE_ATTACH, PTRACE_OP_ATTACH}, {PTRACE_SEIZE, PTRACE_OP_SEIZE}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint32_t pid = act(attach, (void *)cases[i].request);
		const struct record_target *r = only_one(RECORD_PTRACE, pid);

		assert_victim(r);
		assert_int_equal(r->op, cases[i].op);
		assert_int_equal(r->result, 0);
		assert_int_equal(r->signal, 0);
		assert_int_equal(count_records(RECORD_SIGNAL, pid), 0);
	}
}

static void read_memory(void *arg)
{
	struct iovec own = {bytes, 8}, other = {bytes, 8};

	(void)arg;
	need(process_vm_readv(victim, &own, 1, &other, 1, 0) == 8);
	need(process_vm_readv(getpid(), &own, 1, &other, 1, 0) == 8); /* its own: no act */
}

static void write_memory(void *arg)
{
	struct iovec own = {bytes, 16}, other = {bytes, 16};

	(void)arg;
	need(process_vm_writev(victim, &own, 1, &other, 1, 0) == 16);
}

static void take_descriptor(void *arg)
{
	int fd = (int)syscall(SYS_pidfd_open, victim, 0);

	(void)arg;
	need(fd >= 0 && syscall(SYS_pidfd_getfd, fd, 0, 0) >= 0);
}

static void test_memory_and_descriptors(void **state)
{
	const struct record_target *r = only_one(RECORD_PTRACE, act(read_memory, NULL));

	(void)state;
	assert_victim(r);
	assert_int_equal(r->op, PTRACE_OP_READ);
	assert_int_equal(r->bytes, 8);
	r = only_one(RECORD_PTRACE, act(write_memory, NULL));
	assert_victim(r);
	assert_int_equal(r->op, PTRACE_OP_WRITE);
	assert_int_equal(r->bytes, 16);
	r = only_one(RECORD_PTRACE, act(take_descriptor, NULL));
	assert_victim(r);
	assert_int_equal(r->op, PTRACE_OP_GETFD);
	assert_int_equal(r->bytes, 0);
}

static void refused(void *arg)
{
	struct iovec own = {bytes, 8}, other = {bytes, 8};

	(void)arg;
	need(setresuid(65534, 65534, 65534) == 0);
	need(ptrace(PTRACE_ATTACH, victim, NULL, NULL) < 0 && errno == EPERM);
	need(process_vm_readv(victim, &own, 1, &other, 1, 0) < 0 && errno == EPERM);
	need(kill(victim, SIGTERM) < 0 && errno == EPERM);
	need(kill(victim, 0) < 0 && kill(-victim, SIGTERM) < 0); /* asks; nobody in particular */
	need(ptrace(PTRACE_ATTACH, 0x3fffffff, NULL, NULL) < 0 && errno == ESRCH);
}

static void test_refused(void **state)
{
	uint32_t pid = act(refused, NULL);
	const struct record_target *r;

	(void)state;
	assert_int_equal(count_records(RECORD_PTRACE, pid), 2);
	for (unsigned i = 0; i < 2; i++) {
		r = find_record(RECORD_PTRACE, pid, i);
		assert_victim(r);
		assert_int_equal(r->result, -EPERM);
		assert_int_equal(r->op, i ? PTRACE_OP_READ : PTRACE_OP_ATTACH);
		assert_int_equal(r->task.euid, 65534);
	}
	r = only_one(RECORD_SIGNAL, pid);
	assert_victim(r);
	assert_int_equal(r->result, -EPERM);
	assert_int_equal(r->signal, SIGTERM);
}

/* Numbers of a namespace of their own: 1 is the victim's, 2 the reader's. */
static void read_in_a_namespace(void *arg)
{
	pid_t *outside = arg, first, reader;
	int status;

	need(unshare(CLONE_NEWPID) == 0);
	first = fork();
	need(first >= 0);
	if (first == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	reader = fork();
	need(reader >= 0);
	if (reader == 0) {
		struct iovec own = {bytes, 8}, other = {bytes, 8};

		need(getpid() == 2 && process_vm_readv(1, &own, 1, &other, 1, 0) == 8);
		need(process_vm_readv(2, &own, 1, &other, 1, 0) == 8); /* its own: no act */
		_exit(0);
	}
	need(waitpid(reader, &status, 0) == reader && status == 0);
	kill(first, SIGKILL);
	outside[0] = first;
	outside[1] = reader;
}

static void test_in_a_pid_namespace(void **state)
{
	pid_t *outside = mmap(NULL, 2 * sizeof(pid_t), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t before = victim;

	(void)state;
	assert_true(outside != MAP_FAILED);
	act(read_in_a_namespace, outside);
	victim = outside[0];
	assert_victim(only_one(RECORD_PTRACE, (uint32_t)outside[1]));
	victim = before;
	munmap(outside, 2 * sizeof(pid_t));
}

static void within(void *arg)
{
	(void)arg;
	need(kill(victim, SIGCONT) == 0 && kill(getpid(), SIGCONT) == 0);
}

/* Kernel threads are a boundary of their own; this one ignores what it is sent. */
static void across(void *arg)
{
	(void)arg;
	need(kill(2, SIGUSR1) == 0);
}

static void test_across_a_boundary(void **state)
{
	char comm[16] = "";
	const struct record_target *r;
	FILE *f = fopen("/proc/2/comm", "r");

	(void)state;
	if (!f || !fgets(comm, sizeof(comm), f) || strcmp(comm, "kthreadd\n") != 0) {
		print_message("# SKIP no kernel threads in this pid namespace\n");
		skip();
	}
	fclose(f);
	r = only_one(RECORD_SIGNAL, act(across, NULL));
	assert_int_equal(r->pid, 2);
	assert_int_equal(r->signal, SIGUSR1);
	assert_int_equal(r->boundary, BOUNDARY_ID_KERNEL);
	assert_int_equal(r->exe.len, 0);
}

/* The sensor is in the boundary of the sender, and is told of nevertheless. */
static void to_the_sensor(void *arg)
{
	need(kill(*(pid_t *)arg, SIGCONT) == 0);
}

static void test_signals(void **state)
{
	pid_t self = getpid();
	uint32_t pid = act(within, NULL);
	const struct record_target *r;

	(void)state;
	assert_int_equal(count_records(RECORD_SIGNAL, pid), 0);
	r = only_one(RECORD_SIGNAL, act(to_the_sensor, &self));
	assert_int_equal(r->pid, self);
	assert_int_equal(r->signal, SIGCONT);
	assert_int_equal(r->result, 0);
	assert_int_equal(r->op, PTRACE_OP_NONE);
	assert_true(r->exe.len > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ptrace),	cmocka_unit_test(test_memory_and_descriptors),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_in_a_pid_namespace),
		cmocka_unit_test(test_signals), cmocka_unit_test(test_across_a_boundary),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
