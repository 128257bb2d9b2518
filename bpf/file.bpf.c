// SPDX-License-Identifier: GPL-2.0-only
/*
 * file.bpf.c: calls that change names, modes, owners and sizes, and mounts.
 *
 * Seen at the end of the call. Of a call by descriptor the object is known. Of one by path, either a
 * hook inside the call has begun the record with the kernel's objects (lsm.bpf.c), or only the caller's
 * string is left (RECORD_USER_PATH): a second thread may have changed it since the kernel used it.
 */
#include "file.bpf.h"
#include "hold.bpf.h"

/* What a call of this class means. Numbers are arguments: 6 reads as 0 (absent), 7 as AT_FDCWD. */
#define ABSENT 6
#define CWD    7
enum op_extra {
	EXTRA_NONE,
	EXTRA_MODE,
	EXTRA_OWNER,
	EXTRA_OWNER16,
	EXTRA_SIZE,
	EXTRA_SIZE64,
	EXTRA_FLAGS,
	EXTRA_MOUNT, /* arg: type, arg + 1: flags */
	EXTRA_UMOUNT,
	EXTRA_XATTR, /* arg: its name */
};
struct path_op {
	u8 kind, op;
	u8 dir, path;	/* dir of an operation by descriptor: the descriptor */
	u8 dir2, path2; /* the new name, where there are two */
	u8 extra, arg;	/* what else to read, from which argument on */
};

#define PATH_OPS 64 /* a power of two: the verifier wants a mask */
_Static_assert(SYS_CLASSES - SYS_FIRST_PATH_OP <= PATH_OPS, "path_ops");
#define ROW(class) [SYS_##class - SYS_FIRST_PATH_OP]
#define NO_SECOND  ABSENT, ABSENT
static const struct path_op path_ops[PATH_OPS] = {
	/* clang-format off */
	ROW(UNLINK)      = { RECORD_FILE_DELETE, FILE_OP_UNLINK, CWD, 0, NO_SECOND, EXTRA_NONE, 0 },
	ROW(UNLINKAT)    = { RECORD_FILE_DELETE, FILE_OP_UNLINK, 0, 1, NO_SECOND, EXTRA_FLAGS, 2 },
	ROW(RMDIR)       = { RECORD_FILE_DELETE, FILE_OP_RMDIR, CWD, 0, NO_SECOND, EXTRA_NONE, 0 },
	ROW(RENAME)      = { RECORD_FILE_RENAME, FILE_OP_RENAME, CWD, 0, CWD, 1, EXTRA_NONE, 0 },
	ROW(RENAMEAT)    = { RECORD_FILE_RENAME, FILE_OP_RENAME, 0, 1, 2, 3, EXTRA_NONE, 0 },
	ROW(LINK)        = { RECORD_FILE_LINK, FILE_OP_LINK, CWD, 0, CWD, 1, EXTRA_NONE, 0 },
	ROW(LINKAT)      = { RECORD_FILE_LINK, FILE_OP_LINK, 0, 1, 2, 3, EXTRA_NONE, 0 },
	ROW(SYMLINK)     = { RECORD_FILE_LINK, FILE_OP_SYMLINK, ABSENT, 0, CWD, 1, EXTRA_NONE, 0 },
	ROW(SYMLINKAT)   = { RECORD_FILE_LINK, FILE_OP_SYMLINK, ABSENT, 0, 1, 2, EXTRA_NONE, 0 },
	ROW(MKDIR)       = { RECORD_FILE_CREATE, FILE_OP_MKDIR, CWD, 0, NO_SECOND, EXTRA_MODE, 1 },
	ROW(MKDIRAT)     = { RECORD_FILE_CREATE, FILE_OP_MKDIR, 0, 1, NO_SECOND, EXTRA_MODE, 2 },
	ROW(MKNOD)       = { RECORD_FILE_CREATE, FILE_OP_MKNOD, CWD, 0, NO_SECOND, EXTRA_MODE, 1 },
	ROW(MKNODAT)     = { RECORD_FILE_CREATE, FILE_OP_MKNOD, 0, 1, NO_SECOND, EXTRA_MODE, 2 },
	ROW(CHMOD)       = { RECORD_FILE_CHMOD, FILE_OP_CHMOD, CWD, 0, NO_SECOND, EXTRA_MODE, 1 },
	ROW(FCHMODAT)    = { RECORD_FILE_CHMOD, FILE_OP_CHMOD, 0, 1, NO_SECOND, EXTRA_MODE, 2 },
	ROW(CHOWN)       = { RECORD_FILE_CHMOD, FILE_OP_CHOWN, CWD, 0, NO_SECOND, EXTRA_OWNER, 1 },
	ROW(CHOWN16)     = { RECORD_FILE_CHMOD, FILE_OP_CHOWN, CWD, 0, NO_SECOND, EXTRA_OWNER16, 1 },
	ROW(FCHOWNAT)    = { RECORD_FILE_CHMOD, FILE_OP_CHOWN, 0, 1, NO_SECOND, EXTRA_OWNER, 2 },
	ROW(TRUNCATE)    = { RECORD_FILE_WRITE, FILE_OP_TRUNCATE, CWD, 0, NO_SECOND, EXTRA_SIZE, 1 },
	ROW(TRUNCATE64)  = { RECORD_FILE_WRITE, FILE_OP_TRUNCATE, CWD, 0, NO_SECOND, EXTRA_SIZE64, 1 },
	ROW(FCHMOD)      = { RECORD_FILE_CHMOD, FILE_OP_CHMOD, 0, ABSENT, NO_SECOND, EXTRA_MODE, 1 },
	ROW(FCHOWN)      = { RECORD_FILE_CHMOD, FILE_OP_CHOWN, 0, ABSENT, NO_SECOND, EXTRA_OWNER, 1 },
	ROW(FCHOWN16)    = { RECORD_FILE_CHMOD, FILE_OP_CHOWN, 0, ABSENT, NO_SECOND, EXTRA_OWNER16, 1 },
	ROW(FTRUNCATE)   = { RECORD_FILE_WRITE, FILE_OP_TRUNCATE, 0, ABSENT, NO_SECOND, EXTRA_SIZE, 1 },
	ROW(FTRUNCATE64) = { RECORD_FILE_WRITE, FILE_OP_TRUNCATE, 0, ABSENT, NO_SECOND, EXTRA_SIZE64, 1 },
	ROW(MOUNT)       = { RECORD_FILE_MOUNT, FILE_OP_MOUNT, ABSENT, 0, CWD, 1, EXTRA_MOUNT, 2 },
	ROW(MOVE_MOUNT)  = { RECORD_FILE_MOUNT, FILE_OP_MOVE_MOUNT, 0, 1, 2, 3, EXTRA_NONE, 0 },
	ROW(UMOUNT)      = { RECORD_FILE_MOUNT, FILE_OP_UMOUNT, CWD, 0, NO_SECOND, EXTRA_NONE, 0 },
	ROW(UMOUNT2)     = { RECORD_FILE_MOUNT, FILE_OP_UMOUNT, CWD, 0, NO_SECOND, EXTRA_UMOUNT, 1 },
	ROW(PIVOT_ROOT)  = { RECORD_FILE_MOUNT, FILE_OP_PIVOT_ROOT, ABSENT, 0, ABSENT, 1, EXTRA_NONE, 0 },
	ROW(MOUNT_SETATTR) = { RECORD_FILE_MOUNT, FILE_OP_MOUNT_SETATTR, 0, 1, NO_SECOND, EXTRA_NONE, 0 },
	ROW(SETXATTR)    = { RECORD_FILE_CHMOD, FILE_OP_SETXATTR, CWD, 0, NO_SECOND, EXTRA_XATTR, 1 },
	ROW(SETXATTRAT)  = { RECORD_FILE_CHMOD, FILE_OP_SETXATTR, 0, 1, NO_SECOND, EXTRA_XATTR, 3 },
	ROW(FSETXATTR)   = { RECORD_FILE_CHMOD, FILE_OP_SETXATTR, 0, ABSENT, NO_SECOND, EXTRA_XATTR, 1 },
	ROW(REMOVEXATTR) = { RECORD_FILE_CHMOD, FILE_OP_REMOVEXATTR, CWD, 0, NO_SECOND, EXTRA_XATTR, 1 },
	ROW(REMOVEXATTRAT) = { RECORD_FILE_CHMOD, FILE_OP_REMOVEXATTR, 0, 1, NO_SECOND, EXTRA_XATTR, 3 },
	ROW(FREMOVEXATTR) = { RECORD_FILE_CHMOD, FILE_OP_REMOVEXATTR, 0, ABSENT, NO_SECOND, EXTRA_XATTR, 1 },
	/* clang-format on */
};

static __always_inline u32 owner16(u64 id)
{
	return (u16)id == 0xffff ? 0xffffffff : (u16)id;
}

static __always_inline void take_extra(struct record_file *r, const struct path_op *op,
				       const u64 *args)
{
	u64 a = args[op->arg & 7], b = args[(op->arg + 1) & 7];

	switch (op->extra) {
	case EXTRA_MODE:
		r->mode = a & 0177777;
		if (op->op == FILE_OP_MKDIR)
			r->mode |= S_IFDIR;
		break;
	case EXTRA_OWNER:
		r->new_uid = a;
		r->new_gid = b;
		break;
	case EXTRA_OWNER16:
		r->new_uid = owner16(a);
		r->new_gid = owner16(b);
		break;
	case EXTRA_SIZE:
		r->size = a;
		break;
	case EXTRA_SIZE64:
		r->size = (b << 32) | (u32)a;
		break;
	case EXTRA_FLAGS:
		if (a & AT_REMOVEDIR)
			r->op = FILE_OP_RMDIR;
		break;
	case EXTRA_MOUNT:
		r->open_flags = b;
		break;
	case EXTRA_UMOUNT:
		r->open_flags = a;
		break;
	}
}

static __always_inline void take_paths(struct slot *s, struct record_file *r,
				       const struct path_op *op)
{
	u64 path = s->args[op->path & 7], path2 = s->args[op->path2 & 7];

	if (op->dir != ABSENT)
		take_pair(s, path, s->args[op->dir & 7], &r->path, &r->base);
	else if (path) /* the text of a link, the source of a mount: no path that starts anywhere */
		slot_user_path(s, path, &r->path);
	if (op->extra == EXTRA_MOUNT && s->args[op->arg & 7])
		slot_user_path(s, s->args[op->arg & 7], &r->base);
	if (op->path2 == ABSENT)
		return;
	if (op->dir2 != ABSENT)
		take_pair(s, path2, s->args[op->dir2 & 7], &r->path2, &r->base2);
	else
		slot_user_path(s, path2, &r->path2);
}

int file_op_of_call(u32 class)
{
	u32 row = class - SYS_FIRST_PATH_OP;

	mask(row, PATH_OPS);
	return path_ops[row].op;
}

/* The record that a hook inside this call has begun, or NULL. One of an earlier call is told. */
static __always_inline struct slot *take_held(struct task_struct *task, const u64 *args,
					      u32 class_and_ia32)
{
	struct task_state *st;
	struct slot *s;

	if (!cfg_inside)
		return 0;
	st = bpf_task_storage_get(&tasks, task, 0, 0);
	s = st ? held_slot(task, st) : 0;
	if (!s)
		return 0;
	st->held = 0;
	if (is_of_call(s, args, class_and_ia32))
		return s;
	hold_tell(s);
	slot_release(s);
	return 0;
}

/* A record from what the call's arguments say. */
static __noinline struct slot *begin_by_arguments(struct task_struct *task,
						  const struct path_op *op, u32 class_and_ia32)
{
	struct record_file *r;
	struct slot *s = slot_claim(op->kind);

	if (!s)
		return 0;
	r = slot_begin(s, struct record_file);
	if (class_and_ia32 & 0x100)
		s->flags |= RECORD_IA32;
	read_args(s->args, (struct pt_regs *)bpf_task_pt_regs(task), class_and_ia32 & 0x100);
	s->args[ABSENT] = 0;
	s->args[CWD] = (u64)AT_FDCWD;
	fill_current(s->id);
	r->count = 1;
	r->mnt_inum = foreign_mnt_inum();
	r->op = op->op;
	r->new_uid = r->new_gid = 0xffffffff;
	if (op->path == ABSENT)
		take_object(s, r, read_fd(task, s->args[0]));
	else
		take_paths(s, r, op);
	if (r->mnt_inum && op->path != ABSENT) /* of where it starts */
		walk_place(s->id);
	if (op->extra == EXTRA_XATTR)
		slot_text(s, s->args[op->arg & 7], false, &r->path2);
	return s;
}

/* Verified once: current is the caller and has a state. */
int file_on_call(u32 class_and_ia32, s32 ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 row = (class_and_ia32 & 0xff) - SYS_FIRST_PATH_OP;
	const struct path_op *op;
	struct record_file *r;
	struct slot *s;
	u64 args[6];

	mask(row, PATH_OPS);
	op = &path_ops[row];
	read_args(args, (struct pt_regs *)bpf_task_pt_regs(task), class_and_ia32 & 0x100);
	s = take_held(task, args, class_and_ia32);
	if (!s)
		s = begin_by_arguments(task, op, class_and_ia32);
	if (!s)
		return 0;
	r = (struct record_file *)s->data;
	r->result = ret;
	take_extra(r, op, s->args);
	slot_submit(s, op->kind);
	slot_release(s);
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
