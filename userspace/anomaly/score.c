/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score: which events are part of an anomaly. A group opens once; what follows only counts, and is
 * announced at a bounded rate, so that a storm of wrong acts is one story and not a storm of alarms.
 */
#include "anomaly/table.h"

#include <stdio.h>

#include "base/cleanup.h"

/* A person may try their own sshd; a job or service that logs in to its own host leaves its account. */
static bool is_no_person(const struct event *ev)
{
	return ev->who.id.by.n && str_equal(ev->who.id.by, ev->who.id.who) &&
	       !str_is(ev->who.id.kind, "human");
}

/* Of who was there before the sensor, rings are not known to be shared: only not known. */
static bool was_shared(const struct event *ev)
{
	return !(ev->who.id.flags & ID_SEEDED);
}

static bool is_job(const struct event *ev)
{
	return str_is(ev->who.id.kind, "ci");
}

/* Flags that are wrong in themselves, the worst first. */
static const struct {
	unsigned flag;
	enum severity severity;
	bool (*applies)(const struct event *ev); /* NULL = always */
} bad_flags[] = {
	{ID_SELF_LOGINUID, SEVERITY_HIGH, NULL},
	{ID_SELF_MOVED, SEVERITY_HIGH, NULL},
	{ID_AFTER_JOB_END, SEVERITY_HIGH, NULL},
	{ID_FAKE_SUPERVISOR, SEVERITY_HIGH, NULL},
	{ID_ENV_MISMATCH, SEVERITY_HIGH, NULL},
	{ID_ENV_DUPLICATE, SEVERITY_HIGH, NULL},
	{ID_PRELOAD_ENV, SEVERITY_HIGH, NULL},
	{ID_SUPERVISOR_TAMPERED, SEVERITY_HIGH, NULL},
	{ID_DEFERRED_BY_JOB, SEVERITY_HIGH, NULL},
	{ID_FORGED_AUTH_LOG, SEVERITY_HIGH, NULL},
	{ID_LOOPBACK_SSH, SEVERITY_MEDIUM, is_no_person},
	{ID_CGROUP_PARENT_MISMATCH, SEVERITY_HIGH, NULL},
	{ID_TOKEN_REPLAY, SEVERITY_HIGH, NULL},
	{ID_CLAIMS_MISMATCH, SEVERITY_HIGH, NULL},
	{ID_BIND_CONFLICT, SEVERITY_HIGH, NULL},
	{ID_FORGED_LABEL, SEVERITY_HIGH, NULL},
	{ID_SHARED_RING, SEVERITY_MEDIUM, was_shared},
	{ID_LOGIN_BY_HAND, SEVERITY_MEDIUM, NULL},
	{ID_REACHED_INTO, SEVERITY_MEDIUM, NULL},
	{ID_SERVES_OTHERS, SEVERITY_MEDIUM, is_job},
};

static unsigned bad_flag(const struct event *ev, enum severity *severity)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_flags); i++)
		if (ev->who.id.flags & bad_flags[i].flag &&
		    (!bad_flags[i].applies || bad_flags[i].applies(ev))) {
			*severity = bad_flags[i].severity;
			return bad_flags[i].flag;
		}
	return 0;
}

static const char *flag_name(unsigned flag)
{
	return identity_flag_name((unsigned)__builtin_ctz(flag));
}

/* The sensor's own events are never anomalies, but what it lacks: they would feed on themselves. */
static bool is_act(const struct event *ev)
{
	switch (ev->what.type) {
	case EVENT_NONE:
	case EVENT_FORK:
	case EVENT_EXIT:
	case EVENT_LOSS:
	case EVENT_ANOMALY:
	case EVENT_AGENT_START:
	case EVENT_AGENT_STOP:
	case EVENT_PROFILE_CHANGE:
		return false;
	default:
		return ev->what.type < EVENT_TYPE_MAX;
	}
}

static bool choose_group(const struct event *ev, struct group *g, unsigned *flag,
			 enum severity *severity)
{
	*flag = 0;
	if (ev->what.type == EVENT_AGENT_TAMPER && !ev->who.id.who.n &&
	    ev->verdict.severity <= SEVERITY_LOW)
		return false; /* noticed, and nobody's act */
	if (ev->what.type == EVENT_AGENT_BLIND && !ev->verdict.severity)
		return false; /* it sees again */
	*severity = ev->verdict.severity ? ev->verdict.severity : SEVERITY_MEDIUM;
	if (ev->verdict.value == VERDICT_FORBIDDEN) {
		g->kind = KIND_FORBIDDEN;
		copy_text(g->rule, sizeof(g->rule), ev->verdict.rule);
	} else if (ev->verdict.value == VERDICT_UNEXPECTED) {
		g->kind = KIND_UNEXPECTED;
		snprintf(g->rule, sizeof(g->rule), "%s", object_class(ev));
	} else if (ev->what.type == EVENT_AGENT_TAMPER) {
		g->kind = KIND_TAMPER;
		copy_text(g->rule, sizeof(g->rule), ev->what.tamper);
	} else if (ev->what.type == EVENT_AGENT_BLIND) {
		g->kind = KIND_TAMPER;
		snprintf(g->rule, sizeof(g->rule), "blind");
	} else {
		*flag = bad_flag(ev, severity);
		if (!*flag)
			return false;
		g->kind = KIND_IDENTITY;
		snprintf(g->rule, sizeof(g->rule), "%s", flag_name(*flag));
	}
	copy_text(g->who, sizeof(g->who), ev->who.id.who);
	copy_text(g->session, sizeof(g->session), ev->who.id.session);
	return true;
}

/* The anomaly's whole present state; texts are those of a. */
static void fill_announcement(const struct anomaly *a, const char *change, struct event *ev)
{
	const struct reason *first = &a->reasons[0];

	ev->what.type = EVENT_ANOMALY;
	ev->what.wall_ns = a->last_wall_ns;
	ev->what.count = 1;
	ev->what.login_uid = ev->what.session_id = UINT32_MAX;
	if (a->group.who[0]) /* nobody, where the sensor itself noticed it */
		ev->who.id.who = str_of(a->group.who);
	ev->who.id.kind = str_of(a->identity_kind);
	if (a->group.session[0])
		ev->who.id.session = str_of(a->group.session);
	if (a->person[0])
		ev->who.id.person = str_of(a->person);
	ev->verdict.severity = a->severity;
	if (a->group.kind == KIND_FORBIDDEN) {
		ev->verdict.rule = str_of(a->group.rule);
		ev->verdict.attack = first->attack[0] ? str_of(first->attack) : STR_NONE;
	}
	if (a->binding[0])
		ev->verdict.binding = str_of(a->binding);
	ev->score = (struct event_score){
		.anomaly = a->id,
		.change = str_of(change),
		.state = str_of(anomaly_state_name(a->state)),
		.kind = str_of(anomaly_kind_name(a->group.kind)),
		.title = str_of(a->title),
		.what = str_of(a->newest),
		.events = a->events,
		.first_wall_ns = a->first_wall_ns,
		.last_wall_ns = a->last_wall_ns,
	};
}

static void announce(struct anomaly_table *t, struct anomaly *a, const char *change, int64_t now)
{
	struct event ev = {0};

	t->grown -= a->grown;
	a->grown = false;
	a->announced_wall_ns = now;
	fill_announcement(a, change, &ev);
	if (t->changed)
		t->changed(t->ctx, &ev);
	if (!t->save)
		return;
	json_reset(&t->json);
	anomaly_write(a, &t->json);
	if (!t->json.err)
		t->save(t->ctx, a->id, (struct str){t->json.buf, (uint32_t)t->json.len});
}

static bool has_reason(const struct anomaly *a, const char *what)
{
	for (uint32_t i = 0; i < a->reason_count; i++)
		if (!strcmp(a->reasons[i].what, what))
			return true;
	return false;
}

/* The first acts, each once: what follows is more of the same, and is counted. */
static void add_reason(struct anomaly *a, const struct host *host, const struct event *ev)
{
	struct reason *r;

	if (a->reason_count >= REASONS_MAX || has_reason(a, a->newest))
		return;
	r = &a->reasons[a->reason_count++];
	r->kind = a->group.kind;
	memcpy(r->what, a->newest, sizeof(r->what));
	if (a->group.kind != KIND_UNEXPECTED)
		memcpy(r->rule, a->group.rule, sizeof(r->rule));
	if (a->group.kind == KIND_FORBIDDEN) {
		copy_text(r->sentence, sizeof(r->sentence), ev->verdict.reason);
		copy_text(r->attack, sizeof(r->attack), ev->verdict.attack);
	}
	event_uid_format(r->event, host, ev);
}

static struct anomaly *open_one(struct anomaly_table *t, const struct group *g,
				const struct event *ev)
{
	struct anomaly *a = table_add(t, g);

	if (!a)
		return NULL;
	t->opened_total++;
	a->first_wall_ns = ev->what.wall_ns;
	copy_text(a->identity_kind, sizeof(a->identity_kind), ev->who.id.kind);
	copy_text(a->person, sizeof(a->person), ev->who.id.person);
	copy_text(a->binding, sizeof(a->binding), ev->verdict.binding);
	return a;
}

void anomaly_score(struct anomaly_table *t, const struct host *host, struct event *ev)
{
	enum severity severity;
	struct group g;
	struct anomaly *a;
	unsigned flag;
	bool opened;

	ev->score.anomaly = 0;
	if (!is_act(ev) || !choose_group(ev, &g, &flag, &severity))
		return;
	a = table_find(t, &g);
	/* a flag stays with all that the task does: one more exec is worth a count, a read is not */
	if (a && flag && ev->what.type != EVENT_EXEC)
		return;
	opened = !a;
	if (opened)
		a = open_one(t, &g, ev);
	if (!a)
		return;
	ev->score.anomaly = a->id;
	a->events += ev->what.count ? ev->what.count : 1;
	a->last_wall_ns = ev->what.wall_ns;
	describe_act(a->newest, sizeof(a->newest), ev);
	add_reason(a, host, ev);
	t->grown += !a->grown;
	a->grown = true;
	if (opened || severity > a->severity) {
		/* the title is about the worst */
		a->severity = severity;
		describe_title(a->title, sizeof(a->title), ev, g.kind, flag);
		if (a->state != STATE_SUPPRESSED)
			announce(t, a, opened ? "opened" : "updated", ev->what.wall_ns);
	}
}

static bool is_due(const struct anomaly_table *t, const struct anomaly *a, int64_t now)
{
	int64_t since = now - a->announced_wall_ns;

	/* a clock that was set back must not silence an anomaly for hours */
	return a->grown && a->state != STATE_SUPPRESSED &&
	       (since < 0 || (uint64_t)since >= t->update_ns);
}

void anomaly_tick(struct anomaly_table *t, int64_t wall_ns)
{
	for (size_t i = 0; t->grown && i < t->used; i++)
		if (is_due(t, &t->v[i], wall_ns))
			announce(t, &t->v[i], "updated", wall_ns);
}
