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

/* object.bpf.c: appends the path of (mnt, dentry), kernel addresses, to the slot: slot.text, absent = none. */
int walk_path(u32 slot, u64 mnt_address, u64 dentry_address);
/*
 * The mount namespace that the path walked last is in, or 0 for the host's: that of the file's mount, which is
 * another than current's where that is got at by /proc/PID/root or a descriptor. A mount in no namespace is
 * where current is; one that open_tree(2) made by itself is nowhere (MNT_NS_ANON_INO, include/linux/proc_ns.h).
 * Of a path in another one, where it lies in its file system goes into the record.
 */
u32 walk_place(u32 slot);

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
