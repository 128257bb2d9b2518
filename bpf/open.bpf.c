// SPDX-License-Identifier: GPL-2.0-only
/*
 * open.bpf.c: opens.
 *
 * Seen at the end of the call: the object is the struct file in the descriptor table, whatever path
 * was asked for. Equal opens of one window are counted and not told again. Of an open that failed
 * only the caller's string is left (RECORD_USER_PATH). Opens by io_uring come from uring.bpf.c.
 * Not seen here: descriptors that were passed or inherited.
 */
#include "file.bpf.h"
#include "fold.bpf.h"
#include "target.bpf.h"
#include "writers.bpf.h"

static __always_inline u32 kind_of_open(u32 fmode, u32 flags, u32 class)
{
	if (fmode & FMODE_CREATED || class == SYS_MEMFD || flags & O_TMPFILE_BIT)
		return RECORD_FILE_CREATE;
	return fmode & FMODE_WRITE ? RECORD_FILE_WRITE : RECORD_FILE_READ;
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
	r->mnt_inum = foreign_mnt_inum();
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

/* /proc/PID/mem, by whatever path: an act on that process too. Read for the few files of /proc. */
static __always_inline bool is_memory(struct file *file, u64 magic)
{
	u32 name = 0;

	if (magic != PROC_SUPER_MAGIC)
		return false;
	bpf_probe_read_kernel(&name, sizeof(name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return name == 0x006d656d; /* "mem" */
}

/* What there is to know of a file that was opened before anything is written down. */
struct opened {
	struct fold_key key;
	u32 fmode, flags, mode;
	bool folds, memory, writes;
};

/* Whether it is worth a record: not a mere place in a path, not a pipe. */
static __always_inline bool look_at(struct file *file, u64 boundary, u32 class, struct opened *o)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct super_block *sb = BPF_CORE_READ(inode, i_sb);

	o->fmode = BPF_CORE_READ(file, f_mode);
	o->mode = BPF_CORE_READ(inode, i_mode);
	if (o->fmode & FMODE_PATH || has_no_name(inode, o->mode))
		return false;
	o->flags = BPF_CORE_READ(file, f_flags);
	o->key.boundary = boundary;
	o->key.inode = BPF_CORE_READ(inode, i_ino);
	o->key.dev = BPF_CORE_READ(sb, s_dev);
	o->key.generation = BPF_CORE_READ(inode, i_generation);
	o->key.kind = kind_of_open(o->fmode, o->flags, class);
	o->memory = is_memory(file, BPF_CORE_READ(sb, s_magic));
	/* a file is made once, and an act on a process is told each time */
	o->folds = cfg_fold && o->key.kind != RECORD_FILE_CREATE && !o->memory;
	o->writes = o->key.kind != RECORD_FILE_READ && (o->mode & S_IFMT) == S_IFREG;
	return true;
}

/* asked: O_* of the call, some of which the file forgets. */
static __always_inline void fill_opened(struct slot *s, struct record_file *r, struct file *file,
					const struct opened *o, u32 asked)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	r->dev = o->key.dev;
	r->inode = o->key.inode;
	r->open_flags = o->flags | (asked & (O_CREAT | O_EXCL | O_TRUNC));
	r->mode = o->mode;
	r->generation = o->key.generation;
	if (o->writes) {
		r->ctime_ns = read_ctime_ns(inode);
		if (has_other_writers((u64)inode))
			s->flags |= RECORD_CO_WRITERS;
	}
	slot_placed_path(s, file, r->mnt_inum, &r->path);
}

static __always_inline void submit_opened(struct slot *s, struct opened *o)
{
	if (o->writes)
		say_last_writer(&o->key);
	if (slot_submit(s, o->key.kind) && o->folds)
		fold_begin(&o->key, (struct record_header *)s->data);
	if (o->writes)
		check_last_writer(&o->key);
}

static __always_inline u32 memory_op(const struct opened *o)
{
	return o->fmode & FMODE_WRITE ? PTRACE_OP_OPEN_WRITE : PTRACE_OP_OPEN_READ;
}

/* PTRACE_OP_* when that was the memory of a process, else 0. */
static __noinline int on_opened(struct task_struct *task, struct task_state *st, struct file *file,
				const u64 *args, u32 class_and_ia32)
{
	u32 class = class_and_ia32 & 0xff;
	struct opened o = {};
	struct record_file *r;
	struct slot *s;

	if (!st || !look_at(file, st->boundary, class, &o))
		return 0;
	key_place(&o.key);
	if (o.folds && (!o.writes || is_last_writer(&o.key)) && fold_act(&o.key))
		return 0;
	s = slot_claim(o.key.kind);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_file);
	if (class_and_ia32 & 0x100)
		s->flags |= RECORD_IA32;
	fill_task(&r->task);
	r->count = 1;
	r->mnt_inum = o.key.mnt_inum;
	r->op = class == SYS_MEMFD ? FILE_OP_MEMFD : FILE_OP_OPEN;
	fill_opened(s, r, file, &o, flags_of_call(args, class));
	submit_opened(s, &o);
	slot_release(s);
	return o.memory ? memory_op(&o) : 0;
}

int open_on_request(u32 slot, u64 file_address)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct file *file = (struct file *)file_address;
	struct record_text none = {};
	struct opened o = {};
	struct record_file *r;

	if (!s)
		return 0;
	r = (struct record_file *)s->data;
	if (!look_at(file, r->task.boundary, SYS_OPENAT, &o))
		return 0;
	o.folds = false; /* each has its own name beside the object */
	s->flags &= ~RECORD_REQUEST_PATH;
	r->path2 = r->path;
	r->base2 = r->base;
	r->base = none;
	fill_opened(s, r, file, &o, r->open_flags);
	submit_opened(s, &o);
	if (o.memory)
		target_on_memory((u64)BPF_CORE_READ(file, f_inode), memory_op(&o));
	return 0;
}

static __always_inline int on_open(struct task_struct *task, struct task_state *st, const u64 *args,
				   u32 class_and_ia32, s32 ret)
{
	struct file *file;
	u32 op;

	if (ret < 0)
		return emit_open_by_name(task, st, args, class_and_ia32, ret);
	file = read_fd(task, ret);
	if (!file) {
		count_here(path_faults);
		return emit_open_by_name(task, st, args, class_and_ia32, ret);
	}
	op = on_opened(task, st, file, args, class_and_ia32);
	return op ? target_on_memory((u64)BPF_CORE_READ(file, f_inode), op) : 0;
}

/* Verified once: current is the caller and has a state. */
int open_on_call(u32 class_and_ia32, s32 ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	u64 args[6];

	if (!st)
		return 0;
	read_current_args(args, class_and_ia32);
	return on_open(task, st, args, class_and_ia32, ret);
}

char LICENSE[] __weak SEC("license") = "GPL";
