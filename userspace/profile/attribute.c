/* SPDX-License-Identifier: Apache-2.0 */
/* attribute: a function and a table row for each. */
#include "profile/attribute.h"

#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "profile/object.h"

static void put(struct values *out, struct str v)
{
	if (v.p && v.n && out->n < VALUES_MAX)
		out->v[out->n++] = v;
}

static void put_comma_list(struct values *out, struct str list)
{
	for (uint32_t i = 0; i < list.n;) {
		int64_t comma = str_index(list, i, ',');
		struct str word = str_sub(list, i, (comma < 0 ? list.n : (uint32_t)comma) - i);

		put(out, word);
		i += word.n + 1;
	}
}

static void get_kind(struct act *a, struct values *out)
{
	put(out, a->id->kind);
}

static void get_who(struct act *a, struct values *out)
{
	put(out, a->id->who);
}

static void get_as(struct act *a, struct values *out)
{
	put(out, a->id->as);
}

static void get_person(struct act *a, struct values *out)
{
	put(out, a->id->person);
}

static void get_via(struct act *a, struct values *out)
{
	put_comma_list(out, a->id->via);
}

static void get_assurance(struct act *a, struct values *out)
{
	put(out, str_of(assurance_name(a->id->who_level)));
}

static void get_flags(struct act *a, struct values *out)
{
	for (unsigned bit = 0; bit < ID_FLAG_MAX; bit++)
		if (a->id->flags >> bit & 1)
			put(out, str_of(identity_flag_name(bit)));
}

static void get_session(struct act *a, struct values *out)
{
	put(out, a->id->session);
}

static void get_unit(struct act *a, struct values *out)
{
	put(out, a->id->unit);
}

/* "github/acme/app/build": provider, what lies between, job. */
static void get_job_part(struct act *a, struct values *out, int part)
{
	struct str job = who_part(a->id->who, "ci:");
	int64_t first = str_index(job, 0, '/'), last = first;

	if (first < 0)
		return;
	for (uint32_t i = (uint32_t)first; i < job.n; i++)
		if (job.p[i] == '/')
			last = i;
	if (part == 0)
		put(out, str_sub(job, 0, (uint32_t)first));
	else if (part == 2)
		put(out, str_sub(job, (uint32_t)last + 1, job.n));
	else if (last > first)
		put(out, str_sub(job, (uint32_t)first + 1, (uint32_t)(last - first - 1)));
}

/* A job's own fact, else, where it has none, the part of who. */
static void get_job_fact(struct act *a, struct values *out, struct str fact, int part)
{
	if (a->id->ci.provider.p)
		put(out, fact);
	else
		get_job_part(a, out, part);
}

static void get_provider(struct act *a, struct values *out)
{
	get_job_fact(a, out, a->id->ci.provider, 0);
}

static void get_repository(struct act *a, struct values *out)
{
	get_job_fact(a, out, a->id->ci.repository, 1);
}

static void get_job(struct act *a, struct values *out)
{
	get_job_fact(a, out, a->id->ci.job, 2);
}

static void get_workflow(struct act *a, struct values *out)
{
	put(out, a->id->ci.workflow);
}

static void get_ref(struct act *a, struct values *out)
{
	put(out, a->id->ci.ref);
}

static void get_event(struct act *a, struct values *out)
{
	put(out, a->id->ci.event);
}

static void get_actor(struct act *a, struct values *out)
{
	put(out, a->id->ci.actor);
}

static void get_runner(struct act *a, struct values *out)
{
	put(out, a->id->ci.runner);
}

static void get_namespace(struct act *a, struct values *out)
{
	struct str sa = who_part(a->id->who, "sa:");
	int64_t slash = str_index(sa, 0, '/');

	if (slash > 0)
		put(out, str_sub(sa, 0, (uint32_t)slash));
}

static void get_service_account(struct act *a, struct values *out)
{
	struct str sa = who_part(a->id->who, "sa:");
	int64_t slash = str_index(sa, 0, '/');

	if (slash > 0)
		put(out, str_sub(sa, (uint32_t)slash + 1, sa.n));
}

static void get_exe(struct act *a, struct values *out)
{
	put(out, a->exe);
}

static void get_parent(struct act *a, struct values *out)
{
	put(out, a->parent);
}

static void get_ancestors(struct act *a, struct values *out)
{
	for (uint32_t i = 0; i < a->ev->who.ancestor_count && i < ANCESTORS_MAX; i++)
		put(out, a->ev->who.ancestors[i].exe);
}

/* Of an exec; what else the program does is judged without. */
static void get_written_by(struct act *a, struct values *out)
{
	put_comma_list(out, a->ev->who.written_by);
	put_comma_list(out, a->ev->who.interpreter_written_by);
}

static void get_sha256(struct act *a, struct values *out)
{
	put(out, a->ev->what.exec.sha256);
}

static void get_package(struct act *a, struct values *out)
{
	put(out, object_package(&a->ev->what));
}

static void get_user(struct act *a, struct values *out)
{
	put(out, a->ev->who.user_name);
}

static void get_op(struct act *a, struct values *out)
{
	put(out, a->ev->what.file.op);
}

static bool local_time(struct act *a, struct tm *tm)
{
	time_t t = (time_t)(a->ev->what.wall_ns / 1000000000);

	return localtime_r(&t, tm) != NULL;
}

static void get_local(struct act *a, struct values *out)
{
	struct tm tm;

	if (!local_time(a, &tm))
		return;
	snprintf(out->buf, sizeof(out->buf), "%02d:%02d", tm.tm_hour, tm.tm_min);
	put(out, str_of(out->buf));
}

static void get_weekday(struct act *a, struct values *out)
{
	static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	struct tm tm;

	if (local_time(a, &tm))
		put(out, str_of(days[tm.tm_wday]));
}

/* get NULL = part of the language, not known by the sensor yet. fleeting = not in the decision's key. */
static const struct attr {
	const char *name;
	void (*get)(struct act *a, struct values *out);
	bool fleeting;
} attrs[] = {
	{"job.provider", get_provider, false},
	{"job.repository", get_repository, false},
	{"job.job", get_job, false},
	{"job.workflow", get_workflow, false},
	{"job.ref", get_ref, false},
	{"job.event", get_event, false},
	{"job.actor", get_actor, false},
	{"job.environment", NULL, false},
	{"job.fork", NULL, false},
	{"job.runner", get_runner, false},
	{"session.id", get_session, false},
	{"session.remote", NULL, false},
	{"session.mfa", NULL, false},
	{"session.key", NULL, false},
	{"session.tty", NULL, false},
	{"session.age", NULL, true},
	{"identity.who", get_who, false},
	{"identity.kind", get_kind, false},
	{"identity.via", get_via, false},
	{"identity.as", get_as, false},
	{"identity.person", get_person, false},
	{"identity.assurance", get_assurance, false},
	{"identity.flags", get_flags, false},
	{"identity.groups", NULL, false},
	{"unit.name", get_unit, false},
	{"k8s.namespace", get_namespace, false},
	{"k8s.serviceAccount", get_service_account, false},
	{"k8s.labels", NULL, false},
	{"proc.exe", get_exe, false},
	{"proc.parent", get_parent, false},
	{"proc.ancestors", get_ancestors, true},
	{"proc.user", get_user, false},
	{"proc.sha256", get_sha256, false},
	{"proc.package", get_package, false},
	{"proc.writtenBy", get_written_by, false},
	{"proc.age", NULL, true},
	{"file.op", get_op, false},
	{"file.owner", NULL, false},
	{"file.age", NULL, true},
	{"host.labels", NULL, false},
	{"time.local", get_local, true},
	{"time.weekday", get_weekday, true},
};
_Static_assert(ARRAY_SIZE(attrs) <= ATTRIBUTES_MAX, "ATTRIBUTES_MAX");

const char *attribute_name(unsigned i)
{
	return i < ARRAY_SIZE(attrs) ? attrs[i].name : NULL;
}

bool attribute_is_seen(unsigned i)
{
	return attrs[i].get != NULL;
}

void attribute_get(unsigned i, struct act *a, struct values *out)
{
	out->n = 0;
	a->fleeting |= attrs[i].fleeting;
	if (attrs[i].get)
		attrs[i].get(a, out);
}
