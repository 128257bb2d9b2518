// SPDX-License-Identifier: GPL-2.0-only
/*
 * cred.bpf.c: calls by which a task comes to may more than before, or to be elsewhere.
 *
 * Told: the effective user id becomes root's by a call while the real one is another (root that
 * takes its own rights back is no news); capset that makes capabilities effective; namespaces made
 * and entered. Refused attempts at the first and the last too. What an exec gives (setuid files)
 * stands in the exec's own record. Not seen: group ids, ambient and inheritable capabilities.
 */
#include "session.bpf.h"
#include "syscalls.bpf.h"
#include "net.bpf.h"
#include "cred.bpf.h"
#include <bpf/bpf_tracing.h>

#define UID_SAME 0xffffffff

struct change {
	u32 kind, op; /* kind 0 = nothing to tell */
	u32 to_uid, ns_inum;
	u64 gained, ns_flags;
	long result;
};

/* euid is what the call asked for. */
static __always_inline void read_become(struct task_struct *task, struct task_state *st, u32 op,
					u32 euid, long ret, struct change *x)
{
	u32 now = task->real_cred->euid.val;

	if (st->cred_euid == 0 || st->cred_uid == 0)
		return;
	/* root of a user namespace is whoever it is outside: what counts is the id of the initial one */
	if (ret == 0 ? now != 0 : euid != 0 || ret != -EPERM)
		return;
	x->kind = RECORD_CRED_BECOME;
	x->op = op;
	x->to_uid = 0;
}

static __always_inline void read_capset(struct task_struct *task, struct task_state *st, long ret,
					struct change *x)
{
	u64 now = 0;

	bpf_core_read(&now, sizeof(now), &task->real_cred->cap_effective);
	x->gained = now & ~st->cred_caps;
	if (ret || !x->gained)
		return;
	x->kind = RECORD_CRED_CAPABILITY;
	x->op = CRED_OP_CAPSET;
}

static __always_inline void read_namespace(u32 op, u64 flags, struct change *x)
{
	x->ns_flags = flags & (NEW_NAMESPACES | CLONE_NEWTIME);
	if (!x->ns_flags)
		return;
	x->kind = RECORD_NAMESPACE;
	x->op = op;
}

/* setns(fd, type): type 0 stands for whatever the file is; a pidfd needs one. */
static __always_inline void read_setns(struct task_struct *task, s32 fd, u64 type, struct change *x)
{
	struct file *file = read_fd(task, fd);
	void *ns;

	if (file && BPF_CORE_READ(file, f_inode, i_sb, s_magic) == NSFS_MAGIC) {
		ns = BPF_CORE_READ(file, f_inode, i_private);
		x->ns_inum = BPF_CORE_READ(file, f_inode, i_ino);
		type = read_ns_type(ns);
	}
	read_namespace(CRED_OP_SETNS, type, x);
}

static __noinline int read_change(struct task_struct *task, struct task_state *st, const u64 *args,
				  u32 class, struct change *x)
{
	long ret = x->result;

	switch (class) {
	case SYS_SETUID:
		read_become(task, st, CRED_OP_SETUID, args[0], ret, x);
		break;
	case SYS_SETREUID:
		read_become(task, st, CRED_OP_SETREUID, args[1], ret, x);
		break;
	case SYS_SETRESUID:
		read_become(task, st, CRED_OP_SETRESUID, args[1], ret, x);
		break;
	case SYS_CAPSET:
		read_capset(task, st, ret, x);
		break;
	case SYS_UNSHARE:
		read_namespace(CRED_OP_UNSHARE, args[0], x);
		break;
	case SYS_SETNS:
		read_setns(task, args[0], args[1], x);
		break;
	case SYS_CLONE:
	case SYS_CLONE3:
		read_namespace(CRED_OP_CLONE, clone_flags(class, args[0]), x);
		break;
	}
	return 0;
}

static __always_inline void emit_change(struct task_struct *task, struct task_state *st,
					const struct change *x, u32 ia32)
{
	struct slot *s = slot_claim(x->kind);
	struct record_cred *r;

	if (!s)
		return;
	r = slot_begin(s, struct record_cred);
	if (ia32)
		s->flags |= RECORD_IA32;
	fill_task(&r->task);
	r->caps_gained = x->kind == RECORD_CRED_CAPABILITY ? x->gained : 0;
	bpf_core_read(&r->caps_effective, sizeof(u64), &task->real_cred->cap_effective);
	r->ns_flags = x->ns_flags;
	r->ns_inum = x->ns_inum;
	r->op = x->op;
	r->from_uid = st->cred_uid;
	r->to_uid = x->to_uid;
	r->result = x->result < 0 ? x->result : 0;
	slot_submit(s, x->kind);
	slot_release(s);
}

int cred_on_call(u32 class_and_ia32, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct change x = {.result = ret};
	u64 args[6] = {};

	if (!st)
		return 0;
	read_current_args(args, class_and_ia32);
	read_change(task, st, args, class_and_ia32 & 0xff, &x);
	if (x.kind)
		emit_change(task, st, &x, class_and_ia32 & 0x100);
	note_credentials(task, st);
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
