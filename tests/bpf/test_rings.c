// SPDX-License-Identifier: Apache-2.0
/*
 * test_rings: whose are the acts of a ring of which the kernel takes requests by itself: its maker's as long
 * as nobody of another boundary can use it, however many of the same can; else anybody's. A copy of this
 * program plays the service manager, whose children cross into other boundaries.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "collect/rings.h"
#include "harness.h"
#include "tests/lib/ring.h"

static char manager[256], group[256];
static struct ring ring;
static bool travel; /* sockets carry rings: none is its maker's for sure */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* An act by a call, at which the sensor looks at who it is. */
static void act_by_call(const char *name)
{
	need(mkdir(name, 0700) == 0);
}

static void ask_for(struct ring *r, const char *name, unsigned sqe_flags)
{
	struct io_uring_sqe *sqe = ring_request(r, IORING_OP_MKDIRAT);

	ring_path(sqe, AT_FDCWD, name);
	sqe->len = 0700;
	sqe->flags = (uint8_t)sqe_flags;
	need(ring_do(r) == 0);
}

/* What is asked for by another program has no name in it: names are addresses in the maker's memory. */
static void ask_for_socket(struct ring *r)
{
	struct io_uring_sqe *sqe = ring_request(r, IORING_OP_SOCKET);

	sqe->fd = AF_INET;
	sqe->off = SOCK_RAW;
	sqe->len = IPPROTO_ICMP;
	need(ring_do(r) >= 0);
}

/* Becomes somebody else without an exec: the login uid, and a look at it. */
static void log_in(const char *name)
{
	write_file("/proc/self/loginuid", "4242");
	act_by_call(name);
}

static void wait_for(pid_t pid)
{
	int status;

	need(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void alone(void)
{
	struct ring second;

	need(ring_open(&ring, IORING_SETUP_SQPOLL) == 0);
	ask_for(&ring, "alone", 0);
	ask_for(&ring, "alone-worker", IOSQE_ASYNC);
	need(ring_open_at(&second, IORING_SETUP_SQPOLL | IORING_SETUP_ATTACH_WQ, ring.fd) == 0);
	ask_for(&second, "alone-second", 0);
}

/* A child of the same boundary uses it; what it executes has no ring, and becomes somebody else. */
static void family(void)
{
	char *const other[] = {manager, (char *)"login", (char *)"family-login", NULL};
	pid_t pid;

	need(ring_open(&ring, IORING_SETUP_SQPOLL) == 0);
	pid = fork();
	if (pid == 0) {
		ask_for(&ring, "family-child", 0);
		execv(other[0], other);
		_exit(99);
	}
	wait_for(pid);
	ask_for(&ring, "family", 0);
}

/* A child becomes somebody else, and puts requests into the ring that it has inherited. */
static void inherited(void)
{
	pid_t pid;

	need(ring_open(&ring, IORING_SETUP_SQPOLL) == 0);
	ask_for(&ring, "inherited-before", 0);
	pid = fork();
	if (pid == 0) {
		log_in("inherited-login");
		ask_for(&ring, "inherited-child", 0);
		ask_for(&ring, "inherited-worker", IOSQE_ASYNC);
		_exit(0);
	}
	wait_for(pid);
	ask_for(&ring, "inherited-after", 0); /* it may have been written before the child went */
}

/* The descriptor alone comes through an exec, and is mapped anew behind it. */
static void kept(void)
{
	char number[16];
	char *const other[] = {manager, (char *)"use", number, NULL};
	pid_t pid;

	need(ring_open(&ring, IORING_SETUP_SQPOLL) == 0);
	snprintf(number, sizeof(number), "%d", dup(ring.fd));
	ask_for(&ring, "kept-before", 0);
	pid = fork();
	if (pid == 0) {
		execv(other[0], other);
		_exit(99);
	}
	wait_for(pid);
}

static void use(int fd)
{
	log_in("kept-login");
	need(ring_map(&ring, fd, IORING_SETUP_SQPOLL) == 0);
	ask_for_socket(&ring);
}

/* Two processes with one table of descriptors: what the one opens later, the other one has. */
static void tied(void)
{
	int ready[2], go[2];
	char c;
	pid_t pid;

	need(pipe(ready) == 0 && pipe(go) == 0);
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		log_in("tied-login");
		need(write(ready[1], "r", 1) == 1 && read(go[0], &c, 1) == 1);
		_exit(0);
	}
	need(read(ready[0], &c, 1) == 1);
	need(ring_open(&ring, IORING_SETUP_SQPOLL) == 0);
	ask_for(&ring, "tied", 0);
	need(write(go[1], "g", 1) == 1);
	wait_for(pid);
}

/* Is put into another cgroup by who may, and does nothing by itself that could be looked at. */
static void moved(const char *to)
{
	char procs[300], number[16], c;
	int go[2];
	pid_t pid;

	need(ring_open(&ring, IORING_SETUP_SQPOLL) == 0 && pipe(go) == 0);
	pid = fork();
	if (pid == 0) {
		need(read(go[0], &c, 1) == 1);
		ask_for(&ring, "moved-child", 0);
		_exit(0);
	}
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", to);
	snprintf(number, sizeof(number), "%d", pid);
	write_file(procs, number);
	need(write(go[1], "g", 1) == 1);
	wait_for(pid);
}

/* A ring of one's own beside the inherited one has a thread of one's own, also where it is attached. */
static void attached(void)
{
	struct ring own;
	pid_t pid;

	need(ring_open(&ring, IORING_SETUP_SQPOLL) == 0);
	pid = fork();
	if (pid == 0) {
		log_in("attached-login");
		need(ring_open_at(&own, IORING_SETUP_SQPOLL | IORING_SETUP_ATTACH_WQ, ring.fd) ==
		     0);
		ask_for(&own, "attached", 0);
		_exit(0);
	}
	wait_for(pid);
}

/* A ring that is entered by a call is whose call it is, whoever made it and whatever thread does it. */
static void entered(void)
{
	pid_t pid;

	need(ring_open(&ring, 0) == 0);
	ask_for(&ring, "entered-maker", IOSQE_ASYNC);
	pid = fork();
	if (pid == 0) {
		log_in("entered-login");
		ask_for(&ring, "entered", 0);
		ask_for(&ring, "entered-worker", IOSQE_ASYNC);
		_exit(0);
	}
	wait_for(pid);
}

/* Its descriptor is taken by the test, which is nobody of its family. */
static void robbed(void)
{
	char c;

	need(ring_open(&ring, IORING_SETUP_SQPOLL) == 0);
	ask_for(&ring, "robbed-before", 0);
	printf("%d\n", ring.fd);
	fflush(stdout);
	need(read(0, &c, 1) == 1);
}

static int manage(char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} ways[] = {{"alone", alone},	{"family", family},  {"inherited", inherited},
		    {"kept", kept},	{"tied", tied},	     {"attached", attached},
		    {"robbed", robbed}, {"entered", entered}};

	snprintf(manager, sizeof(manager), "%s", argv[0]);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name))
			return ways[i].fn(), 0;
	if (!strcmp(argv[1], "login"))
		log_in(argv[2]);
	else if (!strcmp(argv[1], "use"))
		use(atoi(argv[2]));
	else
		moved(argv[2]);
	return 0;
}

static void make_group(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
	char probe[300];

	for (size_t i = 0; i < 2 && !group[0]; i++) {
		snprintf(probe, sizeof(probe), "%s/cgroup.procs", roots[i]);
		if (access(probe, W_OK))
			continue;
		snprintf(group, sizeof(group), "%s/whodid-rings-%d", roots[i], getpid());
		if (mkdir(group, 0755))
			group[0] = 0;
	}
}

static int begin(void **state)
{
	const char *const managers[] = {manager, NULL};
	struct kernel_options opt = {.ring_kib = 8192, .fold = true, .service_managers = managers};

	(void)state;
	if (ring_open(&ring, IORING_SETUP_SQPOLL)) {
		print_message("# SKIP io_uring: %s\n", strerror(errno));
		skip();
	}
	travel = rings_travel();
	close(ring.fd);
	snprintf(manager, sizeof(manager), "%s/manager", scratch());
	if (access(manager, F_OK) && copy_self(manager))
		return -1;
	make_group();
	sensor_start(&opt);
	return chdir(scratch());
}

static int end(void **state)
{
	int err = group[0] ? rmdir(group) : 0;

	group[0] = 0;
	return err | end_sensor(state);
}

static uint32_t run(const char *what)
{
	char *const argv[] = {manager, (char *)what, group, NULL};
	uint32_t pid = run_program(argv, NULL);

	gather();
	return pid;
}

/* The record of that folder, whoever made it; no name ends as another one. */
static const struct record_file *made(const char *name)
{
	const struct record_file *r;

	for (unsigned i = 0; (r = find_record(RECORD_FILE_CREATE, 0, i)) != NULL; i++)
		if (str_ends(text_of(r, r->path), name))
			return r;
	fail_msg("no record of %s", name);
	return NULL;
}

static void assert_by_ring(const char *name, uint32_t pid, bool anybodys)
{
	const struct record_file *r = made(name);

	assert_true(r->header.flags & RECORD_IO_URING);
	assert_int_equal(r->task.pid, pid);
	assert_int_equal(r->task.flags & TASK_SHARED_RING, anybodys ? TASK_SHARED_RING : 0);
}

static void assert_makers(const char *name, uint32_t pid)
{
	assert_by_ring(name, pid, travel);
}

static void assert_anybodys(const char *name, uint32_t pid)
{
	assert_by_ring(name, pid, true);
}

static void assert_anybodys_socket(uint32_t pid)
{
	const struct record_socket *r = find_record(RECORD_NET_SOCKET, pid, 0);

	assert_non_null(r);
	assert_true(r->header.flags & RECORD_IO_URING);
	assert_int_equal(count_records(RECORD_NET_SOCKET, 0), 1);
	assert_true(r->task.flags & TASK_SHARED_RING);
}

static void of_one_boundary(void **state)
{
	uint32_t pid = run("alone");
	const struct record_exit *gone = find_record(RECORD_EXIT, pid, 0);

	(void)state;
	assert_makers("alone", pid);
	assert_makers("alone-worker", pid);
	assert_makers("alone-second", pid);
	assert_non_null(gone);
	assert_false(gone->task.flags & TASK_SHARED_RING);
	pid = run("family");
	assert_makers("family-child", pid);
	assert_int_not_equal(made("family-login")->task.boundary, made("family")->task.boundary);
	assert_makers("family", pid);
}

static void over_a_fork(void **state)
{
	uint32_t pid = run("inherited");

	(void)state;
	assert_makers("inherited-before", pid);
	assert_int_not_equal(made("inherited-login")->task.boundary,
			     made("inherited-before")->task.boundary);
	assert_anybodys("inherited-child", pid);
	assert_anybodys("inherited-worker", pid);
	assert_anybodys("inherited-after", pid);
}

static void by_a_descriptor(void **state)
{
	uint32_t pid = run("kept");

	(void)state;
	assert_makers("kept-before", pid);
	assert_anybodys_socket(pid);
	assert_anybodys("tied", run("tied"));
}

static void by_a_move(void **state)
{
	(void)state;
	if (!group[0]) {
		print_message("# SKIP no cgroup can be made here\n");
		return;
	}
	assert_anybodys("moved-child", run("moved"));
}

/* Nobody is told as another: the thread is that of the process that made the ring. */
static void attached_or_entered(void **state)
{
	const struct record_file *login;
	uint32_t pid = run("attached");

	(void)state;
	login = made("attached-login");
	assert_int_not_equal(login->task.pid, pid);
	assert_anybodys("attached", login->task.pid);
	pid = run("entered");
	login = made("entered-login");
	assert_int_equal(made("entered-maker")->task.pid, pid);
	for (int i = 0; i < 2; i++) {
		const struct record_file *r = made(i ? "entered-worker" : "entered");

		assert_true(r->header.flags & RECORD_IO_URING);
		assert_int_equal(r->task.pid, login->task.pid);
		assert_int_equal(r->task.boundary, login->task.boundary);
		assert_false(r->task.flags & TASK_SHARED_RING);
	}
}

static pid_t victim;

static void rob(void *number)
{
	int pidfd = (int)syscall(SYS_pidfd_open, victim, 0);
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)(intptr_t)number, 0);

	need(fd >= 0 && ring_map(&ring, fd, IORING_SETUP_SQPOLL) == 0);
	ask_for_socket(&ring);
}

static void by_taking_it(void **state)
{
	int to[2], from[2], status;
	char text[16] = "";

	(void)state;
	assert_int_equal(pipe2(to, O_CLOEXEC) | pipe2(from, O_CLOEXEC), 0);
	victim = fork();
	if (victim == 0) {
		char *const argv[] = {manager, (char *)"robbed", NULL};

		dup2(to[0], 0);
		dup2(from[1], 1);
		execv(argv[0], argv);
		_exit(127);
	}
	assert_true(read(from[0], text, sizeof(text) - 1) > 0);
	act(rob, (void *)(intptr_t)atoi(text));
	assert_makers("robbed-before", (uint32_t)victim);
	assert_anybodys_socket((uint32_t)victim);
	assert_int_equal(write(to[1], "g", 1), 1);
	assert_int_equal(waitpid(victim, &status, 0), victim);
	assert_int_equal(status, 0);
}

/* Whether others have it is not known of a ring that was there before. */
static void older_than_the_sensor(void **state)
{
	int to[2], from[2], status;
	char c;
	pid_t pid;

	(void)state;
	sensor_stop();
	assert_int_equal(pipe(to) | pipe(from), 0);
	pid = fork();
	if (pid == 0) {
		need(ring_open(&ring, IORING_SETUP_SQPOLL) == 0);
		need(write(from[1], "r", 1) == 1 && read(to[0], &c, 1) == 1);
		ask_for(&ring, "older", 0);
		_exit(0);
	}
	assert_int_equal(read(from[0], &c, 1), 1);
	sensor_start(NULL);
	assert_int_equal(write(to[1], "g", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	gather();
	assert_anybodys("older", (uint32_t)pid);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_one_boundary, begin, end),
		cmocka_unit_test_setup_teardown(over_a_fork, begin, end),
		cmocka_unit_test_setup_teardown(by_a_descriptor, begin, end),
		cmocka_unit_test_setup_teardown(by_a_move, begin, end),
		cmocka_unit_test_setup_teardown(attached_or_entered, begin, end),
		cmocka_unit_test_setup_teardown(by_taking_it, begin, end),
		cmocka_unit_test_setup_teardown(older_than_the_sensor, begin, end),
	};

	if (argc > 1)
		return manage(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
