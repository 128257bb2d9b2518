/* SPDX-License-Identifier: Apache-2.0 */
/* sessions: see the header. */
#include "identity/sessions.h"

#include "bpf/event.h"

void sessions_opened(struct identity_table *t, const struct boundary *b)
{
	struct process *opener;

	if (b->kind != BOUNDARY_LOGIN)
		return;
	opener = processes_find(&t->processes, b->opener_pid, b->opener_start_ns);
	if (opener)
		opener->login = b->id;
}

struct job_end {
	const struct identity_table *table;
	int64_t wall_ns;
};

static void end_job(void *ctx, struct boundary *job)
{
	const struct job_end *end = ctx;

	job->ended_wall_ns = end->wall_ns;
	keep_boundary(end->table, job);
}

void sessions_opener_gone(struct identity_table *t, const struct process *p, int64_t wall_ns)
{
	struct boundary *b = p->login ? boundaries_find(&t->boundaries, p->login) : NULL;
	struct job_end end = {t, wall_ns};

	if (p->job)
		boundaries_each_opened(&t->boundaries, BOUNDARY_CI, p->pid, p->start_ns, end_job,
				       &end);
	if (!b)
		return;
	b->ended_wall_ns = wall_ns;
	keep_boundary(t, b);
}

static void fill_end(struct event *out, const struct boundary *b, const struct event *cause)
{
	memset(out, 0, sizeof(*out));
	out->what.type = EVENT_SESSION_END;
	out->what.outcome = OUTCOME_OK;
	out->what.count = 1;
	out->what.boot_ns = cause->what.boot_ns;
	out->what.wall_ns = cause->what.wall_ns;
	out->what.login_uid = out->what.session_id = UINT32_MAX;
	out->what.boundary = out->what.crossing.id = b->id;
	out->what.session.start_wall_ns = b->wall_ns;
	out->what.session.login_end_wall_ns = b->ended_wall_ns;
	if (cause->what.boot_ns > b->boot_ns)
		out->what.session.duration_ns = cause->what.boot_ns - b->boot_ns;
	out->who.id = b->identity;
}

static void tell_end(struct identity_table *t, struct boundary *b, const struct event *cause,
		     struct event *out)
{
	b->end_told = true; /* once, also when those who left meanwhile are heard of later */
	keep_boundary(t, b);
	fill_end(out, b, cause);
}

bool identity_take_ended(struct identity_table *t, const struct event *cause, struct event *out)
{
	struct boundaries *all = &t->boundaries;

	while (all->ended_count) {
		struct boundary *b = boundaries_find(all, all->ended[--all->ended_count]);

		if (!b || b->live || b->end_told)
			continue;
		tell_end(t, b, cause, out);
		return true;
	}
	return false;
}

bool identity_take_emptied(struct identity_table *t, const struct event *now, struct event *out)
{
	const struct boundaries *all = &t->boundaries;

	for (size_t i = 0; t->restored && i <= all->mask; i++)
		for (struct boundary *b = all->buckets[i]; b; b = b->hash_next) {
			if (b->kind != BOUNDARY_LOGIN || b->live || b->end_told)
				continue;
			tell_end(t, b, now, out);
			return true;
		}
	return false;
}
