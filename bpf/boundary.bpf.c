// SPDX-License-Identifier: GPL-2.0-only
/* boundary.bpf.c: moves between cgroups, and what already runs when the sensor starts. */
#include "process.bpf.h"
#include <bpf/bpf_tracing.h>

const volatile bool cfg_fold = true;
const volatile bool cfg_inside = false;
const volatile bool cfg_group_dead = false;
const volatile __u32 cfg_wakeup_bytes = 256 << 10;
const volatile __u32 cfg_page_bytes = 4096;
__u32 self_tgid = 0;
__u64 own_acts[OWN_ACTS_MAX] = {0};
__u64 self_start_ns = 0;
__u64 seeded_ns = 0;
__u32 seeded_tasks = 0;
__u32 host_mnt_inum[2] = {0};

#define SEED_CLIMB 8 /* generations looked up at once; the rest comes in the next run */

/*
 * cgroup_attach_task(cgroup, path, leader, threadgroup): after a move; current is who wrote the
 * pid. Since 3.x. Only notes an entitled mover: what the move means is decided at the task's next
 * event, because a v1 runtime moves a task once per hierarchy. A child born into another cgroup makes no
 * such event (exec.bpf.c looks at it when it is born).
 */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_cgroup_attach, struct cgroup *cgrp, const char *path, struct task_struct *task)
{
	struct task_struct *mover = bpf_get_current_task_btf();
	struct task_state *st, *by;
	u32 role = ROLE_NONE;
	u64 id;

	by = bpf_task_storage_get(&tasks, mover, 0, 0);
	st = bpf_task_storage_get(&tasks, task, 0, 0);
	if (!st)
		return 0;
	if (by)
		role = role_of(mover, by);
	if (mover->tgid == 1)
		role = ROLE_SERVICE_MANAGER;
	if (!role_may_move(role))
		return 0;
	/* in a hierarchy that says nothing about the workload: no word about where that is */
	id = workload_id((u64)BPF_CORE_READ(task, cgroups));
	if (cgrp->level > 0 && cgrp->kn->id != id)
		return 0;
	note_mover(st, mover, role, task);
	/* at once: it can write into a ring without coming by here */
	share_rings(st->family);
	return 0;
}

static __always_inline struct task_struct *origin(struct task_struct *task)
{
	return task->pid != task->group_leader->pid ? task->group_leader : task->real_parent;
}

static __always_inline bool has_state(struct task_struct *task)
{
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);

	return st && st->boundary;
}

/*
 * Iterator over all threads, read by collect at start until it makes nothing new. Pids wrap, so a
 * parent can come after its child: of each chain the topmost task without state gets one.
 */
SEC("iter/task")
int on_seed(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task, *up;

	if (!task)
		return 0;
	self_tgid = bpf_get_current_pid_tgid() >> 32;
	self_start_ns = bpf_get_current_task_btf()->group_leader->start_boottime;
	if (task->pid == 1)
		host_mnt_inum[0] = read_mnt_inum(task);
	else if (task->pid == 2)
		host_mnt_inum[1] = read_mnt_inum(task);
	if (has_state(task))
		return 0;
	for (int i = 0; i < SEED_CLIMB; i++) {
		up = origin(task);
		if (!up || up->pid == 0 || has_state(up))
			break;
		task = up;
	}
	make_state(task);
	seeded_tasks++;
	return 0;
}

/*
 * Iterator over all threads, read once when everybody has a boundary: each process as one record,
 * so that what ran before has an executable and a parent. Through the iterator and not the ring,
 * whose size may be smaller than all that. argv is not read: by now it is the process's own word.
 */
SEC("iter/task")
int on_process(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_state *st;
	struct record_exec *r;
	struct slot *s;
	u32 len;

	if (!task || task->pid != task->tgid || (u32)task->tgid == self_tgid)
		return 0;
	if (task->signal->live.counter ==
	    0) /* its exit was told, and nobody has waited for it yet */
		return 0;
	st = bpf_task_storage_get(&tasks, task, 0, 0);
	s = st ? slot_claim_any() : 0;
	if (!s)
		return 0;
	s->len = 0;
	s->flags = 0;
	r = slot_begin(s, struct record_exec);
	fill_any_task(&r->task, task, st);
	if (task->mm)
		take_process(s, r, task, task->mm->exe_file);
	len = slot_close(s, RECORD_PROCESS);
	hide(len);
	if (len > 0 && len <= RECORD_BYTES_MAX)
		bpf_seq_write(ctx->meta->seq, s->data, len);
	slot_release(s);
	return 0;
}

/*
 * Iterator over all open files: takes device and inode of the files that collect has opened for
 * the purpose. stat(2) would not do: overlayfs and btrfs show another device than the kernel's.
 */
SEC("iter/task_file")
int on_role_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct exe_key key = {};
	u32 fd = ctx->fd, *role;

	if (!task || !file || task->tgid != bpf_get_current_pid_tgid() >> 32)
		return 0;
	role = bpf_map_lookup_elem(&role_fds, &fd);
	if (!role)
		return 0;
	read_file_id(file, &key);
	bpf_map_update_elem(&trusted_exes, &key, role, BPF_ANY);
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
