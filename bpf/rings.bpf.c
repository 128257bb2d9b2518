// SPDX-License-Identifier: GPL-2.0-only
/* rings.bpf.c: what a thread of the kernel does for a ring: is it the maker's, or may it be anybody's? */
#include "rings.bpf.h"
#include "net.bpf.h"

const volatile bool cfg_rings_travel = false;
__u64 unsure_rings_ns = 0;

/* More descriptors than these are not looked through: one of them may be a ring's. */
#define DESCRIPTORS_MAX 65536

int share_rings(u64 family)
{
	u64 now = bpf_ktime_get_boot_ns();

	if (family && bpf_map_update_elem(&shared_rings, &family, &now, BPF_ANY))
		unsure_rings_ns = now;
	return 0;
}

/* A worker of the ring's own thread, and not of a task that asks by a call. */
static __always_inline bool is_polling(struct task_struct *task)
{
	struct task_struct *owner;

	if (!BPF_CORE_READ(task, worker_private)) /* the ring's own thread */
		return true;
	owner = read_worker_owner(BPF_CORE_READ(task, worker_private));
	return !owner || BPF_CORE_READ(owner, flags) & PF_IO_WORKER;
}

static __always_inline bool is_shared(u64 what)
{
	return bpf_map_lookup_elem(&shared_rings, &what) != 0;
}

static __always_inline u32 flags_at(u64 address, u64 family)
{
	struct task_struct *task = (struct task_struct *)address;

	if (!(BPF_CORE_READ(task, flags) & PF_IO_WORKER) || !is_polling(task))
		return 0;
	if (cfg_rings_travel || family <= unsure_rings_ns || is_shared(family) ||
	    is_shared(BPF_CORE_READ(task, group_leader, start_boottime)))
		return TASK_SHARED_RING;
	return 0;
}

u32 ring_flags_at(u64 task, u64 family)
{
	return flags_at(task, family);
}

int rings_on_act(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct task_state *leader = bpf_task_storage_get(&tasks, task->group_leader, 0, 0);
	bool parted;

	if (!st)
		return 0;
	/* a process that crosses leaves the thread where it was */
	parted = !leader || st->boundary != leader->boundary;
	st->flags &= ~TASK_SHARED_RING;
	st->flags |= flags_at(bpf_get_current_task(), parted ? 0 : st->family);
	return 0;
}

/* By the name that the kernel gives such files; what is behind one of them is struct io_ring_ctx. */
static __always_inline bool is_ring(struct file *file)
{
	char name[8] = {}, want[8] = {'[', 'i', 'o', '_', 'u', 'r', 'i', 'n'};

	bpf_probe_read_kernel(name, sizeof(name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return *(u64 *)name == *(u64 *)want &&
	       BPF_CORE_READ(file, f_inode, i_sb, s_magic) == ANON_INODE_FS_MAGIC;
}

/* The rings of the process that made this one. Without a thread it does nothing by itself. */
static __always_inline void share_maker(struct file *file)
{
	struct io_ring_ctx *ring = BPF_CORE_READ(file, private_data);
	struct task_struct *thread = BPF_CORE_READ(ring, sq_data, thread);

	if (thread && (u32)BPF_CORE_READ(thread, tgid) != bpf_get_current_pid_tgid() >> 32)
		share_rings(BPF_CORE_READ(thread, group_leader, start_boottime));
}

struct rings_found {
	struct file **files;
	u32 stays; /* the process is in a family: its rings may stay open */
	u32 any;
};

static long look_at_descriptor(u32 i, struct rings_found *found)
{
	struct file *file = 0;

	bpf_probe_read_kernel(&file, sizeof(file), &found->files[i]);
	if (!file || !is_ring(file))
		return 0;
	found->any = 1;
	if (found->stays)
		return 1;
	share_maker(file);
	return 0;
}

int rings_on_exec(u32 other)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct files_struct *files = task->files;
	struct rings_found found = {};
	u32 max;

	if (!st || !files || !(st->family || other))
		return 0;
	max = BPF_CORE_READ(files, fdt, max_fds);
	found.files = BPF_CORE_READ(files, fdt, fd);
	found.stays = st->family != 0;
	if (max > DESCRIPTORS_MAX) {
		if (!st->family)
			unsure_rings_ns = bpf_ktime_get_boot_ns();
		return 0;
	}
	bpf_loop(max, look_at_descriptor, &found, 0);
	if (!found.any)
		st->family = 0;
	return 0;
}

int rings_on_getfd(s32 fd)
{
	struct file *file = read_fd(bpf_get_current_task_btf(), fd);

	if (file && is_ring(file))
		share_maker(file);
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
