/* SPDX-License-Identifier: GPL-2.0-only */
/* writers.bpf.h: that the order of records says who opened a file for writing last. */
#ifndef WHODID_BPF_WRITERS_H
#define WHODID_BPF_WRITERS_H

#include "emit.bpf.h"
#include "compat.bpf.h"

/*
 * Who wrote a file last has to be known by the order of records. So a repeated open for writing is
 * folded only while nobody else opened the file in between: the window holds who was the last, by
 * the file's key with boundary 0, as its seq.
 *
 * Two openers at the same moment: each says its name before its record is submitted and looks again
 * afterwards. Who finds another name there takes it away, and then the next opens make records.
 */
static __always_inline void key_of_last(const struct fold_key *key, struct fold_key *last)
{
	*last = *key;
	last->boundary = last->root = 0;
	last->mnt_inum = 0;
	last->kind = RECORD_FILE_WRITE;
}

static __noinline bool is_last_writer(const struct fold_key *key)
{
	u32 zero = 0;
	void *window = bpf_map_lookup_elem(&fold, &zero);
	struct fold_key last;
	struct fold_count *n;

	if (!window)
		return false;
	key_of_last(key, &last);
	n = bpf_map_lookup_elem(window, &last);
	return n && n->seq == key->boundary;
}

static __noinline int say_last_writer(const struct fold_key *key)
{
	u32 zero = 0;
	void *window = bpf_map_lookup_elem(&fold, &zero);
	struct fold_count first = {.seq = key->boundary};
	struct fold_key last;
	struct fold_count *n;

	if (!window || !cfg_fold)
		return 0;
	key_of_last(key, &last);
	n = bpf_map_lookup_elem(window, &last);
	/* a new file has no key in the window, unless its number is one that was used before */
	if (!n && key->kind == RECORD_FILE_WRITE &&
	    bpf_map_update_elem(window, &last, &first, BPF_NOEXIST))
		n = bpf_map_lookup_elem(window, &last);
	if (n)
		__sync_lock_test_and_set(&n->seq, key->boundary);
	return 0;
}

static __noinline int check_last_writer(const struct fold_key *key)
{
	u32 zero = 0;
	void *window = bpf_map_lookup_elem(&fold, &zero);
	struct fold_key last;
	struct fold_count *n;

	if (!window || !cfg_fold)
		return 0;
	key_of_last(key, &last);
	n = bpf_map_lookup_elem(window, &last);
	if (n && n->seq != key->boundary)
		n->seq = 0;
	return 0;
}

/* Whether the file may change by others than this opener and those who open it later. */
static __noinline bool has_other_writers(u64 inode_address)
{
	struct inode *inode = (struct inode *)inode_address;

	switch (BPF_CORE_READ(inode, i_sb, s_magic)) {
	case NFS_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
	case V9FS_MAGIC:
	case CEPH_SUPER_MAGIC:
	case AFS_FS_MAGIC:
	case GFS2_MAGIC:
	case OCFS2_SUPER_MAGIC:
	case LUSTRE_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC: /* numbers are a subvolume's */
	case BCACHEFS_SUPER_MAGIC:
		return true;
	}
	return BPF_CORE_READ(inode, i_writecount.counter) > 1;
}

#endif
