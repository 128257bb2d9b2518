/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming: the rules. The nearest crossing that opens a "who" decides; the others only add to "via" or
 * change "as". A crossing that nobody trusted made opens nothing. What no fact says is anon:<reason>.
 */
#include "identity/naming.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "bpf/event.h"
#include "identity/ci/ci.h"
#include "identity/identity.h"
#include "identity/words.h"

#define UNSET	 UINT32_MAX
#define SHORT_ID 12

struct naming {
	const struct event_what *what;
	const struct boundary *parent;
	const struct origin *origin; /* NULL = no login, or not heard of */
	const struct user_names *users;
	const struct supervisor *by;
	struct cgroup_name place;
	struct identity id; /* the answer; begins as the parent's */
	uint64_t who_id;
	struct words words;
	struct ci_job job;
};

static enum assurance at_most(enum assurance level, enum assurance most)
{
	return level < most ? level : most;
}

static bool kind_is(const struct naming *n, const char *kind)
{
	return str_is(n->id.kind, kind);
}

/* A login over ssh from this host that is the one's who asked for it. */
static bool is_linked(const struct naming *n)
{
	return n->id.flags & ID_LOOPBACK_SSH && n->id.by.p && str_equal(n->id.by, n->id.who);
}

/* Somebody, or a container, whose deeds stay theirs in whatever unit or container they start. */
static bool keeps_who(const struct naming *n)
{
	return is_linked(n) || kind_is(n, "human") || kind_is(n, "cron") || kind_is(n, "at") ||
	       kind_is(n, "container") || kind_is(n, "ci");
}

/* A new who: nothing of the old one stays but the place. */
static void open_who(struct naming *n, const char *kind, struct str who, enum assurance level)
{
	n->id.kind = str_of(kind);
	n->id.who = who;
	n->id.who_level = level;
	n->id.via = (struct str){"", 0};
	n->id.via_level = ASSURANCE_KERNEL;
	n->id.session = n->id.person = n->id.reason = n->id.by = STR_NONE;
	n->id.login = (struct login_facts){0};
	n->id.ci = (struct ci_facts){0};
	n->id.flags &= ID_SELF_MOVED; /* the only one about the place */
	n->who_id = n->what->crossing.id;
}

static void open_anon(struct naming *n, const char *who, const char *reason)
{
	open_who(n, "anon", str_of(who), ASSURANCE_UNKNOWN);
	n->id.via_level = ASSURANCE_UNKNOWN;
	n->id.reason = str_of(reason);
}

/* prefix "human:" and such, with the user's name, or "uid=N" for a uid that has none. */
static void open_user(struct naming *n, const char *kind, uint32_t uid, enum assurance level)
{
	struct str name = user_names_name(n->users, uid);
	struct str who = words_join2(&n->words, kind, STR_NONE, ":", name);

	if (!name.p)
		who = words_join2(&n->words, kind, STR_NONE,
				  ":uid=", words_number(&n->words, "", uid));
	open_who(n, kind, who, level);
	if (kind_is(n, "human"))
		n->id.person = name;
}

static void set_session(struct naming *n, uint32_t session_id)
{
	if (session_id != UNSET)
		n->id.session = words_number(&n->words, "", session_id);
}

static void add_edge(struct naming *n, struct str edge, enum assurance level)
{
	n->id.via = words_append(&n->words, n->id.via, edge);
	n->id.via_level = at_most(n->id.via_level, level);
}

static struct str container_word(struct naming *n)
{
	struct str id = n->place.container_id;

	if (!str_is(n->place.runtime, "lxc"))
		id = str_sub(id, 0, SHORT_ID);
	return words_join2(&n->words, "ctr:", n->place.runtime, "/", id);
}

/* How sure a container's name in a path is: runtimes name theirs, and so can who owns the subtree. */
static enum assurance container_level(const struct naming *n)
{
	if (n->what->crossing.role == ROLE_CONTAINER_RUNTIME)
		return n->place.delegated ? ASSURANCE_DERIVED : ASSURANCE_KERNEL;
	return n->place.delegated ? ASSURANCE_CLAIMED : ASSURANCE_DERIVED;
}

static void set_place(struct naming *n, struct str as, enum assurance level)
{
	n->id.as = as;
	n->id.as_level = level;
}

/* "as" from the crossing's cgroup path. */
static void read_place(struct naming *n)
{
	struct cgroup_name *c = &n->place;
	struct str path = n->what->crossing.cgroup;

	n->id.flags &= ~ID_SELF_MOVED;
	n->id.cgroup = path;
	n->id.unit = c->unit;
	n->id.container_id = c->container_id;
	n->id.container_runtime = c->runtime;
	if (c->container_id.p)
		set_place(n, container_word(n), container_level(n));
	else if (c->session.p)
		set_place(n, words_join(&n->words, "session:", c->session), ASSURANCE_KERNEL);
	else if (c->user_unit.p)
		set_place(n,
			  words_join2(&n->words, "uunit:",
				      words_number(&n->words, "", c->owner_uid), "/", c->user_unit),
			  ASSURANCE_CLAIMED);
	else if (c->unit.p)
		set_place(n, words_join(&n->words, "unit:", c->unit), ASSURANCE_KERNEL);
	else if (!path.p)
		set_place(n, STR_NONE, ASSURANCE_UNKNOWN);
	else if (path.n <= 1)
		set_place(n, STR_LIT("host"), ASSURANCE_KERNEL);
	else
		set_place(n, words_join(&n->words, "cgroup:", path), ASSURANCE_KERNEL);
}

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

static void name_kernel(struct naming *n)
{
	open_who(n, "kernel", STR_LIT("kernel"), ASSURANCE_KERNEL);
	read_place(n);
	set_place(n, STR_LIT("host"), ASSURANCE_KERNEL);
}

/* Who sets login uids by right, and what for. */
static const struct {
	const char *kind, *edge;
	enum assurance level;
} logins[ROLE_MAX] = {
	[ROLE_SSHD] = {"human", "ssh", ASSURANCE_KERNEL},
	[ROLE_LOGIN] = {"human", "console", ASSURANCE_KERNEL},
	[ROLE_CRON] = {"cron", "cron", ASSURANCE_KERNEL},
	[ROLE_AT] = {"at", "at", ASSURANCE_KERNEL},
	[ROLE_SERVICE_MANAGER] = {"human", "systemd-user", ASSURANCE_DERIVED},
};

static void take_login_facts(struct naming *n, const struct sshd_login *from)
{
	n->id.login = (struct login_facts){
		.method = from->method,
		.ip = from->ip,
		.port = (uint16_t)from->port,
		.key_type = from->key_type,
		.key_fingerprint = from->key_fingerprint,
		.cert_id = from->cert_id,
		.cert_serial = from->cert_serial,
		.ca_fingerprint = from->ca_fingerprint,
	};
}

/*
 * The client sits on this host: what it does over there is what who started it does here, whatever
 * account it logs in to. Nobody known means that the account is all there is to say.
 */
static void link_to(struct naming *n, const struct identity *by)
{
	n->id.by = by->who;
	if (str_is(by->kind, "anon"))
		return;
	n->id.who = by->who;
	n->id.kind = by->kind;
	n->id.person = by->person;
	n->id.who_level = at_most(by->who_level, ASSURANCE_KERNEL);
	n->id.via = words_append(&n->words, by->via, n->id.via);
	n->id.via_level = at_most(by->via_level, n->id.via_level);
}

static void name_origin(struct naming *n)
{
	if (!n->origin)
		return;
	if (n->origin->heard)
		take_login_facts(n, &n->origin->login);
	if (n->origin->local)
		n->id.flags |= ID_LOOPBACK_SSH;
	if (n->origin->by.who.p)
		link_to(n, &n->origin->by);
}

static void name_login(struct naming *n)
{
	uint32_t role = n->what->crossing.role;

	if (role >= ROLE_MAX || !logins[role].kind) {
		n->id.flags |= ID_SELF_LOGINUID;
		n->id.who_level = at_most(n->id.who_level, ASSURANCE_DERIVED);
		return;
	}
	open_user(n, logins[role].kind, n->what->crossing.to_uid, logins[role].level);
	add_edge(n, str_of(logins[role].edge), logins[role].level);
	set_session(n, n->what->crossing.session_id);
	name_origin(n);
}

static const char *const becomes[ROLE_MAX] = {
	[ROLE_SUDO] = "sudo:",	   [ROLE_SU] = "su:",		[ROLE_DOAS] = "doas:",
	[ROLE_PKEXEC] = "pkexec:", [ROLE_RUNUSER] = "runuser:",
};

static void name_become(struct naming *n)
{
	uint32_t role = n->what->crossing.role, uid = n->what->crossing.to_uid;
	const char *edge = role < ROLE_MAX && becomes[role] ? becomes[role] : "become:";
	struct str user = user_names_name(n->users, uid);
	struct str word = words_join(&n->words, edge, user);

	if (!user.p)
		word = words_join2(&n->words, edge, STR_NONE,
				   "uid=", words_number(&n->words, "", uid));
	add_edge(n, word, n->parent ? ASSURANCE_KERNEL : ASSURANCE_DERIVED);
}

/* The account behind a session scope or a user manager whose login was not seen. */
static bool open_owner(struct naming *n)
{
	if (n->place.owner_uid == UNSET || (!n->place.session.p && !n->place.user_unit.p))
		return false;
	open_user(n, "human", n->place.owner_uid, ASSURANCE_DERIVED);
	if (n->place.session.p) {
		n->id.session = n->place.session;
		n->id.via_level = ASSURANCE_UNKNOWN; /* how it came in was not seen */
	} else {
		add_edge(n, STR_LIT("systemd-user"), ASSURANCE_DERIVED);
	}
	return true;
}

static void open_container(struct naming *n)
{
	if (n->place.container_id.p)
		open_who(n, "container", container_word(n), container_level(n));
	else
		open_anon(n, "anon:container-unnamed",
			  "a container runtime started it and its cgroup names no container");
}

/* conmon and its kind: they hold a container's terminal and are not in it. */
static bool is_monitor(const struct naming *n)
{
	return str_starts(n->place.unit, "libpod-conmon-") ||
	       str_starts(n->place.unit, "crio-conmon-") ||
	       str_is(n->what->crossing.cgroup, "/libpod_parent/conmon");
}

/* Who started it was lost, and may have been somebody whose deeds stay theirs. */
static bool who_is_lost(const struct naming *n)
{
	return n->id.flags & ID_BOUNDARY_LOST;
}

static void enter_container(struct naming *n)
{
	struct str outer = n->parent ? n->parent->identity.container_id : STR_NONE;

	if (is_monitor(n))
		return;
	if (outer.p && str_equal(outer, n->place.container_id))
		return; /* from one cgroup of the container to another */
	if (!keeps_who(n) && !who_is_lost(n))
		open_container(n);
	add_edge(n, STR_LIT("container-run"), n->id.as_level);
}

static void name_cgroup(struct naming *n)
{
	uint32_t role = n->what->crossing.role;
	bool manager = role == ROLE_SERVICE_MANAGER || n->what->crossing.opener_pid == 1;

	if (role != ROLE_CONTAINER_RUNTIME && !manager) {
		n->id.flags |= ID_SELF_MOVED;
		n->id.as_level = at_most(n->id.as_level, ASSURANCE_DERIVED);
		return;
	}
	read_place(n);
	if (role == ROLE_CONTAINER_RUNTIME || n->place.container_id.p) {
		enter_container(n);
		return;
	}
	if (keeps_who(n) || open_owner(n) || !n->place.unit.p)
		return;
	if (who_is_lost(n) && str_ends(n->place.unit, ".scope"))
		return; /* scopes take in processes that others started; services are the manager's */
	open_who(n, "unit", words_join(&n->words, "unit:", n->place.unit), ASSURANCE_KERNEL);
}

/* Programs that run other people's work, for what ran before the sensor: by path or unit only. */
static const struct {
	const char *kind, *exe, *exe2, *unit, *unit2;
} schedulers[] = {
	{"cron", "/usr/sbin/cron", "/usr/sbin/crond", "cron.service", "crond.service"},
	{"at", "/usr/sbin/atd", "/usr/bin/atd", "atd.service", "atd.service"},
};

static const char *seeded_login_kind(const struct naming *n)
{
	const struct boundary *p = n->parent;
	struct str exe = n->what->crossing.exe, outer = p ? p->exe : STR_NONE;
	bool same = p && p->session_id == n->what->session_id && p->session_id != UNSET;

	for (size_t i = 0; i < ARRAY_SIZE(schedulers); i++) {
		if (str_is(exe, schedulers[i].exe) || str_is(exe, schedulers[i].exe2) ||
		    str_is(outer, schedulers[i].exe) || str_is(outer, schedulers[i].exe2))
			return schedulers[i].kind;
		if (str_is(n->place.unit, schedulers[i].unit) ||
		    str_is(n->place.unit, schedulers[i].unit2))
			return schedulers[i].kind;
		if (same && str_is(p->identity.kind, schedulers[i].kind))
			return schedulers[i].kind;
	}
	return "human";
}

/*
 * Anybody may have set a login uid that was not set, so a second fact has to say that it was a login:
 * the session's scope, the program that lets people in, or a parent of the same session that has one.
 */
static bool login_has_witness(const struct naming *n, const char *kind)
{
	static const char *const programs[] = {"/usr/sbin/sshd", "/usr/lib/openssh/sshd-session",
					       "/usr/libexec/openssh/sshd-session", "/bin/login",
					       "/usr/bin/login"};
	const struct boundary *p = n->parent;
	struct str exe = n->what->crossing.exe, outer = p ? p->exe : STR_NONE;

	if (strcmp(kind, "human") != 0 || n->place.session.p || n->place.user_unit.p)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (str_is(exe, programs[i]) || str_is(outer, programs[i]))
			return true;
	return p && p->session_id == n->what->session_id && p->login_uid == n->what->login_uid &&
	       p->identity.who_level >= ASSURANCE_DERIVED;
}

static void open_seeded_login(struct naming *n)
{
	const char *kind = seeded_login_kind(n);

	open_user(n, kind, n->what->login_uid,
		  login_has_witness(n, kind) ? ASSURANCE_DERIVED : ASSURANCE_CLAIMED);
	set_session(n, n->what->session_id);
	if (!kind_is(n, "human"))
		add_edge(n, n->id.kind, ASSURANCE_DERIVED);
	else if (n->place.user_unit.p)
		add_edge(n, STR_LIT("systemd-user"), ASSURANCE_DERIVED);
	else
		n->id.via_level = ASSURANCE_UNKNOWN; /* how it came in was not seen */
}

static void name_seed(struct naming *n)
{
	if (n->what->task_flags & TASK_KTHREAD) {
		name_kernel(n);
		return;
	}
	read_place(n);
	if (n->what->login_uid != UNSET)
		open_seeded_login(n);
	else if (open_owner(n))
		;
	else if (n->place.unit.p)
		open_who(n, "unit", words_join(&n->words, "unit:", n->place.unit),
			 ASSURANCE_DERIVED);
	else if (n->place.container_id.p)
		open_container(n);
	else
		open_anon(n, "anon:before-start",
			  "ran before whodid started and no login, unit or container claims it");
	n->id.via_level = at_most(n->id.via_level, ASSURANCE_DERIVED);
	n->id.flags |= ID_SEEDED;
}

/* A later step of the same supervisor does not become another job: what was said first stays. */
static void keep_first_job(struct naming *n, const struct ci_provider *p)
{
	const struct identity *first = n->by && n->by->first ? &n->by->first->identity : NULL;
	struct ci_facts *job = &n->job.facts;
	struct str step = job->step;

	if (!p->one_job || !first || !str_is(first->kind, "ci") ||
	    (str_equal(first->ci.repository, job->repository) &&
	     str_equal(first->ci.job, job->job)))
		return;
	*job = first->ci;
	job->step = step;
	n->job.flags |= ID_ENV_MISMATCH;
	n->job.level = at_most(n->job.level, first->who_level);
}

static struct str job_word(struct naming *n)
{
	const struct ci_facts *job = &n->job.facts;
	struct str name = job->job.n ? job->job : STR_LIT("-");
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "ci:%.*s/", STR_ARG(job->provider));
	if (!job->repository.n)
		return words_join(&n->words, prefix, name);
	return words_join2(&n->words, prefix, job->repository, "/", name);
}

/*
 * A supervisor's child. It is a job only when the supervisor was started as one is (any program runs
 * on java), in its unit, and by the system: what somebody starts by hand speaks for that somebody.
 */
static void name_ci(struct naming *n)
{
	uint32_t system = n->what->crossing.ci_system & ~CI_WEAK;
	const struct ci_provider *p = ci_provider_of(system);
	bool seen = n->by && n->by->exec_seen;
	bool named;

	if (!p || (seen && !(n->by->systems >> system & 1)))
		return;
	if (n->by && n->by->misplaced) {
		n->id.flags |= ID_FAKE_SUPERVISOR;
		return;
	}
	if (kind_is(n, "human") || kind_is(n, "cron") || kind_is(n, "at")) {
		add_edge(n, STR_LIT("ci-step"), ASSURANCE_DERIVED);
		return;
	}
	named = ci_read(&n->job, p, n->what);
	if (!named && !seen)
		return; /* it may be any program that ran before on the same java */
	if (named)
		keep_first_job(n, p);
	if (!seen)
		n->job.level = at_most(n->job.level, ASSURANCE_DERIVED);
	if (named)
		open_who(n, "ci", job_word(n), n->job.level);
	else
		open_anon(
			n, "anon:ci-unnamed",
			"a CI supervisor started it, and nothing that the job cannot set names it");
	n->id.ci = n->job.facts;
	n->id.flags |= n->job.flags;
	n->id.via_level = ASSURANCE_KERNEL;
	add_edge(n, STR_LIT("ci-step"), ASSURANCE_KERNEL);
}

static void (*const namers[])(struct naming *n) = {
	[BOUNDARY_SEED] = name_seed,	 [BOUNDARY_KERNEL] = name_kernel,
	[BOUNDARY_LOGIN] = name_login,	 [BOUNDARY_BECOME] = name_become,
	[BOUNDARY_CGROUP] = name_cgroup, [BOUNDARY_CI] = name_ci,
};

/* Identity strings that found no room are not known; all bounds make that impossible but for bugs. */
static void check_words(struct naming *n)
{
	if (n->id.who.p && n->id.via.p)
		return;
	naming_lost(&n->id, n->what->crossing.id);
}

static void keep_facts(struct boundary *b, const struct event_what *what, uint64_t who_id)
{
	b->id = what->crossing.id;
	b->parent_id = what->crossing.parent_id;
	b->who_id = who_id;
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
	b->login_uid = what->login_uid;
	b->ci_system = what->crossing.ci_system;
}

struct boundary *naming_decide(const struct event_what *what, const struct boundary *parent,
			       const struct origin *origin, const struct supervisor *by,
			       const struct user_names *users)
{
	struct naming n = {
		.what = what, .parent = parent, .origin = origin, .by = by, .users = users};
	struct boundary *b;

	cgroup_name_parse(&n.place, what->crossing.cgroup);
	inherit(&n);
	if (what->crossing.kind < ARRAY_SIZE(namers) && namers[what->crossing.kind])
		namers[what->crossing.kind](&n);
	check_words(&n);
	b = boundary_new(&n.id, what->crossing.exe);
	if (b)
		keep_facts(b, what, n.who_id);
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

#define DOUBTS_WHO (ID_SELF_LOGINUID | ID_THREAD_LOGINUID | ID_SEEDED | ID_REPAIRED)
#define DOUBTS_VIA (ID_SEEDED | ID_REPAIRED)
#define DOUBTS_AS  ID_SELF_MOVED

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
};

void naming_apply_flags(struct identity *id, uint32_t task_flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (task_flags & flags[i].task)
			id->flags |= flags[i].id;
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
	static const char *const names[] = {"none",   "seed",	"kernel", "login",
					    "become", "cgroup", "ci"};

	return kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
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
					    "ci_supervisor"};

	return role < ARRAY_SIZE(names) ? names[role] : "unknown";
}
