// SPDX-License-Identifier: Apache-2.0
/*
 * test_uring: requests to rings make the records of the calls that they stand for, whoever runs them:
 * at once, by a worker, by the ring's own thread, late, in chains, and where no result is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "harness.h"
#include "ring_ways.h"

static int begin(void **state)
{
	static const struct kernel_options all = {.ring_kib = 16384};

	(void)state;
	if (ring_open(&ring, 0)) {
		print_message("# SKIP io_uring: %s\n", strerror(errno));
		skip();
	}
	close(ring.fd);
	sensor_start(&all);
	return chdir(scratch());
}

/* Makes the request the way it is to be made; the result must be that one. */
static struct io_uring_sqe *request(const struct way *way, unsigned op)
{
	struct io_uring_sqe *sqe = ring_request(&ring, op);

	sqe->flags = (uint8_t)way->sqe_flags;
	return sqe;
}

static void results_in(int want)
{
	int res = ring_do(&ring);

	if (want < 0 ? res != want : res < 0)
		fprintf(stderr, "# result %d, not %d\n", res, want);
	need(want < 0 ? res == want : res >= 0);
}

static void ask_for_everything(void *arg)
{
	static const struct open_how how = {.flags = O_RDONLY};
	const struct way *way = arg;
	struct io_uring_sqe *sqe;
	int dir = open(".", O_RDONLY | O_DIRECTORY);

	need(dir >= 0 && ring_open(&ring, way->setup) == 0);
	ring_open_file(request(way, 0), AT_FDCWD, "made", O_WRONLY | O_CREAT | O_EXCL, 0640);
	results_in(0);
	sqe = request(way, IORING_OP_OPENAT2);
	ring_path(sqe, dir, "made");
	sqe->len = sizeof(how);
	sqe->addr2 = (uintptr_t)&how;
	results_in(0);
	ring_paths(request(way, IORING_OP_LINKAT), dir, "made", dir, "hard");
	results_in(0);
	/* the text of a symbolic link comes first, and its directory stands where the first one does */
	ring_paths(request(way, IORING_OP_SYMLINKAT), dir, "made", 0, "soft");
	results_in(0);
	ring_open_file(request(way, 0), dir, "soft", O_RDWR, 0);
	results_in(0);
	ring_paths(request(way, IORING_OP_RENAMEAT), dir, "hard", dir, "sub2");
	results_in(0);
	sqe = request(way, IORING_OP_MKDIRAT);
	ring_path(sqe, dir, "sub");
	sqe->len = 0750;
	results_in(0);
	sqe = request(way, IORING_OP_UNLINKAT);
	ring_path(sqe, dir, "sub");
	sqe->unlink_flags = AT_REMOVEDIR;
	results_in(0);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"made", "soft", "sub2"};

		ring_path(request(way, IORING_OP_UNLINKAT), dir, names[i]);
		results_in(0);
	}
	ring_path(request(way, IORING_OP_UNLINKAT), dir, "gone"); /* no act */
	results_in(-ENOENT);
	ring_path(request(way, IORING_OP_UNLINKAT), AT_FDCWD, "/proc/version");
	results_in(-EPERM);
}

static const struct record_file *of(uint32_t kind, uint32_t pid, unsigned i)
{
	const struct record_file *r = find_record(kind, pid, i);

	if (!r)
		fail_msg("no record %u of kind %u", i, kind);
	return r;
}

static void assert_named(const struct record_file *r, uint32_t op, const char *path)
{
	assert_int_equal(r->op, op);
	assert_text(r, r->path, path);
	assert_int_equal(r->header.flags, RECORD_IO_URING | RECORD_REQUEST_PATH);
	assert_int_equal(r->result, 0);
}

static void assert_opened(const struct record_file *r, const char *name, const char *asked)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", scratch(), name);
	assert_int_equal(r->op, FILE_OP_OPEN);
	assert_int_equal(r->header.flags & ~RECORD_CO_WRITERS, RECORD_IO_URING);
	assert_text(r, r->path, path);
	assert_text(r, r->path2, asked);
	assert_text(r, r->base2, scratch());
	assert_true(r->inode != 0);
	assert_int_equal(r->result, 0);
}

static void check_everything(uint32_t pid)
{
	const struct record_file *r;

	r = of(RECORD_FILE_CREATE, pid, 0);
	assert_opened(r, "made", "made");
	assert_int_equal(r->mode & 07777, 0640);
	assert_int_equal(r->open_flags & (O_CREAT | O_EXCL | O_ACCMODE),
			 O_CREAT | O_EXCL | O_WRONLY);
	/* the directory was opened by a call before */
	assert_opened(of(RECORD_FILE_READ, pid, 1), "made", "made");
	r = of(RECORD_FILE_LINK, pid, 0);
	assert_named(r, FILE_OP_LINK, "made");
	assert_text(r, r->path2, "hard");
	assert_text(r, r->base, scratch());
	assert_text(r, r->base2, scratch());
	r = of(RECORD_FILE_LINK, pid, 1);
	assert_named(r, FILE_OP_SYMLINK, "made");
	assert_text(r, r->path2, "soft");
	/* the object, not the name it was asked for by */
	assert_opened(of(RECORD_FILE_WRITE, pid, 0), "made", "soft");
	r = of(RECORD_FILE_RENAME, pid, 0);
	assert_named(r, FILE_OP_RENAME, "hard");
	assert_text(r, r->path2, "sub2");
	r = of(RECORD_FILE_CREATE, pid, 1);
	assert_named(r, FILE_OP_MKDIR, "sub");
	assert_int_equal(r->mode, S_IFDIR | 0750);
	assert_named(of(RECORD_FILE_DELETE, pid, 0), FILE_OP_RMDIR, "sub");
	assert_named(of(RECORD_FILE_DELETE, pid, 1), FILE_OP_UNLINK, "made");
	assert_named(of(RECORD_FILE_DELETE, pid, 2), FILE_OP_UNLINK, "soft");
	assert_named(of(RECORD_FILE_DELETE, pid, 3), FILE_OP_UNLINK, "sub2");
	r = of(RECORD_FILE_DELETE, pid, 4);
	assert_text(r, r->path, "/proc/version");
	assert_int_equal(r->result, -EPERM);
	assert_int_equal(count_records(RECORD_FILE_DELETE, pid), 5);
	assert_int_equal(r->task.pid, pid);
}

/* Whether this kernel can make such rings at all. */
static void every_request_every_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < WAYS; i++) {
		if (!can(&ways[i]))
			continue;
		check_everything(act(ask_for_everything, (void *)(uintptr_t)&ways[i]));
		forget();
	}
}

static void ask_for_attributes(void *arg)
{
	struct io_uring_sqe *sqe;
	int fd = open("attr", O_RDWR | O_CREAT, 0600);

	(void)arg;
	need(fd >= 0 && ring_open(&ring, 0) == 0);
	sqe = ring_request(&ring, IORING_OP_SETXATTR);
	sqe->addr = (uintptr_t) "trusted.one";
	sqe->addr2 = (uintptr_t) "v";
	sqe->len = 1;
	sqe->addr3 = (uintptr_t) "attr";
	results_in(0);
	sqe = ring_request(&ring, IORING_OP_FSETXATTR);
	sqe->fd = fd;
	sqe->addr = (uintptr_t) "trusted.two";
	sqe->addr2 = (uintptr_t) "v";
	sqe->len = 1;
	results_in(0);
	sqe = ring_request(&ring, RING_OP_FTRUNCATE);
	sqe->fd = fd;
	sqe->off = 7;
	if (ring_do(&ring) == -EINVAL) /* Linux 6.9 */
		need(ftruncate(fd, 7) == 0);
}

static void attributes_and_sizes(void **state)
{
	uint32_t pid = act(ask_for_attributes, NULL);
	const struct record_file *r = of(RECORD_FILE_CHMOD, pid, 0);
	char path[256];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/attr", scratch());
	assert_int_equal(stat(path, &st), 0);
	assert_named(r, FILE_OP_SETXATTR, "attr");
	assert_text(r, r->path2, "trusted.one");
	assert_text(r, r->base, scratch());
	r = of(RECORD_FILE_CHMOD, pid, 1);
	assert_int_equal(r->header.flags, RECORD_IO_URING);
	assert_text(r, r->path, path);
	assert_int_equal(r->inode, st.st_ino);
	assert_text(r, r->path2, "trusted.two");
	r = of(RECORD_FILE_WRITE, pid, 0);
	assert_int_equal(r->op, FILE_OP_TRUNCATE);
	assert_text(r, r->path, path);
	assert_int_equal(r->size, 7);
}

static void ask_with_a_personality(void *arg)
{
	struct io_uring_sqe *sqe;
	long root;

	(void)arg;
	need(mkdir("roots", 0700) == 0 && ring_open(&ring, 0) == 0);
	root = syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PERSONALITY, NULL, 0);
	need(root > 0 && setresuid(1234, 1234, 1234) == 0);
	sqe = ring_request(&ring, IORING_OP_MKDIRAT);
	ring_path(sqe, AT_FDCWD, "roots/made");
	sqe->len = 0700;
	sqe->personality = (uint16_t)root;
	results_in(0); /* as root, who may */
}

/* Credentials that were registered before do not make another one of who asks. */
static void a_personality_is_nobody_else(void **state)
{
	uint32_t pid = act(ask_with_a_personality, NULL);
	const struct record_file *before = of(RECORD_FILE_CREATE, pid, 0),
				 *r = of(RECORD_FILE_CREATE, pid, 1);

	(void)state;
	assert_named(r, FILE_OP_MKDIR, "roots/made");
	assert_int_equal(r->task.boundary, before->task.boundary);
	assert_int_equal(r->task.uid, 1234);
	assert_int_equal(r->task.euid, 1234);
}

static void open_into_table(const char *name, unsigned flags, unsigned slot)
{
	struct io_uring_sqe *sqe = ring_request(&ring, 0);
	int res = -1;

	ring_open_file(sqe, AT_FDCWD, name, flags, 0600);
	sqe->file_index = slot;
	need(ring_submit(&ring, 1) == 0 && ring_result(&ring, &res) && res >= 0);
}

/* A chain that breaks: the third is never done. Without a word: told at once. Own table. */
static void ask_oddly(void *arg)
{
	int files[4] = {-1, -1, -1, -1};
	struct io_uring_sqe *sqe;

	(void)arg;
	need(ring_open(&ring, 0) == 0);
	ring_open_file(ring_request(&ring, 0), AT_FDCWD, "first", O_RDWR | O_CREAT, 0600);
	ring.sqes[0].flags = IOSQE_IO_LINK;
	sqe = ring_request(&ring, 0);
	ring_open_file(sqe, AT_FDCWD, "first", O_RDWR | O_CREAT | O_EXCL, 0600);
	sqe->flags = IOSQE_IO_LINK;
	ring_path(ring_request(&ring, IORING_OP_UNLINKAT), AT_FDCWD, "first");
	need(ring_submit(&ring, 3) == 0 && access("first", F_OK) == 0);
	for (int res; ring_result(&ring, &res);)
		;
	sqe = ring_request(&ring, IORING_OP_UNLINKAT);
	ring_path(sqe, AT_FDCWD, "first");
	sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
	need(ring_submit(&ring, 0) == 0);
	while (access("first", F_OK) == 0)
		sched_yield();
	need(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, files, 4) == 0);
	open_into_table("tabled", O_WRONLY | O_CREAT | O_EXCL, 3);
	open_into_table("tabled", O_RDONLY, IORING_FILE_INDEX_ALLOC);
	/* gone from there before its result is told */
	ring_open_file(ring_request(&ring, 0), AT_FDCWD, "tabled", O_WRONLY, 0);
	ring.sqes[(*ring.sq_tail) % RING_ENTRIES].file_index = 2;
	sqe = ring_request(&ring, IORING_OP_CLOSE);
	sqe->file_index = 2;
	need(ring_submit(&ring, 2) == 0);
}

static void chains_silence_and_own_tables(void **state)
{
	uint32_t pid = act(ask_oddly, NULL);
	const struct record_file *r;

	(void)state;
	assert_opened(of(RECORD_FILE_CREATE, pid, 0), "first", "first");
	r = of(RECORD_FILE_CREATE, pid, 1);
	assert_int_equal(r->result, -EEXIST);
	assert_text(r, r->path, "first");
	assert_int_equal(count_records(RECORD_FILE_DELETE, pid), 1);
	r = of(RECORD_FILE_DELETE, pid, 0);
	assert_text(r, r->path, "first");
	assert_int_equal(r->header.flags, RECORD_IO_URING | RECORD_REQUEST_PATH | RECORD_NO_RESULT);
	assert_opened(of(RECORD_FILE_CREATE, pid, 2), "tabled", "tabled");
	assert_opened(of(RECORD_FILE_READ, pid, 0), "tabled", "tabled");
	r = of(RECORD_FILE_WRITE, pid, 0);
	if (r->inode) /* its result was told at once */
		assert_opened(r, "tabled", "tabled");
	else
		assert_named(r, FILE_OP_OPEN, "tabled");
}

static char long_name[3000];

/* What does not fit where requests wait is told at once; what is not answered, after some seconds. */
static void ask_at_length(void *arg)
{
	int fifo[2];

	(void)arg;
	memset(long_name, '/', sizeof(long_name) - 1);
	strcpy(long_name + sizeof(long_name) - 6, "/long");
	need(mkdir("/tmp/whodid-never", 0700) == 0 || errno == EEXIST);
	need(ring_open(&ring, 0) == 0);
	ring_path(ring_request(&ring, IORING_OP_MKDIRAT), AT_FDCWD, long_name);
	ring.sqes[0].len = 0700;
	need(ring_do(&ring) == 0 && rmdir("/long") == 0 && rmdir("/tmp/whodid-never") == 0);
	need(mkfifo("fifo", 0600) == 0 && pipe(fifo) == 0);
	ring_open_file(ring_request(&ring, 0), AT_FDCWD, "fifo", O_RDONLY, 0);
	ring.sqes[1].flags = IOSQE_ASYNC;
	need(ring_submit(&ring, 0) == 0);
	for (;;) /* until the sensor has waited long enough for a result */
		pause();
}

static void without_a_result(void **state)
{
	const struct record_file *r;
	uint32_t pid = (uint32_t)fork();

	(void)state;
	if (pid == 0) {
		ask_at_length(NULL);
		_exit(0);
	}
	for (unsigned i = 0; i < 400 && !find_record(RECORD_FILE_READ, pid, 0); i++) {
		await();
		gather_tick();
	}
	r = of(RECORD_FILE_READ, pid, 0);
	assert_text(r, r->path, "fifo");
	assert_int_equal(r->header.flags, RECORD_IO_URING | RECORD_REQUEST_PATH | RECORD_NO_RESULT);
	r = of(RECORD_FILE_CREATE, pid, 0);
	while (r->op != FILE_OP_MKDIR || r->path.len < 1000)
		r = of(RECORD_FILE_CREATE, pid, 1);
	assert_int_equal(r->path.len, sizeof(long_name) - 1);
	assert_int_equal(r->header.flags, RECORD_IO_URING | RECORD_REQUEST_PATH | RECORD_NO_RESULT);
	kill((pid_t)pid, SIGKILL);
	waitpid((pid_t)pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_request_every_way, begin, end_sensor),
		cmocka_unit_test_setup_teardown(attributes_and_sizes, begin, end_sensor),
		cmocka_unit_test_setup_teardown(a_personality_is_nobody_else, begin, end_sensor),
		cmocka_unit_test_setup_teardown(chains_silence_and_own_tables, begin, end_sensor),
		cmocka_unit_test_setup_teardown(without_a_result, begin, end_sensor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
