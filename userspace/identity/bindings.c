/* SPDX-License-Identifier: Apache-2.0 */
/* bindings: see the header. Asked for a few times a job: nothing here is in the way of an event. */
#include "identity/bindings.h"

#include "base/cleanup.h"
#include "bpf/event.h"
#include "identity/naming_rules.h"
#include "identity/table.h"

#define DEPTH_MAX 64

/* A little longer than the token: clocks differ (ATTEST_LEEWAY_S). */
#define KEEP_NS (120ll * 1000000000)

struct binding *bindings_find(struct bindings *t, const uint8_t hash[static ATTEST_HASH_BYTES],
			      int64_t now_wall_ns)
{
	for (size_t i = 0; i < BINDINGS_MAX; i++) {
		struct binding *b = &t->slots[i];

		if (b->boundary && b->expires_wall_ns + KEEP_NS >= now_wall_ns &&
		    !memcmp(b->hash, hash, ATTEST_HASH_BYTES))
			return b;
	}
	return NULL;
}

struct binding *bindings_free_slot(struct bindings *t, int64_t now_wall_ns)
{
	for (size_t i = 0; i < BINDINGS_MAX; i++)
		if (!t->slots[i].boundary || t->slots[i].expires_wall_ns + KEEP_NS < now_wall_ns)
			return &t->slots[i];
	return NULL;
}

/* --- where */

static const struct boundary *parent_of(const struct identity_table *t, const struct boundary *b)
{
	return b->parent_id ? boundaries_find(&t->boundaries, b->parent_id) : NULL;
}

static bool opens_who(const struct boundary *b)
{
	return b->who_id == b->id;
}

/* The outermost boundary of its container: those inside have the same one. */
static bool is_container(const struct identity_table *t, const struct boundary *b)
{
	const struct boundary *p = parent_of(t, b);

	return b->identity.container_id.n &&
	       !(p && str_equal(p->identity.container_id, b->identity.container_id));
}

enum place { PLACE_NONE, PLACE_JOB, PLACE_SESSION, PLACE_CONTAINER, PLACE_UNIT };

static enum place place_of(const struct identity_table *t, const struct boundary *b)
{
	if (b->kind == BOUNDARY_CI && opens_who(b))
		return PLACE_JOB;
	if (b->kind == BOUNDARY_LOGIN && b->role == ROLE_SSHD && opens_who(b))
		return PLACE_SESSION;
	if (is_container(t, b))
		return PLACE_CONTAINER;
	if (opens_who(b) && b->identity.unit.n && str_is(b->identity.kind, "unit"))
		return PLACE_UNIT;
	return PLACE_NONE;
}

/*
 * Jobs come and go in a unit, and a workload's own name says nothing of the job or person in it: each
 * kind of token names what lives as long as it does.
 */
static bool may_name(enum place place, const struct attestation *a)
{
	if (a->is_workload)
		return place == PLACE_CONTAINER || place == PLACE_UNIT;
	return place == PLACE_JOB || place == PLACE_SESSION || place == PLACE_CONTAINER;
}

static const struct boundary *nearest_place(const struct identity_table *t,
					    const struct boundary *b, const struct attestation *a)
{
	for (unsigned i = 0; b && i < DEPTH_MAX; i++) {
		enum place place = place_of(t, b);

		if (place != PLACE_NONE)
			return may_name(place, a) ? b : NULL;
		if (opens_who(b))
			return NULL; /* somebody whom no token names: cron, at, the console */
		b = parent_of(t, b);
	}
	return NULL;
}

/* --- whether the token fits what is known there */

static bool differs(struct str recorded, struct str claimed)
{
	return recorded.n && claimed.n && !str_equal(recorded, claimed);
}

static bool is_other_job(const struct ci_facts *recorded, const struct ci_facts *claimed)
{
	if (!recorded->provider.n)
		return false;
	return !str_equal(recorded->provider, claimed->provider) ||
	       differs(recorded->repository, claimed->repository) ||
	       differs(recorded->repository_id, claimed->repository_id) ||
	       differs(recorded->run_id, claimed->run_id) || differs(recorded->sha, claimed->sha) ||
	       differs(recorded->job, claimed->job) || differs(recorded->step, claimed->step) ||
	       (recorded->attempt && claimed->attempt && recorded->attempt != claimed->attempt);
}

/* Pod ids in cgroup names have '_' where the cluster has '-'. */
static bool is_other_pod(struct str recorded, struct str claimed)
{
	if (!recorded.n || !claimed.n)
		return false;
	if (recorded.n != claimed.n)
		return true;
	for (uint32_t i = 0; i < recorded.n; i++) {
		char c = recorded.p[i] == '_' ? '-' : recorded.p[i];

		if (c != claimed.p[i])
			return true;
	}
	return false;
}

static bool fits(const struct boundary *b, const struct attestation *a)
{
	struct cgroup_name place;

	if (!a->is_workload)
		return !is_other_job(&b->identity.ci, &a->ci);
	cgroup_name_parse(&place, b->identity.cgroup);
	return !is_other_pod(place.pod_uid, a->pod_uid);
}

/* --- what it makes of an identity */

static void take_if_absent(struct str *to, struct str from)
{
	if (!to->n)
		*to = from;
}

/* The signed facts, and what the supervisor said of the same job beside them. */
static struct ci_facts merge(const struct ci_facts *recorded, const struct attestation *a)
{
	struct ci_facts f = a->ci;

	if (recorded->provider.n) {
		take_if_absent(&f.repository, recorded->repository);
		take_if_absent(&f.repository_id, recorded->repository_id);
		take_if_absent(&f.workflow, recorded->workflow);
		take_if_absent(&f.job, recorded->job);
		take_if_absent(&f.run_id, recorded->run_id);
		take_if_absent(&f.actor, recorded->actor);
		take_if_absent(&f.ref, recorded->ref);
		take_if_absent(&f.sha, recorded->sha);
		take_if_absent(&f.event, recorded->event);
		take_if_absent(&f.runner, recorded->runner);
		f.workspace = recorded->workspace; /* no token says it */
		f.temp = recorded->temp;
		if (recorded->step.n) /* the token is the job's: each step keeps its own */
			f.step = recorded->step;
		if (!f.attempt)
			f.attempt = recorded->attempt;
	}
	take_if_absent(&f.repository, f.repository_id);
	return f;
}

static void name_by(struct identity *id, const struct attestation *a, struct words *words)
{
	if (a->is_workload) {
		id->who = words_join(words, "", a->who);
		id->kind = str_starts(a->who, "sa:") ? STR_LIT("sa") : STR_LIT("spiffe");
	} else {
		id->ci = merge(&id->ci, a);
		id->who = naming_job(words, &id->ci);
		id->kind = STR_LIT("ci");
	}
	id->who_level = ASSURANCE_ATTESTED;
	id->reason = STR_NONE;
	id->attested = (struct attested_facts){
		.issuer = a->issuer,
		.subject = a->subject,
		.audience = a->audience,
		.expires_wall_ns = a->expires_wall_ns,
	};
}

/* --- all that lies in there */

/* Whether b is of the same who as top, and top itself or inside of it. */
static bool is_inside(const struct identity_table *t, const struct boundary *b,
		      const struct boundary *top, uint64_t who_id)
{
	if (b->who_id != who_id)
		return false;
	for (unsigned i = 0; b && b != top && i < DEPTH_MAX; i++)
		b = parent_of(t, b);
	return b == top;
}

static size_t collect_inside(const struct identity_table *t, const struct boundary *top,
			     struct boundary **out, size_t max)
{
	const struct link *lists[] = {&t->boundaries.busy, &t->boundaries.idle};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (struct link *l = lists[i]->next; l != lists[i] && n < max; l = l->next) {
			struct boundary *b = LINK_OWNER(l, struct boundary, order);

			if (is_inside(t, b, top, top->who_id))
				out[n++] = b;
		}
	return n;
}

static void rename_one(struct identity_table *t, struct boundary *b, uint64_t who_id,
		       const struct attestation *a)
{
	struct words words = {0};
	struct identity id = b->identity;
	uint64_t number = b->id;

	name_by(&id, a, &words);
	if (!id.who.p)
		return; /* bounds make that impossible but for bugs */
	b->who_id = who_id;
	boundaries_renew(&t->boundaries, b, &id); /* without memory they keep their names */
	b = boundaries_find(&t->boundaries, number);
	if (b)
		keep_boundary(t, b);
}

/* What is bound or flagged at once; boundaries beyond are those of a job that opened ten thousands. */
#define INSIDE_MAX 16384

static void flag_inside(struct identity_table *t, const struct boundary *top, uint32_t flag,
			struct boundary **room)
{
	size_t n = collect_inside(t, top, room, INSIDE_MAX);

	for (size_t i = 0; i < n; i++) {
		room[i]->identity.flags |= flag;
		keep_boundary(t, room[i]);
	}
}

static void bind_inside(struct identity_table *t, const struct boundary *top,
			const struct attestation *a, struct boundary **room)
{
	size_t n = collect_inside(t, top, room, INSIDE_MAX);
	uint64_t who_id = top->id;

	for (size_t i = 0; i < n; i++)
		rename_one(t, room[i], who_id, a);
}

/* --- the decision */

/* Another principal or another run than the one that is bound there. */
static bool is_other(const struct boundary *b, const struct attestation *a)
{
	const struct identity *id = &b->identity;
	struct words words = {0};
	struct identity named = *id;

	name_by(&named, a, &words);
	return !str_equal(id->attested.issuer, a->issuer) || !str_equal(id->who, named.who) ||
	       differs(id->ci.run_id, a->ci.run_id) || differs(id->ci.step, a->ci.step);
}

static enum attest_result decide(struct identity_table *t, const struct boundary *top,
				 const struct attestation *a, int64_t now, struct boundary **room)
{
	struct binding *seen = bindings_find(&t->bindings, a->hash, now);
	const struct boundary *other;

	if (seen && seen->boundary != top->id) {
		/* nobody can say which of the two is the thief */
		other = boundaries_find(&t->boundaries, seen->boundary);
		if (other)
			flag_inside(t, other, ID_TOKEN_REPLAY, room);
		flag_inside(t, top, ID_TOKEN_REPLAY, room);
		return ATTEST_TOKEN_REPLAY;
	}
	if (top->identity.attested.issuer.p && is_other(top, a)) {
		flag_inside(t, top, ID_BIND_CONFLICT, room);
		return ATTEST_BIND_CONFLICT;
	}
	if (!fits(top, a)) {
		flag_inside(t, top, ID_CLAIMS_MISMATCH, room);
		return ATTEST_CLAIMS_MISMATCH;
	}
	if (!seen)
		seen = bindings_free_slot(&t->bindings, now);
	if (!seen)
		return ATTEST_BUSY;
	forget_binding(t, seen); /* an expired one had the place */
	memcpy(seen->hash, a->hash, sizeof(seen->hash));
	seen->boundary = top->id;
	seen->expires_wall_ns = a->expires_wall_ns;
	keep_binding(t, seen);
	bind_inside(t, top, a, room);
	return ATTEST_OK;
}

enum attest_result identity_bind(struct identity_table *t, uint64_t boundary,
				 const struct attestation *a, int64_t now_wall_ns)
{
	_cleanup_free_ struct boundary **room = NULL;
	const struct boundary *b = boundaries_find(&t->boundaries, boundary);
	const struct boundary *top = b ? nearest_place(t, b, a) : NULL;

	if (!top)
		return ATTEST_NO_BOUNDARY;
	room = calloc(INSIDE_MAX, sizeof(struct boundary *));
	return room ? decide(t, top, a, now_wall_ns, room) : ATTEST_BUSY;
}

bool identity_sender(const struct identity_table *t, uint32_t pid, uint64_t boundary,
		     struct event_what *what)
{
	const struct process *p = processes_newest(&t->processes, pid);

	*what = (struct event_what){.pid = pid, .tid = pid, .ns_pid = pid, .boundary = boundary};
	what->login_uid = what->session_id = UINT32_MAX;
	if (!p || !p->alive || p->boundary != boundary)
		return false;
	what->start_ns = p->start_ns;
	what->parent_pid = p->parent_pid;
	what->parent_start_ns = p->parent_start_ns;
	what->uid = what->euid = p->uid;
	what->task_flags = p->task_flags;
	return true;
}
