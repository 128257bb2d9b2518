/* SPDX-License-Identifier: GPL-2.0-only */
/* file.bpf.h: what the system call hook hands on to open.bpf.c and file.bpf.c, and what both need. */
#ifndef WHODID_BPF_FILE_H
#define WHODID_BPF_FILE_H

#include "session.bpf.h"
#include "syscalls.bpf.h"
#include "net.bpf.h"

/* The end of a call of current, which has a state: one that opens, one of path_ops. Return 0. */
int open_on_call(u32 class_and_ia32, s32 ret);
int file_on_call(u32 class_and_ia32, s32 ret);

/* enum file_op of a call of path_ops. */
int file_op_of_call(u32 class);

/* The directory that a user's path starts from, or the object of a call by descriptor. */
static __always_inline int slot_directory(struct slot *s, struct task_struct *task, s32 dirfd,
					  struct record_text *out)
{
	if (dirfd == AT_FDCWD)
		return slot_path(s, BPF_CORE_READ(task, fs, pwd.mnt),
				 BPF_CORE_READ(task, fs, pwd.dentry), out);
	struct file *file = read_fd(task, dirfd);

	if (!file)
		return 0;
	return slot_path(s, BPF_CORE_READ(file, f_path.mnt), BPF_CORE_READ(file, f_path.dentry),
			 out);
}

/* An absolute path starts at the task's root: said only when that is not the namespace's. */
static __always_inline int slot_root(struct slot *s, struct task_struct *task,
				     struct record_text *out)
{
	struct record_text t = {};
	u32 len = s->len;

	slot_path(s, BPF_CORE_READ(task, fs, root.mnt), BPF_CORE_READ(task, fs, root.dentry), &t);
	if (t.len > 1)
		*out = t;
	else
		s->len = len;
	return 0;
}

/*
 * A path from the caller's memory, and where it starts: slot.text and slot.base. An empty one means
 * the directory itself. Current is the caller.
 */
shared_sub int slot_path_pair(u32 slot, u64 ptr, s32 dirfd)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct task_struct *task = bpf_get_current_task_btf();
	struct record_text p = {}, b = {};
	u32 at;

	if (!s)
		return 0;
	slot_user_path(s, ptr, &p);
	at = p.off;
	hide(at);
	if (p.len == 0)
		slot_directory(s, task, dirfd, &p);
	else if (at < SLOT_DATA && s->data[at] == '/')
		slot_root(s, task, &b);
	else
		slot_directory(s, task, dirfd, &b);
	s->text = p;
	s->base = b;
	return 0;
}

/* The same as a pair of texts of the record. */
static __always_inline void take_pair(struct slot *s, u64 ptr, s32 dirfd, struct record_text *path,
				      struct record_text *base)
{
	slot_path_pair(s->id, ptr, dirfd);
	*path = s->text;
	*base = s->base;
}

#endif
