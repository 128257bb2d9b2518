// SPDX-License-Identifier: Apache-2.0
/* trial.c: see trial.h. Two things: a program that does nothing, and acts that leave nothing. */
#include "collect/trial.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#define MOVE_EMPTY_PATHS (0x4 | 0x40) /* MOVE_MOUNT_{F,T}_EMPTY_PATH: the descriptors themselves */

static enum bpf_attach_type attach_type(enum hook_rung rung)
{
	return rung == HOOKS_LSM ? BPF_LSM_MAC : BPF_TRACE_FENTRY;
}

/* The function of the kernel that such a program hangs on, by its number in the kernel's types. */
static int function_of(enum hook_rung rung, const char *hook)
{
	char name[64];

	/* libbpf puts bpf_lsm_ before the name of a hook by itself */
	snprintf(name, sizeof(name), "%s%s", rung == HOOKS_LSM ? "" : "security_", hook);
	return libbpf_find_vmlinux_btf_id(name, attach_type(rung));
}

bool trial_has_hook(enum hook_rung rung, const char *hook)
{
	return function_of(rung, hook) > 0;
}

int trial_count(void)
{
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}

static int load_empty(enum hook_rung rung, int function)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type(rung),
		    .attach_btf_id = (uint32_t)function);

	return bpf_prog_load(rung == HOOKS_LSM ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING,
			     "whodid_trial", "GPL", insns, ARRAY_SIZE(insns), &opts);
}

static bool is_called(int program)
{
	_cleanup_close_ int counting = trial_count(), root = -1;
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return counting >= 0 && root >= 0 && bpf_obj_get_info_by_fd(program, &info, &len) == 0 &&
	       info.run_cnt > 0;
}

static int refuse(char *reason, size_t size, const char *what, int err)
{
	snprintf(reason, size, "%s: %s", what, strerror(-err));
	return err;
}

int trial_rung(enum hook_rung rung, char *reason, size_t size)
{
	_cleanup_close_ int program = -1, link = -1;
	int function = function_of(rung, "file_open");

	if (function < 0) {
		snprintf(reason, size, "this kernel is built without");
		return -ENOENT;
	}
	program = load_empty(rung, function);
	if (program < 0)
		return refuse(reason, size, "the kernel refuses the program", program);
	link = bpf_raw_tracepoint_open(NULL, program);
	if (link < 0)
		return refuse(reason, size, "the kernel does not attach the program", link);
	if (is_called(program))
		return 0;
	snprintf(reason, size, "%s",
		 rung == HOOKS_LSM ? "bpf is not among the security modules (lsm= at boot)"
				   : "attached, but not called");
	return -ENODEV;
}

/* --- acts; whether they succeed does not matter: the programs' counters say what there is to say */

static int act_delete(int dir)
{
	return unlinkat(dir, "file", 0) | mkdirat(dir, "sub", 0700) |
	       unlinkat(dir, "sub", AT_REMOVEDIR);
}

static int act_rename(int dir)
{
	return renameat(dir, "file", dir, "file2") | renameat(dir, "file2", dir, "file");
}

static int act_link(int dir)
{
	return linkat(dir, "file", dir, "hard", 0) | symlinkat("file", dir, "soft") |
	       unlinkat(dir, "hard", 0) | unlinkat(dir, "soft", 0);
}

static int act_create(int dir)
{
	return mkdirat(dir, "sub", 0700) | unlinkat(dir, "sub", AT_REMOVEDIR) |
	       mknodat(dir, "fifo", S_IFIFO | 0600, 0) | unlinkat(dir, "fifo", 0);
}

static int act_chmod(int dir)
{
	return fchmodat(dir, "file", 0600, 0) | fchownat(dir, "file", geteuid(), getegid(), 0);
}

/* By its path: from 6.2 on there is another hook for a descriptor. */
static int act_truncate(int dir)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/file", dir);
	return truncate(path, 0);
}

/*
 * Each is refused behind the hook, whoever asks: the directory is no mount, and the caller's own root
 * never expires.
 */
static int act_mount(int dir)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	mount(NULL, path, NULL, MS_REMOUNT, NULL);
	syscall(SYS_move_mount, dir, "", dir, "", MOVE_EMPTY_PATHS);
	umount2("/", MNT_EXPIRE);
	return (int)syscall(SYS_pivot_root, path, path);
}

static int (*const acts[TRIAL_CLASSES])(int dir) = {
	[TRIAL_DELETE] = act_delete, [TRIAL_RENAME] = act_rename, [TRIAL_LINK] = act_link,
	[TRIAL_CREATE] = act_create, [TRIAL_CHMOD] = act_chmod,	  [TRIAL_TRUNCATE] = act_truncate,
	[TRIAL_MOUNT] = act_mount,
};

/* A directory with a file in it, where there is room for one. */
static int make_place(char *path, size_t size)
{
	static const char *const places[] = {"/run", "/dev/shm", "/tmp", "/var/tmp"};
	_cleanup_close_ int file = -1;
	int dir;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, size, "%s/whodid-trial.XXXXXX", places[i]);
		if (mkdtemp(path))
			break;
		path[0] = 0;
	}
	dir = path[0] ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir < 0)
		return -errno;
	file = openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	(void)file; /* that it is there is enough */
	return dir;
}

int trial_act(enum trial_class class)
{
	char path[64];
	_cleanup_close_ int dir = make_place(path, sizeof(path));

	if (dir < 0)
		return dir;
	acts[class](dir);
	unlinkat(dir, "file", 0);
	rmdir(path);
	return 0;
}
