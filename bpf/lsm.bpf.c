// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm.bpf.c: hooks inside calls, where the kernel asks its security modules: it has looked up what
 * the caller named, and goes on with these very objects, so nobody can exchange the name any more.
 *
 * Each is there twice, as a program of the BPF security module (lsm/X: needs bpf in the boot's list of
 * modules, is never skipped) and as fentry/security_X (needs neither, but the kernel skips a run where
 * another one of the same program was preempted on the CPU). collect loads one of the two, or none.
 * They begin records and never refuse anything; the end of the call completes them (hold.bpf.h), so a
 * call that fails before it gets here, or that another module refuses first, still has its record, with
 * the caller's string for a path. All of these hooks exist since before 5.10 (path_* with
 * CONFIG_SECURITY_PATH).
 *
 * Not here, because the tracepoints are as good: fork, exec and exit, and whatever is about a
 * descriptor or a socket. Not here either: calls that io_uring makes.
 */
#include "file.bpf.h"
#include "hold.bpf.h"
#include <bpf/bpf_tracing.h>

/* unlinkat(2) is one call for two operations. */
static __always_inline bool is_same_op(u32 of_call, u32 op)
{
	return of_call == op || (of_call == FILE_OP_UNLINK && op == FILE_OP_RMDIR);
}

/* A slot for the call. What the thread holds is of an earlier one, whatever its arguments were. */
static __noinline struct slot *claim_for_call(struct task_struct *task, struct task_state *st,
					      const u64 *args, u32 class_and_ia32)
{
	struct slot *s;

	if (!st || !args)
		return 0;
	s = held_slot(task, st);
	if (s)
		hold_tell(s);
	if (!s)
		s = hold_claim(task);
	if (!s)
		return 0;
	s->held_for = class_and_ia32;
	__builtin_memcpy(s->args, args, sizeof(u64) * 6);
	st->held = s->id + 1;
	return s;
}

/*
 * Begins the record of the call that current is in: its slot's index and 1, or 0. Only where the call
 * is about that operation: an open that truncates and a socket that is bound come by here as well.
 */
shared_sub int inside_begin(u32 op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct record_file *r;
	struct task_state *st;
	bool ia32 = false;
	struct slot *s;
	u64 args[6];
	u32 class;

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER) || is_sensor(task))
		return 0;
	class = classify(task, regs, read_syscall_number(regs), &ia32);
	if (class < SYS_FIRST_PATH_OP || !is_same_op(file_op_of_call(class), op))
		return 0;
	st = current_state(task);
	if (!st)
		return 0;
	read_args(args, regs, ia32);
	s = claim_for_call(task, st, args, class | (ia32 ? 0x100 : 0));
	if (!s)
		return 0;
	s->flags = ia32 ? RECORD_IA32 : 0;
	r = slot_begin(s, struct record_file);
	fill_current(s->id);
	r->count = 1;
	r->mnt_inum = foreign_mnt_inum();
	r->op = op;
	r->new_uid = r->new_gid = 0xffffffff;
	return s->id + 1;
}

/* Names that are about to be made have no inode yet, and are no deleted ones for that. */
static __always_inline void take_path(struct slot *s, struct vfsmount *mnt, struct dentry *dentry,
				      struct record_text *out)
{
	struct record_text t = {};

	slot_path(s, mnt, dentry, &t);
	((struct record_file *)s->data)->mnt_inum = walk_place(s->id);
	s->flags &= ~RECORD_PATH_DELETED;
	*out = t;
}

static __always_inline void take_inode(struct record_file *r, struct dentry *dentry)
{
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);

	if (!inode)
		return;
	r->inode = BPF_CORE_READ(inode, i_ino);
	r->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	if (r->op != FILE_OP_CHMOD) /* there it is the new one */
		r->mode = BPF_CORE_READ(inode, i_mode);
}

static __always_inline void take_text(struct slot *s, const char *text, struct record_text *out)
{
	u32 at = s->len;
	long n;

	hide(at);
	if (!text || at > SLOT_DATA)
		return;
	n = bpf_probe_read_kernel_str(&s->data[at], EVENT_PATH_MAX + 1, text);
	if (n > 1)
		*out = slot_took(s, n - 1);
}

/* One object, and with a second dentry another one. */
shared_sub int inside_paths(u32 slot, u64 mnt, u64 dentry, u64 mnt2, u64 dentry2)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct record_file *r;

	if (!s)
		return 0;
	r = (struct record_file *)s->data;
	take_inode(r, (struct dentry *)dentry);
	take_path(s, (struct vfsmount *)mnt, (struct dentry *)dentry, &r->path);
	if (dentry2)
		take_path(s, (struct vfsmount *)mnt2, (struct dentry *)dentry2, &r->path2);
	return 0;
}

/* A text that the kernel has copied, the place that it is put to, and for mounts the type. */
shared_sub int inside_text(u32 slot, u64 text, u64 mnt, u64 dentry, u64 type)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct record_file *r;

	if (!s)
		return 0;
	r = (struct record_file *)s->data;
	take_text(s, (const char *)text, &r->path);
	take_path(s, (struct vfsmount *)mnt, (struct dentry *)dentry, &r->path2);
	take_text(s, (const char *)type, &r->base);
	return 0;
}

/*
 * Argument n of the hook, as a number: the functions above are verified by themselves and take nothing
 * else, and the verifier sees to it that a pointer stays one.
 */
static __always_inline u64 argument(const u64 *ctx, u32 n)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx + n);
	return value;
}

static __always_inline u64 mount_in(u64 path)
{
	return (u64)BPF_CORE_READ((struct path *)path, mnt);
}

static __always_inline u64 dentry_in(u64 path)
{
	return (u64)BPF_CORE_READ((struct path *)path, dentry);
}

static __always_inline u64 root_of(u64 mnt)
{
	return (u64)BPF_CORE_READ((struct vfsmount *)mnt, mnt_root);
}

/* The call is what it seems, and its record begun: then what it is about. */
#define INSIDE(hook, op, what)                             \
	static __always_inline int on_##hook(u64 *ctx)     \
	{                                                  \
		int slot = inside_begin(FILE_OP_##op) - 1; \
                                                           \
		if (slot >= 0)                             \
			what;                              \
		return 0;                                  \
	}                                                  \
	SEC("?lsm/" #hook)                                 \
	int lsm_##hook(u64 *ctx)                           \
	{                                                  \
		return on_##hook(ctx);                     \
	}                                                  \
	SEC("?fentry/security_" #hook)                     \
	int fentry_##hook(u64 *ctx)                        \
	{                                                  \
		return on_##hook(ctx);                     \
	}
#define ARG(n)	     argument(ctx, n)
/* A path; the entry that comes behind its directory; two paths. */
#define ONE(at)	     inside_paths(slot, mount_in(ARG(at)), dentry_in(ARG(at)), 0, 0)
#define BENEATH(dir) inside_paths(slot, mount_in(ARG(dir)), ARG((dir) + 1), 0, 0)
#define TWO(a, b) \
	inside_paths(slot, mount_in(ARG(a)), dentry_in(ARG(a)), mount_in(ARG(b)), dentry_in(ARG(b)))

INSIDE(path_unlink, UNLINK, BENEATH(0))	    /* dir, dentry */
INSIDE(path_rmdir, RMDIR, BENEATH(0))	    /* dir, dentry */
INSIDE(path_mkdir, MKDIR, BENEATH(0))	    /* dir, dentry, mode */
INSIDE(path_mknod, MKNOD, BENEATH(0))	    /* dir, dentry, mode, device */
INSIDE(path_chmod, CHMOD, ONE(0))	    /* path, mode */
INSIDE(path_chown, CHOWN, ONE(0))	    /* path, uid, gid */
INSIDE(path_truncate, TRUNCATE, ONE(0))	    /* path */
INSIDE(move_mount, MOVE_MOUNT, TWO(0, 1))   /* from, to */
INSIDE(sb_pivotroot, PIVOT_ROOT, TWO(1, 0)) /* where the old root goes, the new one */
/* dir, dentry, new dir, new dentry */
INSIDE(path_rename, RENAME, inside_paths(slot, mount_in(ARG(0)), ARG(1), mount_in(ARG(2)), ARG(3)))
/* dentry, new dir, new dentry: both names are on one mount, or the call has failed before */
INSIDE(path_link, LINK, inside_paths(slot, mount_in(ARG(1)), ARG(0), mount_in(ARG(1)), ARG(2)))
/* dir, dentry, text */
INSIDE(path_symlink, SYMLINK, inside_text(slot, ARG(2), mount_in(ARG(0)), ARG(1), 0))
/* source, path, type */
INSIDE(sb_mount, MOUNT, inside_text(slot, ARG(0), mount_in(ARG(1)), dentry_in(ARG(1)), ARG(2)))
/* mount */
INSIDE(sb_umount, UMOUNT, inside_paths(slot, ARG(0), root_of(ARG(0)), 0, 0))

char LICENSE[] __weak SEC("license") = "GPL";
