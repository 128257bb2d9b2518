/* SPDX-License-Identifier: Apache-2.0 */
/* tamper: see the header. */
#include "anomaly/tamper.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "anomaly/tamper_move.h"
#include "anomaly/tamper_place.h"
#include "base/cleanup.h"
#include "bpf/event.h"
#include "event_fields.h"

#define TICK_NS	     10000000ull /* USER_HZ is 100 on all that we run on */
#define FRESH_NS     5000000000ull
#define SIGNALS_MAX  32
#define OPENERS	     32
#define MESSAGE_ROOM 160 /* beside a path */

/* The newest sender of a signal that the daemon answers to. */
struct sender {
	uint64_t boot_ns;
	uint32_t pid;
	char who[256];
};

/* Who has taken descriptors of which kind of object. */
struct opener {
	uint64_t start_ns;
	uint32_t pid;
	uint32_t object;
	bool refused;
};

struct tamper {
	uint32_t pid, former_pid;
	uint64_t start_ticks;
	struct places places;
	struct sender senders[SIGNALS_MAX];
	struct opener openers[OPENERS]; /* the newest, in a ring */
	size_t next_opener;
	struct movers movers;
	uint64_t mount_told_ns; /* when the last mount that reaches a place was */
	char message[PATH_MAX + MESSAGE_ROOM];
};

int tamper_new(struct tamper **out, uint32_t pid, uint64_t start_ticks)
{
	struct tamper *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->pid = pid;
	t->start_ticks = start_ticks;
	*out = t;
	return 0;
}

void tamper_free(struct tamper *t)
{
	for (enum tamper_kind kind = 0; t && kind <= TAMPER_GROUP; kind++)
		places_drop(&t->places, kind);
	free(t);
}

void tamper_watch(struct tamper *t, enum tamper_kind kind, const char *path, uint64_t dev)
{
	places_add(&t->places, kind, path, dev);
}

void tamper_forget(struct tamper *t, enum tamper_kind kind)
{
	places_drop(&t->places, kind);
}

void tamper_former(struct tamper *t, uint32_t pid)
{
	t->former_pid = pid;
}

/* --- who may */

static bool is_in_container(const struct event *ev)
{
	return ev->what.task_flags & TASK_IN_CONTAINER;
}

static bool is_admin(const struct event *ev)
{
	return ev->what.euid == 0 && !(ev->what.task_flags & TASK_IN_JOB) && !is_in_container(ev);
}

/* The client opens the store's shared memory for writing; a daemon that came before us was one, too. */
static bool is_own_program(const struct tamper *t, const struct event *ev)
{
	return !is_in_container(ev) && places_has(&t->places, TAMPER_PROGRAM, ev->who.exe);
}

static bool is_former(const struct tamper *t, const struct event_what *what)
{
	return t->former_pid && what->target.pid == t->former_pid && what->target.start_ns &&
	       what->target.start_ns / TICK_NS < t->start_ticks;
}

/* A number alone may have been another's; where the kernel does not say the start it is all there is. */
static bool is_daemon(const struct tamper *t, const struct event_what *what)
{
	return what->target.pid == t->pid &&
	       (!what->target.start_ns || what->target.start_ns / TICK_NS == t->start_ticks);
}

/* --- signals */

static bool is_command(uint32_t signal)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGUSR2;
}

/* Nothing comes of them. */
static bool is_harmless(uint32_t signal)
{
	return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH ||
	       signal == SIGUSR1 || signal == SIGPIPE;
}

static void remember(struct tamper *t, const struct event *ev)
{
	struct sender *s = &t->senders[ev->what.target.signal];

	s->boot_ns = ev->what.boot_ns;
	s->pid = ev->what.pid;
	snprintf(s->who, sizeof(s->who), "%.*s (pid %u)", (int)ev->who.id.who.n,
		 ev->who.id.who.p ? ev->who.id.who.p : "", ev->what.pid);
}

bool tamper_signaller(const struct tamper *t, uint32_t signal, uint32_t pid, uint64_t now_boot_ns,
		      char *out, size_t size)
{
	const struct sender *s = signal < SIGNALS_MAX ? &t->senders[signal] : NULL;

	if (!s || !pid || s->pid != pid || s->boot_ns + FRESH_NS < now_boot_ns)
		return false;
	snprintf(out, size, "%s", s->who);
	return true;
}

static bool sees_signal(struct tamper *t, const struct event *ev)
{
	uint32_t signal = ev->what.target.signal;
	const char *name = signal_name(signal);
	bool former = is_former(t, &ev->what);

	if (!former && !is_daemon(t, &ev->what))
		return false;
	if (!former && is_command(signal) && ev->what.outcome == OUTCOME_OK)
		remember(t, ev);
	if (is_admin(ev) && (is_command(signal) || is_harmless(signal)))
		return false;
	snprintf(t->message, sizeof(t->message), "%s to the daemon%s (pid %u)",
		 name ? name : "a signal", former ? " before this one" : "", ev->what.target.pid);
	return true;
}

/* --- memory and descriptors */

static const struct {
	uint32_t op;
	const char *what, *words;
} reaches[] = {
	{PTRACE_OP_ATTACH, "ptrace", "ptrace attach to"},
	{PTRACE_OP_SEIZE, "ptrace", "ptrace seize of"},
	{PTRACE_OP_GETFD, "ptrace", "a descriptor taken from"},
	{PTRACE_OP_READ, "memory", "process_vm_readv on"},
	{PTRACE_OP_WRITE, "memory", "process_vm_writev on"},
	{PTRACE_OP_OPEN_READ, "memory", "/proc/PID/mem opened for reading, of"},
	{PTRACE_OP_OPEN_WRITE, "memory", "/proc/PID/mem opened for writing, of"},
};

/* The word for tamper.what, or NULL. */
static const char *sees_reach(struct tamper *t, const struct event *ev)
{
	bool former = is_former(t, &ev->what);

	if (!former && !is_daemon(t, &ev->what))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(reaches); i++) {
		if (reaches[i].op != ev->what.target.op)
			continue;
		snprintf(t->message, sizeof(t->message), "%s the daemon%s (pid %u)",
			 reaches[i].words, former ? " before this one" : "", ev->what.target.pid);
		return reaches[i].what;
	}
	return NULL;
}

/* --- files */

/*
 * What systemd does whenever it starts or stops a service: it sees to it that a folder is there, thaws the
 * service's group and those above it, and gives them their limits. To freeze it opens the same file: of that the
 * daemon notices the pause; limits that somebody sets there by its word are files of its own, which are settings.
 */
static bool is_managers_work(const struct reached *r, const struct event *ev)
{
	if (r->kind == TAMPER_GROUP)
		return ev->what.pid == 1 && str_is(ev->what.file.op, "open") &&
		       (r->how == REACH_LIMIT || str_ends(r->path, "/cgroup.freeze"));
	return ev->what.err == EEXIST && str_is(ev->what.file.op, "mkdir");
}

static const char *const kinds[] = {[TAMPER_STORE] = "the store",
				    [TAMPER_SETTINGS] = "settings",
				    [TAMPER_PROGRAM] = "the program",
				    [TAMPER_PINS] = "what the kernel keeps",
				    [TAMPER_GROUP] = "the control group"};

static enum severity sees_file(struct tamper *t, const struct event *ev)
{
	struct reached r = places_reached(&t->places, ev);
	bool is_ours = r.kind == TAMPER_STORE || r.kind == TAMPER_PINS;

	if (!r.how || is_managers_work(&r, ev) || (is_ours && is_own_program(t, ev)))
		return SEVERITY_NONE;
	snprintf(t->message, sizeof(t->message), "%.*s %s %s: %.*s", (int)ev->what.file.op.n,
		 ev->what.file.op.p, r.how == REACH_ABOVE ? "above" : "of", kinds[r.kind],
		 (int)r.path.n, r.path.p);
	if (ev->what.type == EVENT_FILE_MOUNT)
		t->mount_told_ns = ev->what.boot_ns;
	if (r.how == REACH_LIMIT || (r.how == REACH_IT && r.kind == TAMPER_SETTINGS))
		return is_admin(ev) ? SEVERITY_MEDIUM : SEVERITY_HIGH;
	return SEVERITY_HIGH;
}

const char *tamper_hidden(struct tamper *t, const struct mounts *m, uint64_t now_boot_ns)
{
	const struct place *p;

	while ((p = places_hidden(&t->places, m))) {
		if (t->mount_told_ns && t->mount_told_ns + FRESH_NS >= now_boot_ns)
			continue;
		snprintf(t->message, sizeof(t->message),
			 "%s: hidden by a mount, or what held it is gone: %s", kinds[p->kind],
			 p->path);
		return t->message;
	}
	return NULL;
}

/* --- moves to another control group */

bool tamper_may_have_moved(struct tamper *t)
{
	bool may = t->movers.news;

	t->movers.news = false;
	return may;
}

bool tamper_moved(struct tamper *t, const char *dir, uint64_t now_boot_ns, struct event *out)
{
	if (!movers_find(&t->movers, dir, now_boot_ns - FRESH_NS, out))
		return false;
	out->what.type = EVENT_AGENT_TAMPER;
	out->what.tamper = STR_LIT("group");
	snprintf(t->message, sizeof(t->message),
		 "the daemon was moved to another control group: %s", dir);
	out->what.message = str_of(t->message);
	out->verdict = (struct event_verdict){.severity = SEVERITY_HIGH};
	out->score = (struct event_score){0};
	return true;
}

/* --- objects in the kernel */

static bool was_told(struct tamper *t, const struct event_what *what)
{
	struct opener o = {.start_ns = what->start_ns,
			   .pid = what->pid,
			   .object = what->touched.object,
			   .refused = what->err != 0};

	for (size_t i = 0; i < OPENERS; i++) {
		const struct opener *e = &t->openers[i];

		if (e->pid == o.pid && e->start_ns == o.start_ns && e->object == o.object &&
		    e->refused == o.refused)
			return true;
	}
	t->openers[t->next_opener++ % OPENERS] = o;
	return false;
}

bool tamper_by_bpf(struct tamper *t, struct event *ev)
{
	static const char *const words[TOUCHES_MAX] = {
		[TOUCH_OPEN] = "a descriptor taken of",
		[TOUCH_UPDATE] = "elements changed of",
		[TOUCH_DELETE] = "elements deleted from",
		[TOUCH_FREEZE] = "an end to changes of",
		[TOUCH_DETACH] = "a detachment of",
		[TOUCH_REPLACE] = "another program for",
		[TOUCH_RUN] = "a run of",
	};
	bool open = ev->what.touched.op == TOUCH_OPEN;
	struct str name = ev->what.touched.name;

	if (is_own_program(t, ev) || (open && was_told(t, &ev->what)))
		return false;
	snprintf(t->message, sizeof(t->message), "%s the %s%s%.*s (number %u)",
		 words[ev->what.touched.op], touch_object_name(ev->what.touched.object),
		 name.n ? " " : "", (int)name.n, name.p ? name.p : "", ev->what.touched.id);
	ev->what.message = str_of(t->message);
	ev->verdict.severity = open && is_admin(ev) ? SEVERITY_MEDIUM : SEVERITY_HIGH;
	return true;
}

bool tamper_sees(struct tamper *t, const struct event *ev, struct event *out)
{
	enum severity severity = SEVERITY_HIGH;
	const char *what = NULL;

	if (ev->what.pid == t->pid)
		return false;
	movers_remember(&t->movers, ev, FRESH_NS);
	switch (ev->what.type) {
	case EVENT_SIGNAL:
		what = sees_signal(t, ev) ? "signal" : NULL;
		break;
	case EVENT_PTRACE:
		what = sees_reach(t, ev);
		break;
	case EVENT_FILE_WRITE:
	case EVENT_FILE_CREATE:
	case EVENT_FILE_DELETE:
	case EVENT_FILE_RENAME:
	case EVENT_FILE_CHMOD:
	case EVENT_FILE_LINK:
	case EVENT_FILE_MOUNT:
		severity = sees_file(t, ev);
		what = severity ? "file" : NULL;
		break;
	default:
		break;
	}
	if (!what)
		return false;
	*out = *ev;
	out->what.type = EVENT_AGENT_TAMPER;
	out->what.tamper = str_of(what);
	out->what.message = str_of(t->message);
	out->verdict = (struct event_verdict){.severity = severity};
	out->score = (struct event_score){0};
	return true;
}
