/* SPDX-License-Identifier: Apache-2.0 */
/* handoffs: see the header. */
#include "identity/handoffs.h"

#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "bpf/event.h"
#include "identity/present.h"

/* A client that asks for a window has it started at once. */
#define MOMENT_NS 1000000000ull

bool handoffs_is_multiplexer(struct str exe)
{
	static const char *const paths[] = {"/usr/bin/tmux", "/usr/bin/screen", "/usr/bin/dtach",
					    "/usr/bin/abduco"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (str_is(exe, paths[i]))
			return true;
	return false;
}

/* The boundary that says who somebody is; 0 = not known. */
static uint64_t who_of(const struct identity_table *t, uint64_t boundary)
{
	const struct boundary *b = boundaries_find(&t->boundaries, boundary);

	return b ? b->who_id : 0;
}

/* Whom one key let in. Passwords and consoles do not tell the people of a shared account apart. */
static bool is_one_person(const struct identity *a, const struct identity *b)
{
	const struct login_facts *x = &a->login, *y = &b->login;

	return x->key_fingerprint.n && str_equal(x->key_fingerprint, y->key_fingerprint) &&
	       str_equal(x->cert_id, y->cert_id) && str_equal(a->who, b->who);
}

static bool are_one_person(const struct identity_table *t, uint64_t a, uint64_t b)
{
	const struct boundary *x = boundaries_find(&t->boundaries, a),
			      *y = boundaries_find(&t->boundaries, b);

	return x && y && is_one_person(&x->identity, &y->identity);
}

/* Its place, or SERVERS_MAX. */
static size_t find_server(const struct servers *all, uint32_t pid, uint64_t start_ns)
{
	size_t i = 0;

	while (i < SERVERS_MAX && (all->v[i].pid != pid || all->v[i].start_ns != start_ns))
		i++;
	return i;
}

/* NULL: who came to one that was found running, before connections were lost, or forgotten, is not known. */
static struct server *take_server(struct identity_table *t, struct process *p)
{
	size_t at = find_server(&t->servers, p->pid, p->start_ns);
	struct server *s;

	if (at < SERVERS_MAX)
		return &t->servers.v[at];
	if (p->exe_boot_ns || p->served || p->start_ns <= t->connects_missed_ns)
		return NULL;
	p->served = true;
	s = &t->servers.v[t->servers.seen++ % SERVERS_MAX];
	*s = (struct server){.start_ns = p->start_ns, .pid = p->pid};
	keep_servers(t);
	return s;
}

static void note_visit(struct identity_table *t, struct process *server, bool same, bool one_person)
{
	struct server *s = take_server(t, server);

	if (!s || ((same || s->shared) && (one_person || s->strangers)))
		return;
	s->shared |= !same;
	s->strangers |= !one_person;
	keep_servers(t);
}

static void doubt(struct server *s)
{
	s->shared = s->strangers = 1;
}

void handoffs_missed(struct identity_table *t, const struct event_what *loss)
{
	const uint64_t *lost = loss ? loss->loss.by_type : NULL;

	if (lost && !lost[EVENT_NET_CONNECT])
		return;
	for (size_t i = 0; i < SERVERS_MAX; i++)
		doubt(&t->servers.v[i]);
	t->connects_missed_ns = loss ? loss->boot_ns : clock_boot_ns();
	keep_servers(t);
}

void handoffs_learn(struct identity_table *t, const struct process *p,
		    const struct event_what *what)
{
	struct process *server;
	struct visit *v;
	bool anybody = what->task_flags & TASK_SHARED_RING || p->marks, same, one_person;
	size_t at;

	if (what->type != EVENT_NET_CONNECT || what->net.family != AF_UNIX ||
	    what->outcome != OUTCOME_OK)
		return;
	server = processes_find(&t->processes, what->target.pid, what->target.start_ns);
	at = find_server(&t->servers, what->target.pid, what->target.start_ns);
	if (!server && at < SERVERS_MAX) {
		doubt(&t->servers.v[at]); /* nothing is left to compare with */
		keep_servers(t);
	}
	/* one that is known has started windows: its executable is not known where its exec was lost */
	if (!server || (at == SERVERS_MAX && !handoffs_is_multiplexer(interned_str(server->exe))))
		return;
	same = !anybody && who_of(t, p->boundary) &&
	       who_of(t, p->boundary) == who_of(t, server->boundary);
	one_person = same || (!anybody && are_one_person(t, p->boundary, server->boundary));
	v = &t->visits.v[t->visits.seen++ % VISITS_MAX];
	*v = (struct visit){.boot_ns = what->boot_ns,
			    .server_start_ns = server->start_ns,
			    .server_pid = server->pid,
			    .boundary = p->boundary,
			    .task_flags = what->task_flags,
			    .linkable = !same && !anybody && p->uid == server->uid &&
					p->exe == server->exe}; /* one text, one entry */
	note_visit(t, server, same, one_person);
}

/* The one client of the moment; NULL when it may have been another one, or the server's own people. */
static const struct visit *find_visit(const struct identity_table *t, const struct event_what *what)
{
	const struct visit *found = NULL;

	for (unsigned i = 0; i < VISITS_MAX; i++) {
		const struct visit *v = &t->visits.v[i];

		if (!v->boot_ns || v->server_pid != what->crossing.opener_pid ||
		    v->server_start_ns != what->crossing.opener_start_ns ||
		    v->boot_ns + MOMENT_NS < what->boot_ns)
			continue;
		if (!v->linkable || (found && who_of(t, found->boundary) != who_of(t, v->boundary)))
			return NULL;
		found = v;
	}
	return found;
}

void handoffs_find_origin(struct identity_table *t, const struct event_what *what,
			  struct origin *origin)
{
	const struct server *known;
	struct process *server;
	const struct boundary *b;
	const struct visit *v;

	if (what->crossing.kind != BOUNDARY_HANDOFF)
		return;
	server = processes_find(&t->processes, what->crossing.opener_pid,
				what->crossing.opener_start_ns);
	v = find_visit(t, what);
	known = server ? take_server(t, server) : NULL;
	origin->shared = !known || known->shared;
	origin->server = server ? interned_str(server->exe) : STR_NONE;
	b = v ? boundaries_find(&t->boundaries, v->boundary) : NULL;
	if (!b)
		return;
	boundary_identity(t, b, what->wall_ns, &origin->by);
	origin->by_who_id = b->who_id;
	origin->by_boundary = b->id;
	origin->one_person = known && !known->strangers;
	naming_apply_flags(&origin->by, v->task_flags);
}

bool handoffs_is_shared(const struct identity_table *t, const struct boundary *b)
{
	size_t at;

	if (!b->server_pid)
		return false;
	at = find_server(&t->servers, b->server_pid, b->server_start_ns);
	return at == SERVERS_MAX || t->servers.v[at].shared;
}
