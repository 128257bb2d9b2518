// SPDX-License-Identifier: Apache-2.0
/* test_mount: what is put where, by which call, with what result. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

/* In a mount namespace of its own, where nothing comes back from. */
static void alone(void)
{
	need(unshare(CLONE_NEWNS) == 0);
	need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	need(mkdir("at", 0700) == 0 || errno == EEXIST);
}

static void mounts(void *arg)
{
	(void)arg;
	alone();
	need(mount("nothing", "at", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k") == 0);
	need(umount2("at", MNT_DETACH) == 0);
	need(mount("/usr", scratch(), NULL, MS_BIND, NULL) == 0);
}

static void test_mount_and_umount(void **state)
{
	uint32_t pid = act(mounts, NULL);
	const struct record_file *r = find_record(RECORD_FILE_MOUNT, pid, 0);

	(void)state;
	assert_int_equal(count_records(RECORD_FILE_MOUNT, pid), 4);
	assert_int_equal(r->op, FILE_OP_MOUNT); /* made private: no source, no type */
	assert_int_equal(r->open_flags, MS_REC | MS_PRIVATE);
	assert_int_equal(r->path.len, 0);
	assert_int_equal(r->base.len, 0);
	assert_text(r, r->path2, "/");
	r = find_record(RECORD_FILE_MOUNT, pid, 1);
	assert_int_equal(r->op, FILE_OP_MOUNT);
	assert_int_equal(r->open_flags, MS_NOSUID | MS_NODEV);
	assert_int_equal(r->result, 0);
	assert_int_equal(r->count, 1);
	assert_int_equal(r->header.flags & ~RECORD_PLACED,
			 has_kernel_paths() ? 0 : RECORD_USER_PATH);
	assert_text(r, r->path, "nothing");
	assert_place(r, r->path2, r->base2, scratch(), "at");
	assert_text(r, r->base, "tmpfs");
	r = find_record(RECORD_FILE_MOUNT, pid, 2);
	assert_int_equal(r->op, FILE_OP_UMOUNT);
	assert_int_equal(r->open_flags, MNT_DETACH);
	assert_place(r, r->path, r->base, scratch(), "at");
	assert_int_equal(r->path2.len, 0);
	r = find_record(RECORD_FILE_MOUNT, pid, 3);
	assert_int_equal(r->open_flags, MS_BIND);
	assert_text(r, r->path, "/usr");
	assert_text(r, r->path2, scratch());
}

static void refused(void *arg)
{
	(void)arg;
	need(setresuid(65534, 65534, 65534) == 0);
	need(mount("x", "/mnt", "tmpfs", 0, NULL) < 0 && errno == EPERM);
}

static void test_refused(void **state)
{
	uint32_t pid = act(refused, NULL);
	const struct record_file *r = find_record(RECORD_FILE_MOUNT, pid, 0);

	(void)state;
	assert_int_equal(count_records(RECORD_FILE_MOUNT, pid), 1);
	assert_int_equal(r->result, -EPERM);
	assert_text(r, r->path2, "/mnt");
	assert_int_equal(r->task.euid, 65534);
}

static void new_calls(void *arg)
{
	int fs, tree;

	(void)arg;
	alone();
	fs = (int)syscall(SYS_fsopen, "tmpfs", 0);
	need(fs >= 0 && syscall(SYS_fsconfig, fs, 6 /* create */, NULL, NULL, 0) == 0);
	tree = (int)syscall(SYS_fsmount, fs, 0, 0);
	need(tree >= 0 && syscall(SYS_move_mount, tree, "", AT_FDCWD, "at",
				  4 /* empty path of the source */) == 0);
	need(chdir("at") == 0 && mkdir("old", 0700) == 0);
	need(syscall(SYS_pivot_root, ".", "old") == 0);
}

static void test_move_mount_and_pivot_root(void **state)
{
	uint32_t pid = act(new_calls, NULL);
	const struct record_file *r = find_record(RECORD_FILE_MOUNT, pid, 1);

	(void)state;
	assert_int_equal(count_records(RECORD_FILE_MOUNT, pid), 3);
	assert_int_equal(r->op, FILE_OP_MOVE_MOUNT);
	assert_place(r, r->path2, r->base2, scratch(), "at");
	assert_int_equal(r->result, 0);
	r = find_record(RECORD_FILE_MOUNT, pid, 2);
	assert_int_equal(r->op, FILE_OP_PIVOT_ROOT);
	if (has_kernel_paths()) {
		assert_true(str_ends(text_of(r, r->path), "/at"));
		assert_true(str_ends(text_of(r, r->path2), "/at/old"));
	} else {
		assert_text(r, r->path, ".");
		assert_text(r, r->path2, "old");
	}
	assert_int_equal(r->base.len, 0);
	assert_int_equal(r->base2.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mount_and_umount),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_move_mount_and_pivot_root),
	};

	return cmocka_run_group_tests(tests, begin_in_scratch, end_sensor);
}
