// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.bpf.c: files that are mapped as code: mmap(2), mprotect(2) and pkey_mprotect(2) with PROT_EXEC,
 * and with READ_IMPLIES_EXEC those that say only PROT_READ. What exec itself maps (the program, its
 * loader) is told by exec.
 *
 * The file is taken from the mapping that is there at the end of the call, under the lock of the memory
 * map, so swapping the descriptor under us changes nothing; taking away the mapping itself before we
 * look does (then there is no record: nothing is mapped). Where another thread holds that lock we do not
 * wait: of mmap the descriptor has to do (RECORD_BY_DESCRIPTOR), of mprotect the record is counted as
 * lost. A refused mmap has no mapping, so there it is the descriptor, too.
 *
 * Only what somebody else than root can have written, or what nobody can look at afterwards, is told: a
 * file that root does not own, that its group or others may write, that has no name (deleted, memfd), or
 * of a file system whose server says who owns it (FUSE). The others are the libraries of every program:
 * with them a build had a fifth more records. Equal ones of one window are counted and not told again.
 * Memory without a file (what a compiler in memory writes) is no record. What is refused is told of any.
 *
 * Misses: a mprotect over more than MAPPINGS mappings, of which the others are counted as lost; a refused
 * mmap by number 90 of 32-bit programs; System V shared memory.
 */
#include "file.bpf.h"
#include "fold.bpf.h"
#include "map.bpf.h"

#define VM_EXEC		0x4
/* of the mode; that of an access list is its group's part */
#define WRITE_BY_OTHERS 022
#define MAPPINGS	8 /* of one mprotect(2) that are looked at */

/* What there is to know of a mapping, taken while it cannot go away. */
struct mapping {
	u64 end;
	u64 mnt, dentry; /* kernel addresses; valid as long as this program runs */
	struct fold_key key;
	u32 mode;
	u32 flags;
	bool found;
	bool roots; /* only root can have written it, and it can be looked at */
};

static __always_inline bool is_roots(struct inode *inode, u32 mode)
{
	return BPF_CORE_READ(inode, i_uid.val) == 0 && !(mode & WRITE_BY_OTHERS) &&
	       BPF_CORE_READ(inode, i_nlink) > 0 &&
	       BPF_CORE_READ(inode, i_sb, s_magic) != FUSE_SUPER_MAGIC;
}

static __always_inline void look_at_file(struct file *file, struct mapping *m)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	m->mode = BPF_CORE_READ(inode, i_mode);
	m->key.inode = BPF_CORE_READ(inode, i_ino);
	m->key.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	m->key.generation = BPF_CORE_READ(inode, i_generation);
	m->key.kind = RECORD_FILE_MAP;
	m->roots = is_roots(inode, m->mode);
	m->mnt = (u64)BPF_CORE_READ(file, f_path.mnt);
	m->dentry = (u64)BPF_CORE_READ(file, f_path.dentry);
}

static long look_at_mapping(struct task_struct *task, struct vm_area_struct *vma, struct mapping *m)
{
	struct file *file = vma->vm_file;

	(void)task;
	m->found = true;
	m->end = vma->vm_end;
	m->flags = vma->vm_flags;
	if (file)
		look_at_file(file, m);
	return 0;
}

static __always_inline void tell_mapping(struct mapping *m, u64 boundary, u32 class_and_ia32,
					 s32 ret, u32 flags)
{
	bool folds = cfg_fold && ret == 0;
	struct record_file *r;
	struct slot *s;

	if ((m->mode & S_IFMT) != S_IFREG || (m->roots && ret == 0))
		return;
	m->key.boundary = boundary;
	key_place(&m->key);
	if (folds && fold_act(&m->key))
		return;
	s = slot_claim(RECORD_FILE_MAP);
	if (!s)
		return;
	r = slot_begin(s, struct record_file);
	s->flags = flags | (class_and_ia32 & 0x100 ? RECORD_IA32 : 0);
	fill_current(s->id);
	r->count = 1;
	r->op = (class_and_ia32 & 0xff) == SYS_MPROTECT ? FILE_OP_MPROTECT : FILE_OP_MMAP;
	r->result = ret;
	r->dev = m->key.dev;
	r->inode = m->key.inode;
	r->generation = m->key.generation;
	r->mode = m->mode;
	r->new_uid = r->new_gid = 0xffffffff;
	slot_path(s, (struct vfsmount *)m->mnt, (struct dentry *)m->dentry, &r->path);
	r->mnt_inum = walk_place(s->id);
	if (slot_submit(s, RECORD_FILE_MAP) && folds)
		fold_begin(&m->key, (struct record_header *)s->data);
	slot_release(s);
}

/*
 * The two ways to the file, each verified by itself; what they need of the stack is not needed by who
 * calls them, of whom there are many (Linux 6.1 allows 512 bytes for all frames).
 */
shared_sub int map_descriptor(u64 boundary, s32 fd, u32 class_and_ia32, s32 ret)
{
	struct file *file = read_fd(bpf_get_current_task_btf(), fd);
	struct mapping m = {};

	if (!file)
		return 0;
	look_at_file(file, &m);
	tell_mapping(&m, boundary, class_and_ia32, ret, RECORD_BY_DESCRIPTOR);
	return 0;
}

/* The mapping of current at an address. Where the next one begins; 0 = there is none, or MAP_BUSY. */
#define MAP_BUSY 1 /* no address of a page */
shared_sub u64 map_at(u64 boundary, u64 at, u32 class_and_ia32, s32 ret)
{
	struct mapping m = {};
	long err;

	err = bpf_find_vma(bpf_get_current_task_btf(), at, look_at_mapping, &m, 0);
	if (err == -EBUSY)
		return MAP_BUSY;
	if (!m.found)
		return 0;
	if (ret < 0 || m.flags & VM_EXEC)
		tell_mapping(&m, boundary, class_and_ia32, ret, 0);
	return m.end;
}

static __always_inline int on_mprotect(u64 boundary, const u64 *args, u32 class_and_ia32, s32 ret)
{
	u64 at = args[0], end = at + args[1];

	for (u32 i = 0; i < MAPPINGS; i++) {
		if (!at || at >= end)
			return 0;
		at = map_at(boundary, at, class_and_ia32, ret);
		if (at == MAP_BUSY)
			break;
	}
	if (at && at < end)
		count_lost(RECORD_FILE_MAP);
	return 0;
}

static __always_inline int on_mmap(struct task_struct *task, u64 boundary, const u64 *args,
				   u32 class_and_ia32, s32 ret)
{
	bool old = (class_and_ia32 & 0xff) == SYS_MMAP_OLD;
	u64 at = read_result((struct pt_regs *)bpf_task_pt_regs(task));

	if (ret < 0)
		return old ? 0 : map_descriptor(boundary, args[4], class_and_ia32, ret);
	if (class_and_ia32 & 0x100)
		at = (u32)at;
	if (map_at(boundary, at, class_and_ia32, 0) != MAP_BUSY)
		return 0;
	if (old)
		count_lost(RECORD_FILE_MAP);
	else if (!(args[3] & MAP_ANONYMOUS))
		return map_descriptor(boundary, args[4], class_and_ia32, 0);
	return 0;
}

/* Verified once: current is the caller and has a state. An address is no error, however it is cut. */
int map_on_call(u32 class_and_ia32, s32 ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	u64 args[6] = {};

	if (!st)
		return 0;
	if (ret >= 0 || ret < -LAST_ERROR)
		ret = 0;
	read_current_args(args, class_and_ia32);
	if ((class_and_ia32 & 0xff) == SYS_MPROTECT)
		return on_mprotect(st->boundary, args, class_and_ia32, ret);
	return on_mmap(task, st->boundary, args, class_and_ia32, ret);
}

char LICENSE[] __weak SEC("license") = "GPL";
