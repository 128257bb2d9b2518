/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/learn.h"

#include "bpf/event.h"
#include "identity/ci/ci.h"
#include "identity/links.h"
#include "identity/marks.h"
#include "identity/naming.h"
#include "identity/sessions.h"
#include "identity/supervisors.h"
#include "identity/tamper.h"

#define NAMES_CHECK_NS 1000000000ull

static void let_go_of_boundary(struct identity_table *t, struct process *p)
{
	if (p->held)
		boundaries_drop(&t->boundaries, p->boundary);
	p->held = false;
}

/* A boundary lives as long as a live process is in it. The new one first: it may lie in the old one. */
static void set_boundary(struct identity_table *t, struct process *p, uint64_t id)
{
	uint64_t old = p->boundary;
	bool held = p->held;

	if (old == id && (held || !p->alive))
		return;
	p->boundary = id;
	p->held = p->alive && boundaries_hold(&t->boundaries, id);
	if (p->held)
		boundaries_enter(&t->boundaries, id);
	if (!held)
		return;
	boundaries_leave(&t->boundaries, old);
	boundaries_drop(&t->boundaries, old);
}

static void set_exited(struct identity_table *t, struct process *p)
{
	if (p->held)
		boundaries_leave(&t->boundaries, p->boundary);
	let_go_of_boundary(t, p);
	processes_exited(&t->processes, p);
}

/* One that is still alive goes on to count where it lives: nobody knows when it ends. */
static void forget(struct identity_table *t, struct process *p)
{
	if (p->alive && p->marks)
		t->marks_forgotten_ns = t->newest_start_ns;
	let_go_of_boundary(t, p);
	interns_drop(&t->exes, p->exe);
	interns_drop(&t->exes, p->written_by);
	interns_drop(&t->exes, p->marked_by);
	processes_remove(&t->processes, p);
	t->stats.evicted_processes++;
}

static void set_exe(struct identity_table *t, struct process *p, struct str exe)
{
	struct interned *e = interns_take(&t->exes, exe);

	interns_drop(&t->exes, p->exe);
	p->exe = e;
}

static void set_writer(struct identity_table *t, struct process *p, struct str who)
{
	struct interned *e = interns_take(&t->exes, who);

	interns_drop(&t->exes, p->written_by);
	p->written_by = e;
}

/* Who is older than the census of all that run, and was not in it, has ended: its record comes late. */
static struct process *make_process(struct identity_table *t, uint32_t pid, uint64_t start_ns)
{
	struct process *older = processes_newest(&t->processes, pid);
	struct process *victim, *p;

	if (older && older->start_ns < start_ns)
		set_exited(t, older); /* the pid is used again: its exit was not heard of */
	victim = processes_victim(&t->processes);
	if (victim)
		forget(t, victim);
	p = processes_add(&t->processes, pid, start_ns);
	if (start_ns > t->newest_start_ns)
		t->newest_start_ns = start_ns;
	if (start_ns < t->census_boot_ns)
		processes_exited(&t->processes, p);
	return p;
}

struct process *learn_acting(struct identity_table *t, const struct event_what *what)
{
	struct process *p;

	if (what->pid == 0)
		return NULL;
	if (what->type == EVENT_SESSION_ATTEST) /* our own word about it: it may have ended */
		return processes_find(&t->processes, what->pid, what->start_ns);
	p = processes_find(&t->processes, what->pid, what->start_ns);
	if (!p) {
		p = make_process(t, what->pid, what->start_ns);
		marks_recall(t, p);
	}
	if (!p->parent_pid) { /* its fork was not heard of: the present parent is the best there is */
		p->parent_pid = what->parent_pid;
		p->parent_start_ns = what->parent_start_ns;
	}
	p->uid = what->uid;
	p->task_flags = what->task_flags & ~TASK_SHARED_RING; /* of the act alone */
	set_boundary(t, p, what->boundary);
	processes_heard(&t->processes, p);
	return p;
}

struct interned *learned_exe(const struct process *p, const struct event_what *what)
{
	bool known = what->boot_ns >= p->exe_boot_ns || what->exec_count == p->exe_execs;

	return known ? p->exe : NULL;
}

/* One of those that run; alive, whatever make_process() thought of it. */
static void take_census(struct identity_table *t, struct process *p, const struct event_what *what)
{
	if (!t->census_boot_ns || what->boot_ns < t->census_boot_ns)
		t->census_boot_ns = what->boot_ns;
	if (!p || p->alive)
		return;
	processes_revived(&t->processes, p);
	set_boundary(t, p, what->boundary);
}

/* Last in an event: making room for the child may take the place of anybody. */
static void learn_fork(struct identity_table *t, const struct process *parent,
		       const struct event_what *what)
{
	struct interned *exe = interns_share(learned_exe(parent, what));
	struct interned *written_by = interns_share(parent->written_by);
	struct interned *marked_by = interns_share(parent->marked_by);
	uint8_t marks = parent->marks;
	struct process *child;

	child = processes_find(&t->processes, what->child.pid, what->child.start_ns);
	if (!child && what->child.pid) {
		child = make_process(t, what->child.pid, what->child.start_ns);
		child->exe = interns_share(exe);
		child->written_by = interns_share(written_by);
		child->parent_pid = what->pid;
		child->parent_start_ns = what->start_ns;
		child->uid = what->uid;
		child->task_flags = what->child.flags;
		marks_inherit(child, marks, marked_by);
		set_boundary(t, child, what->child.boundary);
	}
	interns_drop(&t->exes, exe);
	interns_drop(&t->exes, written_by);
	interns_drop(&t->exes, marked_by);
}

/* The process that opened a job, and what is known of it. */
static struct process *supervisor_of(struct identity_table *t, const struct event_what *what,
				     struct supervisor *out)
{
	struct process *p;

	*out = (struct supervisor){0};
	if (what->crossing.kind != BOUNDARY_CI)
		return NULL;
	out->misplaced =
		supervisor_is_misplaced(t, what->crossing.cgroup, what->crossing.ci_system);
	p = processes_find(&t->processes, what->crossing.opener_pid,
			   what->crossing.opener_start_ns);
	if (!p)
		return NULL;
	out->exec_seen = p->exec_seen;
	out->systems = p->supervises;
	out->tampered = tamper_suspects(t, p);
	if (p->job)
		out->first = boundaries_find(&t->boundaries, p->job);
	return p;
}

static void learn_boundary(struct identity_table *t, const struct event_what *what)
{
	const struct boundary *parent = NULL;
	struct origin origin = {0};
	struct container_entry entry;
	struct supervisor by;
	struct process *opener;
	struct boundary *b;
	bool entered;

	if (boundaries_find(&t->boundaries, what->crossing.id))
		return;
	user_names_refresh(&t->users);
	if (what->crossing.parent_id)
		parent = boundaries_find(&t->boundaries, what->crossing.parent_id);
	opener = supervisor_of(t, what, &by);
	links_find_origin(t, what, &origin);
	entered = !origin.user_moved && containers_enter(t, what, parent, &entry);
	b = naming_decide(what, parent, &origin, &by, entered ? &entry : NULL, &t->users);
	if (!b)
		return;
	if (opener) {
		b->opener_seen = opener->exec_seen;
		b->opener_systems = opener->supervises;
	}
	boundaries_add(&t->boundaries, b, false);
	keep_boundary(t, b);
	if (opener && !opener->job)
		opener->job = b->id;
	sessions_opened(t, b);
}

/* How it was started says whether it can be a supervisor; a job that starts one is found out. */
static void learn_exec(const struct identity_table *t, struct process *p,
		       const struct event_what *what)
{
	bool running = what->type == EVENT_PROCESS;

	p->exe_boot_ns = running ? what->boot_ns : 0;
	p->exe_execs = what->exec_count;
	p->supervises = 0;
	p->exec_seen = what->type == EVENT_EXEC;
	if (p->exec_seen)
		p->supervises = ci_looks_like(what->exec.exe, what->exec.argv);
	else
		recall_opener(t, p);
}

/* A uid that is given to somebody else gets the new name within a second also where nobody logs in. */
static void look_after_names(struct identity_table *t, uint64_t boot_ns)
{
	if (boot_ns < t->names_boot_ns + NAMES_CHECK_NS)
		return;
	t->names_boot_ns = boot_ns;
	user_names_refresh(&t->users);
}

/* A change of user by a plain call opens no boundary. */
static bool is_crossing(const struct event_what *what)
{
	return what->crossing.id &&
	       (what->type == EVENT_BOUNDARY || what->type == EVENT_SESSION_START ||
		what->type == EVENT_CRED_BECOME);
}

static void end_process(struct identity_table *t, struct process *p, const struct event_what *what)
{
	sessions_opener_gone(t, p, what->wall_ns);
	set_exited(t, p);
}

void learn_arrival(struct identity_table *t, const struct event_what *what)
{
	if (what->wall_ns > t->wall_ns)
		t->wall_ns = what->wall_ns;
	look_after_names(t, what->boot_ns);
	if (is_crossing(what))
		learn_boundary(t, what);
	else if (what->type == EVENT_AUTH_LOG && !(what->task_flags & TASK_PLAYS_SSHD))
		arrivals_learn_line(t->arrivals, what);
	else if (what->type == EVENT_NET_CONNECT)
		arrivals_learn_connection(t->arrivals, what);
	else if (what->type == EVENT_REQUEST && what->request.engine >= REQUEST_SYSTEMD)
		starts_learn(t, what);
}

void learn_process(struct identity_table *t, struct process *p, const struct event_what *what)
{
	if (what->type == EVENT_PROCESS)
		take_census(t, p, what);
	if (!p)
		return;
	if (what->type == EVENT_EXEC || what->type == EVENT_PROCESS) {
		set_exe(t, p, what->exec.exe);
		learn_exec(t, p, what);
	} else if (!p->exe && is_crossing(what)) {
		set_exe(t, p, what->crossing.exe);
	}
	links_learn(t, p, what);
}

void learn_outcome(struct identity_table *t, struct process *p, const struct event_what *what,
		   const struct event_who *who)
{
	if (what->type == EVENT_EXEC)
		set_writer(t, p, who->written_by);
	if (what->type == EVENT_EXIT)
		end_process(t, p, what);
	if (what->type == EVENT_FORK)
		learn_fork(t, p, what);
}
