// SPDX-License-Identifier: GPL-2.0-only
/*
 * target.bpf.c: what one process does to another: its memory, its descriptors, signals to it.
 *
 * Not seen: PTRACE_TRACEME (the child asks for it), what a tracer does once it is attached. Before 6.2
 * nothing here gets at the state of another task but by a pointer that its hook was given: whose the
 * target of a call is, is not known then; its number, start and executable are.
 */
#include "session.bpf.h"
#include "syscalls.bpf.h"
#include "net.bpf.h"
#include "target.bpf.h"
#include <bpf/bpf_tracing.h>

#define PTRACE_ATTACH 16
#define PTRACE_SEIZE  0x4206
#define SI_USER	      0
#define SI_QUEUE      (-1)
#define SI_TKILL      (-6)

/* Task by its number in the initial namespace (6.2). */
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

static __always_inline bool in_initial_pid_namespace(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_pid, level) == 0;
}

/* The namespace in which current's numbers are, or the initial one. */
static __always_inline struct pid_namespace *pid_namespace(bool initial)
{
	struct pid *own =
		BPF_CORE_READ((struct task_struct *)bpf_get_current_task_btf(), thread_pid);
	u32 level = initial ? 0 : BPF_CORE_READ(own, level);
	struct upid *number = (void *)own + bpf_core_field_offset(struct pid, numbers) +
			      level * bpf_core_type_size(struct upid);

	return BPF_CORE_READ(number, ns);
}

/*
 * The struct pid that has that number, or 0: find_pid_ns(), which no program may call, by reading.
 * The numbers of a namespace are an IDR, a tree of nodes with as many slots each (lib/idr.c, and
 * include/linux/xarray.h for how the pointer to a node is told from one to what is kept). Who is
 * traced holds the RCU lock, so nothing found is freed; what changes meanwhile is not found.
 */
static __noinline u64 find_pid(s32 number, bool initial)
{
	u32 slots = bpf_core_field_size(struct xa_node, slots) / sizeof(void *);
	struct pid_namespace *ns = pid_namespace(initial);
	u64 entry = (u64)BPF_CORE_READ(ns, idr.idr_rt.xa_head);
	struct xa_node *node;
	u32 i, depth;

	for (depth = 0; depth < 6 && (entry & 3) == 2 && entry > 4096; depth++) {
		node = (void *)(entry - 2);
		i = (u32)number >> (BPF_CORE_READ(node, shift) & 31);
		if (depth == 0 && i >= slots)
			return 0;
		i &= slots - 1;
		entry = 0;
		bpf_probe_read_kernel(&entry, sizeof(entry),
				      (void *)node + bpf_core_field_offset(struct xa_node, slots) +
					      i * sizeof(void *));
	}
	/* a tree without nodes has room for the number 0 alone, which is nobody's */
	return depth && !(entry & 3) ? entry : 0;
}

/* The boundary of the task that has that number still. */
static __always_inline u64 boundary_of(struct pid *pid)
{
	struct task_struct *target;
	struct task_state *st;
	u64 boundary = 0;

	if (!bpf_task_from_pid)
		return 0;
	target = bpf_task_from_pid(BPF_CORE_READ(pid, numbers[0].nr));
	if (!target)
		return 0;
	if (BPF_CORE_READ(target, thread_pid) == pid) {
		st = bpf_task_storage_get(&tasks, target, 0, 0);
		boundary = st ? st->boundary : 0;
	}
	bpf_task_release(target);
	return boundary;
}

int target_find(u32 slot, u64 pid_address)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct pid *pid = (struct pid *)pid_address;
	struct record_text exe = {};
	struct task_struct *target;
	struct hlist_node *link;
	struct file *file;

	if (!s)
		return 0;
	s->text = exe;
	s->target_boundary = s->target_start_ns = 0;
	s->target_pid = 0;
	link = pid ? BPF_CORE_READ(pid, tasks[PIDTYPE_PID].first) : 0;
	if (!link)
		return 0;
	target = (void *)link - bpf_core_field_offset(struct task_struct, pid_links[PIDTYPE_PID]);
	s->target_pid = BPF_CORE_READ(target, tgid);
	s->target_start_ns = BPF_CORE_READ(target, group_leader, start_boottime);
	s->target_boundary = boundary_of(pid);
	file = BPF_CORE_READ(target, mm, exe_file);
	if (file)
		slot_file_path(s, file, &exe);
	s->text = exe;
	return 0;
}

/* Into the record what target_find() found, if anything. */
static __always_inline void take_found(const struct slot *s, struct record_target *r)
{
	if (!s->target_pid)
		return;
	r->pid = s->target_pid;
	r->start_ns = s->target_start_ns;
	r->boundary = s->target_boundary;
	r->exe = s->text;
}

/* The pid behind a descriptor of pidfd_open(2): private data of the file, since 6.9 of the inode. */
static __always_inline s32 read_pidfd(struct task_struct *task, s32 fd)
{
	struct file *file = read_fd(task, fd);
	struct pid *pid;

	if (!file)
		return 0;
	pid = BPF_CORE_READ(file, private_data);
	if (!pid)
		pid = BPF_CORE_READ(file, f_inode, i_private);
	return BPF_CORE_READ(pid, numbers[0].nr);
}

/* What the call is about; op PTRACE_OP_NONE and signal 0 = nothing to tell. */
struct reach {
	u32 kind, op, signal;
	s32 pid;
	bool initial; /* pid is a number of the initial namespace */
};

static __always_inline void read_ptrace(const u64 *args, struct reach *x)
{
	if (args[0] == PTRACE_ATTACH)
		x->op = PTRACE_OP_ATTACH;
	else if (args[0] == PTRACE_SEIZE)
		x->op = PTRACE_OP_SEIZE;
	x->pid = args[1];
}

/* Only what was refused: a signal that was sent is told by the hook below, with its true target. */
static __always_inline void read_kill(const u64 *args, u32 class, long ret, struct reach *x)
{
	if (ret != -EPERM)
		return;
	x->kind = RECORD_SIGNAL;
	x->pid = class == SYS_TGKILL ? args[1] : args[0];
	x->signal = class == SYS_TGKILL ? args[2] : args[1];
	if (x->pid <= 0) /* a group of processes has no one name */
		x->signal = 0;
}

static __noinline int read_reach(struct task_struct *task, const u64 *args, u32 class, long ret,
				 struct reach *x)
{
	x->kind = RECORD_PTRACE;
	x->pid = args[0];
	x->initial = in_initial_pid_namespace(task);
	switch (class) {
	case SYS_PTRACE:
		read_ptrace(args, x);
		break;
	case SYS_VM_READ:
		x->op = PTRACE_OP_READ;
		break;
	case SYS_VM_WRITE:
		x->op = PTRACE_OP_WRITE;
		break;
	case SYS_GETFD:
		x->op = PTRACE_OP_GETFD;
		x->pid = read_pidfd(task, args[0]);
		x->initial = true;
		break;
	case SYS_KILL:
	case SYS_TGKILL:
		read_kill(args, class, ret, x);
		break;
	}
	return 0;
}

int target_on_call(u32 class_and_ia32, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	u32 class = class_and_ia32 & 0xff;
	struct record_target *r;
	struct reach x = {};
	u64 args[6] = {};
	struct slot *s;

	if (!st || ret == -ESRCH)
		return 0;
	if (class == SYS_GETFD && ret >= 0)
		rings_on_getfd(ret);
	read_current_args(args, class_and_ia32);
	read_reach(task, args, class, ret, &x);
	if (x.op == PTRACE_OP_NONE && x.signal == 0)
		return 0;
	if (x.pid == task->tgid && x.initial) /* its own memory, its own descriptors */
		return 0;
	s = slot_claim(x.kind);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_target);
	if (class_and_ia32 & 0x100)
		s->flags |= RECORD_IA32;
	fill_task(&r->task);
	r->op = x.op;
	r->signal = x.signal;
	r->result = ret < 0 ? ret : 0;
	if (class == SYS_VM_READ || class == SYS_VM_WRITE)
		r->bytes = ret > 0 ? ret : 0;
	if (x.initial)
		r->pid = x.pid;
	target_find(s->id, find_pid(x.pid, x.initial));
	take_found(s, r);
	if (r->pid != (u32)task->tgid)
		slot_submit(s, x.kind);
	slot_release(s);
	return 0;
}

/*
 * An open of /proc/PID/mem, beside the record of the open itself. Whose it is stands in the inode, so
 * no other path to it hides that.
 */
int target_on_memory(u64 inode, u32 op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct proc_inode *proc =
		(void *)(inode - bpf_core_field_offset(struct proc_inode, vfs_inode));
	struct pid *pid = BPF_CORE_READ(proc, pid);
	s32 number = BPF_CORE_READ(pid, numbers[0].nr);
	struct record_target *r;
	struct slot *s;

	if (!st || number == task->tgid || number == task->pid)
		return 0;
	s = slot_claim(RECORD_PTRACE);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_target);
	fill_task(&r->task);
	r->op = op;
	r->pid = number;
	target_find(s->id, (u64)pid);
	take_found(s, r);
	if (r->pid != (u32)task->tgid) /* another thread of the caller's own */
		slot_submit(s, RECORD_PTRACE);
	slot_release(s);
	return 0;
}

static __noinline int emit_signal(struct task_struct *task, struct task_struct *target, u32 signal)
{
	struct task_state *st = current_state(task), *other;
	struct record_text path = {};
	struct record_target *r;
	struct file *exe;
	struct slot *s;

	if (!st || !target)
		return 0;
	s = slot_claim(RECORD_SIGNAL);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_target);
	fill_task(&r->task);
	r->signal = signal;
	other = bpf_task_storage_get(&tasks, target, 0, 0);
	exe = BPF_CORE_READ(target, mm, exe_file);
	if (other)
		r->boundary = other->boundary;
	r->pid = target->tgid;
	r->start_ns = target->group_leader->start_boottime;
	if (exe)
		slot_file_path(s, exe, &path);
	r->exe = path;
	slot_submit(s, RECORD_SIGNAL);
	slot_release(s);
	return 0;
}

/*
 * signal_generate(sig, info, task, group, result): a signal is put to a task; current is the sender
 * when it came by kill(2) and its kind, and anybody when the kernel made it (a positive code, or
 * the marks 0 and 1 in place of a pointer). Told when it crosses a boundary, or is for the sensor
 * itself. Since 2.6. Misses what was refused (see read_kill).
 */
SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal, int sig, struct kernel_siginfo *info, struct task_struct *target)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st, *other;
	s32 code = 0;

	if ((u64)info == 1 || task->flags & PF_KTHREAD || !target || is_self(task, OWN_SIGNAL) ||
	    task->tgid == target->tgid)
		return 0;
	if (info)
		code = BPF_CORE_READ(info, si_code);
	if (code != SI_USER && code != SI_QUEUE && code != SI_TKILL)
		return 0;
	st = bpf_task_storage_get(&tasks, task, 0, 0);
	other = bpf_task_storage_get(&tasks, target, 0, 0);
	if (st && other && st->boundary == other->boundary && !is_sensor(target))
		return 0;
	return emit_signal(task, target, sig);
}

char LICENSE[] __weak SEC("license") = "GPL";
