// SPDX-License-Identifier: Apache-2.0
/*
 * test_skipped: the program that tells execs does not run for one, as on kernels that skip programs
 * which they have preempted. A copy of this program plays the service manager, who may log people in.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static char manager[256], self[256];

static int begin(void **state)
{
	const char *const managers[] = {manager, NULL};
	struct kernel_options opt = {.ring_kib = 8192, .fold = true, .service_managers = managers};

	(void)state;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -1;
	snprintf(manager, sizeof(manager), "%s/manager", scratch());
	if (copy_self(manager))
		return -1;
	sensor_start(&opt);
	return 0;
}

static int look_again(void **state)
{
	(void)state;
	sensor_skip_none();
	forget();
	return 0;
}

/* --- what this program does under its other names */

static void log_in(int fd)
{
	need(write(fd, "1234", 4) == 4);
	close(fd);
}

static int open_login(int flags)
{
	int fd = open("/proc/self/loginuid", O_WRONLY | flags);

	need(fd >= 0);
	return fd;
}

static void execute(const char *exe, const char *what, const char *arg)
{
	char *const argv[] = {(char *)exe, (char *)what, (char *)arg, NULL};

	execv(exe, argv);
	_exit(98);
}

static int in_child(const char *exe, const char *what, const char *arg)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		execute(exe, what, arg);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

static int play(char **argv)
{
	char c, fd[16];

	if (strcmp(argv[1], "start") == 0) /* "start EXE": a program of its own in a child */
		return in_child(argv[2], "login", "-");
	if (strcmp(argv[1], "login") == 0) {
		log_in(open_login(O_CLOEXEC));
		need(open("/etc/hostname", O_RDONLY) >= 0); /* as logins do much more afterwards */
		execute("/bin/true", "leaf", NULL);
	}
	if (strcmp(argv[1], "become") ==
	    0) { /* "become EXE": in its own process, once it is told to */
		snprintf(fd, sizeof(fd), "%d", open_login(0));
		need(write(1, "x", 1) == 1 && read(0, &c, 1) == 1);
		execute(argv[2], "blind", fd);
	}
	/* "blind FD": the descriptor is its caller's, and nobody looks until it has been told to go on */
	log_in(atoi(argv[2]));
	need(write(1, "x", 1) == 1 && read(0, &c, 1) == 1);
	execute("/bin/true", "leaf", NULL);
	return 1;
}

/* --- tests */

static const struct record_exec *child_exec(uint32_t parent, unsigned i)
{
	const struct record_fork *f = find_record(RECORD_FORK, parent, 0);

	assert_non_null(f);
	return find_record(RECORD_EXEC, f->child_pid, i);
}

static size_t place_of(const void *record)
{
	size_t i = 0;

	while (record_at(i) != record)
		i++;
	return i;
}

static void execute_true(void *arg)
{
	(void)arg;
	execute("/bin/true", "x", NULL);
}

/* Before the first thing that it does, which is to open its libraries, it is told what it is. */
static void test_exec_is_told_late(void **state)
{
	char *exe = realpath("/bin/true", NULL);
	const struct record_exec *r;
	const struct record_file *read;
	struct stat st;
	uint32_t pid;

	(void)state;
	sensor_skip("on_exec");
	pid = act(execute_true, NULL);
	r = find_record(RECORD_EXEC, pid, 0);
	read = find_record(RECORD_FILE_READ, pid, 0);
	assert_non_null(r);
	assert_non_null(read);
	assert_int_equal(count_records(RECORD_EXEC, pid), 1);
	assert_int_equal(r->header.flags, RECORD_EXEC_LATE);
	assert_non_null(exe);
	assert_text(r, r->exe, exe);
	assert_int_equal(stat(exe, &st), 0);
	assert_int_equal(r->exe_inode, st.st_ino);
	assert_int_equal(r->task.exec_count, 1);
	assert_int_equal(r->argv.len, 0);
	assert_int_equal(r->argc, 0);
	assert_int_equal(r->filename.len, 0);
	assert_true(place_of(r) < place_of(read));
	assert_int_equal(read->task.exec_count, 1);
	assert_int_equal(count_records(RECORD_EXIT, pid), 1);
	free(exe);
}

/* The manager's child has become another program: its login is its own, whatever its parent may do. */
static void test_role_does_not_outlive_the_program(void **state)
{
	char *const argv[] = {manager, "start", self, NULL};
	const struct record_exec *own, *leaf;
	uint32_t pid;

	(void)state;
	sensor_skip("on_exec");
	pid = run_program(argv, NULL);
	gather();
	own = find_record(RECORD_EXEC, pid, 0);
	leaf = child_exec(pid, 1);
	assert_non_null(own);
	assert_non_null(leaf);
	assert_text(own, own->exe, manager);
	assert_int_equal(leaf->task.login_uid, 1234);
	assert_true(leaf->task.flags & TASK_SELF_LOGINUID);
	assert_int_equal(leaf->task.boundary, own->task.boundary);
	assert_int_equal(leaf->task.exec_count, 2);
}

/* And the other way round: what is trusted is, also when only its acts were seen. */
static void test_role_comes_with_the_program(void **state)
{
	char *const argv[] = {manager, "start", manager, NULL};
	const struct record_boundary *b = NULL;
	const struct record_exec *leaf;
	uint32_t pid;

	(void)state;
	sensor_skip("on_exec");
	pid = run_program(argv, NULL);
	gather();
	leaf = child_exec(pid, 1);
	assert_non_null(leaf);
	assert_false(leaf->task.flags & TASK_SELF_LOGINUID);
	for (unsigned i = 0; (b = find_record(RECORD_BOUNDARY, 0, i)); i++)
		if (b->id == leaf->task.boundary)
			break;
	assert_non_null(b);
	assert_int_equal(b->kind, BOUNDARY_LOGIN);
	assert_int_equal(b->role, ROLE_SERVICE_MANAGER);
}

static pid_t start_becoming(int to[2], int from[2])
{
	char *const argv[] = {manager, "become", self, NULL};
	char c;
	pid_t pid;

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		need(dup2(to[0], 0) == 0 && dup2(from[1], 1) == 1);
		execv(argv[0], argv);
		need(false);
	}
	assert_int_equal(read(from[0], &c, 1), 1);
	return pid;
}

/*
 * Nothing of what ran in between was looked at, and it has set a login uid: the exec behind it is seen,
 * and so is that there was another one before.
 */
static void test_exec_between_two_looks(void **state)
{
	int to[2], from[2], status;
	const struct record_exec *r;
	pid_t pid;
	char c;

	(void)state;
	pid = start_becoming(to, from);
	sensor_skip("on_exec");
	sensor_skip("on_sys_exit");
	assert_int_equal(write(to[1], "x", 1), 1);
	assert_int_equal(read(from[0], &c, 1), 1);
	sensor_skip_none();
	assert_int_equal(write(to[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	gather();
	r = find_record(RECORD_EXEC, (uint32_t)pid, 1);
	assert_non_null(r);
	assert_true(str_ends(text_of(r, r->exe), "/true"));
	assert_int_equal(r->header.flags, 0);
	assert_int_equal(r->task.exec_count, 3);
	assert_int_equal(r->task.login_uid, 1234);
	assert_true(r->task.flags & TASK_SELF_LOGINUID);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_exec_is_told_late, look_again),
		cmocka_unit_test_teardown(test_role_does_not_outlive_the_program, look_again),
		cmocka_unit_test_teardown(test_role_comes_with_the_program, look_again),
		cmocka_unit_test(test_exec_between_two_looks),
	};

	if (argc > 1)
		return play(argv);
	return cmocka_run_group_tests(tests, begin, end_sensor);
}
