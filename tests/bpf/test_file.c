// SPDX-License-Identifier: Apache-2.0
/* test_file: opens and changes of names, modes, owners and sizes, field by field. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness.h"

static int in_scratch(char *buf, size_t size, const char *name)
{
	return snprintf(buf, size, "%s/%s", scratch(), name);
}

static void open_three_ways(void *arg)
{
	int fd;

	(void)arg;
	fd = open("made", O_WRONLY | O_CREAT | O_TRUNC, 0640);
	need(fd >= 0);
	need(open("made", O_RDWR | O_TRUNC) >= 0);
	need(open("made", O_RDONLY | O_CLOEXEC) >= 0);
	need(open("made", O_PATH) >= 0);
	need(open("missing", O_RDONLY) < 0 && open("made/under", O_RDONLY) < 0);
	need(symlink("made", "alias") == 0 && open("alias", O_RDONLY) >= 0 && unlink("alias") == 0);
}

static void assert_object(const struct record_file *r, const char *name)
{
	char path[256];
	struct stat st;

	in_scratch(path, sizeof(path), name);
	assert_text(r, r->path, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(r->inode, st.st_ino);
	assert_int_equal(r->dev, (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev));
	assert_int_equal(r->mode, st.st_mode);
	assert_int_equal(r->header.flags & ~RECORD_CO_WRITERS, 0);
	assert_int_equal(r->result, 0);
	assert_int_equal(r->count, 1);
}

static void test_open_read_write_create(void **state)
{
	struct source_stats before, after;
	const struct record_file *r;
	uint32_t pid, generation;

	(void)state;
	collect_stats(sensor, &before);
	pid = act(open_three_ways, NULL);
	collect_stats(sensor, &after);
	assert_int_equal(count_records(RECORD_FILE_CREATE, pid), 1);
	assert_int_equal(count_records(RECORD_FILE_WRITE, pid), 1);
	assert_int_equal(count_records(RECORD_FILE_READ, pid), 1); /* the symlink's is folded */
	r = find_record(RECORD_FILE_CREATE, pid, 0);
	assert_object(r, "made");
	assert_int_equal(r->open_flags & (O_CREAT | O_TRUNC | O_ACCMODE),
			 O_CREAT | O_TRUNC | O_WRONLY);
	assert_int_equal(r->header.flags, 0);
	generation = r->generation;
	r = find_record(RECORD_FILE_WRITE, pid, 0);
	assert_object(r, "made");
	assert_int_equal(r->header.flags, RECORD_CO_WRITERS); /* the one that made it holds it */
	assert_int_equal(r->generation, generation);
	assert_int_equal(r->open_flags & (O_TRUNC | O_ACCMODE), O_TRUNC | O_RDWR);
	r = find_record(RECORD_FILE_READ, pid, 0);
	assert_object(r, "made");
	assert_int_equal(r->op, FILE_OP_OPEN);
	assert_true(after.counters.filtered_missing >= before.counters.filtered_missing + 2);
}

static void open_denied(void *arg)
{
	(void)arg;
	need(setuid(65534) == 0);
	need(open("/etc/shadow", O_RDONLY) < 0 && errno == EACCES);
	need(chdir("/etc") == 0 && open("shadow", O_WRONLY) < 0 && errno == EACCES);
}

static void test_open_denied_is_told(void **state)
{
	uint32_t pid = act(open_denied, NULL);
	const struct record_file *r = find_record(RECORD_FILE_READ, pid, 0);

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->result, -EACCES);
	assert_text(r, r->path, "/etc/shadow");
	assert_int_equal(r->base.len, 0);
	assert_int_equal(r->header.flags, RECORD_USER_PATH);
	assert_int_equal(r->task.uid, 65534);
	r = find_record(RECORD_FILE_WRITE, pid, 0);
	assert_non_null(r);
	assert_text(r, r->path, "shadow");
	assert_text(r, r->base, "/etc");
}

/* Goes down n directories called name, from here. */
static void descend(const char *name, int n)
{
	for (int i = 0; i < n; i++)
		need((mkdir(name, 0700) == 0 || errno == EEXIST) && chdir(name) == 0);
}

static char long_name[201];

static void open_deep(void *arg)
{
	(void)arg;
	descend("d", 300);
	need(open("bottom", O_WRONLY | O_CREAT, 0600) >= 0);
}

static void open_longest(void *arg)
{
	static char path[EVENT_PATH_MAX + 1];
	size_t n = (size_t)snprintf(path, sizeof(path), "%s", scratch());

	(void)arg;
	while (n + 202 < EVENT_PATH_MAX) {
		n += (size_t)snprintf(path + n, sizeof(path) - n, "/%s", long_name);
		need(mkdir(path, 0700) == 0 || errno == EEXIST);
	}
	path[n++] = '/';
	while (n < EVENT_PATH_MAX)
		path[n++] = 'z';
	path[n] = 0;
	need(open(path, O_WRONLY | O_CREAT, 0600) >= 0);
}

static void open_too_long(void *arg)
{
	(void)arg;
	descend(long_name, 25);
	need(open("bottom", O_WRONLY | O_CREAT, 0600) >= 0);
}

/* The one create of the process that is an open, behind its mkdirs. */
static const struct record_file *created_file(uint32_t pid)
{
	const struct record_file *r;

	for (unsigned i = 0; (r = find_record(RECORD_FILE_CREATE, pid, i)) != NULL; i++)
		if (r->op == FILE_OP_OPEN)
			break;
	return r;
}

static void test_deep_and_long_paths(void **state)
{
	const struct record_file *r = created_file(act(open_deep, NULL));
	struct str s;

	(void)state;
	memset(long_name, 'n', sizeof(long_name) - 1);
	assert_non_null(r);
	assert_int_equal(r->header.flags, 0);
	assert_int_equal(r->path.len, strlen(scratch()) + 300 * 2 + strlen("/bottom"));
	r = created_file(act(open_longest, NULL));
	assert_non_null(r);
	assert_int_equal(r->header.flags, 0);
	assert_int_equal(r->path.len, EVENT_PATH_MAX);
	s = text_of(r, r->path);
	assert_true(str_starts(s, scratch()) && str_ends(s, "zzz"));
	r = created_file(act(open_too_long, NULL));
	assert_non_null(r);
	assert_int_equal(r->header.flags, RECORD_PATH_CUT);
	assert_in_range(r->path.len, EVENT_PATH_MAX - 256, EVENT_PATH_MAX);
	assert_true(str_ends(text_of(r, r->path), "/bottom"));
	assert_false(str_starts(text_of(r, r->path), scratch()));
}

static void change_names(void *arg)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY);

	(void)arg;
	need(open("one", O_WRONLY | O_CREAT, 0600) >= 0);
	need(rename("one", "two") == 0);
	need(link("two", "hard") == 0);
	need(symlink("/some/where", "soft") == 0);
	need(unlinkat(dir, "hard", 0) == 0);
	need(mkdir("sub", 0750) == 0);
	need(renameat2(dir, "two", dir, "sub/three", 0) == 0);
	need(rename("gone", "back") < 0 && errno == ENOENT);
	need(mkdir("sub", 0750) < 0 && errno == EEXIST);
	need(chdir("sub") == 0 && unlink("three") == 0 && chdir("..") == 0);
	need(rmdir("sub") == 0 && unlink("soft") == 0);
}

static void assert_op(const struct record_file *r, uint32_t op, const char *path, const char *path2)
{
	assert_non_null(r);
	assert_int_equal(r->op, op);
	/* what fails before the kernel asks its security modules never has the kernel's path */
	assert_int_equal(r->header.flags,
			 has_kernel_paths() && r->result == 0 ? 0 : RECORD_USER_PATH);
	if (op != FILE_OP_SYMLINK)
		assert_place(r, r->path, r->base, scratch(), path);
	else
		assert_text(r, r->path, path);
	if (path2[0])
		assert_place(r, r->path2, r->base2, scratch(), path2);
	else
		assert_int_equal(r->path2.len, 0);
}

static void test_names(void **state)
{
	uint32_t pid = act(change_names, NULL);
	const struct record_file *r;
	char sub[256];

	(void)state;
	assert_op(find_record(RECORD_FILE_RENAME, pid, 0), FILE_OP_RENAME, "one", "two");
	assert_op(find_record(RECORD_FILE_RENAME, pid, 1), FILE_OP_RENAME, "two", "sub/three");
	assert_int_equal(count_records(RECORD_FILE_RENAME, pid), 2);
	assert_op(find_record(RECORD_FILE_LINK, pid, 0), FILE_OP_LINK, "two", "hard");
	assert_op(find_record(RECORD_FILE_LINK, pid, 1), FILE_OP_SYMLINK, "/some/where", "soft");
	assert_op(find_record(RECORD_FILE_DELETE, pid, 0), FILE_OP_UNLINK, "hard", "");
	r = find_record(RECORD_FILE_DELETE, pid, 1);
	assert_non_null(r);
	in_scratch(sub, sizeof(sub), "sub");
	assert_place(r, r->path, r->base, sub, "three");
	assert_op(find_record(RECORD_FILE_DELETE, pid, 2), FILE_OP_RMDIR, "sub", "");
	r = find_record(RECORD_FILE_CREATE, pid, 1);
	assert_op(r, FILE_OP_MKDIR, "sub", "");
	assert_int_equal(r->mode, S_IFDIR | 0750);
	r = find_record(RECORD_FILE_CREATE, pid, 2);
	assert_op(r, FILE_OP_MKDIR, "sub", "");
	assert_int_equal(r->result, -EEXIST);
}

static void change_attributes(void *arg)
{
	int fd = open("attr", O_RDWR | O_CREAT, 0600), dir = open(".", O_RDONLY | O_DIRECTORY);

	(void)arg;
	need(fd >= 0 && chmod("attr", 04755) == 0 && fchmod(fd, 0600) == 0);
	need(lchown("attr", 7, (gid_t)-1) == 0 && fchown(fd, 8, 9) == 0);
	need(fchownat(dir, "attr", (uid_t)-1, 5, 0) == 0);
	need(truncate("attr", 5000000000l) == 0 && ftruncate(fd, 3) == 0);
	need(fchownat(fd, "", 1, 1, AT_EMPTY_PATH) == 0);
	need(setuid(1000) == 0 && chmod("/etc/passwd", 0777) < 0);
}

static void test_attributes(void **state)
{
	uint32_t pid = act(change_attributes, NULL);
	const struct record_file *r = find_record(RECORD_FILE_CHMOD, pid, 0);
	char path[256];
	struct stat st;

	(void)state;
	in_scratch(path, sizeof(path), "attr");
	assert_int_equal(stat(path, &st), 0);
	assert_op(r, FILE_OP_CHMOD, "attr", "");
	assert_int_equal(r->mode, 04755);
	r = find_record(RECORD_FILE_CHMOD, pid, 1); /* fchmod */
	assert_int_equal(r->header.flags, 0);
	assert_text(r, r->path, path);
	assert_int_equal(r->inode, st.st_ino);
	assert_int_equal(r->mode, 0600);
	r = find_record(RECORD_FILE_CHMOD, pid, 2);
	assert_op(r, FILE_OP_CHOWN, "attr", "");
	assert_int_equal(r->new_uid, 7);
	assert_int_equal(r->new_gid, UINT32_MAX);
	r = find_record(RECORD_FILE_CHMOD, pid, 3); /* fchown */
	assert_text(r, r->path, path);
	assert_int_equal(r->new_uid, 8);
	assert_int_equal(r->new_gid, 9);
	r = find_record(RECORD_FILE_CHMOD, pid, 4);
	assert_op(r, FILE_OP_CHOWN, "attr", "");
	assert_int_equal(r->new_uid, UINT32_MAX);
	assert_int_equal(r->new_gid, 5);
	r = find_record(RECORD_FILE_CHMOD, pid, 5); /* an empty path means the descriptor */
	assert_text(r, r->path, path);
	r = find_record(RECORD_FILE_CHMOD, pid, 6);
	assert_text(r, r->path, "/etc/passwd");
	assert_int_equal(r->result, -EPERM);
	r = find_record(RECORD_FILE_WRITE, pid, 0);
	assert_op(r, FILE_OP_TRUNCATE, "attr", "");
	assert_int_equal(r->size, 5000000000ull);
	r = find_record(RECORD_FILE_WRITE, pid, 1); /* ftruncate */
	assert_text(r, r->path, path);
	assert_int_equal(r->size, 3);
}

static void chroot_and_remove(void *arg)
{
	(void)arg;
	need(mkdir("jail", 0755) == 0 && mkdir("jail/etc", 0755) == 0);
	need(open("jail/etc/victim", O_WRONLY | O_CREAT, 0600) >= 0);
	need(chroot("jail") == 0 && chdir("/") == 0);
	need(open("/etc/victim", O_RDONLY) >= 0 && unlink("/etc/victim") == 0);
}

static void assert_root(const struct record_header *h, const char *root)
{
	struct record_text t = {h->root_off, h->root_len};

	assert_text(h, t, root);
}

static void test_chroot_shows_the_real_place(void **state)
{
	uint32_t pid = act(chroot_and_remove, NULL);
	const struct record_file *r = find_record(RECORD_FILE_READ, pid, 0);
	char path[256], root[256];

	(void)state;
	assert_non_null(r);
	in_scratch(path, sizeof(path), "jail/etc/victim");
	in_scratch(root, sizeof(root), "jail");
	assert_text(r, r->path, path);
	assert_root(&r->header, root);
	assert_int_equal(r->mnt_inum, 0);
	r = find_record(RECORD_FILE_DELETE, pid, 0);
	assert_non_null(r);
	assert_root(&r->header, root);
	r = find_record(RECORD_FILE_CREATE, pid, 2); /* before the root was changed */
	assert_non_null(r);
	assert_int_equal(r->header.root_len, 0);
	r = find_record(RECORD_FILE_DELETE, pid, 0);
	if (has_kernel_paths()) {
		assert_text(r, r->path, path);
		return;
	}
	in_scratch(path, sizeof(path), "jail");
	assert_text(r, r->path, "/etc/victim");
	assert_text(r, r->base, path);
}

static void read_deleted(void *arg)
{
	char self[64];
	int fd = open("doomed", O_RDWR | O_CREAT, 0600), fds[2];

	(void)arg;
	need(fd >= 0 && unlink("doomed") == 0 && pipe(fds) == 0);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	need(open(self, O_RDONLY) >= 0);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fds[0]);
	need(open(self, O_RDONLY) >= 0); /* a pipe has no name: no record */
}

static void test_deleted_and_nameless(void **state)
{
	uint32_t pid = act(read_deleted, NULL);
	const struct record_file *r = find_record(RECORD_FILE_READ, pid, 0);
	char path[256];

	(void)state;
	assert_int_equal(count_records(RECORD_FILE_READ, pid), 1);
	in_scratch(path, sizeof(path), "doomed");
	assert_text(r, r->path, path);
	assert_int_equal(r->header.flags, RECORD_PATH_DELETED);
}

#ifdef __x86_64__
/* mkdir through int 0x80: number 39, arguments below 4 GiB. */
static void call_ia32(void *arg)
{
	static char name[] = "from32";
	long ret;

	(void)arg;
	char *low = (char *)0x10000000;

	need(syscall(SYS_mmap, low, 4096, 3, 0x32, -1, 0) == (long)low);
	memcpy(low, name, sizeof(name));
	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(39), "b"(low), "c"(0700)
		     : "memory", "r8", "r9", "r10", "r11");
	need(ret == 0);
}

static void test_ia32_calls_are_seen(void **state)
{
	uint32_t pid = act(call_ia32, NULL);
	const struct record_file *r = find_record(RECORD_FILE_CREATE, pid, 0);

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->op, FILE_OP_MKDIR);
	assert_place(r, r->path, r->base, scratch(), "from32");
	assert_int_equal(r->header.flags,
			 RECORD_IA32 | (has_kernel_paths() ? 0 : RECORD_USER_PATH));
}
#endif

#ifdef __aarch64__
/*
 * A whole program for arm, EABI: mkdir("from32", 0700), creat("size32", 0600), ftruncate64 of what
 * that returned to 5, with a register between them that means nothing, exit(0).
 */
static const uint32_t program32[] = {
	/* the file: one segment, at 0x10000, begun at 0x54 */
	0x464c457f, 0x00010101, 0, 0, 0x00280002, 1, 0x10054, 52, 0, 0x05000000, 0x00200034, 1, 0,
	1, 0, 0x10000, 0x10000, 0xa4, 0xa4, 5, 0x10000,
	/* mov r7, #39; adr r0, name; mov r1, #0700; svc 0 */
	0xe3a07027, 0xe28f0034, 0xe3a01d07, 0xef000000,
	/* mov r7, #8; adr r0, name; mov r1, #0600; svc 0 */
	0xe3a07008, 0xe28f002c, 0xe3a01d06, 0xef000000,
	/* mov r7, #194; mov r1, #99; mov r2, #5; mov r3, #0; svc 0 */
	0xe3a070c2, 0xe3a01063, 0xe3a02005, 0xe3a03000, 0xef000000,
	/* mov r7, #1; mov r0, #0; svc 0 */
	0xe3a07001, 0xe3a00000, 0xef000000,
	/* the names */
	0x6d6f7266, 0x00003233, 0x657a6973, 0x00003233};

static void run_arm32(void *arg)
{
	int fd = open("program32", O_WRONLY | O_CREAT, 0700);

	(void)arg;
	need(write(fd, program32, sizeof(program32)) == sizeof(program32));
	need(close(fd) == 0);
	execl("program32", "program32", NULL);
	need(errno == ENOEXEC);
}

static void test_arm32_calls_are_seen(void **state)
{
	uint32_t pid = act(run_arm32, NULL);
	const struct record_file *made = find_record(RECORD_FILE_CREATE, pid, 0);
	const struct record_file *r;

	(void)state;
	if (!find_record(RECORD_EXEC, pid, 0))
		skip(); /* no CONFIG_COMPAT, or a processor without 32-bit programs */
	for (size_t i = 1; made && made->op != FILE_OP_MKDIR; i++)
		made = find_record(RECORD_FILE_CREATE, pid, i);
	assert_non_null(made);
	assert_place(made, made->path, made->base, scratch(), "from32");
	assert_int_equal(made->header.flags,
			 RECORD_IA32 | (has_kernel_paths() ? 0 : RECORD_USER_PATH));
	r = find_record(RECORD_FILE_WRITE, pid, 0);
	for (size_t i = 1; r && r->op != FILE_OP_TRUNCATE; i++)
		r = find_record(RECORD_FILE_WRITE, pid, i);
	assert_non_null(r);
	assert_int_equal(r->size, 5);
	assert_true(r->header.flags & RECORD_IA32);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_read_write_create),
		cmocka_unit_test(test_open_denied_is_told),
		cmocka_unit_test(test_deep_and_long_paths),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_chroot_shows_the_real_place),
		cmocka_unit_test(test_deleted_and_nameless),
#ifdef __x86_64__
		cmocka_unit_test(test_ia32_calls_are_seen),
#endif
#ifdef __aarch64__
		cmocka_unit_test(test_arm32_calls_are_seen),
#endif
	};

	return cmocka_run_group_tests(tests, begin_in_scratch, end_sensor);
}
