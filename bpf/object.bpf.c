// SPDX-License-Identifier: GPL-2.0-only
/*
 * object.bpf.c: files and paths, read from the kernel's own objects: what nearly every event has.
 *
 * From 6.2 on an address may be taken for a typed pointer (bpf_rdonly_cast()), and a field behind it is
 * one load; before that it is a helper's call, of some 15 ns. All that reads so is in this file: bpftool
 * 7.1 refuses to link objects of which two name the same kernel function.
 */
#include "file.bpf.h"

#define WALK_STEPS 2304 /* PATH_MAX / 2 components and some mounts */

extern void *bpf_rdonly_cast(const void *address, u32 type) __ksym __weak;

/*
 * p->field, 0 where there is nothing to read. What comes of it is a number to one kernel's verifier and a
 * pointer to another's; functions that are verified by themselves take only numbers.
 */
#define peek(p, field)                                                                             \
	({                                                                                         \
		typeof(p) from_ = (p);                                                             \
		typeof(from_->field) value_;                                                       \
                                                                                                   \
		if (bpf_rdonly_cast)                                                               \
			value_ = ((typeof(p))bpf_rdonly_cast(from_,                                \
							     bpf_core_type_id_kernel(typeof(*p)))) \
					 ->field;                                                  \
		else                                                                               \
			value_ = BPF_CORE_READ(from_, field);                                      \
		value_;                                                                            \
	})

static __always_inline struct mount *mount_of(const void *vfsmount)
{
	return (struct mount *)((char *)vfsmount - bpf_core_field_offset(struct mount, mnt));
}

/* What a step needs of a dentry: these fields have always been neighbours, so one read gets them. */
struct dentry_head {
	struct dentry *parent;
	u32 hash, len;
	const unsigned char *name;
};

static __always_inline void read_dentry(struct dentry *d, struct dentry_head *out)
{
	if (!bpf_rdonly_cast &&
	    bpf_core_field_offset(struct dentry, d_name) ==
		    bpf_core_field_offset(struct dentry, d_parent) + 8 &&
	    bpf_core_field_offset(struct dentry, d_name.len) ==
		    bpf_core_field_offset(struct dentry, d_parent) + 12 &&
	    bpf_core_field_offset(struct dentry, d_name.name) ==
		    bpf_core_field_offset(struct dentry, d_parent) + 16) {
		bpf_probe_read_kernel(out, sizeof(*out), &d->d_parent);
		return;
	}
	out->parent = peek(d, d_parent);
	out->len = peek(d, d_name.len);
	out->name = peek(d, d_name.name);
}

/* One step: over a mount, or over one name. walk_dentry becomes 0 at the root of the namespace. */
static long walk_step(u32 i, struct walk *w)
{
	struct slot *s = w->s;
	struct dentry *d = (struct dentry *)s->walk_dentry;
	struct mount *m = (struct mount *)s->walk_mount, *up;
	struct dentry_head h = {};

	(void)i;
	if ((u64)d == s->root_dentry && (u64)m == s->root_mount)
		s->root_at = s->walk_off;
	if ((u64)d != s->walk_root)
		read_dentry(d, &h);
	if ((u64)d == s->walk_root || d == h.parent) {
		if (!s->place_at) {
			s->place_at = s->walk_off;
			s->place_dentry = (u64)d;
		}
		up = peek(m, mnt_parent);
		if ((u64)d != s->walk_root)
			s->flags |= RECORD_PATH_ESCAPED;
		if ((u64)d != s->walk_root || !up || up == m) {
			s->walk_dentry = 0;
			return 1;
		}
		s->walk_dentry = (u64)peek(m, mnt_mountpoint);
		s->walk_mount = (u64)up;
		s->walk_root = (u64)peek(up, mnt.mnt_root);
		return 0;
	}
	if (walk_prepend(s, h.name, h.len))
		return 1;
	s->walk_dentry = (u64)h.parent;
	return 0;
}

/* The root of current: paths are looked up in its own calls, by the same that acts. */
static_sub int note_root(struct slot *s)
{
	struct task_struct *task = bpf_get_current_task_btf();

	s->root_dentry = (u64)task->fs->root.dentry;
	s->root_mount = (u64)task->fs->root.mnt;
	s->root_mount = (u64)mount_of((void *)stored(&s->root_mount));
	s->root_at = 0;
	return 0;
}

/* The text that the walk has made passes through that root: what is left of it, is the root's path. */
static_sub int take_root(struct slot *s, const struct record_text *t)
{
	u32 n = s->root_at - s->walk_off;

	if (!s->root_at || s->flags & RECORD_PATH_CUT || n == 0 || n > t->len)
		return 0;
	s->root_off = t->off;
	s->root_len = n;
	return 0;
}

/* Objects without a place (memfd, pipe): the dentry's own name, without a slash. */
static __always_inline bool take_pseudo_name(struct slot *s, struct dentry *d,
					     struct record_text *out)
{
	u32 len = BPF_CORE_READ(d, d_name.len), at = s->len;

	hide(at);
	if (at > SLOT_DATA || len > 255)
		return false;
	bpf_probe_read_kernel(&s->data[at], len & 255, BPF_CORE_READ(d, d_name.name));
	*out = slot_took(s, len & 255);
	return true;
}

int walk_path(u32 slot, u64 mnt_address, u64 dentry_address)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct vfsmount *mnt = (struct vfsmount *)mnt_address;
	struct dentry *d = (struct dentry *)dentry_address;
	struct record_text t = {};
	struct walk w = {.s = s};
	void *root, *parent;

	if (!s)
		return 0;
	s->text = t;
	s->place_at = 0;
	s->walk_mount = 0;
	if (!d || !mnt)
		return 0;
	root = peek(mnt, mnt_root);
	parent = peek(d, d_parent);
	if (!peek(d, d_hash.pprev) && d != parent)
		s->flags |= RECORD_PATH_DELETED;
	if (d == parent && d != root) {
		take_pseudo_name(s, d, &t);
		s->text = t;
		return 0;
	}
	s->walk_off = SLOT_PATH;
	s->walk_dentry = dentry_address;
	s->walk_mount = (u64)mount_of(mnt);
	s->walk_root = (u64)root;
	s->place_mount = mnt_address;
	note_root(s);
	bpf_loop(WALK_STEPS, walk_step, &w, 0);
	walk_finish(s, &t);
	s->place_off = t.off;
	take_root(s, &t);
	s->text = t;
	return 0;
}

/* One name upwards, over no mount. walk_dentry becomes 0 where that ends elsewhere than at walk_root. */
static long inside_step(u32 i, struct walk *w)
{
	struct slot *s = w->s;
	struct dentry *d = (struct dentry *)s->walk_dentry;
	struct dentry_head h = {};

	(void)i;
	if ((u64)d == s->walk_root)
		return 1;
	read_dentry(d, &h);
	if (d == h.parent || walk_prepend(s, h.name, h.len)) {
		s->walk_dentry = 0;
		return 1;
	}
	s->walk_dentry = (u64)h.parent;
	return 0;
}

static __always_inline u32 walked_mnt_inum(const struct slot *s)
{
	struct mount *top = (struct mount *)s->walk_mount;
	struct mnt_namespace *ns = top ? peek(top, mnt_ns) : 0;
	u32 inum;

	if (!ns || (u64)ns >= -4095ull) /* an error: MNT_NS_INTERNAL */
		return foreign_mnt_inum();
	inum = peek(ns, ns.inum);
	if (is_host_mnt(inum))
		return 0;
	return inum ? inum : 0xeffffff7;
}

u32 walk_place(u32 slot)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct vfsmount *mnt;
	struct super_block *sb;
	struct record_text mount = {}, rest = {};
	struct walk w = {.s = s};
	u32 inum;

	if (!s)
		return 0;
	inum = walked_mnt_inum(s);
	if (!inum || !s->place_at || s->flags & RECORD_PATH_CUT)
		return inum;
	mnt = (struct vfsmount *)s->place_mount;
	sb = peek(mnt, mnt_sb);
	rest.len = SLOT_PATH - s->place_at;
	rest.off = s->place_off + (s->walk_off < SLOT_PATH ? s->place_at - s->walk_off : 1);
	s->walk_off = SLOT_PATH;
	s->walk_dentry = s->place_dentry;
	s->walk_root = (u64)peek(sb, s_root);
	bpf_loop(WALK_STEPS, inside_step, &w, 0);
	if (!s->walk_dentry) {
		s->flags &= ~RECORD_PATH_CUT;
		return inum;
	}
	walk_finish(s, &mount);
	s->place.dev = peek(sb, s_dev);
	s->place.mount = mount;
	s->place.rest = rest;
	s->flags |= RECORD_PLACED;
	return inum;
}

/* Takes down what there is to know of an open file. */
static_sub int look(struct opened_file *out, struct file *file)
{
	struct inode *inode = peek(file, f_inode);
	struct super_block *sb = peek(inode, i_sb);

	out->file = (u64)file;
	out->fmode = peek(file, f_mode);
	out->flags = peek(file, f_flags);
	out->mode = peek(inode, i_mode);
	out->inode = peek(inode, i_ino);
	out->generation = peek(inode, i_generation);
	out->dev = peek(sb, s_dev);
	out->magic = peek(sb, s_magic);
	return 0;
}

int opened_file_at(struct opened_file *out, u64 file)
{
	return out && file ? look(out, (struct file *)file) : 0;
}

int opened_file_of_fd(struct opened_file *out, s32 fd)
{
	/* what is there is a pointer, as at the start of any struct that begins with one */
	struct list_head *place = (struct list_head *)fd_place(bpf_get_current_task_btf(), fd);
	struct file *file = place ? (struct file *)peek(place, next) : 0;

	return out && file ? look(out, file) : 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
