// SPDX-License-Identifier: GPL-2.0-only
/* exec.bpf.c: processes begin, execute and end. */
#include "process.bpf.h"
#include "ask.bpf.h"
#include "manager.bpf.h"
#include "script.bpf.h"
#include "hold.bpf.h"
#include "send.bpf.h"
#include <bpf/bpf_tracing.h>

/*
 * task_newtask(child, clone_flags): in copy_process(), when nothing can fail any more, before the
 * child runs; current is the one that forks. Preferred to sched_process_fork: it also covers
 * io_uring's workers, and the child's cgroup (CLONE_INTO_CGROUP) is final. All kernels.
 * Misses nothing; processes from before the sensor are seeded (boundary.bpf.c).
 */
static __always_inline void copy_state(struct task_struct *parent, struct task_state *up,
				       struct task_struct *child, struct task_state *st,
				       u64 clone_flags)
{
	u32 role = parent->tgid == 1 ? ROLE_SERVICE_MANAGER : up->role;

	*st = *up;
	st->connect = 0;
	st->held = 0;
	st->clients = 0;
	if (!(clone_flags & CLONE_THREAD))
		st->exec_count = 0;
	follow_rings(parent, child, st, clone_flags);
	note_credentials(child, st); /* others than the parent's in a new user namespace */
	/* beside its parent: a move of that one that has not been looked at is the child's as well */
	if ((u64)child->cgroups == (u64)parent->cgroups)
		return;
	st->mover = ROLE_NONE;
	if (role_may_move(role))
		note_mover(st, parent, role, child);
	notice_move(child, st);
}

static __always_inline void emit_fork(struct task_struct *parent, struct task_state *up,
				      struct task_struct *child, struct task_state *st)
{
	struct slot *s = slot_claim(RECORD_FORK);
	struct record_fork *r;

	if (!s)
		return;
	r = slot_begin(s, struct record_fork);
	fill_task(&r->task);
	r->child_start_ns = child->start_boottime;
	r->child_pid = child->tgid;
	r->child_boundary = st->boundary;
	r->child_flags = task_flags(child, st);
	slot_submit(s, RECORD_FORK);
	slot_release(s);
}

SEC("tp_btf/task_newtask")
int BPF_PROG(on_fork, struct task_struct *child, u64 clone_flags)
{
	struct task_struct *parent = bpf_get_current_task_btf();
	struct task_state *up = current_state(parent), *st;
	bool thread = clone_flags & CLONE_THREAD;

	if (!up)
		return 0;
	st = bpf_task_storage_get(&tasks, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!st) {
		count_here(state_faults);
		return 0;
	}
	copy_state(parent, up, child, st, clone_flags);
	if (!is_self(parent, OWN_FORK) && !thread)
		emit_fork(parent, up, child, st);
	return 0;
}

/* argv from the new mm: the NUL-separated strings, the last NUL not counted. */
static __noinline int take_argv(struct slot *s, u64 start, u64 end)
{
	struct record_exec *r = (struct record_exec *)s->data;
	u32 at = s->len, n;
	u64 len = end - start;

	if (start >= end)
		return 0;
	if (len > EVENT_ARGV_MAX) {
		len = EVENT_ARGV_MAX;
		s->flags |= RECORD_ARGV_CUT;
	}
	hide(at);
	n = len;
	hide(n);
	if (at > SLOT_DATA - EVENT_ARGV_MAX || n > EVENT_ARGV_MAX || n == 0)
		return 0;
	if (bpf_probe_read_user(&s->data[at], n, (void *)start)) {
		s->flags |= RECORD_ARGV_FAULT;
		return 0;
	}
	if (!(s->flags & RECORD_ARGV_CUT))
		n--;
	r->argv = slot_took(s, n);
	return 0;
}

static __always_inline void take_filename(struct slot *s, struct record_exec *r, const char *name)
{
	u32 at = s->len;
	long n;

	hide(at);
	if (at > SLOT_DATA)
		return;
	n = bpf_probe_read_kernel_str(&s->data[at], EVENT_PATH_MAX + 1, name);
	if (n > 1)
		r->filename = slot_took(s, n - 1);
}

/* The one whose executable has the role opens it: from its uid to that of what it starts. */
static __always_inline void set_opener(struct crossing *c, const struct task_state *by, u32 uid)
{
	c->from_uid = by->role_uid;
	c->to_uid = uid;
	c->opener_pid = by->role_pid;
	c->opener_start = by->role_start;
	c->opener_inode = by->role_inode;
	c->opener_dev = by->role_dev;
}

/* sudo and its kind have started their command; not: one of them has executed itself once more. */
static __always_inline bool is_become(const struct task_state *st, const struct exe_key *exe,
				      struct crossing *c)
{
	if (!role_switches_user(st->role))
		return false;
	if (exe->inode == st->role_inode && exe->dev == st->role_dev &&
	    st->cred_uid == st->role_uid)
		return false;
	c->kind = BOUNDARY_BECOME;
	set_opener(c, st, st->cred_uid);
	return true;
}

/* The file is a supervisor's too: what runs next belongs to the supervisor and not to a job. */
static __always_inline bool is_supervisor_file(const struct exe_key *id)
{
	u32 *role = bpf_map_lookup_elem(&trusted_exes, id);

	return role && (*role & 0xff) == ROLE_CI_SUPERVISOR;
}

/*
 * A supervisor's child has started a step: the first exec behind the supervisor's own. What takes
 * the supervisor's place in its own process is no step, unless a supervisor forked it (Java starts
 * its children through a helper, jspawnhelper, that is to be among the supervisors). Inside a job
 * nobody has the role.
 */
static __always_inline bool is_job(struct task_struct *task, const struct task_state *st,
				   const struct exe_key *exe, struct crossing *c)
{
	const struct task_state *by = st;

	if (st->role != ROLE_CI_SUPERVISOR || (st->flags & TASK_IN_JOB) || is_supervisor_file(exe))
		return false;
	if ((u32)task->tgid == st->role_pid) {
		by = bpf_task_storage_get(&tasks, task->real_parent, 0, 0);
		if (!by || role_of(task->real_parent, by) != ROLE_CI_SUPERVISOR)
			return false;
	}
	c->kind = BOUNDARY_CI;
	c->ci = by->ci;
	set_opener(c, by, st->cred_uid);
	return true;
}

/*
 * A server that people share starts a program: the first exec in a child of its own, which nobody's
 * lineage leads to but that of who started the server. The child's parent is the server.
 */
static __always_inline bool is_handoff(struct task_struct *task, const struct task_state *st,
				       const struct exe_key *exe, struct crossing *c)
{
	struct task_struct *server = task->real_parent;
	const struct task_state *by;

	if (st->role != ROLE_MULTIPLEXER || (u32)task->tgid == st->role_pid ||
	    (exe->inode == st->role_inode && exe->dev == st->role_dev))
		return false;
	by = bpf_task_storage_get(&tasks, server, 0, 0);
	if (!by || role_of(server, by) != ROLE_MULTIPLEXER)
		return false;
	c->kind = BOUNDARY_HANDOFF;
	set_opener(c, st, st->cred_uid);
	c->opener_pid = server->tgid;
	c->opener_start = server->group_leader->start_boottime;
	return true;
}

/*
 * A thread of the kernel has become a program: for a core dump, a module, an event of a device, the end of
 * a cgroup (kernel/umh.c). Whoever may write those settings chose it, so it is not the kernel's act.
 */
static __always_inline bool is_helper(struct task_struct *task, const struct task_state *st,
				      struct crossing *c)
{
	if (st->boundary != BOUNDARY_ID_KERNEL)
		return false;
	c->kind = BOUNDARY_HELPER;
	c->opener_pid = task->real_parent->tgid;
	c->opener_start = task->real_parent->group_leader->start_boottime;
	return true;
}

/* What the executable now is to the identity: crossings by who executed it, and its own role. */
static __always_inline void follow_exec(struct task_struct *task, struct task_state *st,
					struct file *exe, bool by_other_thread)
{
	struct crossing c = {.role = st->role};
	u32 id = task->self_exec_id;
	struct exe_key key = {};

	st->exec_count += id != st->exec_id ? id - st->exec_id : 1; /* 1: the state is as new */
	st->exec_id = id;
	rings_on_exec(by_other_thread);
	read_file_id(exe, &key);
	if (is_become(st, &key, &c) || is_job(task, st, &key, &c) ||
	    is_handoff(task, st, &key, &c) || is_helper(task, st, &c))
		open_boundary(task, st, &c);
	take_role(task, st);
}

/*
 * Current acts, and the kernel has skipped on_exec since it was looked at last. What it does now is not
 * the old executable's: no login and no move by it counts before this; a login that the old one did not
 * live to be looked at with is nobody's. Its credentials are still those noted last, since only calls
 * that are looked at change the real uid.
 */
int exec_missed(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct mm_struct *mm = task->mm;

	if (!st)
		return 0;
	if (!mm || is_sensor(task)) {
		st->role = ROLE_NONE;
		st->exec_id = task->self_exec_id;
		return 0;
	}
	follow_exec(task, st, mm->exe_file, true /* not known */);
	note_credentials(task, st);
	return 0;
}

/*
 * What is left to tell of it: name and arguments are the process's own word by now. A process that an
 * exec kills on the way is told so as well, by its end.
 */
int exec_tell_late(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	struct mm_struct *mm = task->mm;
	struct record_exec *r;
	struct slot *s;

	if (!st || !mm || is_sensor(task))
		return 0;
	s = slot_claim(RECORD_EXEC);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_exec);
	s->flags |= RECORD_EXEC_LATE;
	fill_task(&r->task);
	take_process(s, r, task, mm->exe_file);
	slot_submit(s, RECORD_EXEC);
	slot_release(s);
	return 0;
}

/* Whatever ran between two execs when the first was skipped, it logged nobody in. */
static __always_inline struct task_state *state_at_exec(struct task_struct *task)
{
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);

	if (st && st->boundary && st->exec_id + 1 != (u32)task->self_exec_id &&
	    role_may_log_in(st->role))
		st->role = ROLE_NONE;
	return state_before_exec(task, st);
}

/*
 * sched_process_exec(task, old_pid, bprm): in begin_new_exec()'s caller, once the exec cannot fail:
 * mm, credentials and executable are the new ones, the arguments are already in the new memory,
 * which nobody else can write yet. Since 3.4. Misses failed execs (they never get here).
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_tid, struct linux_binprm *bprm)
{
	struct task_state *st;
	struct record_exec *r;
	struct mm_struct *mm = task->mm;
	struct slot *s;

	if (is_self(task, OWN_OTHER) || !mm)
		return 0;
	st = state_at_exec(task);
	if (!st)
		return 0;
	note_credentials(task, st);
	follow_exec(task, st, mm->exe_file, old_tid != task->pid);
	s = slot_claim(RECORD_EXEC);
	if (!s)
		return 0;
	r = slot_begin(s, struct record_exec);
	fill_task(&r->task);
	take_process(s, r, task, mm->exe_file);
	r->argc = bprm->argc;
	r->old_tid = old_tid != task->pid ? old_tid : 0;
	take_filename(s, r, bprm->filename);
	if (bprm->interp !=
	    bprm->filename) /* the kernel put another name there: an interpreter's */
		take_script(s, task, bprm);
	take_argv(s, mm->arg_start, mm->arg_end);
	slot_submit(s, RECORD_EXEC);
	slot_release(s);
	return 0;
}

/*
 * CPU time of the group. The exact sum is split as the kernel does it for /proc: in the
 * proportion of the ticks seen; a process without any tick is all user time.
 */
static __always_inline void fill_times(struct record_exit *r, struct task_struct *task)
{
	struct signal_struct *sig = task->signal;
	struct task_struct *leader = task->group_leader;
	u64 exact = sig->sum_sched_runtime + task->se.sum_exec_runtime;
	u64 user = sig->utime + task->utime, sys = sig->stime + task->stime, share;

	if (leader->pid != task->pid) { /* a leader that left first is not in the sums yet */
		exact += leader->se.sum_exec_runtime;
		user += leader->utime;
		sys += leader->stime;
	}
	if (sys == 0 || user + sys == 0) {
		r->user_ns = exact;
		return;
	}
	share = ((sys >> 10) << 16) / (((user + sys) >> 10) + 1);
	r->system_ns = exact < (1ull << 47) ? (exact * share) >> 16 : (exact >> 16) * share;
	if (r->system_ns > exact)
		r->system_ns = exact;
	r->user_ns = exact - r->system_ns;
}

static __noinline int emit_exit(struct task_struct *task, struct task_state *st)
{
	struct slot *s = slot_claim(RECORD_EXIT);
	struct record_exit *r;
	u32 status;

	if (!s || !task)
		return 0;
	r = slot_begin(s, struct record_exit);
	fill_task(&r->task);
	r->task.flags &= ~TASK_SHARED_RING; /* whoever leaves last, no ring was asked for that */
	status = task->group_leader->exit_code;
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		status = task->signal->group_exit_code;
	r->exit_code = (status >> 8) & 0xff;
	r->exit_signal = status & 0x7f;
	r->max_rss_bytes = task->signal->maxrss * cfg_page_bytes;
	fill_times(r, task);
	slot_submit(s, RECORD_EXIT);
	slot_release(s);
	return 0;
}

/*
 * sched_process_exit(task[, group_dead]): every thread comes by. The process is over when no
 * thread is alive, not when the leader leaves (a non-leader that calls exec outlives it).
 * group_dead is exact and exists since 6.16; before, two last threads that leave in the same
 * moment could both read live == 0.
 */
SEC("tp_btf/sched_process_exit")
int on_exit(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st;

	hold_drop(task, true);
	if (is_self(task, OWN_EXIT)) /* one of its threads is enough to know that this runs */
		return 0;
	if (task->flags & PF_IO_WORKER && current_state(task))
		send_on_request(0, 0, 0);
	if (cfg_group_dead) {
		if (!(ctx[1] & 0xff))
			return 0;
	} else if (task->signal->live.counter != 0) {
		return 0;
	}
	st = current_state(task);
	ask_on_exit(task);
	manager_on_exit(task);
	if (st)
		emit_exit(task, st);
	return 0;
}

char LICENSE[] __weak SEC("license") = "GPL";
