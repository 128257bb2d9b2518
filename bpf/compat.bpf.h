/* SPDX-License-Identifier: GPL-2.0-only */
/* compat.bpf.h: kernel drift, one accessor per change, the version above it. */
#ifndef WHODID_BPF_COMPAT_H
#define WHODID_BPF_COMPAT_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

/* 6.18 renamed kernfs_node.parent to __parent (it is read under RCU now). */
struct kernfs_node___parent_old {
	struct kernfs_node *parent;
} CORE;
struct kernfs_node___parent_rcu {
	struct kernfs_node *__parent;
} CORE;

static __always_inline struct kernfs_node *read_kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___parent_old *old = (void *)kn;
	struct kernfs_node___parent_rcu *rcu = (void *)kn;

	if (bpf_core_field_exists(old->parent))
		return BPF_CORE_READ(old, parent);
	return BPF_CORE_READ(rcu, __parent);
}

/* inode change time: i_ctime to 6.5, __i_ctime to 6.10, two plain fields from 6.11. */
struct timespec64___compat {
	s64 tv_sec;
	long tv_nsec;
} CORE;
struct inode___ctime_plain {
	s64 i_ctime_sec;
	u32 i_ctime_nsec;
} CORE;
struct inode___ctime_hidden {
	struct timespec64___compat __i_ctime;
} CORE;
struct inode___ctime_old {
	struct timespec64___compat i_ctime;
} CORE;

static __always_inline u64 read_ctime_ns(struct inode *inode)
{
	struct inode___ctime_plain *plain = (void *)inode;
	struct inode___ctime_hidden *hidden = (void *)inode;
	struct inode___ctime_old *old = (void *)inode;
	s64 sec;
	u64 nsec;

	if (bpf_core_field_exists(plain->i_ctime_sec)) {
		sec = BPF_CORE_READ(plain, i_ctime_sec);
		/* bit 31 is a mark of multigrain timestamps, 6.13 */
		nsec = BPF_CORE_READ(plain, i_ctime_nsec) & 0x7fffffff;
	} else if (bpf_core_field_exists(hidden->__i_ctime)) {
		sec = BPF_CORE_READ(hidden, __i_ctime.tv_sec);
		nsec = BPF_CORE_READ(hidden, __i_ctime.tv_nsec);
	} else {
		sec = BPF_CORE_READ(old, i_ctime.tv_sec);
		nsec = BPF_CORE_READ(old, i_ctime.tv_nsec);
	}
	return (u64)sec * 1000000000ull + nsec;
}

/*
 * The work that lets go of a file when its last user is gone: named so from 6.7 on, before that the
 * RCU head whose place it shares, and up to 5.19 in a union with a name.
 */
struct file___work {
	struct callback_head f_task_work;
} CORE;
struct file___rcu {
	struct callback_head f_rcuhead;
} CORE;
struct file___union {
	struct callback_head f_u;
} CORE;

static __always_inline struct file *file_of_work(void *work)
{
	struct file___work *named = 0;
	struct file___rcu *rcu = 0;

	if (bpf_core_field_exists(named->f_task_work))
		return work - bpf_core_field_offset(struct file___work, f_task_work);
	if (bpf_core_field_exists(rcu->f_rcuhead))
		return work - bpf_core_field_offset(struct file___rcu, f_rcuhead);
	return work - bpf_core_field_offset(struct file___union, f_u);
}

/* CLONE_NEW* of a namespace: in the table of its functions, from 6.18 in itself. */
struct proc_ns_operations___typed {
	int type;
} CORE;
struct ns_common___old {
	const struct proc_ns_operations___typed *ops;
} CORE;
struct ns_common___typed {
	u32 ns_type;
} CORE;

static __always_inline u32 read_ns_type(void *ns)
{
	struct ns_common___typed *typed = ns;
	struct ns_common___old *old = ns;

	if (bpf_core_field_exists(typed->ns_type))
		return BPF_CORE_READ(typed, ns_type);
	return BPF_CORE_READ(old, ops, type);
}

/* Flags of a request: 32 of them, from 6.9 on 64. The lower half is first: little endian. */
struct io_kiocb___lower {
	u32 flags;
} CORE;

static __always_inline u32 read_request_flags(u64 req)
{
	return BPF_CORE_READ((struct io_kiocb___lower *)req, flags);
}

/* Whose workers a worker of io_uring is among: by way of its node to 6.3. */
struct io_wq___compat {
	struct task_struct *task;
} CORE;
struct io_wqe___old {
	struct io_wq___compat *wq;
} CORE;
struct io_worker___old {
	struct io_wqe___old *wqe;
} CORE;
struct io_worker___new {
	struct io_wq___compat *wq;
} CORE;

static __always_inline struct task_struct *read_worker_owner(void *worker)
{
	struct io_worker___old *old = worker;
	struct io_worker___new *new = worker;

	if (bpf_core_field_exists(new->wq))
		return BPF_CORE_READ(new, wq, task);
	if (bpf_core_field_exists(old->wqe))
		return BPF_CORE_READ(old, wqe, wq, task);
	return 0;
}

/*
 * A ring's own table of files: their addresses, with flags in the lowest bits; from 6.13 on in a node for
 * each.
 */
#define RING_FILE_BITS 7ull
struct io_rsrc_node___table {
	unsigned long file_ptr;
} CORE;
struct io_rsrc_data___table {
	u32 nr;
	struct io_rsrc_node___table **nodes;
} CORE;
struct io_file_table___nodes {
	struct io_rsrc_data___table data;
} CORE;
struct io_ring_ctx___nodes {
	struct io_file_table___nodes file_table;
} CORE;
struct io_fixed_file___table {
	unsigned long file_ptr;
} CORE;
struct io_file_table___files {
	struct io_fixed_file___table *files;
} CORE;
struct io_ring_ctx___files {
	struct io_file_table___files file_table;
	u32 nr_user_files;
} CORE;

/* The i-th file there, or NULL. */
static __always_inline struct file *read_ring_file(void *ring, u32 i)
{
	struct io_ring_ctx___nodes *nodes = ring;
	struct io_ring_ctx___files *files = ring;
	struct io_rsrc_node___table *node = 0;
	u64 file = 0;

	if (bpf_core_field_exists(nodes->file_table.data)) {
		if (i >= BPF_CORE_READ(nodes, file_table.data.nr))
			return 0;
		bpf_probe_read_kernel(&node, sizeof(node),
				      BPF_CORE_READ(nodes, file_table.data.nodes) + i);
		file = node ? BPF_CORE_READ(node, file_ptr) : 0;
	} else if (i < BPF_CORE_READ(files, nr_user_files)) {
		bpf_probe_read_kernel(&file, sizeof(file),
				      (void *)BPF_CORE_READ(files, file_table.files) + 8ull * i);
	}
	return (struct file *)(file & ~RING_FILE_BITS);
}

/*
 * Names in a request to io_uring: a pointer, from 7.0 inside a struct that says that it is not looked
 * up yet. The attribute's name: in struct xattr_ctx, from 6.13 kernel_xattr_ctx.
 */
struct delayed_filename___late {
	struct filename *__incomplete_filename;
} CORE;
#define REQUEST_NAME(of, member)                                                  \
	struct of##___##member##_now {                                            \
		struct filename *member;                                          \
	} CORE;                                                                   \
	struct of##___##member##_late {                                           \
		struct delayed_filename___late member;                            \
	} CORE;                                                                   \
	static __always_inline u64 read_##of##_##member(void *req)                \
	{                                                                         \
		struct of##___##member##_now *now = req;                          \
		struct of##___##member##_late *late = req;                        \
		struct filename *name;                                            \
                                                                                  \
		if (bpf_core_field_exists(now->member))                           \
			name = BPF_CORE_READ(now, member);                        \
		else                                                              \
			name = BPF_CORE_READ(late, member.__incomplete_filename); \
		return (u64)BPF_CORE_READ(name, name);                            \
	}
REQUEST_NAME(io_open, filename)
REQUEST_NAME(io_unlink, filename)
REQUEST_NAME(io_mkdir, filename)
REQUEST_NAME(io_xattr, filename)
REQUEST_NAME(io_rename, oldpath)
REQUEST_NAME(io_rename, newpath)
REQUEST_NAME(io_link, oldpath)
REQUEST_NAME(io_link, newpath)

/* The new size in a request to truncate, which there is from 6.9 on. */
struct io_ftrunc___new {
	s64 len;
} CORE;

static __always_inline u64 read_io_ftrunc_len(void *req)
{
	struct io_ftrunc___new *truncate = req;

	if (!bpf_core_field_exists(truncate->len))
		return 0;
	return BPF_CORE_READ(truncate, len);
}

struct xattr_ctx___old {
	struct xattr_name *kname;
} CORE;
struct kernel_xattr_ctx___new {
	struct xattr_name *kname;
} CORE;
struct io_xattr___old {
	struct xattr_ctx___old ctx;
} CORE;
struct io_xattr___new {
	struct kernel_xattr_ctx___new ctx;
} CORE;

static __always_inline u64 read_xattr_name(void *req)
{
	struct io_xattr___old *old = req;
	struct io_xattr___new *new = req;

	if (bpf_core_field_exists(new->ctx.kname))
		return (u64)BPF_CORE_READ(new, ctx.kname);
	return (u64)BPF_CORE_READ(old, ctx.kname);
}

/* Without CONFIG_AUDIT there is no login uid; it reads as unset then. */
static __always_inline u32 read_login_uid(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->loginuid))
		return 0xffffffff;
	return task->loginuid.val;
}

static __always_inline u32 read_session_id(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->sessionid))
		return 0xffffffff;
	return task->sessionid;
}

/* vsock may be a module, whose types are elsewhere: asked for before they are used. */
struct sockaddr_vm___peer {
	u32 svm_port;
	u32 svm_cid;
} CORE;
struct vsock_sock___peer {
	struct sockaddr_vm___peer remote_addr;
} CORE;
#define VSOCK_CID_ANY 0xffffffff

#endif
