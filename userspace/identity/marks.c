/* SPDX-License-Identifier: Apache-2.0 */
/* marks: see the header. */
#include "identity/marks.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "bpf/event.h"
#include "identity/handoffs.h"
#include "identity/present.h"

#define MARKS (ID_REACHED_INTO | ID_SERVES_OTHERS)

/* What is marked hands on who that was: its own name is not what is doubtful. */
static struct str whose(const struct identity *id)
{
	return id->flags & MARKS && id->by.p ? id->by : id->who;
}

/* One name stands for several: runs of one job, people with keys of their own in one account. */
static bool is_same(const struct identity *a, const struct identity *b)
{
	const struct str *run = &a->ci.run_id, *key = &a->login.key_fingerprint;

	return str_equal(a->who, b->who) &&
	       (!run->n || !b->ci.run_id.n || str_equal(*run, b->ci.run_id)) &&
	       (!key->n || !b->login.key_fingerprint.n ||
		str_equal(*key, b->login.key_fingerprint));
}

static bool identity_of(const struct identity_table *t, uint64_t boundary, int64_t wall_ns,
			struct identity *out)
{
	const struct boundary *b = boundaries_find(&t->boundaries, boundary);

	if (b)
		boundary_identity(t, b, wall_ns, out);
	return b != NULL;
}

static void remember(struct identity_table *t, const struct process *p)
{
	size_t at = 0;

	while (at < MARKED_MAX &&
	       (t->marked.v[at].pid != p->pid || t->marked.v[at].start_ns != p->start_ns))
		at++;
	if (at == MARKED_MAX)
		at = t->marked.seen++ % MARKED_MAX;
	t->marked.v[at] =
		(struct marked){.start_ns = p->start_ns, .pid = p->pid, .marks = p->marks};
	keep_marked(t);
}

/* by: the last one. Written only when that changes something: a server may be asked all the time. */
static void mark(struct identity_table *t, struct process *p, uint8_t bit, struct str by)
{
	struct interned *e;

	if (p->marks & bit && str_equal(interned_str(p->marked_by), by))
		return;
	e = interns_take(&t->exes, by);
	interns_drop(&t->exes, p->marked_by);
	p->marked_by = e;
	if (p->marks & bit)
		return;
	p->marks |= bit;
	remember(t, p);
}

static void learn_reach(struct identity_table *t, const struct event_what *what,
			const struct identity *id)
{
	struct process *p = processes_find(&t->processes, what->target.pid, what->target.start_ns);
	struct identity was;
	bool writes = what->target.op == PTRACE_OP_ATTACH || what->target.op == PTRACE_OP_SEIZE ||
		      what->target.op == PTRACE_OP_WRITE || what->target.op == PTRACE_OP_OPEN_WRITE;

	if (!p || !writes)
		return;
	if (id->flags & MARKS || !identity_of(t, p->boundary, what->wall_ns, &was) ||
	    !is_same(&was, id))
		mark(t, p, MARK_REACHED, whose(id));
}

/* Whose server it is decides: services work for others, and what is nobody's takes nobody's name. */
static bool is_somebodys(const struct identity *id)
{
	return str_is(id->kind, "human") || str_is(id->kind, "cron") || str_is(id->kind, "at") ||
	       str_is(id->kind, "ci");
}

static void learn_client(struct identity_table *t, struct process *server,
			 const struct identity *client, int64_t wall_ns)
{
	struct identity owner;

	if (!server || str_is(client->kind, "kernel") ||
	    !identity_of(t, server->boundary, wall_ns, &owner) || !is_somebodys(&owner) ||
	    (is_same(&owner, client) && !(client->flags & MARKS)) ||
	    handoffs_is_multiplexer(interned_str(server->exe)))
		return;
	mark(t, server, MARK_ASKED, whose(client));
}

static void learn_listener(struct identity_table *t, const struct process *p,
			   const struct event_what *what, const struct identity *id)
{
	struct listener *l;

	if (what->net.proto != IPPROTO_TCP || !is_somebodys(id))
		return;
	l = &t->listeners.v[t->listeners.seen++ % LISTENERS_MAX];
	*l = (struct listener){p->start_ns, p->pid, what->net.dst_port};
}

static bool is_loopback(const struct event_what *what, const uint8_t ip[static 16])
{
	if (what->net.family == AF_INET)
		return ip[0] == 127;
	return memcmp(ip, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

/*
 * Over TCP, on this host: the server that listens at that port. Its accept does not do, for it may be folded and
 * may come before the connect.
 */
static void learn_tcp_client(struct identity_table *t, const struct event_what *what,
			     const struct identity *id)
{
	if (what->net.proto != IPPROTO_TCP ||
	    (!is_loopback(what, what->net.src) && !is_loopback(what, what->net.dst) &&
	     memcmp(what->net.src, what->net.dst, sizeof(what->net.src)) != 0))
		return;
	for (unsigned i = 0; i < LISTENERS_MAX && i < t->listeners.seen; i++) {
		const struct listener *l = &t->listeners.v[i];

		if (l->port == what->net.dst_port)
			learn_client(t, processes_find(&t->processes, l->pid, l->start_ns), id,
				     what->wall_ns);
	}
}

/* Over a unix socket it is known who listens. */
static void learn_connect(struct identity_table *t, const struct event_what *what,
			  const struct identity *id)
{
	if (what->net.family == AF_UNIX)
		learn_client(t,
			     processes_find(&t->processes, what->target.pid, what->target.start_ns),
			     id, what->wall_ns);
	else
		learn_tcp_client(t, what, id);
}

void marks_learn(struct identity_table *t, const struct process *p, const struct event_what *what,
		 const struct identity *id)
{
	if (what->outcome != OUTCOME_OK)
		return;
	if (what->type == EVENT_PTRACE)
		learn_reach(t, what, id);
	else if (what->type == EVENT_NET_LISTEN)
		learn_listener(t, p, what, id);
	else if (what->type == EVENT_NET_CONNECT)
		learn_connect(t, what, id);
}

void marks_apply(const struct process *p, struct identity *id)
{
	if (!p || !p->marks || str_is(id->kind, "kernel"))
		return;
	if (p->marks & MARK_REACHED)
		id->flags |= ID_REACHED_INTO;
	if (p->marks & MARK_ASKED && is_somebodys(id))
		id->flags |= ID_SERVES_OTHERS;
	if (!(id->flags & (ID_REACHED_INTO | ID_SERVES_OTHERS)))
		return;
	if (p->marked_by && (!id->by.p || str_starts(id->by, "anon:")))
		id->by = interned_str(p->marked_by);
	if (id->who_level > ASSURANCE_DERIVED)
		id->who_level = ASSURANCE_DERIVED;
}

void marks_inherit(struct process *child, uint8_t marks, struct interned *marked_by)
{
	child->marks = marks;
	child->marked_by = interns_share(marked_by);
}

void marks_recall(const struct identity_table *t, struct process *p)
{
	if (p->start_ns <= t->marks_forgotten_ns)
		p->marks = MARK_REACHED | MARK_ASKED;
	for (size_t i = 0; i < MARKED_MAX; i++)
		if (t->marked.v[i].pid == p->pid && t->marked.v[i].start_ns == p->start_ns)
			p->marks = t->marked.v[i].marks;
}
