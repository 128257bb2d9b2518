/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fold.bpf.h: equal acts on one file by one boundary: the first of a window is a record, the others are
 * counted here, and told by collect when the window ends.
 */
#ifndef WHODID_BPF_FOLD_H
#define WHODID_BPF_FOLD_H

#include "task.bpf.h"

/* Where current sees the object: the paths in its records are others in another place. */
static __always_inline void key_place(struct fold_key *key)
{
	struct task_struct *task = bpf_get_current_task_btf();

	key->mnt_inum = foreign_mnt_inum();
	key->root = (u64)task->fs->root.dentry;
}

/* Counts an act that the window has a record of already. */
static_sub bool fold_act(struct fold_key *key)
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
	if (!n->first_ns)
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

#endif
