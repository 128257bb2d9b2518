/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hold.bpf.h: a record that a hook inside a call begins, and the end of the call completes.
 *
 * The hook has the kernel's own objects, the end has the result. Between them the task may sleep, so
 * the record waits in a slot that the thread holds (task_state.held). A record whose end does not
 * come, because the kernel skipped the program there, is told without a result: at the thread's next
 * hook inside a call, at the end of its next call that is looked at, or when it exits. A call with the
 * same arguments is another one all the same: who passes the hook again leaves what was held behind.
 * (The kernel repeats a call's hook by itself where a file server takes back a delegation, or a handle
 * has become stale; such an attempt is told, without a result.) What remains: the end is skipped, and the
 * thread's very next call is the same by its arguments and fails before its hook. Its error is then told
 * of the first. Where all slots are held, the end makes do with the caller's string.
 */
#ifndef WHODID_BPF_HOLD_H
#define WHODID_BPF_HOLD_H

#include "session.bpf.h"
#include "syscalls.bpf.h"

#define HOLD_PROBES 8
/* A slot that has been held for longer was left behind, or its call hangs: the next one may have it. */
#define HOLD_MAX_NS 60000000000ull

/* The kind of record that an operation inside a call makes. */
static __always_inline u32 kind_of_op(u32 op)
{
	switch (op) {
	case FILE_OP_UNLINK:
	case FILE_OP_RMDIR:
		return RECORD_FILE_DELETE;
	case FILE_OP_RENAME:
		return RECORD_FILE_RENAME;
	case FILE_OP_LINK:
	case FILE_OP_SYMLINK:
		return RECORD_FILE_LINK;
	case FILE_OP_CHMOD:
	case FILE_OP_CHOWN:
		return RECORD_FILE_CHMOD;
	case FILE_OP_TRUNCATE:
		return RECORD_FILE_WRITE;
	case FILE_OP_MKDIR:
	case FILE_OP_MKNOD:
		return RECORD_FILE_CREATE;
	}
	return RECORD_FILE_MOUNT;
}

static_sub struct slot *hold_claim(struct task_struct *task)
{
	u64 now = bpf_ktime_get_boot_ns();
	u32 tid = task->pid, busy;
	struct slot *s;

	for (u32 k = 0; k < HOLD_PROBES; k++) {
		u32 i = (tid + k) & (SLOTS_HELD - 1);

		s = bpf_map_lookup_elem(&slots, &i);
		if (!s)
			return 0;
		busy = s->busy;
		if (busy && now - s->held_ns < HOLD_MAX_NS)
			continue;
		s->held_ns = now; /* before anybody can see the slot as ours */
		if (__sync_val_compare_and_swap(&s->busy, busy, tid) != busy)
			continue;
		s->id = i;
		return s;
	}
	return 0;
}

/* What the thread holds, or NULL. */
static __always_inline struct slot *held_slot(struct task_struct *task, struct task_state *st)
{
	u32 i = st->held - 1;
	struct slot *s;

	if (!st->held)
		return 0;
	s = bpf_map_lookup_elem(&slots, &i);
	if (s && s->busy == (u32)task->pid)
		return s;
	st->held = 0; /* it took too long, and somebody else has it */
	return 0;
}

static __always_inline void hold_release(struct slot *s, struct task_state *st)
{
	st->held = 0;
	slot_release(s);
}

/* Whether the slot's record was begun inside the call that current is in or at the end of. */
static __always_inline bool is_of_call(const struct slot *s, const u64 *args, u32 class_and_ia32)
{
	return s->held_for == class_and_ia32 && s->args[0] == args[0] && s->args[1] == args[1] &&
	       s->args[2] == args[2] && s->args[3] == args[3];
}

/* The end of its call was skipped: what is known is told. The slot stays claimed. */
static_sub int hold_tell(struct slot *s)
{
	struct record_file *r;
	u32 kind;

	if (!s)
		return 0;
	r = (struct record_file *)s->data;
	kind = kind_of_op(r->op);
	s->flags |= RECORD_NO_RESULT;
	slot_submit(s, kind);
	return 0;
}

/* The thread, whose state that is, is about to go, or the call was no act. */
static __always_inline void hold_drop_of(struct task_struct *task, struct task_state *st, bool tell)
{
	struct slot *s;

	if (!cfg_inside)
		return;
	s = held_slot(task, st);
	if (!s)
		return;
	if (tell)
		hold_tell(s);
	hold_release(s, st);
}

static __always_inline void hold_drop(struct task_struct *task, bool tell)
{
	struct task_state *st;

	if (!cfg_inside)
		return;
	st = bpf_task_storage_get(&tasks, task, 0, 0);
	if (st)
		hold_drop_of(task, st, tell);
}

#endif
