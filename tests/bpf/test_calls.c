// SPDX-License-Identifier: Apache-2.0
/*
 * test_calls: every call by which a file can be opened or changed makes its record, with the object or
 * the name, also where it is refused. One row per call.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "harness.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#define SYS_SETXATTRAT	  463 /* Linux 6.13 */
#define SYS_REMOVEXATTRAT 466

#define NOT_HERE 77 /* exit status of a child: this kernel or file system has no such call */

static int begin_unfolded(void **state)
{
	static const struct kernel_options all = {.ring_kib = 16384};

	(void)state;
	sensor_start(&all);
	return chdir(scratch());
}

static long dir, file; /* descriptors of the scratch directory and of "f" in it */

static long make_it(void)
{
	struct stat st;

	return mknod("f", S_IFREG | 0600, 0) == 0 || stat("f", &st) == 0 ? 0 : -1;
}

static long call_creat(void)
{
	return syscall(SYS_openat, dir, "f", O_WRONLY | O_CREAT | O_TRUNC, 0600);
}

#ifdef SYS_creat
static long call_old_creat(void)
{
	return syscall(SYS_creat, "made", 0600);
}
#endif

static long call_openat2(void)
{
	struct open_how how = {.flags = O_RDWR};

	return syscall(SYS_openat2, dir, "f", &how, sizeof(how));
}

static long call_open_by_handle(void)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount_id;

	if (name_to_handle_at((int)dir, "f", &h.handle, &mount_id, 0)) {
		errno = EOPNOTSUPP; /* by this file system */
		return -1;
	}
	return open_by_handle_at((int)dir, &h.handle, O_RDONLY);
}

static long call_tmpfile(void)
{
	return syscall(SYS_openat, dir, ".", O_TMPFILE | O_RDWR, 0600);
}

static long call_fchmodat2(void)
{
	return syscall(SYS_fchmodat2, dir, "f", 0640, AT_SYMLINK_NOFOLLOW);
}

static long call_setxattr(void)
{
	return setxattr("f", "trusted.one", "v", 1, 0);
}

static long call_lsetxattr(void)
{
	return lsetxattr("f", "trusted.two", "v", 1, 0);
}

static long call_fsetxattr(void)
{
	return fsetxattr((int)file, "trusted.three", "v", 1, 0);
}

static long call_setxattrat(void)
{
	struct {
		uint64_t value;
		uint32_t size, flags;
	} args = {(uintptr_t) "v", 1, 0};

	return syscall(SYS_SETXATTRAT, dir, "f", 0, "trusted.four", &args, sizeof(args));
}

static long call_removexattr(void)
{
	return removexattr("f", "trusted.one");
}

static long call_lremovexattr(void)
{
	return lremovexattr("f", "trusted.two");
}

static long call_fremovexattr(void)
{
	return fremovexattr((int)file, "trusted.three");
}

static long call_removexattrat(void)
{
	return syscall(SYS_REMOVEXATTRAT, dir, "f", 0, "trusted.four");
}

static long call_refused_xattr(void)
{
	if (setresuid(65534, 65534, 65534) ||
	    setxattr("/etc/passwd", "trusted.five", "v", 1, 0) == 0)
		return -1;
	return 0;
}

static long call_renameat2(void)
{
	return renameat2((int)dir, "f", (int)dir, "g", RENAME_NOREPLACE);
}

static long call_linkat(void)
{
	return linkat((int)dir, "f", (int)dir, "hard", 0);
}

static long call_symlinkat(void)
{
	return symlinkat("f", (int)dir, "soft");
}

static long call_mkdirat(void)
{
	return mkdirat((int)dir, "d", 0700);
}

static long call_mknodat(void)
{
	return mknodat((int)dir, "fifo", S_IFIFO | 0600, 0);
}

static long call_unlinkat(void)
{
	return unlinkat((int)dir, "f", 0);
}

static const struct call {
	const char *name;
	long (*make)(void);
	uint32_t kind, op;
	const char *path, *path2; /* ends of what the record says; NULL = absent */
	bool object;		  /* by the kernel's object: no RECORD_USER_PATH, and the inode */
	int32_t result;
} calls[] = {
	{"creat by openat", call_creat, RECORD_FILE_WRITE, FILE_OP_OPEN, "/f", NULL, true, 0},
#ifdef SYS_creat
	{"creat", call_old_creat, RECORD_FILE_CREATE, FILE_OP_OPEN, "/made", NULL, true, 0},
#endif
	{"openat2", call_openat2, RECORD_FILE_WRITE, FILE_OP_OPEN, "/f", NULL, true, 0},
	{"open_by_handle_at", call_open_by_handle, RECORD_FILE_READ, FILE_OP_OPEN, "/f", NULL, true,
	 0},
	{"O_TMPFILE", call_tmpfile, RECORD_FILE_CREATE, FILE_OP_OPEN, "", NULL, true, 0},
	{"fchmodat2", call_fchmodat2, RECORD_FILE_CHMOD, FILE_OP_CHMOD, "f", NULL, false, 0},
	{"setxattr", call_setxattr, RECORD_FILE_CHMOD, FILE_OP_SETXATTR, "f", "trusted.one", false,
	 0},
	{"lsetxattr", call_lsetxattr, RECORD_FILE_CHMOD, FILE_OP_SETXATTR, "f", "trusted.two",
	 false, 0},
	{"fsetxattr", call_fsetxattr, RECORD_FILE_CHMOD, FILE_OP_SETXATTR, "/f", "trusted.three",
	 true, 0},
	{"setxattrat", call_setxattrat, RECORD_FILE_CHMOD, FILE_OP_SETXATTR, "f", "trusted.four",
	 false, 0},
	{"removexattr", call_removexattr, RECORD_FILE_CHMOD, FILE_OP_REMOVEXATTR, "f",
	 "trusted.one", false, 0},
	{"lremovexattr", call_lremovexattr, RECORD_FILE_CHMOD, FILE_OP_REMOVEXATTR, "f",
	 "trusted.two", false, 0},
	{"fremovexattr", call_fremovexattr, RECORD_FILE_CHMOD, FILE_OP_REMOVEXATTR, "/f",
	 "trusted.three", true, 0},
	{"removexattrat", call_removexattrat, RECORD_FILE_CHMOD, FILE_OP_REMOVEXATTR, "f",
	 "trusted.four", false, 0},
	{"setxattr refused", call_refused_xattr, RECORD_FILE_CHMOD, FILE_OP_SETXATTR, "/etc/passwd",
	 "trusted.five", false, -EPERM},
	{"linkat", call_linkat, RECORD_FILE_LINK, FILE_OP_LINK, "f", "hard", false, 0},
	{"symlinkat", call_symlinkat, RECORD_FILE_LINK, FILE_OP_SYMLINK, "f", "soft", false, 0},
	{"mkdirat", call_mkdirat, RECORD_FILE_CREATE, FILE_OP_MKDIR, "d", NULL, false, 0},
	{"mknodat", call_mknodat, RECORD_FILE_CREATE, FILE_OP_MKNOD, "fifo", NULL, false, 0},
	{"unlinkat", call_unlinkat, RECORD_FILE_DELETE, FILE_OP_UNLINK, "f", NULL, false, 0},
	{"renameat2", call_renameat2, RECORD_FILE_RENAME, FILE_OP_RENAME, "f", "g", false, 0},
};

static bool is_not_here(int err)
{
	return err == ENOSYS || err == EOPNOTSUPP;
}

/* The pid of a child that made the call, or 0 when it cannot be made here. */
static uint32_t make_call(const struct call *c)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(c->make() >= 0 ? 0 : is_not_here(errno) ? NOT_HERE : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == NOT_HERE)
		return 0;
	if (status)
		fail_msg("%s failed in the child", c->name);
	gather();
	return (uint32_t)pid;
}

static const struct record_file *record_of(const struct call *c, uint32_t pid)
{
	const struct record_file *r;

	for (unsigned i = 0; (r = find_record(c->kind, pid, i)); i++)
		if (r->op == c->op)
			return r;
	fail_msg("%s makes no record", c->name);
	return NULL;
}

/* Attributes by name are told from the end of the call on every rung. */
static bool has_hook_inside(const struct call *c)
{
	return has_kernel_paths() && c->op != FILE_OP_SETXATTR && c->op != FILE_OP_REMOVEXATTR;
}

static void check_call(const struct call *c, const struct record_file *r)
{
	if (!str_ends(text_of(r, r->path), c->path))
		fail_msg("%s: %.*s", c->name, STR_ARG(text_of(r, r->path)));
	if (c->path2 && !str_ends(text_of(r, r->path2), c->path2))
		fail_msg("%s: %.*s", c->name, STR_ARG(text_of(r, r->path2)));
	assert_int_equal(r->result, c->result);
	assert_int_equal(r->header.flags & RECORD_USER_PATH,
			 c->object || has_hook_inside(c) ? 0 : RECORD_USER_PATH);
	if (c->object)
		assert_true(r->inode != 0);
	if (r->header.flags & RECORD_USER_PATH && c->path[0] != '/' && c->op != FILE_OP_SYMLINK)
		assert_text(r, r->base, scratch());
}

static void every_call_makes_its_record(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		uint32_t pid;

		assert_int_equal(make_it(), 0);
		dir = open(".", O_RDONLY | O_DIRECTORY);
		file = open("f", O_RDWR);
		assert_true(dir >= 0 && file >= 0);
		pid = make_call(&calls[i]);
		if (pid)
			check_call(&calls[i], record_of(&calls[i], pid));
		else
			print_message("# %s is not to be had here\n", calls[i].name);
		close((int)dir);
		close((int)file);
		forget();
	}
}

/* --- /proc/PID/mem */

static pid_t victim;

static void open_memory(void *arg)
{
	char path[64], alias[96];

	snprintf(path, sizeof(path), "/proc/%d/mem", victim);
	need(open(path, (int)(intptr_t)arg) >= 0);
	need(open("/proc/self/mem", O_RDONLY) >= 0); /* its own: an open, and no more */
	snprintf(alias, sizeof(alias), "/proc/self/root/proc/%d/task/%d/mem", victim, victim);
	need(symlink(alias, "innocent") == 0 && open("innocent", (int)(intptr_t)arg) >= 0);
	need(unlink("innocent") == 0);
}

static void memory_is_an_act_on_its_process(void **state)
{
	static const struct {
		int flags;
		uint32_t op;
	} cases[] = {{O_RDONLY, PTRACE_OP_OPEN_READ}, {O_RDWR, PTRACE_OP_OPEN_WRITE}};
	char exe[4096] = "";

	(void)state;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	victim = fork();
	if (victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	for (size_t i = 0; i < 2; i++) {
		uint32_t pid = act(open_memory, (void *)(intptr_t)cases[i].flags);

		assert_int_equal(count_records(RECORD_PTRACE, pid), 2);
		for (unsigned k = 0; k < 2; k++) {
			const struct record_target *r = find_record(RECORD_PTRACE, pid, k);

			assert_int_equal(r->op, cases[i].op);
			assert_int_equal(r->pid, victim);
			assert_text(r, r->exe, exe);
			assert_int_equal(r->boundary, finds_tasks() ? r->task.boundary : 0);
			assert_int_equal(r->result, 0);
		}
		/* and as the opens that they are, none of them folded */
		assert_int_equal(count_records(RECORD_FILE_READ, pid) +
					 count_records(RECORD_FILE_WRITE, pid),
				 3);
	}
}

static int end_victim(void **state)
{
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	return end_sensor(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_call_makes_its_record, begin_unfolded,
						end_sensor),
		cmocka_unit_test_setup_teardown(memory_is_an_act_on_its_process, begin_in_scratch,
						end_victim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
