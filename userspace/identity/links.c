/* SPDX-License-Identifier: Apache-2.0 */
/* links: see the header. */
#include "identity/links.h"

#include "bpf/event.h"
#include "identity/ci/ci.h"
#include "identity/handoffs.h"
#include "identity/marks.h"
#include "identity/present.h"

/* Who made the connection that a login came in by, when that was somebody on this host. */
static void find_client(const struct identity_table *t, struct origin *origin,
			const struct event_what *what, const struct ends *client)
{
	const struct connection *c = arrivals_find_connection(t->arrivals, client);
	const struct boundary *b = c ? boundaries_find(&t->boundaries, c->boundary) : NULL;

	if (!c)
		return;
	origin->local = true;
	if (b)
		boundary_identity(t, b, what->wall_ns, &origin->by);
	else
		naming_lost(&origin->by, c->boundary);
	naming_apply_flags(&origin->by, c->task_flags);
	marks_apply(processes_find(&t->processes, c->pid, c->start_ns), &origin->by);
}

/* Anybody can execute a runtime, with code of their own preloaded, and move what is theirs where they may. */
static bool is_moved_by_user(const struct identity_table *t, const struct event_what *what)
{
	const struct process *mover;

	if (what->crossing.kind != BOUNDARY_CGROUP)
		return false;
	mover = processes_find(&t->processes, what->crossing.opener_pid,
			       what->crossing.opener_start_ns);
	return mover && mover->uid != 0;
}

/* sshd's line and the client, when this is a login over ssh; a client of a server that people share. */
void links_find_origin(struct identity_table *t, const struct event_what *what,
		       struct origin *origin)
{
	struct ends client;

	handoffs_find_origin(t, what, origin);
	origin->user_moved = is_moved_by_user(t, what);
	starts_find_origin(t, what, origin);
	if (what->crossing.kind != BOUNDARY_LOGIN || what->crossing.role != ROLE_SSHD)
		return;
	origin->heard =
		arrivals_find_login(t->arrivals, what->crossing.opener_pid,
				    what->crossing.opener_start_ns, &origin->login, &client);
	if (!origin->heard)
		return;
	origin->local = arrivals_is_loopback(origin->login.ip) ||
			(client.family && memcmp(client.src, client.dst, sizeof(client.src)) == 0);
	find_client(t, origin, what, &client);
}

static bool is_opener(const struct boundary *b, uint32_t pid, uint64_t start_ns)
{
	return b->opener_pid == pid && b->opener_start_ns == start_ns;
}

/* cron's child, which has set the login uid, starts "sh -c COMMAND" by itself or by a child of its own. */
static bool find_deferral(const struct identity_table *t, const struct boundary *b,
			  const struct event_what *what, struct deferral *out)
{
	struct str user = user_names_name(&t->users, b->to_uid);

	if (b->role == ROLE_AT)
		return deferrals_of_at(t->deferrals, b->opener_pid, b->opener_start_ns, out);
	return user.p &&
	       deferrals_of_cron(t->deferrals, user, ci_argument(what->exec.argv, 2), out);
}

void links_learn(struct identity_table *t, const struct process *p, const struct event_what *what)
{
	struct boundary *b;
	struct deferral by;
	struct identity id;

	handoffs_learn(t, p, what);
	if (what->type != EVENT_EXEC)
		return;
	b = boundaries_find(&t->boundaries, p->boundary);
	if (!b || b->kind != BOUNDARY_LOGIN || (b->role != ROLE_CRON && b->role != ROLE_AT) ||
	    b->deferral_sought)
		return;
	if (!is_opener(b, p->pid, p->start_ns) && !is_opener(b, p->parent_pid, p->parent_start_ns))
		return;
	if (b->role == ROLE_CRON && !str_is(ci_argument(what->exec.argv, 1), "-c"))
		return;
	/* the first is the daemon's own; what comes later has arguments that the job chose */
	b->deferral_sought = true;
	if (!find_deferral(t, b, what, &by))
		return;
	id = b->identity;
	id.by = by.who;
	if (by.by_job)
		id.flags |= ID_DEFERRED_BY_JOB;
	boundaries_renew(&t->boundaries, b, &id);
	b = boundaries_find(&t->boundaries, p->boundary);
	if (b)
		keep_boundary(t, b);
}
