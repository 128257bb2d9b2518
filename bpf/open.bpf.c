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

/* The same of the call that current is at the end of. */
static __noinline u32 asked_flags(u32 class_and_ia32)
{
	u64 args[6];

	read_current_args(args, class_and_ia32);
	return flags_of_call(args, class_and_ia32 & 0xff);
}

/* An open that failed, or whose descriptor was closed by another thread before we looked. */
static __noinline int emit_open_by_name(u32 class_and_ia32, s32 ret)
{
	u32 class = class_and_ia32 & 0xff, flags, kind;
	struct record_file *r;
	struct slot *s;
	u64 args[6];

	read_current_args(args, class_and_ia32);
	flags = flags_of_call(args, class);
	if (flags & O_PATH)
		return 0;
	kind = kind_of_failed(flags, class);
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

static __always_inline bool has_no_name(const struct opened_file *f)
{
	u32 type = f->mode & S_IFMT;

	if (type == S_IFREG || type == S_IFDIR)
		return false;
	return f->magic == PIPEFS_MAGIC || f->magic == SOCKFS_MAGIC ||
	       f->magic == ANON_INODE_FS_MAGIC || type == S_IFSOCK;
}

/* /proc/PID/mem, by whatever path: an act on that process too. Read for the few files of /proc. */
static __always_inline bool is_memory(const struct opened_file *f)
{
	struct file *file = (struct file *)f->file;
	u32 name = 0;

	if (f->magic != PROC_SUPER_MAGIC)
		return false;
	bpf_probe_read_kernel(&name, sizeof(name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return name == 0x006d656d; /* "mem" */
}

/* What there is to know of a file that was opened before anything is written down. */
struct opened {
	struct opened_file f;
	struct fold_key key;
	bool folds, memory, writes;
};

/* Whether it is worth a record: not a mere place in a path, not a pipe. */
static __always_inline bool is_told(u64 boundary, u32 class, struct opened *o)
{
	if (o->f.fmode & FMODE_PATH || has_no_name(&o->f))
		return false;
	o->key.boundary = boundary;
	o->key.inode = o->f.inode;
	o->key.dev = o->f.dev;
	o->key.generation = o->f.generation;
	o->key.kind = kind_of_open(o->f.fmode, o->f.flags, class);
	o->memory = is_memory(&o->f);
	/* a file is made once, and an act on a process is told each time */
	o->folds = cfg_fold && o->key.kind != RECORD_FILE_CREATE && !o->memory;
	o->writes = o->key.kind != RECORD_FILE_READ && (o->f.mode & S_IFMT) == S_IFREG;
	return true;
}

/* asked: O_* of the call, some of which the file forgets. */
static __always_inline void fill_opened(struct slot *s, struct record_file *r,
					const struct opened *o, u32 asked)
{
	struct file *file = (struct file *)o->f.file;

	r->dev = o->key.dev;
	r->inode = o->key.inode;
	r->open_flags = o->f.flags | (asked & (O_CREAT | O_EXCL | O_TRUNC));
	r->mode = o->f.mode;
	r->generation = o->key.generation;
	if (o->writes) {
		struct inode *inode = BPF_CORE_READ(file, f_inode);

		r->ctime_ns = read_ctime_ns(inode);
		if (has_other_writers((u64)inode))
			s->flags |= RECORD_CO_WRITERS;
	}
	slot_file_path(s, file, &r->path);
	r->mnt_inum = walk_place(s->id);
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

/* That was the memory of a process. */
static __always_inline void tell_memory(const struct opened *o)
{
	struct file *file = (struct file *)o->f.file;

	target_on_memory((u64)BPF_CORE_READ(file, f_inode),
			 o->f.fmode & FMODE_WRITE ? PTRACE_OP_OPEN_WRITE : PTRACE_OP_OPEN_READ);
}

/* Whether that was the memory of a process, and has been told. */
static __noinline int on_opened(struct task_state *st, struct opened *o, u32 class_and_ia32)
{
	u32 class = class_and_ia32 & 0xff;
	struct record_file *r;
	struct slot *s;

	if (!st || !o || !is_told(st->boundary, class, o))
		return 0;
	key_place(&o->key);
	if (o->folds && (!o->writes || is_last_writer(&o->key)) && fold_act(&o->key))
		return 0;
	s = slot_claim(o->key.kind);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_file);
	if (class_and_ia32 & 0x100)
		s->flags |= RECORD_IA32;
	fill_task(&r->task);
	r->count = 1;
	r->op = class == SYS_MEMFD ? FILE_OP_MEMFD : FILE_OP_OPEN;
	fill_opened(s, r, o, asked_flags(class_and_ia32));
	submit_opened(s, o);
	slot_release(s);
	return o->memory;
}

int open_on_request(u32 slot, u64 file_address)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct record_text none = {};
	struct opened o = {};
	struct record_file *r;

	if (!s)
		return 0;
	r = (struct record_file *)s->data;
	opened_file_at(&o.f, file_address);
	if (!is_told(r->task.boundary, SYS_OPENAT, &o))
		return 0;
	o.folds = false; /* each has its own name beside the object */
	s->flags &= ~RECORD_REQUEST_PATH;
	r->path2 = r->path;
	r->base2 = r->base;
	r->base = none;
	fill_opened(s, r, &o, r->open_flags);
	submit_opened(s, &o);
	if (o.memory)
		tell_memory(&o);
	return 0;
}

/* Verified once: st is current's, who is the caller. */
int open_on_call(struct task_state *st, u32 class_and_ia32, s32 ret)
{
	struct opened o = {};

	if (ret < 0)
		return emit_open_by_name(class_and_ia32, ret);
	opened_file_of_fd(&o.f, ret);
	if (!o.f.file) {
		count_here(path_faults);
		return emit_open_by_name(class_and_ia32, ret);
	}
	if (on_opened(st, &o, class_and_ia32)) /* not in there: the stack is short */
		tell_memory(&o);
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
