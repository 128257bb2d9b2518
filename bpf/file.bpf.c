// SPDX-License-Identifier: GPL-2.0-only
/*
 * file.bpf.c: opens, and calls that change names, modes, owners and sizes.
 *
 * One hook, sys_exit: the result is known there, and the object of an open is the struct file in
 * the descriptor table, whatever path was asked for. Of calls by path only the caller's string is
 * left (RECORD_USER_PATH): a second thread may have changed it since the kernel used it.
 * Not seen here: io_uring requests, descriptors that were passed or inherited.
 */
#include "session.bpf.h"
#include "syscalls.bpf.h"
#include "auth.bpf.h"
#include "net.bpf.h"
#include "cred.bpf.h"
#include "load.bpf.h"
#include <bpf/bpf_tracing.h>

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
	EXTRA_UMOUNT
};
struct path_op {
	u8 kind, op;
	u8 dir, path;	/* dir of an operation by descriptor: the descriptor */
	u8 dir2, path2; /* the new name, where there are two */
	u8 extra, arg;	/* what else to read, from which argument on */
};

#define PATH_OPS 32 /* a power of two: the verifier wants a mask */
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
	/* clang-format on */
};

/* Counts an act that the window has a record of already. */
static __noinline bool fold_act(struct fold_key *key)
{
	u32 zero = 0;
	void *window = bpf_map_lookup_elem(&fold, &zero);
	struct fold_count *n;
	struct cpu_counts *counts;
	u32 kind;
	u64 now;

	if (!window)
		return false;
	n = bpf_map_lookup_elem(window, key);
	if (!n)
		return false;
	now = bpf_ktime_get_boot_ns();
	add_u64(&n->count, 1);
	__sync_val_compare_and_swap(&n->first_ns, 0, now);
	n->last_ns = now;
	counts = counts_here();
	if (!counts)
		return true;
	kind = key->kind;
	mask(kind, RECORD_KIND_MAX);
	add_u64(&counts->c.folded[kind], 1);
	return true;
}

/* Only after the first record is in the ring: the window never counts what has no record. */
static __always_inline void fold_begin(struct fold_key *key, const struct record_header *first)
{
	u32 zero = 0;
	void *window = bpf_map_lookup_elem(&fold, &zero);
	struct fold_count none = {.seq = first->seq, .cpu = first->cpu};
	long err;

	if (!window)
		return;
	err = bpf_map_update_elem(window, key, &none, BPF_NOEXIST);
	if (err && err != -17 /* EEXIST: another CPU was as fast */)
		count_here(fold_full);
}

static __always_inline u32 kind_of_open(u32 fmode, u32 flags, u32 class)
{
	if (fmode & FMODE_CREATED || class == SYS_MEMFD || flags & O_TMPFILE_BIT)
		return RECORD_FILE_CREATE;
	return fmode & FMODE_WRITE ? RECORD_FILE_WRITE : RECORD_FILE_READ;
}

static __always_inline u32 kind_of_failed(u32 flags, u32 class)
{
	if (class == SYS_MEMFD || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return RECORD_FILE_CREATE;
	return flags & O_ACCMODE ? RECORD_FILE_WRITE : RECORD_FILE_READ;
}

/* O_* as the call gave them; struct file forgets O_CREAT, O_EXCL and O_TRUNC. */
static __always_inline u32 flags_of_call(const u64 *args, u32 class)
{
	u64 how = 0;

	switch (class) {
	case SYS_OPEN:
		return args[1];
	case SYS_OPENAT:
	case SYS_OPEN_HANDLE:
		return args[2];
	case SYS_CREAT:
		return O_CREAT | O_WRONLY | O_TRUNC;
	case SYS_OPENAT2:
		bpf_probe_read_user(&how, sizeof(how), (void *)args[2]);
		return how;
	}
	return 0;
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

/* An open that failed, or whose descriptor was closed by another thread before we looked. */
static __noinline int emit_open_by_name(struct task_struct *task, struct task_state *st,
					const u64 *args, u32 class_and_ia32, s32 ret)
{
	u32 class = class_and_ia32 & 0xff, flags = flags_of_call(args, class);
	u32 kind = kind_of_failed(flags, class);
	struct record_file *r;
	struct slot *s;

	if (flags & O_PATH)
		return 0;
	s = slot_claim(kind);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_file);
	if (class_and_ia32 & 0x100)
		s->flags |= RECORD_IA32;
	fill_current(s->id);
	r->count = 1;
	r->op = class == SYS_MEMFD ? FILE_OP_MEMFD : FILE_OP_OPEN;
	r->open_flags = flags;
	r->result = ret < 0 ? ret : 0;
	if (class == SYS_OPEN || class == SYS_CREAT)
		take_pair(s, args[0], AT_FDCWD, &r->path, &r->base);
	else if (class == SYS_OPENAT || class == SYS_OPENAT2)
		take_pair(s, args[1], args[0], &r->path, &r->base);
	else if (class == SYS_MEMFD)
		slot_user_path(s, args[0], &r->path);
	slot_submit(s, kind);
	slot_release(s);
	return 0;
}

static __always_inline bool has_no_name(struct inode *inode, u32 mode)
{
	u64 magic;

	if ((mode & S_IFMT) == S_IFREG || (mode & S_IFMT) == S_IFDIR)
		return false;
	magic = BPF_CORE_READ(inode, i_sb, s_magic);
	return magic == PIPEFS_MAGIC || magic == SOCKFS_MAGIC || magic == ANON_INODE_FS_MAGIC ||
	       (mode & S_IFMT) == S_IFSOCK;
}

static __noinline int on_opened(struct task_struct *task, struct task_state *st, struct file *file,
				const u64 *args, u32 class_and_ia32)
{
	u32 class = class_and_ia32 & 0xff;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	u32 fmode = BPF_CORE_READ(file, f_mode), mode = BPF_CORE_READ(inode, i_mode);
	u32 flags = BPF_CORE_READ(file, f_flags);
	struct fold_key key = {};
	struct record_file *r;
	struct slot *s;
	bool folds;

	if (fmode & FMODE_PATH || has_no_name(inode, mode))
		return 0;
	key.boundary = st->boundary;
	key.inode = BPF_CORE_READ(inode, i_ino);
	key.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	key.generation = BPF_CORE_READ(inode, i_generation);
	key.kind = kind_of_open(fmode, flags, class);
	folds = cfg_fold && key.kind != RECORD_FILE_CREATE; /* a file is made once */
	if (folds && fold_act(&key))
		return 0;
	s = slot_claim(key.kind);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_file);
	if (class_and_ia32 & 0x100)
		s->flags |= RECORD_IA32;
	fill_task(&r->task, task, st);
	r->dev = key.dev;
	r->inode = key.inode;
	r->count = 1;
	r->op = class == SYS_MEMFD ? FILE_OP_MEMFD : FILE_OP_OPEN;
	r->open_flags = flags | (flags_of_call(args, class) & (O_CREAT | O_EXCL | O_TRUNC));
	r->mode = mode;
	slot_file_path(s, file, &r->path);
	if (slot_submit(s, key.kind) && folds)
		fold_begin(&key, &r->header);
	slot_release(s);
	return 0;
}

static __always_inline int on_open(struct task_struct *task, struct task_state *st, const u64 *args,
				   u32 class_and_ia32, s32 ret)
{
	struct file *file;

	if (ret < 0)
		return emit_open_by_name(task, st, args, class_and_ia32, ret);
	file = read_fd(task, ret);
	if (!file) {
		count_here(path_faults);
		return emit_open_by_name(task, st, args, class_and_ia32, ret);
	}
	return on_opened(task, st, file, args, class_and_ia32);
}

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

/* The object of a call by descriptor: from the kernel, not from the caller. */
static __always_inline void take_object(struct slot *s, struct record_file *r,
					struct task_struct *task, s32 fd)
{
	struct file *file = read_fd(task, fd);
	struct exe_key id;

	if (!file)
		return;
	read_file_id(file, &id);
	r->dev = id.dev;
	r->inode = id.inode;
	if (r->op != FILE_OP_CHMOD)
		r->mode = BPF_CORE_READ(file, f_inode, i_mode);
	slot_file_path(s, file, &r->path);
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

static __noinline int on_path_op(struct task_struct *task, struct task_state *st,
				 struct pt_regs *regs, u32 class_and_ia32, s32 ret)
{
	u32 row = (class_and_ia32 & 0xff) - SYS_FIRST_PATH_OP;
	const struct path_op *op;
	struct record_file *r;
	struct slot *s;

	mask(row, PATH_OPS);
	op = &path_ops[row];
	s = slot_claim(op->kind);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_file);
	if (class_and_ia32 & 0x100)
		s->flags |= RECORD_IA32;
	read_args(s->args, regs, class_and_ia32 & 0x100);
	s->args[ABSENT] = 0;
	s->args[CWD] = (u64)AT_FDCWD;
	fill_current(s->id);
	r->count = 1;
	r->op = op->op;
	r->result = ret;
	r->new_uid = r->new_gid = 0xffffffff;
	take_extra(r, op, s->args);
	if (op->path == ABSENT)
		take_object(s, r, task, s->args[0]);
	else
		take_paths(s, r, op);
	slot_submit(s, op->kind);
	slot_release(s);
	return 0;
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

/* What somebody sends who logs people in. */
static __noinline int on_send_call(struct pt_regs *regs, u32 class, bool ia32)
{
	u32 a[3] = {};
	u64 args[6];

	read_args(args, regs, ia32);
	if (class == SYS_SENDMSG)
		return auth_on_sendmsg(args[0], args[1], ia32);
	if (class == SYS_SENDTO)
		return auth_on_send(args[0], args[1], args[2]);
	if (bpf_probe_read_user(a, sizeof(a), (void *)args[1]))
		return 0;
	return auth_on_send(a[0], a[1], a[2]);
}

/* Calls on sockets; 32-bit programs make them through socketcall(2), with arguments in memory. */
static __noinline int on_socket_call(struct pt_regs *regs, u32 class, bool ia32, s32 ret)
{
	u64 args[6];
	u32 a[2] = {};

	read_args(args, regs, ia32);
	if (class == SYS_LISTEN)
		return net_on_listen(args[0], ret);
	if (class == SYS_ACCEPT)
		return net_on_accept(ret);
	if (class == SYS_CONNECT)
		return net_on_connect(args[0], args[1], ret);
	if (args[0] == SOCKETCALL_SEND || args[0] == SOCKETCALL_SENDTO)
		return on_send_call(regs, class, ia32);
	if (bpf_probe_read_user(a, sizeof(a), (void *)args[1]))
		return 0;
	if (args[0] == SOCKETCALL_CONNECT)
		return net_on_connect(a[0], a[1], ret);
	if (args[0] == SOCKETCALL_LISTEN)
		return net_on_listen(a[0], ret);
	if (args[0] == SOCKETCALL_ACCEPT || args[0] == SOCKETCALL_ACCEPT4)
		return net_on_accept(ret);
	return 0;
}

/* Calls about files, verified once: current is the caller and has a state. */
shared_sub int on_file_call(u32 class_and_ia32, s32 ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	u64 args[6];

	if (!st)
		return 0;
	if ((class_and_ia32 & 0xff) >= SYS_FIRST_PATH_OP)
		return on_path_op(task, st, regs, class_and_ia32, ret);
	read_args(args, regs, class_and_ia32 & 0x100);
	return on_open(task, st, args, class_and_ia32, ret);
}

/* Calls of the other families. */
static __always_inline int on_other_call(u32 class_and_ia32, long ret)
{
	if ((class_and_ia32 & 0xff) >= SYS_MODULE)
		return load_on_call(class_and_ia32, ret);
	if ((class_and_ia32 & 0xff) >= SYS_SETUID)
		return cred_on_call(class_and_ia32, ret);
	return target_on_call(class_and_ia32, ret);
}

/* The end of a call that may be of interest. */
static __noinline int on_call(struct pt_regs *regs, u32 nr, s32 ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool ia32 = false;
	u32 class = classify(task, nr, &ia32);

	if (class == SYS_NONE || (is_send(class) && !sends_auth_log(task)) ||
	    is_plain_clone(regs, class, ia32, ret) || is_other_bpf(regs, class, ia32) ||
	    is_self(task))
		return 0;
	if (!is_socket_call(class) && is_no_act(ret))
		return 0;
	if (!current_state(task))
		return 0;
	if (is_send(class))
		return on_send_call(regs, class, ia32);
	if (is_socket_call(class))
		return on_socket_call(regs, class, ia32, ret);
	if (class >= SYS_FIRST_OTHER && class < SYS_FIRST_PATH_OP)
		return on_other_call(class | (ia32 ? 0x100 : 0), ret);
	return on_file_call(class | (ia32 ? 0x100 : 0), ret);
}

/*
 * sys_exit(regs, ret): every system call of every task passes here, also 32-bit ones, to which the
 * tracepoints per call are blind; so the way out for other calls must be short. All kernels.
 * Misses: what happens without a call (io_uring), the truth about user paths under a race.
 */
SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long ret)
{
	u32 nr = read_syscall_number(regs);

	if (!is_interesting(nr))
		return 0;
	return on_call(regs, nr, ret);
}

char LICENSE[] __weak SEC("license") = "GPL";
