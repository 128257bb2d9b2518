// SPDX-License-Identifier: Apache-2.0
/* test_map: files that are mapped as code: which ones, by which call, and from where the file is taken. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness.h"

#define PAGE 4096
#define CODE (PROT_READ | PROT_EXEC)

/* A file of two pages of that owner. */
static int make(const char *name, uid_t owner, mode_t mode)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	need(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0 && fchown(fd, owner, 0) == 0 &&
	     fchmod(fd, mode) == 0);
	return fd;
}

static char *map(int fd, int prot)
{
	char *at = mmap(NULL, 2 * PAGE, prot, MAP_PRIVATE, fd, 0);

	need(at != MAP_FAILED);
	return at;
}

static const struct record_file *only_map(uint32_t pid)
{
	if (count_records(RECORD_FILE_MAP, pid) != 1)
		fail_msg("%u records of mappings", count_records(RECORD_FILE_MAP, pid));
	return find_record(RECORD_FILE_MAP, pid, 0);
}

static void assert_mapped(const struct record_file *r, const char *name, uint32_t op)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", scratch(), name);
	assert_int_equal(stat(path, &st), 0);
	assert_text(r, r->path, path);
	assert_int_equal(r->op, op);
	assert_int_equal(r->inode, st.st_ino);
	assert_int_equal(r->dev, (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev));
	assert_int_equal(r->mode, st.st_mode);
	assert_int_equal(r->result, 0);
	assert_int_equal(r->count, 1);
	assert_int_equal(r->header.flags, 0);
}

static void map_somebodys(void *arg)
{
	int fd = make("somebody", 65534, 0644);

	(void)arg;
	map(fd, PROT_READ);
	map(fd, CODE);
	map(fd, CODE); /* folded */
}

static void test_code_of_somebody(void **state)
{
	struct source_stats before, after;

	(void)state;
	collect_stats(sensor, &before);
	assert_mapped(only_map(act(map_somebodys, NULL)), "somebody", FILE_OP_MMAP);
	collect_stats(sensor, &after);
	assert_true(after.counters.folded[RECORD_FILE_MAP] >
		    before.counters.folded[RECORD_FILE_MAP]);
}

static void map_roots(void *arg)
{
	(void)arg;
	map(make("roots", 0, 0755), CODE);
	map(make("groups", 0, 0775), CODE);
}

static void test_what_only_root_writes_is_not_told(void **state)
{
	(void)state;
	assert_mapped(only_map(act(map_roots, NULL)), "groups", FILE_OP_MMAP);
}

static void map_nameless(void *arg)
{
	int fd = memfd_create("planted", MFD_CLOEXEC);

	(void)arg;
	need(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0);
	map(fd, CODE);
	fd = make("gone", 0, 0700);
	need(unlink("gone") == 0);
	map(fd, CODE);
	need(mmap(NULL, PAGE, CODE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void test_code_without_a_name(void **state)
{
	uint32_t pid = act(map_nameless, NULL);
	const struct record_file *r = find_record(RECORD_FILE_MAP, pid, 0);

	(void)state;
	assert_int_equal(count_records(RECORD_FILE_MAP, pid), 2);
	assert_text(r, r->path, "memfd:planted");
	assert_int_equal(r->header.flags, 0);
	r = find_record(RECORD_FILE_MAP, pid, 1);
	assert_int_equal(r->header.flags, RECORD_PATH_DELETED);
}

/* Two files one behind the other, and memory before them. */
static void protect_some(void *arg)
{
	char *at = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int one = make("one", 65534, 0644), two = make("two", 65534, 0644);

	(void)arg;
	need(at != MAP_FAILED);
	need(mmap(at + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, one, 0) != MAP_FAILED);
	need(mmap(at + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, two, 0) != MAP_FAILED);
	need(mprotect(at, 3 * PAGE, PROT_READ) == 0);
	need(mprotect(at, 3 * PAGE, CODE) == 0);
}

static void test_protections_of_several(void **state)
{
	uint32_t pid = act(protect_some, NULL);

	(void)state;
	assert_int_equal(count_records(RECORD_FILE_MAP, pid), 2);
	assert_mapped(find_record(RECORD_FILE_MAP, pid, 0), "one", FILE_OP_MPROTECT);
	assert_mapped(find_record(RECORD_FILE_MAP, pid, 1), "two", FILE_OP_MPROTECT);
}

static void map_many(void *arg)
{
	char *at = mmap(NULL, 10 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	need(at != MAP_FAILED);
	for (int i = 0; i < 10; i++) {
		char name[16];

		snprintf(name, sizeof(name), "many%d", i);
		need(mmap(at + (size_t)i * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED,
			  make(name, 65534, 0644), 0) != MAP_FAILED);
	}
	need(mprotect(at, 10 * PAGE, CODE) == 0);
}

static void test_more_than_are_looked_at_are_lost(void **state)
{
	struct source_stats before, after;
	uint32_t pid;

	(void)state;
	collect_stats(sensor, &before);
	pid = act(map_many, NULL);
	collect_stats(sensor, &after);
	assert_int_equal(count_records(RECORD_FILE_MAP, pid), 8);
	assert_true(after.counters.lost[RECORD_FILE_MAP] > before.counters.lost[RECORD_FILE_MAP]);
}

/* What says it will be read, and is executable. */
static void map_by_personality(void *arg)
{
	(void)arg;
	need(personality(READ_IMPLIES_EXEC) != -1);
	map(make("implied", 65534, 0644), PROT_READ);
}

static void test_read_implies_exec(void **state)
{
	(void)state;
	assert_mapped(only_map(act(map_by_personality, NULL)), "implied", FILE_OP_MMAP);
}

static void map_refused(void *arg)
{
	char *at;
	int fd;

	(void)arg;
	need(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	need(mkdir("noexec", 0755) == 0 && mount("t", "noexec", "tmpfs", MS_NOEXEC, NULL) == 0);
	fd = make("noexec/file", 0, 0644);
	need(mmap(NULL, PAGE, CODE, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == EPERM);
	at = map(fd, PROT_READ);
	need(mprotect(at, PAGE, CODE) < 0 && errno == EACCES);
}

static void test_refused_is_told_of_any_file(void **state)
{
	uint32_t pid = act(map_refused, NULL);
	const struct record_file *r = find_record(RECORD_FILE_MAP, pid, 0);
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/noexec/file", scratch());
	assert_int_equal(count_records(RECORD_FILE_MAP, pid), 2);
	assert_int_equal(r->op, FILE_OP_MMAP);
	assert_int_equal(r->result, -EPERM);
	assert_int_equal(r->header.flags & ~RECORD_PLACED, RECORD_BY_DESCRIPTOR);
	assert_text(r, r->path, path);
	r = find_record(RECORD_FILE_MAP, pid, 1);
	assert_int_equal(r->op, FILE_OP_MPROTECT);
	assert_int_equal(r->result, -EACCES);
	assert_int_equal(r->header.flags & ~RECORD_PLACED, 0);
	assert_text(r, r->path, path);
}

#if defined(__x86_64__)
/* The 32-bit call in a 64-bit program: its memory is below 4 GiB. */
static void map_as_32_bit(void *arg)
{
	int fd = make("narrow", 65534, 0644);
	long at;

	(void)arg;
	__asm__ volatile("push %%rbp\n\txor %%ebp, %%ebp\n\tint $0x80\n\tpop %%rbp"
			 : "=a"(at)
			 : "a"(192L), "b"(0L), "c"((long)PAGE), "d"((long)CODE),
			   "S"((long)MAP_PRIVATE), "D"((long)fd)
			 : "memory", "r8", "r9", "r10", "r11");
	need((unsigned)at < 0xfffff000);
}

static void test_32_bit(void **state)
{
	const struct record_file *r = only_map(act(map_as_32_bit, NULL));
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/narrow", scratch());
	assert_text(r, r->path, path);
	assert_int_equal(r->op, FILE_OP_MMAP);
	assert_int_equal(r->result, 0);
	assert_int_equal(r->header.flags, RECORD_IA32);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code_of_somebody),
		cmocka_unit_test(test_what_only_root_writes_is_not_told),
		cmocka_unit_test(test_code_without_a_name),
		cmocka_unit_test(test_protections_of_several),
		cmocka_unit_test(test_more_than_are_looked_at_are_lost),
		cmocka_unit_test(test_read_implies_exec),
		cmocka_unit_test(test_refused_is_told_of_any_file),
#if defined(__x86_64__)
		cmocka_unit_test(test_32_bit),
#endif
	};

	return cmocka_run_group_tests(tests, begin_in_scratch, end_sensor);
}
