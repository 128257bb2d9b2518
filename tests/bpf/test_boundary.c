// SPDX-License-Identifier: Apache-2.0
/*
 * test_boundary: what opens a boundary and what does not. A copy of this program plays the service
 * manager: it is trusted by its inode, the test itself is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static char manager[256], group[256], elsewhere[300];
static uint64_t group_id;
static char self[256];

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static void exec_true(void)
{
	char *const argv[] = {"/bin/true", NULL};

	execv(argv[0], argv);
	_exit(98);
}

static int wait_for(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

static void move_to(const char *dir, const char *pid)
{
	char procs[400];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", dir);
	need(write_file(procs, pid) == 0);
}

/* Is moved while it acts all the time: what the sensor sees of the move comes in any order. */
static int move_busy(const char *dir)
{
	atomic_bool *moved = mmap(NULL, sizeof(*moved), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	atomic_bool *busy = moved + 1;
	char pid_text[16];
	pid_t pid = fork();

	if (pid == 0) {
		while (!*moved) {
			int fd = open("/etc/hostname", O_RDONLY | O_CLOEXEC);

			need(fd >= 0);
			close(fd);
			*busy = true;
		}
		exec_true();
	}
	while (!*busy)
		sched_yield();
	snprintf(pid_text, sizeof(pid_text), "%d", pid);
	move_to(dir, pid_text);
	*moved = true;
	return wait_for(pid);
}

/* Not the manager's program: it is moved, and goes elsewhere before it does anything else. */
static int wander(const char *dir)
{
	char procs[400], c;
	int fd;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", dir);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	need(fd >= 0 && write(1, "r", 1) == 1 && read(0, &c, 1) == 1);
	need(write(fd, "0", 1) == 1);
	exec_true();
	return 1;
}

static int move_wanderer(char **argv)
{
	char *const args[] = {argv[3], "wander", argv[4], NULL};
	int to[2], from[2];
	char pid_text[16], c;
	pid_t pid;

	need(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		need(dup2(to[0], 0) == 0 && dup2(from[1], 1) == 1);
		execv(args[0], args);
		need(false);
	}
	snprintf(pid_text, sizeof(pid_text), "%d", pid);
	need(read(from[0], &c, 1) == 1);
	move_to(argv[2], pid_text);
	need(write(to[1], "x", 1) == 1);
	return wait_for(pid);
}

/* The manager's acts, each ending in a child that executes /bin/true. */
static int manage(char **argv)
{
	int fds[2], dir;
	char pid_text[16], c;
	pid_t pid;

	if (strcmp(argv[1], "contained") == 0) {
		need(unshare(CLONE_NEWPID) == 0);
		argv[1] = "login";
	}
	if (strcmp(argv[1], "busy") == 0)
		return move_busy(argv[2]);
	if (strcmp(argv[1], "wander") == 0)
		return wander(argv[2]);
	if (strcmp(argv[1], "wanderer") == 0)
		return move_wanderer(argv);
	if (strcmp(argv[1], "login") == 0) {
		pid = fork();
		if (pid == 0) {
			need(write_file("/proc/self/loginuid", argv[2]) == 0);
			need(setuid(1234) == 0); /* before anything that the sensor looks at */
			exec_true();
		}
		return wait_for(pid);
	}
	if (strcmp(argv[1], "move") == 0) {
		need(pipe(fds) == 0);
		pid = fork();
		if (pid == 0) {
			need(read(fds[0], &c, 1) == 1);
			exec_true();
		}
		snprintf(pid_text, sizeof(pid_text), "%d", pid);
		move_to(argv[2], pid_text);
		need(write(fds[1], "x", 1) == 1);
		return wait_for(pid);
	}
	dir = open(argv[2], O_RDONLY | O_DIRECTORY);
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)dir};

	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		exec_true();
	return wait_for(pid);
}

static int make_group(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
	struct stat st;

	for (size_t i = 0; i < 2; i++) {
		char probe[300];

		snprintf(probe, sizeof(probe), "%s/cgroup.procs", roots[i]);
		if (access(probe, W_OK))
			continue;
		snprintf(group, sizeof(group), "%s/whodid-test-%d", roots[i], getpid());
		snprintf(elsewhere, sizeof(elsewhere), "%s-else", group);
		if (mkdir(group, 0755) || stat(group, &st) || mkdir(elsewhere, 0755))
			return -1;
		group_id = st.st_ino;
		return 0;
	}
	group[0] = 0;
	return 0;
}

static int begin(void **state)
{
	const char *const managers[] = {manager, NULL};
	struct kernel_options opt = {.ring_kib = 8192, .fold = true, .service_managers = managers};

	(void)state;
	snprintf(manager, sizeof(manager), "%s/manager", scratch());
	if (copy_self(manager) || make_group())
		return -1;
	sensor_start(&opt);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sensor_stop();
	if (group[0] && (rmdir(group) || rmdir(elsewhere)))
		return -1;
	return 0;
}

static const struct record_boundary *boundary_of(uint64_t id)
{
	const struct record_boundary *b;

	for (unsigned i = 0; (b = find_record(RECORD_BOUNDARY, 0, i)) != NULL; i++)
		if (b->id == id)
			break;
	return b;
}

/* The last exec (of /bin/true) by a child of the manager, and the manager's own. */
static const struct record_exec *managed(const char *what, const char *arg,
					 const struct record_exec **own)
{
	char *const argv[] = {manager, (char *)what, (char *)arg, self, elsewhere, NULL};
	const struct record_exec *r = NULL, *next;
	const struct record_fork *f;
	uint32_t pid;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	pid = run_program(argv, NULL);

	gather();
	*own = find_record(RECORD_EXEC, pid, 0);
	f = find_record(RECORD_FORK, pid, 0);
	assert_non_null(*own);
	assert_non_null(f);
	for (unsigned i = 0; (next = find_record(RECORD_EXEC, f->child_pid, i)) != NULL; i++)
		r = next;
	return r;
}

static void test_trusted_login_opens(void **state)
{
	const struct record_exec *own, *r = managed("login", "1234", &own);
	const struct record_boundary *b;

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->task.login_uid, 1234);
	assert_int_not_equal(r->task.boundary, own->task.boundary);
	assert_false(r->task.flags & (TASK_SELF_LOGINUID | TASK_SEEDED));
	b = boundary_of(r->task.boundary);
	assert_non_null(b);
	assert_int_equal(b->kind, BOUNDARY_LOGIN);
	assert_int_equal(b->role, ROLE_SERVICE_MANAGER);
	assert_int_equal(b->to_uid, 1234);
	assert_int_equal(b->session_id, r->task.session_id);
	assert_int_equal(b->parent_id, own->task.boundary);
	assert_int_equal(b->opener_inode, own->exe_inode);
}

static void assert_group(const struct record_exec *r, const struct record_exec *own)
{
	const struct record_boundary *b;
	struct str cgroup;

	assert_non_null(r);
	assert_int_equal(r->task.cgroup_id, group_id);
	assert_int_not_equal(r->task.boundary, own->task.boundary);
	b = boundary_of(r->task.boundary);
	assert_non_null(b);
	assert_int_equal(b->kind, BOUNDARY_CGROUP);
	assert_int_equal(b->role, ROLE_SERVICE_MANAGER);
	assert_int_equal(b->opener_pid, own->task.pid);
	assert_int_equal(b->opener_start_ns, own->task.start_ns);
	cgroup = text_of(b, b->cgroup);
	assert_true(str_ends(cgroup, strrchr(group, '/')));
	assert_int_equal(b->cgroup_hierarchy, 0);
}

static void test_manager_moves(void **state)
{
	const struct record_exec *own, *r;

	(void)state;
	if (!group[0])
		skip(); /* no cgroup v2 here */
	r = managed("move", group, &own);
	assert_group(r, own);
	r = managed("into", group, &own);
	assert_group(r, own);
}

/* The sensor hears of a move when it has happened: what the task does in between counts for nothing. */
static void test_moves_are_heard_late(void **state)
{
	const struct record_exec *own, *r;

	(void)state;
	if (!group[0])
		skip();
	for (int i = 0; i < 20; i++) {
		r = managed("busy", group, &own);
		assert_group(r, own);
		assert_false(r->task.flags & TASK_SELF_MOVED);
		forget();
	}
}

/* Where the manager has put it is its workload, not where it went afterwards. */
static void test_going_elsewhere_after_a_move(void **state)
{
	const struct record_exec *own, *r;
	const struct record_boundary *b;

	(void)state;
	if (!group[0])
		skip();
	r = managed("wanderer", group, &own);
	assert_non_null(r);
	assert_true(str_ends(text_of(r, r->argv), "true"));
	assert_int_equal(r->task.cgroup_id, group_id);
	assert_true(r->task.flags & TASK_SELF_MOVED);
	b = boundary_of(r->task.boundary);
	assert_non_null(b);
	assert_int_equal(b->kind, BOUNDARY_CGROUP);
	assert_int_equal(b->cgroup.len, 0);
}

/* A trusted program inside a pid namespace is a container's, whoever made that. */
static void test_contained_login_opens_nothing(void **state)
{
	const struct record_exec *own, *r = managed("contained", "1234", &own);

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->task.login_uid, 1234);
	assert_int_equal(r->task.ns_pid, 1);
	assert_true(r->task.flags & TASK_SELF_LOGINUID);
	assert_int_equal(r->task.boundary, own->task.boundary);
}

static void move_oneself(void *arg)
{
	char procs[300], mark[300];

	(void)arg;
	snprintf(mark, sizeof(mark), "%s/before-the-move", scratch());
	need(open(mark, O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", group);
	need(write_file(procs, "0") == 0);
	exec_true();
}

static void test_moving_oneself_opens_nothing(void **state)
{
	const struct record_exec *r;
	const struct record_file *before;
	uint32_t pid;

	(void)state;
	if (!group[0])
		skip();
	pid = act(move_oneself, NULL);
	before = find_record(RECORD_FILE_CREATE, pid, 0);
	r = find_record(RECORD_EXEC, pid, 0);
	assert_non_null(before);
	assert_non_null(r);
	assert_true(r->task.flags & TASK_SELF_MOVED);
	assert_int_equal(r->task.boundary, before->task.boundary);
	assert_int_equal(r->task.cgroup_id, before->task.cgroup_id);
	assert_int_not_equal(r->task.cgroup_id, group_id);
}

static void log_in_oneself(void *arg)
{
	(void)arg;
	need(write_file("/proc/self/loginuid", "0") == 0);
	exec_true();
}

static void test_self_set_login_opens_nothing(void **state)
{
	uint32_t pid = act(log_in_oneself, NULL);
	const struct record_exec *r = find_record(RECORD_EXEC, pid, 0);
	const struct record_file *before = find_record(RECORD_FILE_WRITE, pid, 0);

	(void)state;
	assert_non_null(r);
	assert_non_null(before);
	assert_true(r->task.flags & TASK_SELF_LOGINUID);
	assert_int_equal(r->task.login_uid, 0);
	assert_false(before->task.flags & TASK_SELF_LOGINUID);
	assert_int_equal(r->task.boundary, before->task.boundary);
}

static void *thread_logs_in(void *arg)
{
	need(write_file("/proc/thread-self/loginuid", "777") == 0);
	need(open("/etc/hostname", O_RDONLY) >= 0);
	return arg;
}

static void log_in_thread(void *arg)
{
	pthread_t t;

	(void)arg;
	need(pthread_create(&t, NULL, thread_logs_in, NULL) == 0 && pthread_join(t, NULL) == 0);
	need(open("/etc/passwd", O_RDONLY) >= 0);
}

static void test_login_of_a_thread_stays_there(void **state)
{
	uint32_t pid = act(log_in_thread, NULL);
	bool thread = false, leader = false;
	const struct record_file *r;

	(void)state;
	for (unsigned i = 0; (r = find_record(RECORD_FILE_READ, pid, i)) != NULL; i++) {
		if (str_is(text_of(r, r->path), "/etc/hostname")) {
			assert_int_equal(r->task.login_uid, 777);
			assert_true(r->task.flags & TASK_THREAD_LOGINUID);
			thread = true;
		}
		if (str_is(text_of(r, r->path), "/etc/passwd")) {
			assert_int_equal(r->task.login_uid, UINT32_MAX);
			assert_false(r->task.flags & (TASK_THREAD_LOGINUID | TASK_SELF_LOGINUID));
			leader = true;
		}
	}
	assert_true(thread && leader);
}

static void test_su_becomes(void **state)
{
	char *const argv[] = {"/bin/su", "-s", "/bin/true", "nobody", NULL};
	const struct record_exec *su, *r = NULL;
	const struct record_boundary *b;
	uint32_t pid = run_program(argv, NULL);

	(void)state;
	gather();
	su = find_record(RECORD_EXEC, pid, 0);
	assert_non_null(su);
	for (unsigned i = 0; (r = find_record(RECORD_EXEC, 0, i)) != NULL; i++)
		if (r->task.uid == 65534 && r->task.parent_pid == pid)
			break;
	if (!r) /* without a session to end, su executes the shell itself */
		r = find_record(RECORD_EXEC, pid, 1);
	assert_non_null(r);
	assert_int_equal(r->task.uid, 65534);
	b = boundary_of(r->task.boundary);
	assert_non_null(b);
	assert_int_equal(b->kind, BOUNDARY_BECOME);
	assert_int_equal(b->role, ROLE_SU);
	assert_int_equal(b->from_uid, 0);
	assert_int_equal(b->to_uid, 65534);
	assert_int_equal(b->opener_pid, pid);
	assert_int_equal(b->parent_id, su->task.boundary);
}

/* su whose command is su, as another user: that is a crossing like any other. */
static void test_su_becomes_su(void **state)
{
	char *const argv[] = {"/bin/su", "-s", "/bin/su", "nobody", "--", "--version", NULL};
	uint32_t pid = run_program(argv, NULL);
	const struct record_boundary *b;
	const struct record_exec *r;

	(void)state;
	gather();
	for (unsigned i = 0; (r = find_record(RECORD_EXEC, 0, i)) != NULL; i++)
		if (r->task.uid == 65534 && (r->task.pid == pid || r->task.parent_pid == pid))
			break;
	assert_non_null(r);
	assert_true(str_ends(text_of(r, r->exe), "/su"));
	b = boundary_of(r->task.boundary);
	assert_non_null(b);
	assert_int_equal(b->kind, BOUNDARY_BECOME);
	assert_int_equal(b->to_uid, 65534);
}

#ifdef __x86_64__
/* Makes a stopped child execute /bin/true: what LD_PRELOAD would do in a program that is not setuid. */
static void inject_exec(pid_t pid)
{
	static const char path[16] = "/bin/true";
	struct user_regs_struct regs;
	uint64_t words[2];

	need(ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0);
	memcpy(words, path, sizeof(words));
	regs.rdi = regs.rsp - 4096;
	need(ptrace(PTRACE_POKEDATA, pid, regs.rdi, words[0]) == 0);
	need(ptrace(PTRACE_POKEDATA, pid, regs.rdi + 8, words[1]) == 0);
	need(ptrace(PTRACE_POKETEXT, pid, regs.rip, 0x050full) == 0); /* syscall */
	regs.rax = SYS_execve;
	regs.rsi = regs.rdx = 0;
	need(ptrace(PTRACE_SETREGS, pid, NULL, &regs) == 0);
	need(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
}

static void steer_runuser(void *arg)
{
	char *const argv[] = {"runuser", NULL};
	int status;
	pid_t pid;

	(void)arg;
	need(setgid(1234) == 0 && setuid(1234) == 0);
	pid = fork();
	if (pid == 0) {
		need(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
		execv("/usr/sbin/runuser", argv);
		need(false);
	}
	need(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	inject_exec(pid);
	need(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)); /* after that exec */
	need(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	need(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
}

/* Anybody can run a switcher without root and make it do anything: that is no crossing. */
static void test_switcher_without_root_opens_nothing(void **state)
{
	const struct record_fork *f;
	const struct record_exec *first, *second;
	uint32_t pid;

	(void)state;
	if (access("/usr/sbin/runuser", X_OK))
		skip();
	pid = act(steer_runuser, NULL);
	f = find_record(RECORD_FORK, pid, 0);
	assert_non_null(f);
	first = find_record(RECORD_EXEC, f->child_pid, 0);
	second = find_record(RECORD_EXEC, f->child_pid, 1);
	assert_non_null(first);
	assert_non_null(second);
	assert_true(str_ends(text_of(first, first->exe), "/runuser"));
	assert_text(second, second->filename, "/bin/true");
	assert_int_equal(second->task.uid, 1234);
	assert_int_equal(second->task.boundary, f->task.boundary);
}
#endif

/* Over all that was recorded by the tests before, this host's own life included. */
static void test_a_boundary_comes_before_its_records(void **state)
{
	uint64_t seen[4096];
	size_t n = 0;

	(void)state;
	gather();
	for (size_t i = 0; i < records_kept(); i++) {
		const struct record_header *h = record_at(i);
		uint64_t id = task_of(h)->boundary;
		bool known = false;

		assert_int_not_equal(id, 0);
		for (size_t k = 0; k < n && !known; k++)
			known = seen[k] == id;
		if (h->kind == RECORD_BOUNDARY) {
			assert_false(known);
			assert_true(n < 4096);
			seen[n++] = id;
		} else if (!known) {
			fail_msg("record %zu of kind %u has boundary %llx, not told before", i,
				 h->kind, (unsigned long long)id);
		}
	}
	assert_true(n > 3);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trusted_login_opens),
		cmocka_unit_test(test_manager_moves),
		cmocka_unit_test(test_moving_oneself_opens_nothing),
		cmocka_unit_test(test_self_set_login_opens_nothing),
		cmocka_unit_test(test_login_of_a_thread_stays_there),
		cmocka_unit_test(test_contained_login_opens_nothing),
		cmocka_unit_test(test_going_elsewhere_after_a_move),
		cmocka_unit_test(test_su_becomes),
		cmocka_unit_test(test_su_becomes_su),
#ifdef __x86_64__
		cmocka_unit_test(test_switcher_without_root_opens_nothing),
#endif
		cmocka_unit_test(test_a_boundary_comes_before_its_records),
		cmocka_unit_test(test_moves_are_heard_late), /* forgets what was recorded */
	};

	if (argc > 2)
		return manage(argv);
	return cmocka_run_group_tests(tests, begin, end);
}
