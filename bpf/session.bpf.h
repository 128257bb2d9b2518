/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.bpf.h: the state that a task carries, and the crossings that open a new boundary.
 *
 * Nothing is asked of user space: a crossing is noticed by comparing login uid, session and
 * cgroup with what the state remembers, at every event of the task and before it forks. Only the
 * task itself can set its login uid, so the setter is known even when it is noticed late.
 */
#ifndef WHODID_BPF_SESSION_H
#define WHODID_BPF_SESSION_H

#include "path.bpf.h"
#include "rings.bpf.h"
#include "task.bpf.h"

#define UID_UNSET 0xffffffff

/* Verdict of a change of login uid or cgroup: who made it. */
struct crossing {
	u32 kind; /* enum boundary_kind */
	u32 role;
	u32 from_uid;
	u32 to_uid;
	u32 opener_pid;
	u32 opener_dev;
	u64 opener_start;
	u64 opener_inode;
	u32 ci;
	u32 pad0;
};

static __always_inline bool role_may_log_in(u32 role)
{
	return role == ROLE_SSHD || role == ROLE_LOGIN || role == ROLE_CRON || role == ROLE_AT ||
	       role == ROLE_SERVICE_MANAGER;
}

static __always_inline bool role_switches_user(u32 role)
{
	return role >= ROLE_SUDO && role <= ROLE_RUNUSER;
}

/*
 * Whether the task executes something else than what its state is about. The kernel counts a task's
 * execs (begin_new_exec() in fs/exec.c; all 64 bits since 5.7), and a child begins with its parent's
 * number: a difference means that on_exec did not run for one. From 7.0 on a program is skipped that
 * was preempted on the same CPU.
 */
static __always_inline bool misses_exec(struct task_struct *task, const struct task_state *st)
{
	return st->exec_id != (u32)task->self_exec_id;
}

/* Of what a task other than current executes, as far as that is known. */
static __always_inline u32 role_of(struct task_struct *task, const struct task_state *st)
{
	return misses_exec(task, st) ? ROLE_NONE : st->role;
}

/* exec.bpf.c: current misses an exec: its state follows, and once that is up to date it is told. Return 0. */
int exec_missed(void);
int exec_tell_late(void);

static __always_inline u64 new_boundary_id(void)
{
	struct cpu_counts *n = counts_here();

	if (!n)
		return 0;
	return ((u64)(bpf_get_smp_processor_id() + 1) << 48) | (add_u64(&n->boundaries, 1) + 1);
}

/* Appends the caller's memory from start to end, at most max bytes, the last NUL not counted. */
#define take_strings(s, out, start, end, max, cut, fault)                             \
	do {                                                                          \
		u64 from_ = (start), to_ = (end), n_ = to_ > from_ ? to_ - from_ : 0; \
		u32 at_ = (s)->len, len_;                                             \
                                                                                      \
		if (n_ > (max)) {                                                     \
			n_ = (max);                                                   \
			(s)->flags |= (cut);                                          \
		}                                                                     \
		len_ = n_;                                                            \
		hide(at_);                                                            \
		hide(len_);                                                           \
		if (len_ == 0 || len_ > (max) || at_ > SLOT_DATA - (max))             \
			break;                                                        \
		if (bpf_probe_read_user(&(s)->data[at_], len_, (void *)from_)) {      \
			(s)->flags |= (fault);                                        \
			break;                                                        \
		}                                                                     \
		(out) = slot_took(s, (s)->flags & (cut) ? len_ : len_ - 1);           \
	} while (0)

/* What a supervisor hands to its child. Read once, here; later it is the child's own word. */
shared_sub int take_handover(u32 slot, u64 task_address)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct task_struct *task = (struct task_struct *)task_address;
	struct record_text argv = {}, env = {};
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct record_boundary *r;

	if (!s)
		return 0;
	r = (struct record_boundary *)s->data;
	take_strings(s, argv, BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end),
		     EVENT_BOUNDARY_ARGV_MAX, RECORD_ARGV_CUT, RECORD_ARGV_FAULT);
	r->argv = argv;
	take_strings(s, env, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end),
		     EVENT_ENVIRON_MAX, RECORD_ENV_CUT, RECORD_ENV_FAULT);
	r->environ = env;
	return 0;
}

/*
 * The rest of a boundary record, and its end. The task comes as an address: crossings are rare, and
 * the verifier then looks at this once per program and not once per way to get here.
 */
shared_sub int finish_boundary(u32 slot, u64 task_address)
{
	struct slot *s = bpf_map_lookup_elem(&slots, &slot);
	struct task_struct *task = (struct task_struct *)task_address;
	struct record_boundary *r;
	struct workload w = {};
	struct record_text exe = {}, cgroup = {}, cwd = {};
	struct file *file;

	if (!s)
		return 0;
	r = (struct record_boundary *)s->data;
	read_task(&r->task, task);
	read_workload((u64)BPF_CORE_READ(task, cgroups), &w);
	file = BPF_CORE_READ(task, mm, exe_file);
	if (file)
		slot_file_path(s, file, &exe);
	r->exe = exe;
	if (w.id == r->task.cgroup_id) { /* else it moved itself, and where it sits says nothing */
		r->cgroup_hierarchy = w.hierarchy;
		slot_cgroup(s, w.kn, &cgroup);
		r->cgroup = cgroup;
	}
	if (r->kind == BOUNDARY_CI) {
		slot_path(s, BPF_CORE_READ(task, fs, pwd.mnt), BPF_CORE_READ(task, fs, pwd.dentry),
			  &cwd);
		r->cwd = cwd;
		take_handover(slot, task_address);
	}
	slot_submit(s, RECORD_BOUNDARY);
	slot_release(s);
	return 0;
}

/* The boundary record: it is in the ring before the first record that carries the id. */
static __always_inline void emit_boundary(struct task_struct *task, struct task_state *st,
					  u64 parent_id, struct crossing *c)
{
	struct slot *s = slot_claim(RECORD_BOUNDARY);
	struct record_boundary *r;

	if (!s)
		return;
	r = slot_begin(s, struct record_boundary);
	fill_state(&r->task, st);
	r->id = st->boundary;
	r->parent_id = parent_id;
	r->kind = c->kind;
	r->role = c->role;
	r->from_uid = c->from_uid;
	r->to_uid = c->to_uid;
	r->opener_pid = c->opener_pid;
	r->opener_dev = c->opener_dev;
	r->opener_start_ns = c->opener_start;
	r->opener_inode = c->opener_inode;
	r->session_id = st->session_id;
	r->ci_system = c->ci;
	s->args[0] = (u64)task;
	finish_boundary(s->id, stored(&s->args[0]));
}

/* Gives the task a new boundary and says so. */
static_sub int open_boundary(struct task_struct *task, struct task_state *st, struct crossing *c)
{
	u64 id = new_boundary_id(), parent;

	if (!id || !task || !st || !c)
		return 0;
	parent = st->boundary;
	if (c->kind == BOUNDARY_KERNEL)
		id = BOUNDARY_ID_KERNEL;
	cross_with_rings(task);
	if (c->kind == BOUNDARY_LOGIN)
		st->flags &= ~(TASK_SEEDED | TASK_SELF_LOGINUID | TASK_THREAD_LOGINUID);
	if (c->kind == BOUNDARY_CGROUP)
		st->flags &= ~TASK_SEEDED;
	if (c->kind == BOUNDARY_CI) {
		st->flags &= ~TASK_SEEDED;
		st->flags |= TASK_IN_JOB;
	}
	st->boundary = id;
	emit_boundary(task, st, parent, c);
	return 0;
}

/* A host's own login programs are in no pid namespace but the first, whoever put the task there. */
static __always_inline bool is_contained(struct task_struct *task, const struct task_state *st)
{
	return st->flags & TASK_IN_CONTAINER || task->thread_pid->level > 0;
}

/*
 * The login uid or the session is another one. A trusted setter (by inode of its executable, root
 * when it did so or when looked at last, not inside a container or job) logs somebody in; anybody else
 * has set his own: flagged once, remembered, and it opens nothing.
 */
static_sub int notice_login(struct task_struct *task, struct task_state *st)
{
	u32 login = read_login_uid(task), session = read_session_id(task);
	struct crossing c = {.kind = BOUNDARY_LOGIN};
	bool root = task->real_cred->euid.val == 0 || (st->flags & STATE_WAS_ROOT);
	struct task_struct *leader = task->group_leader;

	if (!st)
		return 0;
	st->login_uid = login;
	st->session_id = session;
	if (login == UID_UNSET)
		return 0;
	if (!role_may_log_in(st->role) || !root || is_contained(task, st) ||
	    (st->flags & TASK_IN_JOB)) {
		st->flags |= TASK_SELF_LOGINUID;
		if (leader->pid != task->pid && read_login_uid(leader) != login)
			st->flags |= TASK_THREAD_LOGINUID;
		return 0;
	}
	c.role = st->role;
	c.to_uid = login;
	c.opener_pid = task->tgid;
	c.opener_start = leader->start_boottime;
	c.opener_inode = st->role_inode;
	c.opener_dev = st->role_dev;
	return open_boundary(task, st, &c);
}

static __always_inline bool role_may_move(u32 role)
{
	return role == ROLE_SERVICE_MANAGER || role == ROLE_CONTAINER_RUNTIME;
}

/* Notes who has moved the task. css_set comes last: whoever sees it sees the rest. */
static __always_inline void note_mover(struct task_state *st, struct task_struct *mover, u32 role,
				       struct task_struct *task)
{
	st->mover_pid = mover->tgid;
	st->mover_start = mover->group_leader->start_boottime;
	st->moved_to = workload_id((u64)BPF_CORE_READ(task, cgroups));
	__sync_lock_test_and_set(&st->mover, role);
	__sync_lock_test_and_set(&st->css_set, 0);
}

/*
 * The task sits in other cgroups than before. Only PID 1, a service manager and a container
 * runtime decide about the workload; a move by anybody else, also one that came after theirs,
 * changes nothing but a flag. A mover may be noted a moment after the move was seen.
 */
static_sub int notice_move(struct task_struct *task, struct task_state *st)
{
	struct crossing c = {.kind = BOUNDARY_CGROUP};
	u64 css_set = (u64)task->cgroups, id, decided;
	u32 mover;

	if (!st)
		return 0;
	__sync_lock_test_and_set(&st->css_set, css_set);
	mover = __sync_lock_test_and_set(&st->mover, ROLE_NONE);
	id = workload_id(stored(&st->css_set));
	decided = role_may_move(mover) ? st->moved_to : st->cgroup_id;
	if (id != decided)
		st->flags |= TASK_SELF_MOVED;
	else if (role_may_move(mover))
		st->flags &= ~TASK_SELF_MOVED;
	if (decided == st->cgroup_id)
		return 0;
	c.opener_pid = st->mover_pid;
	c.opener_start = st->mover_start;
	st->cgroup_id = decided;
	if (mover == ROLE_CONTAINER_RUNTIME)
		st->flags |= TASK_IN_CONTAINER;
	c.role = mover;
	if (st->role == mover) {
		c.opener_inode = st->role_inode;
		c.opener_dev = st->role_dev;
	}
	return open_boundary(task, st, &c);
}

/*
 * Role by the executable's inode, and who runs it: the opener of what it opens later. Programs that
 * switch users do so as root: run without that (no_new_privs, traced, nosuid, or not setuid at
 * all) they do what their caller wants, who can preload code into them. A job never becomes a
 * supervisor: what it executes opens nothing, and is flagged.
 */
static_sub int take_role(struct task_struct *task, struct task_state *st)
{
	struct exe_key exe = {};
	u32 *role, what;

	if (!task || !st)
		return 0;
	st->role = ROLE_NONE;
	st->flags &= ~TASK_FAKE_SUPERVISOR;
	if (!task->mm)
		return 0;
	read_file_id(task->mm->exe_file, &exe);
	role = bpf_map_lookup_elem(&trusted_exes, &exe);
	what = role ? *role & 0xff : ROLE_NONE;
	if (what == ROLE_CI_SUPERVISOR && (st->flags & TASK_IN_JOB)) {
		st->flags |= TASK_FAKE_SUPERVISOR;
		return 0;
	}
	if (role && !(role_switches_user(what) && task->real_cred->euid.val != 0)) {
		st->role = what;
		st->ci = (*role >> 8) & 0xff;
	} else if (task->tgid == 1)
		st->role = ROLE_SERVICE_MANAGER; /* PID 1 decides, whatever it is called */
	if (st->role == ROLE_NONE)
		return 0;
	st->role_inode = exe.inode;
	st->role_dev = exe.dev;
	st->role_pid = task->tgid;
	st->role_start = task->group_leader->start_boottime;
	st->role_uid = task->real_cred->uid.val;
	return 0;
}

/* What a later change is compared with. At birth, exec, and the end of each call that changes it. */
static __always_inline void note_credentials(struct task_struct *task, struct task_state *st)
{
	const struct cred *cred = task->real_cred;

	bpf_core_read(&st->cred_caps, sizeof(st->cred_caps), &cred->cap_effective);
	st->cred_uid = cred->uid.val;
	st->cred_euid = cred->euid.val;
}

static __always_inline void read_facts(struct task_struct *task, struct task_state *st)
{
	st->exec_id =
		task->self_exec_id; /* before its executable: an exec in between is seen later */
	st->css_set = (u64)task->cgroups;
	st->cgroup_id = workload_id(stored(&st->css_set));
	st->login_uid = read_login_uid(task);
	st->session_id = read_session_id(task);
	if (task->real_cred->euid.val == 0)
		st->flags |= STATE_WAS_ROOT;
	note_credentials(task, st);
}

/* A task without known parent gets a boundary of its own. */
static __always_inline int start_boundary(struct task_struct *task, struct task_state *st, u32 flag)
{
	struct crossing c = {.kind = BOUNDARY_SEED};

	if (!task || !st)
		return 0;
	st->flags |= flag;
	if (task->flags & PF_KTHREAD)
		c.kind = BOUNDARY_KERNEL;
	c.opener_pid = task->tgid;
	c.opener_start = task->group_leader->start_boottime;
	if (c.kind == BOUNDARY_KERNEL) {
		/* one record for all of them: pid 2, which is there before any other */
		st->boundary = BOUNDARY_ID_KERNEL;
		if (task->pid != 2)
			return 0;
	}
	return open_boundary(task, st, &c);
}

/*
 * State for a task that has none: it ran before the sensor, or its fork was not seen. It shares
 * its parent's boundary where login uid, session and workload are equal. A flag says why.
 */
static_sub struct task_state *make_state(struct task_struct *task)
{
	u32 flag = !seeded_ns || task->start_boottime < seeded_ns ? TASK_SEEDED : TASK_REPAIRED;
	struct task_struct *parent = task->real_parent;
	struct task_state *st, *up;
	u64 *family;

	if (task->pid != task->group_leader->pid)
		parent = task->group_leader;
	up = bpf_task_storage_get(&tasks, parent, 0, 0);
	st = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!st) {
		count_here(state_faults);
		return 0;
	}
	if (st->boundary) /* another CPU was faster */
		return st;
	read_facts(task, st);
	take_role(task, st);
	family = family_of(parent);
	st->family = family ? *family : 0;
	if (up && up != st && up->boundary && !(task->flags & PF_KTHREAD) &&
	    up->boundary != BOUNDARY_ID_KERNEL && up->login_uid == st->login_uid &&
	    up->session_id == st->session_id && up->cgroup_id == st->cgroup_id) {
		st->boundary = up->boundary;
		st->flags |= flag | (up->flags & (TASK_IN_CONTAINER | TASK_IN_JOB));
		return st;
	}
	start_boundary(task, st, flag);
	return st;
}

/* Current has no state yet, something about it has changed, or it works for rings: not the rule. */
shared_sub int catch_up(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);

	if (!st || !st->boundary) {
		st = make_state(task);
		if (!st)
			return 0;
	}
	if (read_login_uid(task) != st->login_uid || read_session_id(task) != st->session_id)
		notice_login(task, st);
	if ((u64)task->cgroups != st->css_set)
		notice_move(task, st);
	if (task->flags & PF_IO_WORKER)
		rings_on_act();
	return 0;
}

/* The same by what current executed when it was looked at last: for on_exec, which is about the change. */
static __always_inline struct task_state *state_before_exec(struct task_struct *task,
							    struct task_state *st)
{
	if (!st || !st->boundary || read_login_uid(task) != st->login_uid ||
	    read_session_id(task) != st->session_id || (u64)task->cgroups != st->css_set ||
	    task->flags & PF_IO_WORKER) {
		catch_up();
		st = bpf_task_storage_get(&tasks, task, 0, 0);
		if (!st || !st->boundary)
			return 0;
	}
	if (task->real_cred->euid.val == 0)
		st->flags |= STATE_WAS_ROOT;
	else
		st->flags &= ~STATE_WAS_ROOT;
	return st;
}

/* Current's state, brought up to date: crossings since the last look open their boundaries here. */
static __always_inline struct task_state *current_state(struct task_struct *task)
{
	struct task_state *st = bpf_task_storage_get(&tasks, task, 0, 0);
	bool late = st && st->boundary && misses_exec(task, st);

	if (late)
		exec_missed();
	st = state_before_exec(task, st);
	if (late)
		exec_tell_late();
	return st;
}

static __always_inline bool is_sensor(struct task_struct *task)
{
	return self_tgid && (u32)task->tgid == self_tgid &&
	       (!self_start_ns || task->group_leader->start_boottime == self_start_ns);
}

/* The same of who acts, counted by what saw it: a sensor that acts and is not counted here is blind. */
static __always_inline bool is_self(struct task_struct *task, u32 own)
{
	if (!is_sensor(task))
		return false;
	count_here(filtered_self);
	mask(own, OWN_ACTS_MAX);
	add_u64(&own_acts[own], 1);
	return true;
}

#endif
