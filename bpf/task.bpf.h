/* SPDX-License-Identifier: GPL-2.0-only */
/* task.bpf.h: readers of a task: ids, start time, credentials, session, cgroup, namespaces. */
#ifndef WHODID_BPF_TASK_H
#define WHODID_BPF_TASK_H

#include "emit.bpf.h"
#include "compat.bpf.h"

/* The cgroup that says which workload a task is in, and the hierarchy it is from. */
struct workload {
	struct kernfs_node *kn;
	u64 id;
	u32 hierarchy; /* 0 = cgroup v2 */
};

static __always_inline bool use_cgroup(struct workload *w, struct cgroup *cgrp)
{
	struct kernfs_node *kn = BPF_CORE_READ(cgrp, kn);

	w->kn = kn;
	w->id = BPF_CORE_READ(kn, id);
	w->hierarchy = BPF_CORE_READ(cgrp, root, hierarchy_id);
	return BPF_CORE_READ(cgrp, level) > 0;
}

/*
 * systemd's own v1 hierarchy has no controller, so it is not in css_set.subsys[]; it is found in
 * the list of links. There are at most as many links as mounted hierarchies (16 suffice).
 */
static __always_inline struct cgroup *find_systemd_cgroup(struct css_set *set)
{
	struct list_head *head = (void *)set + bpf_core_field_offset(struct css_set, cgrp_links);
	struct list_head *at = BPF_CORE_READ(head, next);

	for (int i = 0; i < 16 && at != head; i++) {
		struct cgrp_cset_link *link =
			(void *)at - bpf_core_field_offset(struct cgrp_cset_link, cgrp_link);
		struct cgroup *cgrp = BPF_CORE_READ(link, cgrp);
		struct cgroup_root *root = BPF_CORE_READ(cgrp, root);
		u64 name = 0;

		bpf_core_read(&name, sizeof(name), &root->name);
		if (name == 0x00646d6574737973ull) /* "systemd\0", little-endian */
			return cgrp;
		at = BPF_CORE_READ(at, next);
	}
	return 0;
}

static __always_inline struct cgroup *controller_cgroup(struct css_set *set, u32 index)
{
	struct cgroup_subsys_state *css = 0;

	bpf_core_read(&css, sizeof(css), &set->subsys[index]);
	return BPF_CORE_READ(css, cgroup);
}

/* v2 unless it is the root there, else name=systemd, else pids, else memory (identity.md 2.1). */
static_sub int read_workload(u64 css_set, struct workload *w)
{
	struct css_set *set = (void *)css_set;
	struct cgroup *v2 = BPF_CORE_READ(set, dfl_cgrp), *cgrp;

	if (use_cgroup(w, v2))
		return 0;
	cgrp = find_systemd_cgroup(set);
	if (cgrp && use_cgroup(w, cgrp))
		return 0;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id)) {
		cgrp = controller_cgroup(set,
					 bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
		if (cgrp && use_cgroup(w, cgrp))
			return 0;
	}
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
		cgrp = controller_cgroup(
			set, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
		if (cgrp && use_cgroup(w, cgrp))
			return 0;
	}
	use_cgroup(w, v2);
	return 0;
}

/* Only its id. */
shared_sub u64 workload_id(u64 css_set)
{
	struct workload w = {};

	read_workload(css_set, &w);
	return w.id;
}

static __always_inline u32 read_ns_pid_of(struct signal_struct *signal)
{
	struct pid *pid = 0;
	u32 level, nr = 0;

	bpf_core_read(&pid, sizeof(pid), &signal->pids[PIDTYPE_TGID]);
	level = BPF_CORE_READ(pid, level);
	bpf_core_read(&nr, sizeof(nr), &pid->numbers[level].nr);
	return nr;
}

static __always_inline u32 read_ns_pid(struct task_struct *task)
{
	if (task->thread_pid->level == 0)
		return task->tgid;
	return read_ns_pid_of(task->signal);
}

static __always_inline u32 read_pid_ns_inum(struct task_struct *task)
{
	struct pid *pid = task->thread_pid;
	u32 level = BPF_CORE_READ(pid, level);
	struct pid_namespace *ns = 0;

	bpf_core_read(&ns, sizeof(ns), &pid->numbers[level].ns);
	return BPF_CORE_READ(ns, ns.inum);
}

static __always_inline u32 read_mnt_inum(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

static __always_inline bool is_host_mnt(u32 inum)
{
	return inum == host_mnt_inum[0] || inum == host_mnt_inum[1];
}

/* Current's, or 0 where its paths are the host's. */
static __always_inline u32 foreign_mnt_inum(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 inum = task->nsproxy->mnt_ns->ns.inum;

	return is_host_mnt(inum) ? 0 : inum;
}

/* Inode and device of an open file. */
static __always_inline void read_file_id(struct file *file, struct exe_key *out)
{
	out->inode = BPF_CORE_READ(file, f_inode, i_ino);
	out->dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	out->generation = BPF_CORE_READ(file, f_inode, i_generation);
}

/* What the state says, for read_task() to complete. */
static __always_inline void fill_state(struct record_task *out, const struct task_state *st)
{
	out->boundary = st->boundary;
	out->cgroup_id = st->cgroup_id;
	out->login_uid = st->login_uid;
	out->session_id = st->session_id;
	out->exec_count = st->exec_count;
	out->flags = st->flags & ~STATE_INTERNAL;
}

/* Whether the task (by its address) is the daemon: for programs to which a task is no more than that. */
static __always_inline bool is_sensor_at(u64 address)
{
	struct task_struct *task = (struct task_struct *)address;

	return self_tgid && (u32)BPF_CORE_READ(task, tgid) == self_tgid &&
	       (!self_start_ns ||
		BPF_CORE_READ(task, group_leader, start_boottime) == self_start_ns);
}

static __always_inline u32 task_flags(struct task_struct *task, const struct task_state *st)
{
	u32 flags = st->flags & ~STATE_INTERNAL;

	if (task->flags & PF_KTHREAD)
		flags |= TASK_KTHREAD;
	if (task->real_cred->user_ns->level > 0)
		flags |= TASK_USERNS;
	return flags;
}

/* Everything about a task, whose state st is, that each record says. */
static __always_inline void fill_any_task(struct record_task *out, struct task_struct *task,
					  const struct task_state *st)
{
	struct task_struct *leader = task->group_leader, *parent = task->real_parent;
	const struct cred *cred = task->real_cred;

	fill_state(out, st);
	out->flags = task_flags(task, st);
	out->start_ns = leader->start_boottime;
	out->parent_start_ns = parent->group_leader->start_boottime;
	out->pid = task->tgid;
	out->tid = task->pid;
	out->parent_pid = parent->tgid;
	out->ns_pid = read_ns_pid(task);
	out->uid = cred->uid.val;
	out->euid = cred->euid.val;
	out->gid = cred->gid.val;
	out->egid = cred->egid.val;
	bpf_core_read(out->comm, sizeof(out->comm), &task->comm);
}

/*
 * The same of current, verified once however many records are made: of each pointer read from a task the
 * verifier of 6.4 to 6.18 looks for four names among all types of the kernel, one type after the other
 * (btf_nested_type_is_trusted()), a third of a millisecond for each on each path that leads there.
 */
shared_sub int fill_task(struct record_task *out)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);

	if (out && st)
		fill_any_task(out, task, st);
	return 0;
}

/* The same for the record in a slot. */
shared_sub int fill_current(u32 slot)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);

	if (!s)
		return 0;
	return fill_task((struct record_task *)&s->data[sizeof(struct record_header)]);
}

/* The same of a task known by its address: slower, for what is rare. */
static_sub int read_task(struct record_task *out, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader),
			   *parent = BPF_CORE_READ(task, real_parent);
	const struct cred *cred = BPF_CORE_READ(task, real_cred);

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		out->flags |= TASK_KTHREAD;
	if (BPF_CORE_READ(cred, user_ns, level) > 0)
		out->flags |= TASK_USERNS;
	out->start_ns = BPF_CORE_READ(leader, start_boottime);
	out->parent_start_ns = BPF_CORE_READ(parent, group_leader, start_boottime);
	out->pid = BPF_CORE_READ(task, tgid);
	out->tid = BPF_CORE_READ(task, pid);
	out->parent_pid = BPF_CORE_READ(parent, tgid);
	out->ns_pid = read_ns_pid_of(BPF_CORE_READ(task, signal));
	out->uid = BPF_CORE_READ(cred, uid.val);
	out->euid = BPF_CORE_READ(cred, euid.val);
	out->gid = BPF_CORE_READ(cred, gid.val);
	out->egid = BPF_CORE_READ(cred, egid.val);
	bpf_core_read(out->comm, sizeof(out->comm), &task->comm);
	return 0;
}

#endif
