// SPDX-License-Identifier: Apache-2.0
/* test_cred: becoming root by a call, capabilities gained, namespaces; true and refused. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static const struct record_cred *only_one(uint32_t kind, uint32_t pid)
{
	assert_int_equal(count_records(kind, pid), 1);
	return find_record(kind, pid, 0);
}

/* A program that keeps root as its saved id, and takes it back. */
static void back_to_root(void *arg)
{
	need(setresuid(65534, 65534, 0) == 0);
	if ((intptr_t)arg == CRED_OP_SETREUID)
		need(setreuid(-1, 0) == 0);
	else
		need(setresuid(0, 0, 0) == 0);
	need(setuid(0) == 0); /* is root already */
}

static void test_becoming_root(void **state)
{
	(void)state;
	for (intptr_t op = CRED_OP_SETREUID; op <= CRED_OP_SETRESUID; op++) {
		uint32_t pid = act(back_to_root, (void *)op);
		const struct record_cred *r = only_one(RECORD_CRED_BECOME, pid);

		assert_int_equal(r->op, op);
		assert_int_equal(r->from_uid, 65534);
		assert_int_equal(r->to_uid, 0);
		assert_int_equal(r->result, 0);
		assert_int_equal(r->task.euid, 0);
		assert_int_equal(r->task.uid, op == CRED_OP_SETREUID ? 65534 : 0);
		assert_int_equal(r->ns_flags, 0);
	}
}

static void refused_root(void *arg)
{
	(void)arg;
	need(setresuid(65534, 65534, 65534) == 0);
	need(setuid(0) < 0 && errno == EPERM);
	need(setuid(65533) < 0); /* nobody that matters */
	need(setresuid(65534, 65534, 65534) == 0);
}

/* Root by right that steps aside for a while, as servers do. */
static void own_rights(void *arg)
{
	(void)arg;
	need(seteuid(65534) == 0 && seteuid(0) == 0);
}

static void test_refused_and_own(void **state)
{
	const struct record_cred *r = only_one(RECORD_CRED_BECOME, act(refused_root, NULL));

	(void)state;
	assert_int_equal(r->op, CRED_OP_SETUID);
	assert_int_equal(r->result, -EPERM);
	assert_int_equal(r->to_uid, 0);
	assert_int_equal(r->from_uid, 65534);
	assert_int_equal(r->task.euid, 65534);
	assert_int_equal(count_records(RECORD_CRED_BECOME, act(own_rights, NULL)), 0);
}

static void set_effective(uint64_t caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	need(syscall(SYS_capget, &head, data) == 0);
	data[0].effective = (uint32_t)caps & data[0].permitted;
	data[1].effective = (uint32_t)(caps >> 32) & data[1].permitted;
	need(syscall(SYS_capset, &head, data) == 0);
}

static void raise_some(void *arg)
{
	(void)arg;
	set_effective(0);
	set_effective(1ull << CAP_CHOWN);
	set_effective(1ull << CAP_CHOWN | 1ull << CAP_KILL | 1ull << CAP_FOWNER);
	set_effective(1ull << CAP_KILL);
}

static void test_capabilities(void **state)
{
	uint32_t pid = act(raise_some, NULL);
	const struct record_cred *r;

	(void)state;
	assert_int_equal(count_records(RECORD_CRED_CAPABILITY, pid), 2);
	r = find_record(RECORD_CRED_CAPABILITY, pid, 0);
	assert_int_equal(r->caps_gained, 1ull << CAP_CHOWN);
	assert_int_equal(r->caps_effective, 1ull << CAP_CHOWN);
	assert_int_equal(r->op, CRED_OP_CAPSET);
	r = find_record(RECORD_CRED_CAPABILITY, pid, 1);
	assert_int_equal(r->caps_gained, 1ull << CAP_KILL | 1ull << CAP_FOWNER);
	assert_int_equal(r->result, 0);
}

static void make_namespaces(void *arg)
{
	(void)arg;
	need(unshare(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_FS) == 0);
	need(unshare(CLONE_FILES) == 0); /* no namespace */
}

/* In a new user namespace everything is effective; that is the namespace's record and no capset's. */
static int in_user_namespace(void *arg)
{
	(void)arg;
	set_effective(~0ull);
	_exit(0);
}

static void clone_into(void *arg)
{
	static char stack[65536] __attribute__((aligned(16)));
	int pid = clone(in_user_namespace, stack + sizeof(stack), CLONE_NEWUSER | SIGCHLD, NULL);
	int status;

	(void)arg;
	need(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void enter(void *arg)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY);

	need(fd >= 0 && setns(fd, (int)(intptr_t)arg) == 0);
}

static void test_namespaces(void **state)
{
	const struct record_cred *r = only_one(RECORD_NAMESPACE, act(make_namespaces, NULL));
	struct stat st;
	uint32_t pid;

	(void)state;
	assert_int_equal(r->op, CRED_OP_UNSHARE);
	assert_int_equal(r->ns_flags, CLONE_NEWUTS | CLONE_NEWIPC);
	assert_int_equal(r->result, 0);
	assert_int_equal(r->ns_inum, 0);
	assert_int_equal(r->caps_gained, 0);
	pid = act(clone_into, NULL);
	r = only_one(RECORD_NAMESPACE, pid);
	assert_int_equal(r->op, CRED_OP_CLONE);
	assert_int_equal(r->ns_flags, CLONE_NEWUSER);
	assert_int_equal(count_records(RECORD_CRED_CAPABILITY, 0), 2); /* of the test before */
	assert_int_equal(stat("/proc/self/ns/uts", &st), 0);
	for (intptr_t type = 0; type <= CLONE_NEWUTS; type += CLONE_NEWUTS) {
		r = only_one(RECORD_NAMESPACE, act(enter, (void *)type));
		assert_int_equal(r->op, CRED_OP_SETNS);
		assert_int_equal(r->ns_flags, CLONE_NEWUTS);
		assert_int_equal(r->ns_inum, st.st_ino);
	}
}

static void refused_namespace(void *arg)
{
	(void)arg;
	need(setresuid(65534, 65534, 65534) == 0);
	need(unshare(CLONE_NEWNET) < 0 && errno == EPERM);
}

static void test_refused_namespace(void **state)
{
	const struct record_cred *r = only_one(RECORD_NAMESPACE, act(refused_namespace, NULL));

	(void)state;
	assert_int_equal(r->result, -EPERM);
	assert_int_equal(r->ns_flags, CLONE_NEWNET);
	assert_int_equal(r->task.euid, 65534);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_becoming_root),	  cmocka_unit_test(test_refused_and_own),
		cmocka_unit_test(test_capabilities),	  cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_refused_namespace),
	};

	return cmocka_run_group_tests(tests, begin_sensor, end_sensor);
}
