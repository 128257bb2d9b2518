/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rings.bpf.h: who may put requests into a ring of which a thread of the kernel takes them (SQPOLL).
 *
 * That thread is its maker's, and what it does is told as such. But a request is nothing but bytes in
 * memory that everybody can write who has the ring's descriptor or has mapped it, and no call says who
 * wrote them. So what such threads do is the maker's only as long as nobody outside of the maker's
 * boundary can have got there:
 *
 *  - Processes that came from one that has such a ring are one family with it, by a number in the state
 *    of their leaders. It is there before the first ring is: from the birth of the kernel's thread, which
 *    comes before the descriptor (io_uring_create() in io_uring/io_uring.c, 5.12 to 7.0).
 *  - An exec takes the mappings away; who has no ring's descriptor open behind it leaves the family.
 *  - Where one of the family crosses into another boundary, the rings of all are shared: for good.
 *  - So are those of a process out of which a descriptor of a ring was taken (pidfd_getfd).
 *  - Rings that are not of a known family (older than the sensor) count as shared.
 *
 * Sockets carry no rings (since 6.7, 6.6.7, 6.1.68 and so on: 705318a99a13); where they do, which collect
 * tries out, every such ring counts as shared. A ring attached to another one's thread (ATTACH_WQ) is of
 * the same process (io_attach_sq_data() in io_uring/sqpoll.c compares task_tgid, since 5.12).
 * Who enters a ring by a call is in that call, and needs none of this.
 * Misses: a descriptor that is put into another process by SECCOMP_IOCTL_NOTIF_ADDFD or by binder; and a
 * child whose fork was skipped (7.0 and later, kernel_count_skipped() in collect) or had no room for its
 * state, when its parent has ended or left the family before the child's first act that is looked at.
 */
#ifndef WHODID_BPF_RINGS_H
#define WHODID_BPF_RINGS_H

#include "task.bpf.h"

/* The family's number in the state of the process's leader. NULL = that has no state. */
static __always_inline u64 *family_of(struct task_struct *task)
{
	struct task_state *st = bpf_task_storage_get(&tasks, task->group_leader, 0, 0);

	return st ? &st->family : 0;
}

/*
 * From now on every ring of that family, or of the process that began then, may be used by anybody; 0 = of
 * none. Returns 0.
 */
int share_rings(u64 family);

/* A child is born, and its state is a copy of what forked it: which rings it can get at. */
static __always_inline void follow_rings(struct task_struct *parent, struct task_struct *child,
					 struct task_state *st, u64 clone_flags)
{
	bool thread = clone_flags & CLONE_THREAD;
	bool kernels = child->flags & PF_IO_WORKER && !(parent->flags & PF_IO_WORKER);
	/* what the one will open, or map, the other has */
	bool tied = !thread && (clone_flags & CLONE_FILES ||
				(clone_flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM);
	u64 *family = family_of(parent);

	st->family = 0;
	if (!family)
		return;
	if (kernels || tied)
		__sync_val_compare_and_swap(family, 0, bpf_ktime_get_boot_ns());
	st->family = *family;
}

/* The process has crossed into another boundary, and its rings with it. */
static __always_inline void cross_with_rings(struct task_struct *task)
{
	u64 *family = family_of(task);

	if (family)
		share_rings(*family);
}

/*
 * Whether a task of that family, by its address, works for rings and does what anybody may have asked for:
 * TASK_SHARED_RING or 0. For programs to which a task is no more than that.
 */
u32 ring_flags_at(u64 task, u64 family);
/* The same of current, a thread of the kernel's, into its state. Returns 0. */
int rings_on_act(void);
/* Current has executed something; other: not by its leader, which knows the family. Returns 0. */
int rings_on_exec(u32 other);
/* A descriptor was taken out of another process. Returns 0. */
int rings_on_getfd(s32 fd);

#endif
