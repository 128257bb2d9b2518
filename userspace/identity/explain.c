/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: why an identity is what it is. Each fact in words with its source and its trust, the one that
 * decided first; then the boundaries from outside in. Asked for by people: nothing here is on the line.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "bpf/event.h"
#include "identity/describe.h"
#include "identity/flag_facts.h"
#include "identity/marks.h"
#include "identity/naming.h"
#include "identity/present.h"

#define CHAIN_MAX	32
#define GENERATIONS_MAX 1024

/* What is explained: a boundary and, when a process was asked for, the process in it. */
struct subject {
	const struct identity_table *t;
	const struct process *process;		 /* may be NULL */
	const struct boundary *chain[CHAIN_MAX]; /* the nearest first */
	size_t depth;
	const struct boundary *who; /* the one that says who; NULL = none known */
	struct identity id;
};

static void fact(struct json *w, const char *source, const char *trust, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void fact(struct json *w, const char *source, const char *trust, const char *fmt, ...)
{
	char text[EVENT_PATH_MAX * 2];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_object_begin(w, NULL);
	json_cstr(w, "source", source);
	json_cstr(w, "fact", text);
	json_cstr(w, "trust", trust);
	json_object_end(w);
}

static const char *trust_words(enum assurance level)
{
	static const char *const words[] = {
		[ASSURANCE_UNKNOWN] = "not known",
		[ASSURANCE_CLAIMED] = "claim only",
		[ASSURANCE_DERIVED] = "worked out, not proven",
		[ASSURANCE_RECORDED] = "written by a privileged program",
		[ASSURANCE_KERNEL] = "cannot be forged",
		[ASSURANCE_ATTESTED] = "signed",
	};

	return words[level];
}

/* "1001 (alice)" or "1001" */
struct uid_words {
	char text[300];
};

static struct uid_words uid_words(const struct subject *s, uint32_t uid)
{
	struct uid_words out;
	struct str name = user_names_name(&s->t->users, uid);

	if (name.p)
		snprintf(out.text, sizeof(out.text), "%u (%.*s)", uid, STR_ARG(name));
	else
		snprintf(out.text, sizeof(out.text), "%u", uid);
	return out;
}

/* Where a login came from, and with which key. */
static void explain_origin(const struct boundary *b, struct json *w)
{
	const struct login_facts *l = &b->identity.login;
	static const char trust[] = "recorded: written by sshd";

	if (!l->method.n)
		return;
	if (l->ip.n)
		fact(w, "sshd", trust, "sshd (pid %u) accepted %.*s from %.*s port %u",
		     b->opener_pid, STR_ARG(l->method), STR_ARG(l->ip), l->port);
	else
		fact(w, "sshd", trust, "sshd (pid %u) accepted %.*s", b->opener_pid,
		     STR_ARG(l->method));
	if (l->key_fingerprint.n)
		fact(w, "sshd", trust, "the key was %.*s %.*s", STR_ARG(l->key_type),
		     STR_ARG(l->key_fingerprint));
	if (l->ca_fingerprint.n)
		fact(w, "sshd", trust,
		     "its certificate has serial %.*s, id \"%.*s\", signed by %.*s",
		     STR_ARG(l->cert_serial), STR_ARG(l->cert_id), STR_ARG(l->ca_fingerprint));
	if (b->identity.by.n)
		fact(w, "kernel", trust_words(b->identity.who_level),
		     "that address and port are a connection from this host by %.*s%s",
		     STR_ARG(b->identity.by),
		     str_equal(b->identity.by, b->identity.who) ? ", so what it does is theirs"
								: "");
}

static void explain_deferral(const struct boundary *b, struct json *w)
{
	if (!b->identity.by.n)
		return;
	if (b->role == ROLE_AT)
		fact(w, "kernel", trust_words(ASSURANCE_KERNEL), "the at job was written by %.*s",
		     STR_ARG(b->identity.by));
	else /* which line it is follows from its command */
		fact(w, "kernel", trust_words(ASSURANCE_DERIVED),
		     "the crontab was written by %.*s when this command came into it",
		     STR_ARG(b->identity.by));
}

static void explain_login(const struct subject *s, const struct boundary *b, struct json *w)
{
	fact(w, "kernel", trust_words(b->identity.who_level),
	     "%s (pid %u) set the login uid of pid %u to %s, session %u", exe_role_name(b->role),
	     b->opener_pid, b->pid, uid_words(s, b->to_uid).text, b->session_id);
	if (user_names_name(&s->t->users, b->to_uid).p)
		fact(w, "passwd", "root's file", "uid %u is %.*s", b->to_uid,
		     STR_ARG(user_names_name(&s->t->users, b->to_uid)));
	if (b->role == ROLE_CRON || b->role == ROLE_AT)
		explain_deferral(b, w);
	else
		explain_origin(b, w);
}

static void explain_seed(const struct subject *s, const struct boundary *b, struct json *w)
{
	const char *trust = trust_words(b->identity.who_level);

	fact(w, "start", trust, "pid %u ran before whodid started", b->pid);
	if (b->login_uid != UINT32_MAX)
		fact(w, "kernel", trust,
		     "its login uid was %s, session %u; who set it was not seen",
		     uid_words(s, b->login_uid).text, b->session_id);
	else if (!str_is(b->identity.kind, "anon"))
		fact(w, "kernel", trust, "it had no login uid; its cgroup %.*s says %.*s",
		     STR_ARG(b->identity.cgroup), STR_ARG(b->identity.who));
}

/* "repository acme/app, job build": what the supervisor's handover said. */
static void explain_facts(const struct boundary *b, struct json *w)
{
	const struct ci_facts *f = &b->identity.ci;
	const struct {
		const char *word;
		struct str value;
	} rows[] = {
		{"repository", f->repository},
		{"job", f->job},
		{"step", f->step},
		{"run", f->run_id},
		{"actor", f->actor},
		{"ref", f->ref},
	};
	char text[EVENT_PATH_MAX];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].value.n && n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %.*s",
					      n ? ", " : "", rows[i].word, STR_ARG(rows[i].value));
	if (n)
		fact(w, "supervisor", trust_words(b->identity.who_level),
		     "it was handed over as %s", text);
}

static void explain_job(const struct boundary *b, struct json *w)
{
	fact(w, "kernel", trust_words(ASSURANCE_KERNEL),
	     "%.*s's supervisor (pid %u, a pinned executable) started pid %u %.*s",
	     STR_ARG(b->identity.ci.provider), b->opener_pid, b->pid, STR_ARG(b->exe));
	explain_facts(b, w);
	if (b->ci_system & CI_WEAK)
		fact(w, "settings", "lowers the level to derived",
		     "that executable is not root's alone, or everybody can execute it in any unit");
	if (b->ended_wall_ns)
		fact(w, "kernel", trust_words(ASSURANCE_KERNEL), "the supervisor has exited since");
}

static void explain_who(const struct subject *s, struct json *w)
{
	const struct boundary *b = s->who;

	if (s->id.reason.p)
		fact(w, "none", trust_words(s->id.who_level), "%.*s", STR_ARG(s->id.reason));
	if (!b)
		return;
	switch (b->kind) {
	case BOUNDARY_LOGIN:
		explain_login(s, b, w);
		break;
	case BOUNDARY_SEED:
		explain_seed(s, b, w);
		break;
	case BOUNDARY_CI:
		explain_job(b, w);
		break;
	case BOUNDARY_CGROUP:
		fact(w, "kernel", trust_words(b->identity.as_level),
		     "%s (pid %u) put pid %u into cgroup %.*s",
		     b->opener_pid == 1 ? "the first process" : exe_role_name(b->role),
		     b->opener_pid, b->pid, STR_ARG(b->identity.cgroup));
		break;
	default:
		fact(w, "kernel", trust_words(b->identity.who_level), "a thread of the kernel");
	}
}

/* First of all facts: it is signed. */
static void explain_token(const struct subject *s, struct json *w)
{
	const struct attested_facts *f = &s->id.attested;

	if (!f->issuer.n)
		return;
	fact(w, "token", trust_words(ASSURANCE_ATTESTED), "%.*s says it is %.*s, to %.*s",
	     STR_ARG(f->issuer), STR_ARG(f->subject), STR_ARG(f->audience));
	if (str_is(s->id.kind, "ci"))
		fact(w, "token", "written by a privileged program",
		     "the names of job and step are the supervisor's, not the token's");
}

/* A server that people share: who connected to it, or who started it. */
static void explain_handoff(const struct subject *s, const struct boundary *b, struct json *w)
{
	const struct boundary *client = boundaries_find(&s->t->boundaries, b->asker);
	const struct identity *by = client ? &client->identity : NULL;

	fact(w, "kernel", trust_words(ASSURANCE_KERNEL),
	     "a terminal multiplexer's server (pid %u) started pid %u %.*s", b->opener_pid, b->pid,
	     STR_ARG(b->exe));
	if (!by)
		return;
	fact(w, "kernel", trust_words(ASSURANCE_DERIVED),
	     "a client of %.*s%s%.*s%s%.*s had connected to it a moment before%s", STR_ARG(by->who),
	     by->session.n ? ", session " : "", STR_ARG(by->session),
	     by->login.key_fingerprint.n ? ", key " : "", STR_ARG(by->login.key_fingerprint),
	     b->who_id == client->who_id ? ": the same person by that key"
					 : ", and may have asked for it");
}

/* What was crossed on the way in, from outside, behind the boundary that says who. */
static void explain_via(const struct subject *s, struct json *w)
{
	for (size_t i = s->depth; i-- > 0;) {
		const struct boundary *b = s->chain[i];

		if (b == s->who)
			continue;
		if (b->kind == BOUNDARY_BECOME)
			fact(w, "kernel", trust_words(ASSURANCE_KERNEL),
			     "%s (pid %u) turned uid %s into %s", exe_role_name(b->role),
			     b->opener_pid, uid_words(s, b->from_uid).text,
			     uid_words(s, b->to_uid).text);
		else if (b->kind == BOUNDARY_CGROUP)
			fact(w, "kernel", trust_words(b->identity.as_level),
			     "%s (pid %u) put pid %u into cgroup %.*s", exe_role_name(b->role),
			     b->opener_pid, b->pid, STR_ARG(b->identity.cgroup));
		else if (b->kind == BOUNDARY_LOGIN)
			fact(w, "kernel", trust_words(ASSURANCE_KERNEL),
			     "login uid %s was set outside of it", uid_words(s, b->to_uid).text);
		else if (b->kind == BOUNDARY_HANDOFF)
			explain_handoff(s, b, w);
		else if (b->kind == BOUNDARY_CI)
			fact(w, "kernel", trust_words(ASSURANCE_KERNEL),
			     "a CI supervisor (pid %u) started pid %u", b->opener_pid, b->pid);
	}
}

/* How many forks lie between the process and the one that crossed into the deciding boundary. */
static void explain_lineage(const struct subject *s, struct json *w)
{
	const struct process *p = s->process;
	unsigned generations = 0;

	while (p && s->who && p->pid != s->who->pid && generations < GENERATIONS_MAX) {
		p = processes_find(&s->t->processes, p->parent_pid, p->parent_start_ns);
		generations++;
	}
	if (p && s->who && generations)
		fact(w, "kernel", trust_words(ASSURANCE_KERNEL),
		     "descends from pid %u %.*s, %u generation%s", p->pid,
		     STR_ARG(interned_str(p->exe)), generations, generations == 1 ? "" : "s");
}

/* Who asked the engine or systemd, of the nearest container or service on the way in. */
static void explain_asker(const struct subject *s, struct json *w)
{
	for (size_t i = 0; i < s->depth; i++) {
		const struct boundary *b = s->chain[i];

		if (!b->asker_pid)
			continue;
		fact(w, "request",
		     trust_words(b->identity.container_id.p ? ASSURANCE_RECORDED
							    : ASSURANCE_DERIVED),
		     "pid %u asked %s for it over its socket: %.*s", b->asker_pid,
		     b->identity.container_id.p ? "the engine" : "systemd",
		     b->identity.by.p ? (int)b->identity.by.n : INT_MAX,
		     b->identity.by.p ? b->identity.by.p
				      : "several did, or somebody who is not known");
		return;
	}
}

/* Whose work it executes. */
static void explain_program(const struct subject *s, struct json *w)
{
	struct str by = s->process ? interned_str(s->process->written_by) : STR_NONE;

	if (by.n)
		fact(w, "kernel", trust_words(ASSURANCE_KERNEL),
		     "what it executes was opened for writing last by %.*s", STR_ARG(by));
}

/* What its engine's files said of the container, and of its pod. */
static void explain_container(const struct subject *s, struct json *w)
{
	const struct identity *id = &s->id;
	const char *trust = trust_words(id->who_level < ASSURANCE_RECORDED ? id->who_level
									   : ASSURANCE_RECORDED);

	if (id->container.image.p)
		fact(w, "engine", trust, "container %.12s%s%.*s%s is made of image %.*s",
		     id->container_id.p, id->container.name.p ? ", named " : "",
		     STR_ARG(id->container.name), id->container.name.p ? "," : "",
		     STR_ARG(id->container.image));
	if (id->pod.uid.p)
		fact(w, "engine", trust, "it is in pod %.*s of namespace %.*s, uid %.*s",
		     STR_ARG(id->pod.name), STR_ARG(id->pod.namespace), STR_ARG(id->pod.uid));
	if (id->pod.service_account.p)
		fact(w, "kubelet", trust, "the token of that pod is service account %.*s's",
		     STR_ARG(id->pod.service_account));
}

static void explain_place(const struct subject *s, struct json *w)
{
	const char *trust = trust_words(s->id.as_level);

	if (!s->id.as.p)
		return;
	if (s->id.cgroup.n <= 1)
		fact(w, "kernel", trust, "in no cgroup of its own: %.*s", STR_ARG(s->id.as));
	else if (str_starts(s->id.as, "cgroup:"))
		fact(w, "kernel", trust, "cgroup %.*s names no unit, session or container",
		     STR_ARG(s->id.cgroup));
	else
		fact(w, "kernel", trust, "cgroup %.*s is %.*s", STR_ARG(s->id.cgroup),
		     STR_ARG(s->id.as));
}

static void explain_flags(const struct subject *s, struct json *w)
{
	for (size_t i = 0; flag_facts[i].fact; i++)
		if (s->id.flags & flag_facts[i].flag)
			fact(w, "flag", flag_facts[i].trust, "%s", flag_facts[i].fact);
}

static void find_chain(struct subject *s, uint64_t id)
{
	const struct boundary *b = boundaries_find(&s->t->boundaries, id);

	if (b)
		boundary_identity(s->t, b, s->t->wall_ns, &s->id);
	else
		naming_lost(&s->id, id);
	while (b && s->depth < CHAIN_MAX) {
		s->chain[s->depth++] = b;
		if (s->chain[0]->who_id == b->id)
			s->who = b;
		b = b->parent_id ? boundaries_find(&s->t->boundaries, b->parent_id) : NULL;
	}
}

static bool find_subject(struct subject *s, struct str key)
{
	uint64_t id;

	if (str_starts(key, "b")) {
		if (number_u64(str_sub(key, 1, key.n - 1), 1, UINT64_MAX, &id) != 0 ||
		    !boundaries_find(&s->t->boundaries, id))
			return false;
		find_chain(s, id);
		return true;
	}
	if (number_u64(key, 1, UINT32_MAX, &id) != 0)
		return false;
	s->process = processes_newest(&s->t->processes, (uint32_t)id);
	if (!s->process)
		return false;
	find_chain(s, s->process->boundary);
	naming_apply_flags(&s->id, s->process->task_flags);
	marks_apply(s->process, &s->id);
	return true;
}

int identity_explain(const struct identity_table *t, const struct host *host, struct str key,
		     struct json *w, struct problem *err)
{
	struct subject s = {.t = t};

	if (!find_subject(&s, key)) {
		problem_set(err, -ESRCH, "no process or boundary of that name is known");
		problem_remedy(
			err,
			"give the pid of a process that ran while whodid did, or b and a number");
		return -ESRCH;
	}
	json_object_begin(w, NULL);
	json_str(w, "key", key);
	describe_identity_form(w, &s.id, s.process ? s.process->uid : s.chain[0]->uid);
	if (s.process) {
		json_object_begin(w, "process");
		describe_process(w, t, host, s.process);
		json_object_end(w);
	}
	json_array_begin(w, "facts");
	explain_token(&s, w);
	explain_who(&s, w);
	explain_lineage(&s, w);
	explain_program(&s, w);
	explain_via(&s, w);
	explain_place(&s, w);
	explain_asker(&s, w);
	explain_container(&s, w);
	explain_flags(&s, w);
	json_array_end(w);
	json_array_begin(w, "boundaries");
	for (size_t i = s.depth; i-- > 0;)
		describe_boundary(w, s.chain[i]);
	json_array_end(w);
	json_object_end(w);
	return 0;
}
