/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * path.bpf.h: paths from the kernel's own objects, by walking dentries and mounts upwards.
 *
 * rename_lock is not taken: a rename at the same moment can yield a path that never was, so
 * records carry device and inode beside it. bpf_d_path is not allowed in tracepoints.
 * The walk's state lies in the slot: on the stack the verifier would follow every step of it.
 */
#ifndef WHODID_BPF_PATH_H
#define WHODID_BPF_PATH_H

#include "emit.bpf.h"
#include "compat.bpf.h"

#define WALK_STEPS   2304 /* PATH_MAX / 2 components and some mounts */
#define CGROUP_STEPS 128

struct walk {
	struct slot *s;
};

/* Puts "/name" in front of what s->path holds. Whether the walk has to end. */
static __always_inline bool walk_prepend(struct slot *s, const void *name, u32 len)
{
	u32 off = s->walk_off;

	if (len > 255 || off > SLOT_PATH || off < len + 2) {
		s->flags |= RECORD_PATH_CUT;
		return true;
	}
	off = (off - len - 1) & (SLOT_PATH - 1);
	s->walk_off = off;
	s->path[off] = '/';
	if (bpf_probe_read_kernel(&s->path[off + 1], len & 255, name))
		s->path[off + 1] = '?';
	return false;
}

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
	if (bpf_core_field_offset(struct dentry, d_name) ==
		    bpf_core_field_offset(struct dentry, d_parent) + 8 &&
	    bpf_core_field_offset(struct dentry, d_name.len) ==
		    bpf_core_field_offset(struct dentry, d_parent) + 12 &&
	    bpf_core_field_offset(struct dentry, d_name.name) ==
		    bpf_core_field_offset(struct dentry, d_parent) + 16) {
		bpf_probe_read_kernel(out, sizeof(*out), &d->d_parent);
		return;
	}
	out->parent = BPF_CORE_READ(d, d_parent);
	out->len = BPF_CORE_READ(d, d_name.len);
	out->name = BPF_CORE_READ(d, d_name.name);
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
		up = BPF_CORE_READ(m, mnt_parent);
		if ((u64)d != s->walk_root)
			s->flags |= RECORD_PATH_ESCAPED;
		if ((u64)d != s->walk_root || !up || up == m) {
			s->walk_dentry = 0;
			return 1;
		}
		s->walk_dentry = (u64)BPF_CORE_READ(m, mnt_mountpoint);
		s->walk_mount = (u64)up;
		s->walk_root = (u64)BPF_CORE_READ(up, mnt.mnt_root);
		return 0;
	}
	if (walk_prepend(s, h.name, h.len))
		return 1;
	s->walk_dentry = (u64)h.parent;
	return 0;
}

/*
 * Copies what a walk left in s->path to the record. It returns a number: the verifier refuses the
 * address of somebody's stack, and some compilers hand on out as the value of whoever calls this.
 */
static_sub int walk_finish(struct slot *s, struct record_text *out)
{
	u32 off = s->walk_off, at = s->len, n;

	hide(off);
	hide(at);
	if (off > SLOT_PATH || at > SLOT_DATA)
		return 0;
	n = SLOT_PATH - off;
	if (n == 0) {
		s->data[at] = '/';
		n = 1;
	} else {
		u32 bytes = n;

		hide(bytes);
		if (bytes > SLOT_PATH)
			return 0;
		off &= SLOT_PATH - 1;
		bpf_probe_read_kernel(&s->data[at], bytes, &s->path[off]);
	}
	out->off = at;
	out->len = n;
	s->len = at + n;
	return 0;
}

/* The root of current: paths are looked up in its own calls, by the same that acts. */
static_sub int note_root(struct slot *s)
{
	struct task_struct *task = bpf_get_current_task_btf();

	bpf_core_read(&s->root_mount, sizeof(struct path), &task->fs->root);
	s->root_mount = (u64)mount_of((void *)s->root_mount);
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

/* Appends the path of (mnt, dentry), kernel addresses, to the slot: slot.text, absent = none. */
shared_sub int walk_path(u32 slot, u64 mnt_address, u64 dentry_address)
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
	if (!d || !mnt)
		return 0;
	root = BPF_CORE_READ(mnt, mnt_root);
	parent = BPF_CORE_READ(d, d_parent);
	if (!BPF_CORE_READ(d, d_hash.pprev) && d != parent)
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

/* Behind walk_path(): where that lies in its file system goes into the record. */
shared_sub int walk_place(u32 slot)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct vfsmount *mnt;
	struct super_block *sb;
	struct record_text mount = {}, rest = {};
	struct walk w = {.s = s};

	if (!s || !s->place_at || s->flags & RECORD_PATH_CUT)
		return 0;
	mnt = (struct vfsmount *)s->place_mount;
	sb = BPF_CORE_READ(mnt, mnt_sb);
	rest.len = SLOT_PATH - s->place_at;
	rest.off = s->place_off + (s->walk_off < SLOT_PATH ? s->place_at - s->walk_off : 1);
	s->walk_off = SLOT_PATH;
	s->walk_dentry = s->place_dentry;
	s->walk_root = (u64)BPF_CORE_READ(sb, s_root);
	bpf_loop(WALK_STEPS, inside_step, &w, 0);
	if (!s->walk_dentry) {
		s->flags &= ~RECORD_PATH_CUT;
		return 0;
	}
	walk_finish(s, &mount);
	s->place.dev = BPF_CORE_READ(sb, s_dev);
	s->place.mount = mount;
	s->place.rest = rest;
	s->flags |= RECORD_PLACED;
	return 0;
}

static __always_inline int slot_path(struct slot *s, struct vfsmount *mnt, struct dentry *d,
				     struct record_text *out)
{
	walk_path(s->id, (u64)mnt, (u64)d);
	*out = s->text;
	return 0;
}

static __always_inline void slot_file_path(struct slot *s, struct file *file,
					   struct record_text *out)
{
	struct path path = {};

	bpf_core_read(&path, sizeof(path), &file->f_path);
	slot_path(s, path.mnt, path.dentry, out);
}

/* The same of a file, and where it is in its file system. */
static __always_inline void slot_placed_path(struct slot *s, struct file *file, bool placed,
					     struct record_text *out)
{
	slot_file_path(s, file, out);
	if (placed)
		walk_place(s->id);
}

static long cgroup_step(u32 i, struct walk *w)
{
	struct slot *s = w->s;
	struct kernfs_node *kn = (void *)s->walk_dentry, *parent;

	(void)i;
	parent = read_kernfs_parent(kn);
	if (!parent)
		return 1;
	/* names of cgroups are at most 255 bytes; the length is found by reading */
	u8 *name = s->data + SLOT_DATA - 512;
	long n = bpf_probe_read_kernel_str(name, 256, BPF_CORE_READ(kn, name));

	if (n < 1 || walk_prepend(s, name, n - 1))
		return 1;
	s->walk_dentry = (u64)parent;
	return 0;
}

/* Appends the path of a cgroup from the root of its hierarchy. */
static_sub int slot_cgroup(struct slot *s, struct kernfs_node *kn, struct record_text *out)
{
	struct walk w = {.s = s};

	if (!kn)
		return 0;
	s->walk_off = SLOT_PATH;
	s->walk_dentry = (u64)kn;
	bpf_loop(CGROUP_STEPS, cgroup_step, &w, 0);
	walk_finish(s, out);
	return 0;
}

/* Appends a text of at most a path's length from the caller's memory, or from the kernel's. */
static_sub int slot_text(struct slot *s, u64 ptr, bool kernel, struct record_text *out)
{
	u32 at = s->len;
	long n;

	hide(at);
	if (at > SLOT_DATA)
		return 0;
	n = kernel ? bpf_probe_read_kernel_str(&s->data[at], EVENT_PATH_MAX + 2, (void *)ptr)
		   : bpf_probe_read_user_str(&s->data[at], EVENT_PATH_MAX + 2, (void *)ptr);
	if (n < 1) {
		count_here(path_faults);
		return 0;
	}
	if (n > EVENT_PATH_MAX + 1) {
		n = EVENT_PATH_MAX + 1;
		s->flags |= RECORD_PATH_CUT;
	}
	out->off = at;
	out->len = n - 1;
	s->len = at + out->len;
	return 0;
}

/* A path from the caller's memory, which flags the record. */
static __always_inline void slot_user_path(struct slot *s, u64 ptr, struct record_text *out)
{
	s->flags |= RECORD_USER_PATH;
	slot_text(s, ptr, false, out);
}

#endif
