/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * script.bpf.h: the script behind an interpreter, by the kernel's own object.
 *
 * When sched_process_exec is called the script's struct file has been let go of: exec_binprm()
 * (fs/exec.c) calls fput() on it before it looks at the interpreter, and what fput() drops is kept,
 * whole, among the task's works until the system call ends. The works are a list with the newest
 * first. Nothing that execve opens is dropped before the script is, and works of earlier calls are
 * done with when a call begins: so of the files there that were opened for execution the oldest is
 * the one that was asked for. Read in fs/exec.c, fs/file_table.c and kernel/task_work.c of 5.17 to
 * 7.0. A list that is longer than the walk gives no script.
 */
#ifndef WHODID_BPF_SCRIPT_H
#define WHODID_BPF_SCRIPT_H

#include "path.bpf.h"

#define SCRIPT_WORKS 512 /* an exec in place drops the files of the old memory too */

struct walk_script {
	u64 work;
	u64 file; /* the oldest opened for execution so far */
};

/* A work may be something else than a file: then what stands around it does not fit together. */
static __always_inline bool is_executed_file(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	return (BPF_CORE_READ(file, f_flags) & FMODE_EXEC) && inode &&
	       BPF_CORE_READ(file, f_path.dentry, d_inode) == inode &&
	       (BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFREG;
}

static long script_step(u32 i, struct walk_script *w)
{
	struct callback_head *work = (void *)w->work;
	struct file *file = file_of_work(work);

	(void)i;
	if (is_executed_file(file))
		w->file = (u64)file;
	w->work = (u64)BPF_CORE_READ(work, next);
	return w->work == 0;
}

/* current is the task that executes bprm. */
static __noinline int take_script(struct slot *s, struct task_struct *task,
				  struct linux_binprm *bprm)
{
	struct record_exec *r = (struct record_exec *)s->data;
	struct walk_script w = {};
	struct file *file = BPF_CORE_READ(bprm, executable); /* kept for binfmt_misc's flag O */
	struct inode *inode;

	if (!file) {
		w.work = (u64)BPF_CORE_READ(task, task_works);
		if (w.work)
			bpf_loop(SCRIPT_WORKS, script_step, &w, 0);
		if (w.work)
			return 0;
		file = (void *)w.file;
	}
	inode = BPF_CORE_READ(file, f_inode);
	if (!inode)
		return 0;
	r->script_inode = BPF_CORE_READ(inode, i_ino);
	r->script_dev = BPF_CORE_READ(inode, i_sb, s_dev);
	r->script_ctime_ns = read_ctime_ns(inode);
	r->script_generation = BPF_CORE_READ(inode, i_generation);
	slot_file_path(s, file, &r->script);
	return 0;
}

#endif
