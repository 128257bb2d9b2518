/* SPDX-License-Identifier: GPL-2.0-only */
/* file.bpf.h: what the system call hook hands on to open.bpf.c and file.bpf.c, and what both need. */
#ifndef WHODID_BPF_FILE_H
#define WHODID_BPF_FILE_H

#include "session.bpf.h"
#include "syscalls.bpf.h"
#include "net.bpf.h"

/* The end of a call of current, which has a state: one that opens, one of path_ops. Return 0. */
int open_on_call(struct task_state *st, u32 class_and_ia32, s32 ret);
int file_on_call(u32 class_and_ia32, s32 ret);

/* enum file_op of a call of path_ops. */
int file_op_of_call(u32 class);

/*
 * Completes the record in a slot of an open that a ring was asked for, with the file that came of it,
 * and submits it. Current shares the files of who asked. Returns 0.
 */
int open_on_request(u32 slot, u64 file);

/* An open file: nothing but zeroes where there is none. */
struct opened_file {
	u64 file; /* kernel address */
	u64 inode;
	u32 dev;
	u32 generation;
	u32 fmode;
	u32 flags;
	u32 mode;
	u32 magic; /* of the file system */
};

/* object.bpf.c: by its address, or as current has it by that number. out comes zeroed. Return 0. */
int opened_file_at(struct opened_file *out, u64 file);
int opened_file_of_fd(struct opened_file *out, s32 fd);

/* What an open that came to nothing was meant to be. */
static __always_inline u32 kind_of_failed(u32 flags, u32 class)
{
	if (class == SYS_MEMFD || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return RECORD_FILE_CREATE;
	return flags & O_ACCMODE ? RECORD_FILE_WRITE : RECORD_FILE_READ;
}

/* Failures that are no act: the name is not there (counted), or the call is going to be repeated. */
static __always_inline bool is_no_act(s32 ret)
{
	if (ret == -ENOENT || ret == -ENOTDIR) {
		count_here(filtered_missing);
		return true;
	}
	return ret == -EINTR || (ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK);
}

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
 * A path from the caller's memory, or with RECORD_REQUEST_PATH the kernel's copy of it, and where it
 * starts: slot.text and slot.base. An empty one means the directory itself. Current is the caller.
 */
shared_sub int slot_path_pair(u32 slot, u64 ptr, s32 dirfd)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct task_struct *task = bpf_get_current_task_btf();
	struct record_text p = {}, b = {};
	u32 at;

	if (!s)
		return 0;
	if (s->flags & RECORD_REQUEST_PATH)
		slot_text(s, ptr, true, &p);
	else
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

/* The object of a call by descriptor: from the kernel, not from the caller. */
static __always_inline void take_object(struct slot *s, struct record_file *r, struct file *file)
{
	struct exe_key id;

	if (!file)
		return;
	read_file_id(file, &id);
	r->dev = id.dev;
	r->inode = id.inode;
	if (r->op != FILE_OP_CHMOD)
		r->mode = BPF_CORE_READ(file, f_inode, i_mode);
	slot_file_path(s, file, &r->path);
	r->mnt_inum = walk_place(s->id);
}

#endif
