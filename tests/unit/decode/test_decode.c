/* SPDX-License-Identifier: Apache-2.0 */
/* decode_record(): every kind read right, every contradiction refused whole. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/cleanup.h"

static void begin_task(enum record_kind kind, size_t size)
{
	begin(kind, size);
	rec.exec.task = (struct record_task){.boundary = 77,
					     .start_ns = 4000000000ull,
					     .parent_start_ns = 3,
					     .cgroup_id = 9,
					     .pid = 10,
					     .tid = 11,
					     .parent_pid = 1,
					     .ns_pid = 2,
					     .uid = 1000,
					     .euid = 0,
					     .gid = 100,
					     .egid = 5,
					     .login_uid = UINT32_MAX,
					     .session_id = 4,
					     .flags = 1,
					     .exec_count = 3,
					     .comm = "sixteen bytes ab"};
}

static void refused(const char *what)
{
	uint64_t before = decoder.malformed;
	static const struct event empty;

	if (decode() != -EBADMSG)
		fail_msg("%s: was not refused", what);
	assert_int_equal(decoder.malformed, before + 1);
	assert_memory_equal(&event, &empty, sizeof(empty));
}

#define ASSERT_STR(got, want)                                                       \
	do {                                                                        \
		struct str got_ = (got);                                            \
		if (!got_.p || !str_is(got_, want))                                 \
			fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(got_), want); \
	} while (0)

static void begin_exec(void)
{
	begin_task(RECORD_EXEC, sizeof(rec.exec));
	put(&rec.exec.exe, "/usr/bin/env");
	put(&rec.exec.filename, "./script");
	put(&rec.exec.cwd, "/home/a");
	put_bytes(&rec.exec.argv, "env\0\0-i\0x\ny", 11);
	rec.exec.argc = 4;
}

static void exec_is_read(void **state)
{
	(void)state;
	begin_exec();
	rec.exec.exe_inode = 1ull << 60;
	rec.exec.ns_pid_inum = 4026531836u;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_EXEC);
	assert_int_equal(event.what.outcome, OUTCOME_OK);
	assert_int_equal(event.what.count, 1);
	assert_int_equal(event.what.wall_ns, WALL_OFFSET + 5000000000ll);
	assert_int_equal(event.what.pid, 10);
	assert_int_equal(event.what.tid, 11);
	assert_int_equal(event.what.boundary, 77);
	assert_int_equal(event.what.login_uid, UINT32_MAX);
	assert_int_equal(event.what.euid, 0);
	ASSERT_STR(event.what.comm, "sixteen bytes ab");
	ASSERT_STR(event.what.exec.exe, "/usr/bin/env");
	ASSERT_STR(event.what.exec.filename, "./script");
	ASSERT_STR(event.what.exec.cwd, "/home/a");
	assert_int_equal(event.what.exec.argv.n, 11);
	assert_memory_equal(event.what.exec.argv.p, "env\0\0-i\0x\ny", 11);
	assert_int_equal(event.what.exec.exe_inode, 1ull << 60);
	assert_int_equal(event.what.exec.ns_pid, 4026531836u);
	assert_int_equal(event.what.truncated, 0);
}

static void cuts_are_told(void **state)
{
	(void)state;
	begin_exec();
	rec.header.flags = RECORD_ARGV_CUT;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.truncated, CUT_ARGV);
	begin_exec();
	rec.header.flags = RECORD_PATH_CUT;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.truncated, CUT_EXE);
	begin_task(RECORD_EXEC, sizeof(rec.exec));
	put(&rec.exec.exe, "/bin/sh");
	put(&rec.exec.cwd, "left/part/is/lost");
	rec.header.flags = RECORD_PATH_CUT;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.truncated, CUT_CWD);
	begin_task(RECORD_EXEC, sizeof(rec.exec));
	put_bytes(&rec.exec.exe, "/bin/sh\0/etc/evil", 17);
	assert_int_equal(decode(), 1);
	ASSERT_STR(event.what.exec.exe, "/bin/sh");
	assert_int_equal(event.what.truncated, CUT_EXE);
	begin_task(RECORD_EXEC, sizeof(rec.exec));
	rec.header.flags = RECORD_ARGV_FAULT;
	assert_int_equal(decode(), 1);
	assert_null(event.what.exec.argv.p);
	assert_int_equal(event.what.truncated, CUT_ARGV);
}

static void fork_exit_and_loss_are_read(void **state)
{
	(void)state;
	begin_task(RECORD_FORK, sizeof(rec.fork));
	rec.fork.child_pid = 12;
	rec.fork.child_start_ns = 5;
	rec.fork.child_boundary = 78;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.child.pid, 12);
	assert_int_equal(event.what.child.start_ns, 5);
	assert_int_equal(event.what.child.boundary, 78);

	begin_task(RECORD_EXIT, sizeof(rec.exit));
	rec.exit.exit_code = 3;
	rec.exit.exit_signal = 9;
	rec.exit.user_ns = 7;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.exit.code, 3);
	assert_int_equal(event.what.exit.signal, 9);
	assert_int_equal(event.what.exit.duration_ns, 1000000000);

	begin(RECORD_LOSS, sizeof(rec.loss));
	rec.loss.lost[RECORD_EXEC] = 5;
	rec.loss.lost[RECORD_FILE_READ] = 2;
	rec.loss.total = 100;
	rec.loss.from_ns = 1;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_LOSS);
	assert_int_equal(event.what.loss.events, 7);
	assert_int_equal(event.what.loss.total, 100);
	assert_int_equal(event.what.loss.by_type[EVENT_EXEC], 5);
	assert_int_equal(event.what.loss.from_wall_ns, WALL_OFFSET + 1);
	ASSERT_STR(event.what.loss.stage, "ring_buffer");
	assert_int_equal(event.what.login_uid, UINT32_MAX);
}

static void begin_file(enum record_kind kind, enum file_op op, const char *path)
{
	begin_task(kind, sizeof(rec.file));
	rec.file.op = op;
	rec.file.count = 1;
	put(&rec.file.path, path);
}

/* O_LARGEFILE, which the C library has as 0. */
#if defined(__aarch64__)
#define KERNEL_LARGEFILE 0400000
#else
#define KERNEL_LARGEFILE 0100000
#endif

static void opens_are_read(void **state)
{
	(void)state;
	begin_file(RECORD_FILE_WRITE, FILE_OP_OPEN, "/tmp/a//b");
	rec.file.open_flags = O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC | KERNEL_LARGEFILE;
	rec.file.result = -EACCES;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_FILE_WRITE);
	assert_int_equal(event.what.outcome, OUTCOME_FAILED);
	assert_int_equal(event.what.err, EACCES);
	ASSERT_STR(event.what.file.op, "open");
	ASSERT_STR(event.what.file.flags, "rdwr,creat,excl,trunc,cloexec");
	ASSERT_STR(event.what.file.path, "/tmp/a//b"); /* the kernel's own name is left alone */

	begin_file(RECORD_FILE_WRITE, FILE_OP_OPEN, "/tmp");
	rec.file.open_flags = O_WRONLY | O_TMPFILE;
	assert_int_equal(decode(), 1);
	ASSERT_STR(event.what.file.flags, "wronly,tmpfile");

	begin_file(RECORD_FILE_READ, FILE_OP_OPEN, "/tmp");
	rec.file.open_flags = UINT32_MAX;
	assert_int_equal(decode(), 1);
	assert_true(event.what.file.flags.n < sizeof(decoder.flags));

	begin_file(RECORD_FILE_READ, FILE_OP_OPEN, "/x");
	rec.file.count = 40;
	rec.file.first_ns = 1;
	rec.file.last_ns = 2;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.count, 40);
	assert_int_equal(event.what.first_wall_ns, WALL_OFFSET + 1);
	assert_int_equal(event.what.last_wall_ns, WALL_OFFSET + 2);
}

static void user_paths_are_joined(void **state)
{
	(void)state;
	begin_file(RECORD_FILE_RENAME, FILE_OP_RENAME, "../a/./old");
	put(&rec.file.base, "/srv/x");
	put(&rec.file.path2, "new");
	put(&rec.file.base2, "/srv/y");
	rec.header.flags = RECORD_USER_PATH;
	assert_int_equal(decode(), 1);
	ASSERT_STR(event.what.file.path, "/srv/y/new");
	ASSERT_STR(event.what.file.old_path, "/srv/a/old");
	assert_int_equal(event.what.file.path_source, PATH_OF_PROCESS);

	/* a link's target is its own text, relative to where the link lies */
	begin_file(RECORD_FILE_LINK, FILE_OP_SYMLINK, "../../etc/shadow");
	put(&rec.file.path2, "./l");
	put(&rec.file.base2, "/srv");
	rec.header.flags = RECORD_USER_PATH;
	assert_int_equal(decode(), 1);
	ASSERT_STR(event.what.file.path, "/srv/l");
	ASSERT_STR(event.what.file.old_path, "../../etc/shadow");

	begin_file(RECORD_FILE_DELETE, FILE_OP_UNLINK, "");
	rec.file.path.off = rec.header.size;
	put(&rec.file.base, "/srv");
	rec.header.flags = RECORD_USER_PATH;
	assert_int_equal(decode(), 1);
	ASSERT_STR(event.what.file.path, "/srv");
}

static void requests_to_rings_are_read(void **state)
{
	(void)state;
	begin_file(RECORD_FILE_DELETE, FILE_OP_UNLINK, "a/../b");
	put(&rec.file.base, "/srv");
	rec.header.flags = RECORD_IO_URING | RECORD_REQUEST_PATH | RECORD_NO_RESULT;
	assert_int_equal(decode(), 1);
	assert_true(event.what.io_uring);
	ASSERT_STR(event.what.file.path, "/srv/b");
	assert_int_equal(event.what.file.path_source, PATH_OF_REQUEST);
	assert_int_equal(event.what.outcome, OUTCOME_NONE);

	/* the object, and what was asked for where that is another */
	begin_file(RECORD_FILE_READ, FILE_OP_OPEN, "/etc/shadow");
	put(&rec.file.path2, "./link");
	put(&rec.file.base2, "/srv");
	rec.header.flags = RECORD_IO_URING;
	assert_int_equal(decode(), 1);
	ASSERT_STR(event.what.file.path, "/etc/shadow");
	ASSERT_STR(event.what.file.requested, "/srv/link");
	assert_int_equal(event.what.file.path_source, PATH_OF_KERNEL);
	assert_int_equal(event.what.outcome, OUTCOME_OK);
	begin_file(RECORD_FILE_READ, FILE_OP_OPEN, "/srv/x");
	put(&rec.file.path2, "x");
	put(&rec.file.base2, "/srv");
	rec.header.flags = RECORD_IO_URING;
	assert_int_equal(decode(), 1);
	assert_true(event.what.file.requested.p == NULL);
}

static void begin_net(uint16_t family)
{
	begin_task(RECORD_NET_CONNECT, sizeof(rec.net));
	rec.net.family = family;
	rec.net.proto = IPPROTO_TCP;
	rec.net.dst_port = 443;
	rec.net.count = 1;
}

static void connections_are_read(void **state)
{
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 7};
	static const uint8_t v4[16] = {10, 0, 0, 7};

	(void)state;
	begin_net(AF_INET6);
	memcpy(rec.net.dst, mapped, 16);
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.net.family, AF_INET);
	assert_memory_equal(event.what.net.dst, v4, 16);
	assert_int_equal(event.what.net.dst_port, 443);

	begin_net(AF_INET);
	memcpy(rec.net.dst, v4, 16);
	rec.net.dst[9] = 0xaa; /* what lies behind a v4 address is nobody's */
	rec.net.result = -ECONNREFUSED;
	assert_int_equal(decode(), 1);
	assert_memory_equal(event.what.net.dst, v4, 16);
	assert_int_equal(event.what.outcome, OUTCOME_FAILED);
	assert_int_equal(event.what.err, ECONNREFUSED);

	begin_net(AF_INET6);
	memset(rec.net.dst, 0x20, 16);
	rec.net.result = -EINPROGRESS;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.net.family, AF_INET6);
	assert_int_equal(event.what.net.dst[15], 0x20);
	assert_int_equal(event.what.outcome, OUTCOME_NONE);

	begin_net(AF_UNIX);
	refused("family");
}

static void lines_of_the_log_are_read(void **state)
{
	(void)state;
	begin_task(RECORD_AUTH_LOG, sizeof(rec.auth_log));
	rec.auth_log.family = AF_INET;
	rec.auth_log.net_inum = 7;
	rec.auth_log.peer_port = 40000;
	rec.auth_log.local_port = 22;
	memset(rec.auth_log.peer, 0xaa, 16);
	put(&rec.auth_log.text, "<38>sshd[1]: Accepted");
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_AUTH_LOG);
	ASSERT_STR(event.what.auth.text, "<38>sshd[1]: Accepted");
	assert_int_equal(event.what.auth.ns, 7);
	assert_int_equal(event.what.auth.src_port, 40000);
	assert_int_equal(event.what.auth.dst_port, 22);
	assert_int_equal(event.what.auth.src[3], 0xaa);
	assert_int_equal(event.what.auth.src[4], 0);
	assert_false(event.what.auth.cut);

	rec.auth_log.family = AF_UNIX;
	rec.header.flags = RECORD_TEXT_CUT;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.auth.family, 0);
	assert_true(event.what.auth.cut);

	rec.auth_log.text.len = EVENT_LOG_MAX + 1;
	refused("too long");
	rec.auth_log.text.len = 20;
	rec.auth_log.text.off = sizeof(struct record_header);
	refused("text in the fixed part");
}

static void boundaries_become_their_events(void **state)
{
	static const enum event_type types[] = {
		[BOUNDARY_SEED] = EVENT_BOUNDARY,	[BOUNDARY_KERNEL] = EVENT_BOUNDARY,
		[BOUNDARY_LOGIN] = EVENT_SESSION_START, [BOUNDARY_BECOME] = EVENT_CRED_BECOME,
		[BOUNDARY_CGROUP] = EVENT_BOUNDARY,	[BOUNDARY_CI] = EVENT_BOUNDARY,
		[BOUNDARY_HANDOFF] = EVENT_BOUNDARY,	[BOUNDARY_HELPER] = EVENT_BOUNDARY};

	(void)state;
	for (uint32_t kind = BOUNDARY_SEED; kind <= BOUNDARY_HELPER; kind++) {
		if (!types[kind])
			continue;
		begin_task(RECORD_BOUNDARY, sizeof(rec.boundary));
		rec.boundary.id = 77;
		rec.boundary.kind = kind;
		rec.boundary.role = ROLE_SUDO;
		rec.boundary.to_uid = 5;
		put(&rec.boundary.cgroup, "/a\nb");
		assert_int_equal(decode(), 1);
		assert_int_equal(event.what.type, types[kind]);
		assert_int_equal(event.what.crossing.id, 77);
		assert_int_equal(event.what.crossing.to_uid, 5);
		ASSERT_STR(event.what.crossing.cgroup, "/a\nb");
	}
	rec.boundary.kind = BOUNDARY_HELPER + 1;
	refused("boundary kind");
	rec.boundary.kind = BOUNDARY_NONE;
	refused("no boundary kind");
	rec.boundary.kind = BOUNDARY_LOGIN;
	rec.boundary.role = ROLE_MAX;
	refused("role");
	rec.boundary.role = ROLE_SSHD;
	rec.boundary.id = 0;
	refused("boundary id");
}

static void a_handover_is_read_as_it_was(void **state)
{
	(void)state;
	begin_task(RECORD_BOUNDARY, sizeof(rec.boundary));
	rec.boundary.id = 77;
	rec.boundary.kind = BOUNDARY_CI;
	rec.boundary.role = ROLE_CI_SUPERVISOR;
	rec.boundary.ci_system = CI_GITHUB | CI_WEAK;
	put(&rec.boundary.cwd, "/w");
	put_bytes(&rec.boundary.argv, "sh\0-c", 5);
	put_bytes(&rec.boundary.environ, "A=1\0B=\n", 8);
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.crossing.ci_system, CI_GITHUB | CI_WEAK);
	ASSERT_STR(event.what.crossing.cwd, "/w");
	assert_true(str_equal(event.what.crossing.argv, (struct str){"sh\0-c", 5}));
	assert_true(str_equal(event.what.crossing.environ, (struct str){"A=1\0B=\n", 8}));
	assert_false(event.what.crossing.environ_cut);
	rec.header.flags = RECORD_ENV_CUT;
	assert_int_equal(decode(), 1);
	assert_true(event.what.crossing.environ_cut);
	rec.header.flags = RECORD_ENV_FAULT;
	assert_int_equal(decode(), 1);
	assert_true(event.what.crossing.environ_cut);
}

/* Where each kind keeps its texts, and how long they may be. */
static const struct {
	enum record_kind kind;
	size_t size, text;
	uint32_t max;
} texts[] = {
	{RECORD_EXEC, sizeof(struct record_exec), offsetof(struct record_exec, exe),
	 EVENT_PATH_MAX},
	{RECORD_EXEC, sizeof(struct record_exec), offsetof(struct record_exec, filename),
	 EVENT_PATH_MAX},
	{RECORD_EXEC, sizeof(struct record_exec), offsetof(struct record_exec, cwd),
	 EVENT_PATH_MAX},
	{RECORD_EXEC, sizeof(struct record_exec), offsetof(struct record_exec, argv),
	 EVENT_ARGV_MAX},
	{RECORD_FILE_LINK, sizeof(struct record_file), offsetof(struct record_file, path),
	 EVENT_PATH_MAX},
	{RECORD_FILE_LINK, sizeof(struct record_file), offsetof(struct record_file, path2),
	 EVENT_PATH_MAX},
	{RECORD_FILE_LINK, sizeof(struct record_file), offsetof(struct record_file, base),
	 EVENT_PATH_MAX},
	{RECORD_FILE_LINK, sizeof(struct record_file), offsetof(struct record_file, base2),
	 EVENT_PATH_MAX},
	{RECORD_BOUNDARY, sizeof(struct record_boundary), offsetof(struct record_boundary, exe),
	 EVENT_PATH_MAX},
	{RECORD_BOUNDARY, sizeof(struct record_boundary), offsetof(struct record_boundary, cgroup),
	 EVENT_PATH_MAX},
	{RECORD_BOUNDARY, sizeof(struct record_boundary), offsetof(struct record_boundary, cwd),
	 EVENT_PATH_MAX},
	{RECORD_BOUNDARY, sizeof(struct record_boundary), offsetof(struct record_boundary, argv),
	 EVENT_BOUNDARY_ARGV_MAX},
	{RECORD_BOUNDARY, sizeof(struct record_boundary), offsetof(struct record_boundary, environ),
	 EVENT_ENVIRON_MAX},
};

static struct record_text *begin_text(size_t i)
{
	begin_task(texts[i].kind, texts[i].size);
	if (texts[i].kind == RECORD_FILE_LINK)
		rec.file.op = FILE_OP_LINK;
	if (texts[i].kind == RECORD_BOUNDARY)
		rec.boundary.id = rec.boundary.kind = 1;
	return (struct record_text *)(void *)(rec.bytes + texts[i].text);
}

static void texts_out_of_bounds_are_refused(void **state)
{
	static char filler[EVENT_ARGV_MAX + 8];

	(void)state;
	memset(filler, 'a', sizeof(filler));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		uint32_t end = (uint32_t)texts[i].size;
		const struct record_text bad[] = {{0, 1},
						  {end - 1, 1},
						  {end, 1},
						  {end + 1, 0},
						  {UINT32_MAX, 1},
						  {UINT32_MAX, UINT32_MAX},
						  {end, UINT32_MAX},
						  {1, UINT32_MAX}};

		for (size_t j = 0; j < ARRAY_SIZE(bad); j++) {
			*begin_text(i) = bad[j];
			refused("text out of bounds");
		}
		put_bytes(begin_text(i), filler, texts[i].max);
		assert_int_equal(decode(), 1);
		put_bytes(begin_text(i), filler, texts[i].max + 1);
		refused("text too long");
	}
}

static void headers_that_contradict_are_refused(void **state)
{
	uint8_t *odd;

	(void)state;
	begin_exec();
	assert_int_equal(decode_record(&decoder, &rec, rec.header.size - 8, &event), -EBADMSG);
	assert_int_equal(decode_record(&decoder, &rec, rec.header.size + 8, &event), -EBADMSG);
	assert_int_equal(decode_record(&decoder, &rec, 16, &event), -EBADMSG);
	assert_int_equal(decode_record(&decoder, &rec, 0, &event), -EBADMSG);
	odd = malloc(rec.header.size + 1);
	assert_non_null(odd);
	memcpy(odd + 1, &rec, rec.header.size);
	assert_int_equal(decode_record(&decoder, odd + 1, rec.header.size, &event), -EBADMSG);
	free(odd);
	rec.header.size = 250;
	refused("size that is no multiple of 8");
	begin_task(RECORD_FORK, sizeof(rec.fork) - 8);
	refused("shorter than its struct");
	begin(RECORD_NONE, 64);
	refused("kind 0");
	begin(RECORD_KIND_MAX, 64);
	refused("kind past the last");
	begin_file(RECORD_FILE_READ, FILE_OP_NONE, "/x");
	refused("file op");
	rec.file.op = FILE_OP_MEMFD + 1;
	refused("file op past the last");
	rec.file.op = FILE_OP_OPEN;
	rec.file.result = 1;
	refused("result above 0");
	rec.file.result = INT32_MIN;
	refused("result that is no errno");
}

static void unknown_kinds_are_skipped_and_counted(void **state)
{
	uint64_t before = decoder.unknown_kinds;

	(void)state;
	begin(40, 64);
	assert_int_equal(decode(), 0);
	assert_int_equal(decoder.unknown_kinds, before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exec_is_read),
		cmocka_unit_test(cuts_are_told),
		cmocka_unit_test(fork_exit_and_loss_are_read),
		cmocka_unit_test(opens_are_read),
		cmocka_unit_test(user_paths_are_joined),
		cmocka_unit_test(requests_to_rings_are_read),
		cmocka_unit_test(connections_are_read),
		cmocka_unit_test(lines_of_the_log_are_read),
		cmocka_unit_test(boundaries_become_their_events),
		cmocka_unit_test(a_handover_is_read_as_it_was),
		cmocka_unit_test(texts_out_of_bounds_are_refused),
		cmocka_unit_test(headers_that_contradict_are_refused),
		cmocka_unit_test(unknown_kinds_are_skipped_and_counted),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(copy_of_record);
	return failed;
}
