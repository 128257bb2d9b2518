/* SPDX-License-Identifier: GPL-2.0-only */
/* process.bpf.h: the facts of a process that exec.bpf.c and the seeding iterator both write. */
#ifndef WHODID_BPF_PROCESS_H
#define WHODID_BPF_PROCESS_H

#include "session.bpf.h"

static __always_inline void take_executable(struct record_exec *r, struct file *exe)
{
	struct inode *inode = BPF_CORE_READ(exe, f_inode);

	r->exe_inode = BPF_CORE_READ(inode, i_ino);
	r->exe_dev = BPF_CORE_READ(inode, i_sb, s_dev);
	r->exe_ctime_ns = read_ctime_ns(inode);
	r->exe_generation = BPF_CORE_READ(inode, i_generation);
	r->exe_mode = BPF_CORE_READ(inode, i_mode);
	r->exe_uid = BPF_CORE_READ(inode, i_uid.val);
	r->exe_nlink = BPF_CORE_READ(inode, i_nlink);
}

static_sub int take_credentials(struct record_exec *r, struct task_struct *task)
{
	const struct cred *cred = task->real_cred;

	if (!r)
		return 0;
	bpf_core_read(&r->caps_effective, sizeof(u64), &cred->cap_effective);
	bpf_core_read(&r->caps_permitted, sizeof(u64), &cred->cap_permitted);
	r->ns_pid_inum = read_pid_ns_inum(task);
	r->ns_mnt_inum = read_mnt_inum(task);
	r->ns_net_inum = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	r->ns_cgroup_inum = BPF_CORE_READ(task, nsproxy, cgroup_ns, ns.inum);
	r->ns_user_inum = cred->user_ns->ns.inum;
	return 0;
}

/* Executable and working directory by the kernel's own objects, credentials and namespaces. */
static __always_inline void take_process(struct slot *s, struct record_exec *r,
					 struct task_struct *task, struct file *exe)
{
	struct record_text cwd = {};

	take_credentials(r, task);
	take_executable(r, exe);
	slot_file_path(s, exe, &r->exe);
	walk_place(s->id);
	slot_path(s, BPF_CORE_READ(task, fs, pwd.mnt), BPF_CORE_READ(task, fs, pwd.dentry), &cwd);
	r->cwd = cwd;
}

#endif
