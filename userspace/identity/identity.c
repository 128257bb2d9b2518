/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: the stage. Fills event.who of every event with a task, from what the events before have
 * taught (learn.c). Names are decided in naming.c, when a boundary is first seen; here they are looked
 * up. After warm-up an event allocates nothing.
 */
#include "identity/identity.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "bpf/event.h"
#include "identity/learn.h"
#include "identity/marks.h"
#include "identity/naming.h"
#include "identity/present.h"
#include "identity/provenance.h"
#include "identity/table.h"
#include "identity/tamper.h"

#define BOUNDARIES_DEFAULT 16384
#define PROCESSES_DEFAULT  65536
#define BOUNDARY_BYTES_MAX (24u << 20)
#define EXES_MAX	   16384
#define EXE_BYTES_MAX	   (8u << 20)

/* Kernel threads are there before any record: their boundary needs none. */
static int add_kernel(struct identity_table *t)
{
	struct event_what what = {
		.crossing = {.id = BOUNDARY_ID_KERNEL,
			     .kind = BOUNDARY_KERNEL,
			     .cgroup = STR_LIT("/")},
		.login_uid = UINT32_MAX,
		.session_id = UINT32_MAX,
	};
	struct boundary *b = naming_decide(&what, NULL, NULL, NULL, NULL, &t->users);

	if (!b)
		return -ENOMEM;
	boundaries_add(&t->boundaries, b, true);
	return 0;
}

static void free_table(struct identity_table **t)
{
	identity_free(*t);
}

int identity_new(struct identity_table **out, const struct identity_options *opt)
{
	_cleanup_(free_table) struct identity_table *t = calloc(1, sizeof(*t));
	size_t boundaries = opt && opt->boundaries_max ? opt->boundaries_max : BOUNDARIES_DEFAULT;
	size_t processes = opt && opt->processes_max ? opt->processes_max : PROCESSES_DEFAULT;

	if (!t)
		return -ENOMEM;
	t->ci_supervisors = opt ? opt->ci_supervisors : NULL;
	t->host_root = opt ? opt->host_root : NULL;
	user_names_init(&t->users, opt && opt->passwd_path ? opt->passwd_path : "/etc/passwd");
	user_names_refresh(&t->users);
	t->arrivals = arrivals_new();
	t->deferrals = deferrals_new(opt ? opt->host_root : NULL);
	t->calls = calls_new();
	t->requests = requests_new();
	t->starts = starts_new();
	if (!t->arrivals || !t->deferrals || !t->calls || !t->requests || !t->starts ||
	    boundaries_init(&t->boundaries, boundaries + 1, BOUNDARY_BYTES_MAX) < 0 ||
	    processes_init(&t->processes, processes) < 0 ||
	    interns_init(&t->exes, EXES_MAX, EXE_BYTES_MAX) < 0 ||
	    writers_init(&t->writers, WRITTEN_MAX) < 0 || add_kernel(t) < 0)
		return -ENOMEM;
	*out = TAKE_PTR(t);
	return 0;
}

void identity_free(struct identity_table *t)
{
	if (!t)
		return;
	boundaries_release(&t->boundaries);
	processes_release(&t->processes);
	interns_release(&t->exes);
	writers_release(&t->writers);
	user_names_release(&t->users);
	arrivals_free(t->arrivals);
	calls_free(t->calls);
	deferrals_free(t->deferrals);
	requests_free(t->requests);
	starts_free(t->starts);
	restored_release(t);
	free(t);
}

/* Whether a task did it, and not the sensor. */
static bool has_task(enum event_type type)
{
	return type != EVENT_NONE && (type < EVENT_LOSS || type == EVENT_AGENT_TAMPER);
}

/* The others only teach. */
static bool is_published(const struct event *ev)
{
	if (ev->what.type == EVENT_AUTH_LOG)
		return ev->who.id.flags & ID_FORGED_AUTH_LOG;
	return ev->what.type != EVENT_BOUNDARY && ev->what.type != EVENT_PROCESS &&
	       ev->what.type != EVENT_REQUEST;
}

static void fill_identity(struct identity_table *t, const struct event_what *what,
			  struct identity *id)
{
	const struct boundary *b = boundaries_find(&t->boundaries, what->boundary);

	if (!b && what->task_flags & TASK_KTHREAD)
		b = boundaries_find(&t->boundaries, BOUNDARY_ID_KERNEL);
	if (b) {
		boundary_identity(t, b, what->last_wall_ns ? what->last_wall_ns : what->wall_ns,
				  id);
	} else {
		naming_lost(id, what->boundary);
		t->stats.boundary_lost++;
	}
	naming_apply_flags(id, what->task_flags);
}

/* A job's process that was started like the supervisor of such jobs. */
static bool plays_supervisor(const struct process *p, const struct identity *id)
{
	uint32_t system = identity_ci_system(id->ci.provider);

	return p->supervises && system && (p->supervises >> system & 1);
}

/* The other end of the act. Who it is, only when its boundary is known: nobody is guessed. */
static void fill_target(const struct identity_table *t, const struct event_what *what,
			struct event_who *who)
{
	const struct boundary *b = what->target.boundary
					   ? boundaries_find(&t->boundaries, what->target.boundary)
					   : NULL;
	struct identity id;

	if (!b)
		return;
	boundary_identity(t, b, what->wall_ns, &id);
	who->target = id.who;
}

/* Flags that come of what was done, beside those of the boundary and the task. */
static void fill_flags(struct identity_table *t, const struct process *p,
		       const struct event_what *what, struct identity *id)
{
	if (what->task_flags & TASK_PLAYS_SSHD && !arrivals_is_forged(what, id))
		id->flags &= ~ID_FORGED_AUTH_LOG;
	if (tamper_learn(t, what))
		id->flags |= ID_SUPERVISOR_TAMPERED;
	if (p && plays_supervisor(p, id))
		id->flags |= ID_FAKE_SUPERVISOR;
}

static void fill_ancestors(const struct identity_table *t, const struct process *p,
			   const struct event_what *what, struct event_who *who)
{
	processes_fill_ancestors(&t->processes, p, what->boot_ns, who,
				 what->type == EVENT_EXEC ? ANCESTORS_MAX : 1);
	if (who->ancestor_count)
		who->parent = who->ancestors[0];
	if (what->type != EVENT_EXEC)
		who->ancestor_count = 0;
}

void identity_attach(struct identity_table *t, struct event *ev)
{
	const struct event_what *what = &ev->what;
	struct event_who *who = &ev->who;
	struct process *p;

	memset(who, 0, sizeof(*who));
	if (!has_task(what->type))
		return;
	learn_arrival(t, what);
	p = learn_acting(t, what);
	learn_process(t, p, what);
	fill_identity(t, what, &who->id);
	marks_apply(p, &who->id);
	if (p)
		marks_learn(t, p, what, &who->id);
	containers_learn(t, what, &who->id);
	fill_flags(t, p, what, &who->id);
	who->exe = p ? interned_str(learned_exe(p, what)) : STR_NONE;
	who->user_name = user_names_name(&t->users, what->uid);
	deferrals_learn(t->deferrals, what, &who->id, who->exe);
	fill_target(t, what, who);
	fill_ancestors(t, p, what, who);
	provenance_attach(t, ev);
	if (p)
		learn_outcome(t, p, what, who);
	if (is_published(ev)) {
		t->stats.events++;
		t->stats.attributed += !str_is(who->id.kind, "anon");
	}
}

void identity_get_stats(const struct identity_table *t, struct identity_stats *out)
{
	*out = t->stats;
	out->boundaries = t->boundaries.count - 1; /* the kernel's own is no record's */
	out->evicted_boundaries = t->boundaries.evicted;
	out->evicted_written = t->writers.evicted;
	out->processes = t->processes.count;
}
