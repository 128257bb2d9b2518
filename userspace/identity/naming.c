/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming: the rules. The nearest crossing that opens a "who" decides; the others only add to "via" or
 * change "as". A crossing that nobody trusted made opens nothing. What no fact says is anon:<reason>.
 */
#include "identity/naming.h"

#include "base/cleanup.h"
#include "bpf/event.h"
#include "identity/identity.h"
#include "identity/naming_rules.h"

/* Begins with what lies outside. Without it the place is read here, and may be where it moved itself. */
static void inherit(struct naming *n)
{
	if (n->parent) {
		n->id = n->parent->identity;
		n->who_id = n->parent->who_id;
	} else {
		naming_lost(&n->id, 0);
		read_place(n);
		n->id.as_level = at_most(n->id.as_level, ASSURANCE_DERIVED);
	}
	n->id.boundary = n->what->crossing.id;
}

static void (*const namers[])(struct naming *n) = {
	[BOUNDARY_SEED] = name_seed,	   [BOUNDARY_KERNEL] = name_kernel,
	[BOUNDARY_LOGIN] = name_login,	   [BOUNDARY_BECOME] = name_become,
	[BOUNDARY_CGROUP] = name_cgroup,   [BOUNDARY_CI] = name_ci,
	[BOUNDARY_HANDOFF] = name_handoff, [BOUNDARY_HELPER] = name_helper,
};

/* Identity strings that found no room are not known; all bounds make that impossible but for bugs. */
static void check_words(struct naming *n)
{
	if (n->id.who.p && n->id.via.p)
		return;
	naming_lost(&n->id, n->what->crossing.id);
}

/* The server that started it, or what it lies in. */
static void keep_server(struct boundary *b, const struct event_what *what,
			const struct boundary *parent)
{
	if (what->crossing.kind == BOUNDARY_HANDOFF) {
		b->server_pid = what->crossing.opener_pid;
		b->server_start_ns = what->crossing.opener_start_ns;
	} else if (parent && b->who_id == parent->who_id) {
		b->server_pid = parent->server_pid;
		b->server_start_ns = parent->server_start_ns;
	}
}

/* Of a container or service that is another's, of a window in somebody's server; 0 = of nothing else. */
static uint64_t asker_boundary(const struct naming *n)
{
	bool window = n->what->crossing.kind == BOUNDARY_HANDOFF;

	if (n->own_who.p && n->entry)
		return n->entry->asker_boundary;
	return n->origin && (n->own_who.p || window) ? n->origin->by_boundary : 0;
}

static void keep_facts(struct boundary *b, const struct naming *n)
{
	const struct event_what *what = n->what;

	b->id = what->crossing.id;
	b->parent_id = what->crossing.parent_id;
	b->who_id = n->who_id;
	b->boot_ns = what->boot_ns;
	b->wall_ns = what->wall_ns;
	b->opener_start_ns = what->crossing.opener_start_ns;
	b->opener_pid = what->crossing.opener_pid;
	b->kind = what->crossing.kind;
	b->role = what->crossing.role;
	b->from_uid = what->crossing.from_uid;
	b->to_uid = what->crossing.to_uid;
	b->session_id = b->kind == BOUNDARY_LOGIN ? what->crossing.session_id : what->session_id;
	b->pid = what->pid;
	b->uid = what->uid;
	b->login_uid = what->login_uid;
	b->ci_system = what->crossing.ci_system;
	b->asker = asker_boundary(n);
	b->asker_pid = n->entry ? n->entry->asker_pid : n->origin ? n->origin->asker_pid : 0;
	b->own_level = n->own_level;
}

struct boundary *naming_decide(const struct event_what *what, const struct boundary *parent,
			       const struct origin *origin, const struct supervisor *by,
			       const struct container_entry *entry, const struct user_names *users)
{
	struct naming n = {.what = what,
			   .parent = parent,
			   .origin = origin,
			   .by = by,
			   .entry = entry,
			   .users = users};
	struct boundary *b;

	cgroup_name_parse(&n.place, what->crossing.cgroup);
	inherit(&n);
	if (what->crossing.kind < ARRAY_SIZE(namers) && namers[what->crossing.kind])
		namers[what->crossing.kind](&n);
	check_words(&n);
	b = boundary_new(&n.id, what->crossing.exe, n.own_who);
	if (!b)
		return NULL;
	keep_facts(b, &n);
	keep_server(b, what, parent);
	return b;
}

void naming_lost(struct identity *out, uint64_t boundary)
{
	*out = (struct identity){
		.who = STR_LIT("anon:boundary-lost"),
		.kind = STR_LIT("anon"),
		.via = STR_LIT(""),
		.flags = ID_BOUNDARY_LOST,
		.boundary = boundary,
		.reason = STR_LIT("the record that says where it comes from was lost"),
	};
}

#define DOUBTS_WHO                                                                             \
	(ID_SELF_LOGINUID | ID_THREAD_LOGINUID | ID_SEEDED | ID_REPAIRED |                     \
	 ID_CGROUP_PARENT_MISMATCH | ID_BIND_CONFLICT | ID_CLAIMS_MISMATCH | ID_TOKEN_REPLAY | \
	 ID_HANDOFF)
#define DOUBTS_VIA (ID_SEEDED | ID_REPAIRED | ID_HANDOFF)
#define DOUBTS_AS  (ID_SELF_MOVED | ID_CGROUP_PARENT_MISMATCH)

static const struct {
	uint32_t task, id;
} flags[] = {
	{TASK_SELF_LOGINUID, ID_SELF_LOGINUID},
	{TASK_SELF_MOVED, ID_SELF_MOVED},
	{TASK_SEEDED, ID_SEEDED},
	{TASK_REPAIRED, ID_REPAIRED},
	{TASK_THREAD_LOGINUID, ID_THREAD_LOGINUID},
	{TASK_USERNS, ID_USERNS},
	{TASK_FAKE_SUPERVISOR, ID_FAKE_SUPERVISOR},
	{TASK_PLAYS_SSHD, ID_FORGED_AUTH_LOG},
	{TASK_SHARED_RING, ID_SHARED_RING},
};

/*
 * A thread of the kernel has taken it out of memory that others can write: the ring's maker is who is
 * known, and it may have been anybody, from anywhere.
 */
static void share_ring(struct identity *id)
{
	*id = (struct identity){
		.who = STR_LIT("anon:shared-ring"),
		.kind = STR_LIT("anon"),
		.via = STR_LIT(""),
		.flags = id->flags,
		.boundary = id->boundary,
		.by = str_is(id->kind, "anon") ? STR_NONE : id->who,
		.reason =
			STR_LIT("asked of a ring of the kernel's that others can use than who made "
				"it, or that is older than whodid"),
	};
}

void naming_apply_flags(struct identity *id, uint32_t task_flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (task_flags & flags[i].task)
			id->flags |= flags[i].id;
	if (task_flags & TASK_SHARED_RING)
		share_ring(id);
	if (str_is(id->kind, "kernel"))
		return;
	if (id->flags & DOUBTS_WHO)
		id->who_level = at_most(id->who_level, ASSURANCE_DERIVED);
	if (id->flags & DOUBTS_VIA)
		id->via_level = at_most(id->via_level, ASSURANCE_DERIVED);
	if (id->flags & DOUBTS_AS)
		id->as_level = at_most(id->as_level, ASSURANCE_DERIVED);
}

const char *boundary_kind_name(uint32_t kind)
{
	static const char *const names[] = {"none",
					    "seed",
					    "kernel",
					    "login",
					    "become",
					    "cgroup",
					    "ci",
					    [BOUNDARY_HANDOFF] = "handoff",
					    [BOUNDARY_HELPER] = "helper"};

	return kind < ARRAY_SIZE(names) && names[kind] ? names[kind] : "unknown";
}

const char *exe_role_name(uint32_t role)
{
	static const char *const names[] = {"none",
					    "sshd",
					    "login",
					    "cron",
					    "at",
					    "service_manager",
					    "container_runtime",
					    "sudo",
					    "su",
					    "doas",
					    "pkexec",
					    "runuser",
					    "ci_supervisor",
					    "multiplexer"};

	return role < ARRAY_SIZE(names) ? names[role] : "unknown";
}
