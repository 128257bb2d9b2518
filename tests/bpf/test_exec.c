// SPDX-License-Identifier: Apache-2.0
/* test_exec: fork, exec and exit as the kernel tells them, compared with what was done. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static void exec_hostile(void *arg)
{
	char *const argv[] = {"/bin/true", "line\nbreak", "\xff\xfe\x80", "", "\x1b[31m", NULL};

	(void)arg;
	need(chdir("/usr/lib") == 0 && setgid(100) == 0 && setuid(12345) == 0);
	execv("/bin/true", argv);
}

static void test_exec_fields(void **state)
{
	static const char argv[] = "/bin/true\0line\nbreak\0\xff\xfe\x80\0\0\x1b[31m";
	uint32_t pid = act(exec_hostile, NULL);
	const struct record_exec *r = find_record(RECORD_EXEC, pid, 0);
	char *exe = realpath("/bin/true", NULL);
	struct stat st;
	struct str got;

	(void)state;
	assert_non_null(r);
	assert_int_equal(count_records(RECORD_EXEC, pid), 1);
	got = text_of(r, r->argv);
	assert_int_equal(got.n, sizeof(argv) - 1);
	assert_memory_equal(got.p, argv, got.n);
	assert_int_equal(r->argc, 5);
	assert_int_equal(r->header.flags, 0);
	assert_non_null(exe);
	assert_text(r, r->exe, exe);
	assert_text(r, r->filename, "/bin/true");
	assert_text(r, r->cwd, "/usr/lib");
	assert_int_equal(stat(exe, &st), 0);
	assert_int_equal(r->exe_inode, st.st_ino);
	assert_int_equal(r->exe_mode, st.st_mode);
	assert_int_equal(r->exe_ctime_ns,
			 (uint64_t)st.st_ctim.tv_sec * 1000000000u + (uint64_t)st.st_ctim.tv_nsec);
	assert_int_equal(r->task.uid, 12345);
	assert_int_equal(r->task.euid, 12345);
	assert_int_equal(r->task.gid, 100);
	assert_int_equal(r->caps_effective, 0);
	assert_int_equal(r->task.parent_pid, getpid());
	assert_int_equal(r->task.exec_count, 1);
	assert_int_equal(stat("/proc/self/ns/mnt", &st), 0);
	assert_int_equal(r->ns_mnt_inum, st.st_ino);
	assert_int_equal(stat("/proc/self/ns/pid", &st), 0);
	assert_int_equal(r->ns_pid_inum, st.st_ino);
	assert_string_equal((const char *)r->task.comm, "true");
	free(exe);
}

static void exec_long(void *arg)
{
	size_t n = (size_t)arg;
	char *big = malloc(n + 1), *const argv[] = {"/bin/true", big, NULL};

	memset(big, 'x', n);
	big[n] = 0;
	execv(argv[0], argv);
}

static void test_argv_is_cut(void **state)
{
	uint32_t pid = act(exec_long, (void *)(128 * 1024 - 1));
	const struct record_exec *r = find_record(RECORD_EXEC, pid, 0);
	size_t fits = EVENT_ARGV_MAX - sizeof("/bin/true") - 1;

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->header.flags, RECORD_ARGV_CUT);
	assert_int_equal(r->argv.len, EVENT_ARGV_MAX);
	assert_int_equal(r->argc, 2);
	pid = act(exec_long, (void *)fits); /* just fits, its NUL being the last byte */
	r = find_record(RECORD_EXEC, pid, 0);
	assert_non_null(r);
	assert_int_equal(r->header.flags, 0);
	assert_int_equal(r->argv.len, EVENT_ARGV_MAX - 1);
}

static void exec_script(void *arg)
{
	char *const argv[] = {"script", "one", NULL};

	execv(arg, argv);
}

static void write_script(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fchmod(fileno(f), 0755), 0);
	fclose(f);
}

/* The script is the kernel's own object, whatever name was asked for. */
static void assert_script(const struct record_exec *r, const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_text(r, r->script, path);
	assert_int_equal(r->script_inode, st.st_ino);
	assert_int_equal(r->script_dev, (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev));
	assert_int_equal(r->script_ctime_ns,
			 (uint64_t)st.st_ctim.tv_sec * 1000000000u + (uint64_t)st.st_ctim.tv_nsec);
}

static void test_script_shows_interpreter_and_script(void **state)
{
	char path[256], alias[256], second[512], text[600];
	const struct record_exec *r;
	uint32_t pid;

	(void)state;
	snprintf(path, sizeof(path), "%s/script", scratch());
	snprintf(alias, sizeof(alias), "%s/alias", scratch());
	snprintf(second, sizeof(second), "%s/second", scratch());
	write_script(path, "#!/bin/bash\nexit 0\n");
	assert_int_equal(symlink("script", alias), 0);
	pid = act(exec_script, alias);
	r = find_record(RECORD_EXEC, pid, 0);
	assert_non_null(r);
	assert_text(r, r->filename, alias);
	assert_true(str_ends(text_of(r, r->exe), "/bash"));
	assert_script(r, path);
	/* an interpreter that is a script itself: the first one was asked for */
	snprintf(text, sizeof(text), "#!%s\n", path);
	write_script(second, text);
	pid = act(exec_script, second);
	r = find_record(RECORD_EXEC, pid, 0);
	assert_non_null(r);
	assert_script(r, second);
	/* in place of a program with many files of its own, all dropped by the exec */
	snprintf(text, sizeof(text), "exec '%s'", second);
	pid = run_program((char *[]){"/usr/bin/perl", "-MPOSIX", "-e", text, NULL}, NULL);
	gather();
	r = find_record(RECORD_EXEC, pid, 1);
	assert_non_null(r);
	assert_script(r, second);
	r = find_record(RECORD_EXEC, pid, 0);
	assert_int_equal(r->script.len, 0);
	assert_int_equal(r->script_inode, 0);
}

static void exec_memfd(void *arg)
{
	int in = open("/bin/true", O_RDONLY), fd = memfd_create("evil", MFD_CLOEXEC);
	char buf[65536], *const argv[] = {"x", NULL}, *const env[] = {NULL};
	ssize_t n;

	(void)arg;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		need(write(fd, buf, (size_t)n) == n);
	fexecve(fd, argv, env);
	need(false);
}

static void test_memfd_is_named(void **state)
{
	uint32_t pid = act(exec_memfd, NULL);
	const struct record_exec *r = find_record(RECORD_EXEC, pid, 0);
	const struct record_file *made = find_record(RECORD_FILE_CREATE, pid, 0);

	(void)state;
	assert_non_null(r);
	assert_text(r, r->exe, "memfd:evil");
	assert_int_equal(r->exe_nlink, 0);
	assert_non_null(made);
	assert_int_equal(made->op, FILE_OP_MEMFD);
	assert_text(made, made->path, "memfd:evil");
}

static void exit_with(void *arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		volatile uint64_t spin = 0;
		struct timespec t0, t;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
		do {
			spin++;
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
		} while ((t.tv_sec - t0.tv_sec) * 1000000000l + t.tv_nsec - t0.tv_nsec < 50000000l);
		if (arg)
			raise(SIGKILL);
		_exit(7);
	}
	need(waitpid(pid, NULL, 0) == pid);
}

static const struct record_exit *exit_of_child(uint32_t parent)
{
	const struct record_fork *f = find_record(RECORD_FORK, parent, 0);

	assert_non_null(f);
	return find_record(RECORD_EXIT, f->child_pid, 0);
}

static void test_exit_code_signal_and_times(void **state)
{
	const struct record_exit *r = exit_of_child(act(exit_with, NULL));

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->exit_code, 7);
	assert_int_equal(r->exit_signal, 0);
	assert_in_range(r->user_ns + r->system_ns, 50000000, 500000000);
	assert_in_range(r->max_rss_bytes, 4096, 1u << 30);
	r = exit_of_child(act(exit_with, (void *)1));
	assert_non_null(r);
	assert_int_equal(r->exit_signal, SIGKILL);
	assert_int_equal(r->exit_code, 0);
}

static void *exec_in_thread(void *arg)
{
	char *const argv[] = {"/bin/true", NULL};

	execv(argv[0], argv);
	return arg;
}

static void start_thread(void *arg)
{
	pthread_t t;

	(void)arg;
	need(pthread_create(&t, NULL, exec_in_thread, NULL) == 0);
	for (;;)
		pause();
}

static void test_exec_by_a_thread_is_one_process(void **state)
{
	uint32_t pid = act(start_thread, NULL);
	const struct record_exec *r = find_record(RECORD_EXEC, pid, 0);

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->task.tid, pid);
	assert_int_not_equal(r->old_tid, 0);
	assert_int_not_equal(r->old_tid, pid);
	assert_int_equal(count_records(RECORD_EXIT, pid), 1);
	assert_int_equal(count_records(RECORD_FORK, pid), 0);
}

static void detach(void *arg)
{
	int fds[2];
	char c;

	need(pipe(fds) == 0);
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			char *const argv[] = {"/bin/true", arg, NULL};

			/* ends when everybody else has gone: the one in between was waited for */
			close(fds[1]);
			need(read(fds[0], &c, 1) == 0);
			execv(argv[0], argv);
		}
		_exit(0);
	}
	need(wait(NULL) > 0);
	close(fds[1]);
	close(fds[0]);
}

static void test_boundary_survives_double_fork(void **state)
{
	static char marker[] = "detached-marker-4711";
	uint32_t pid = act(detach, marker);
	const struct record_fork *f = find_record(RECORD_FORK, pid, 0);
	const struct record_exec *r = NULL;
	size_t looked = 0;

	(void)state;
	assert_non_null(f);
	for (int tries = 0; !r && tries < 100; tries++) {
		await();
		for (; !r && looked < records_kept(); looked++) {
			const struct record_exec *x = (const void *)record_at(looked);

			if (x->header.kind == RECORD_EXEC && str_ends(text_of(x, x->argv), marker))
				r = x;
		}
	}
	assert_non_null(r);
	assert_int_equal(r->task.boundary, f->task.boundary);
	assert_int_not_equal(r->task.parent_pid, pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exec_fields),
		cmocka_unit_test(test_argv_is_cut),
		cmocka_unit_test(test_script_shows_interpreter_and_script),
		cmocka_unit_test(test_memfd_is_named),
		cmocka_unit_test(test_exit_code_signal_and_times),
		cmocka_unit_test(test_exec_by_a_thread_is_one_process),
		cmocka_unit_test(test_boundary_survives_double_fork),
	};

	return cmocka_run_group_tests(tests, begin_sensor, end_sensor);
}
