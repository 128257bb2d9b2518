/* SPDX-License-Identifier: Apache-2.0 */
/* condition: attributes and operators, each a table row. */
#include "profile/condition.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "base/number.h"
#include "profile/endpoint.h"
#include "profile/nearest.h"
#include "profile/reader.h"

#define VALUES_MAX (ANCESTORS_MAX + 1)

struct values {
	struct str v[VALUES_MAX];
	uint32_t n;
	char buf[96];
};

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
	{"proc.sha256", NULL, false},
	{"proc.package", NULL, false},
	{"proc.age", NULL, true},
	{"file.op", get_op, false},
	{"file.owner", NULL, false},
	{"file.age", NULL, true},
	{"host.labels", NULL, false},
	{"time.local", get_local, true},
	{"time.weekday", get_weekday, true},
};

enum op_kind { OP_EQUAL, OP_LIKE, OP_WITHIN, OP_BETWEEN, OP_COMPARE, OP_EXISTS };

static const struct op {
	const char *name;
	enum op_kind kind;
	bool list; /* takes a list of values */
	bool negated;
	int sign; /* OP_COMPARE: -1 less, 1 greater; equal is part of it for lte and gte */
	bool or_equal;
} ops[] = {
	{"is", OP_EQUAL, false, false, 0, false},
	{"in", OP_EQUAL, true, false, 0, false},
	{"notIn", OP_EQUAL, true, true, 0, false},
	{"includes", OP_EQUAL, true, false, 0, false},
	{"like", OP_LIKE, true, false, 0, false},
	{"notLike", OP_LIKE, true, true, 0, false},
	{"within", OP_WITHIN, true, false, 0, false},
	{"notWithin", OP_WITHIN, true, true, 0, false},
	{"between", OP_BETWEEN, true, false, 0, false},
	{"lt", OP_COMPARE, false, false, -1, false},
	{"lte", OP_COMPARE, false, false, -1, true},
	{"gt", OP_COMPARE, false, false, 1, false},
	{"gte", OP_COMPARE, false, false, 1, true},
	{"exists", OP_EXISTS, false, false, 0, false},
};

/* Paths by path globs, words by word globs. */
static bool like(struct str pattern, struct str value)
{
	return pattern.p[0] == '/' ? glob_match(pattern, value) : glob_match_word(pattern, value);
}

/* Levels and numbers by size, everything else (times of day) as text. */
static int compare(struct str a, struct str b)
{
	uint64_t x, y;
	uint32_t n = a.n < b.n ? a.n : b.n;
	int c;

	if (assurance_parse(a) >= 0 && assurance_parse(b) >= 0)
		return assurance_parse(a) - assurance_parse(b);
	if ((!number_u64(a, 0, UINT64_MAX, &x) && !number_u64(b, 0, UINT64_MAX, &y)) ||
	    (!number_duration_ns(a, &x) && !number_duration_ns(b, &y)))
		return (x > y) - (x < y);
	c = memcmp(a.p, b.p, n);
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* From 22:00 to 06:00 goes over midnight. */
static bool between(struct str low, struct str high, struct str v)
{
	bool above = compare(v, low) >= 0, below = compare(v, high) < 0;

	return compare(low, high) <= 0 ? above && below : above || below;
}

static bool one_holds(const struct op *op, struct str wanted, struct str v)
{
	int c;

	switch (op->kind) {
	case OP_EQUAL:
		return str_equal(wanted, v);
	case OP_LIKE:
		return like(wanted, v);
	case OP_COMPARE:
		c = compare(v, wanted);
		return c == 0 ? op->or_equal : (c < 0) == (op->sign < 0);
	default: /* addresses: no attribute has one yet */
		return false;
	}
}

static bool any_holds(const struct condition *c, const struct op *op, const struct values *got)
{
	if (op->kind == OP_BETWEEN)
		return between(c->values.v[0].s, c->values.v[1].s, got->v[0]);
	for (uint32_t i = 0; i < got->n; i++)
		for (uint32_t k = 0; k < c->values.n; k++)
			if (one_holds(op, c->values.v[k].s, got->v[i]))
				return true;
	return false;
}

static bool holds(const struct condition *c, struct act *a)
{
	const struct attr *attr = &attrs[c->attr];
	const struct op *op = &ops[c->op];
	struct values got;

	got.n = 0;
	a->fleeting |= attr->fleeting;
	if (attr->get)
		attr->get(a, &got);
	if (op->kind == OP_EXISTS)
		return (got.n > 0) == str_is(c->values.v[0].s, "true");
	return got.n > 0 && any_holds(c, op, &got) != op->negated;
}

bool conditions_hold(const struct condition *list, struct act *a)
{
	for (; list; list = list->next)
		if (!holds(list, a))
			return false;
	return true;
}

const struct condition *conditions_unseen(const struct condition *list)
{
	while (list && attrs[list->attr].get)
		list = list->next;
	return list;
}

const char *condition_attr_name(const struct condition *c)
{
	return attrs[c->attr].name;
}

static int read_attr(struct reader *r, const struct node *v, uint8_t *out)
{
	const char *names[ARRAY_SIZE(attrs) + 1] = {NULL};
	unsigned i;
	int e;

	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		names[i] = attrs[i].name;
	e = read_word(r, v, names, "attr", &i);
	if (!e)
		*out = (uint8_t)i;
	return e;
}

static int check_values(struct reader *r, const struct node *v, const struct condition *c)
{
	const struct op *op = &ops[c->op];
	struct endpoint block = {0};

	if (op->kind == OP_BETWEEN && c->values.n != 2)
		return reader_fail(r, v, "'between' needs two values: from and to");
	if (op->kind == OP_EXISTS && !str_is(c->values.v[0].s, "true") &&
	    !str_is(c->values.v[0].s, "false"))
		return reader_fail(r, v, "'exists' is true or false");
	for (uint32_t i = 0; i < c->values.n; i++) {
		struct str s = c->values.v[i].s;
		struct problem p = {0};

		if (op->kind == OP_WITHIN && endpoint_parse_block(s, &block))
			return reader_fail(r, v, "'%s' takes address blocks such as 10.0.0.0/8",
					   op->name);
		if (op->kind == OP_LIKE && s.p[0] == '/' && glob_check(s, &p))
			return reader_fail(r, v, "%s", p.text);
	}
	return 0;
}

static int read_op(struct reader *r, const struct node *k, struct condition *c)
{
	struct nearest near = nearest_to(k->text);
	char buf[SHOWN_MAX];
	int e;

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		nearest_consider(&near, str_of(ops[i].name));
		if (!str_is(k->text, ops[i].name))
			continue;
		c->op = (uint8_t)i;
		if (ops[i].list)
			e = read_texts(r, k->next, &c->values);
		else if (k->next->kind != NODE_SCALAR)
			e = reader_fail(r, k->next, "'%s' takes one value", ops[i].name);
		else
			e = read_text_or_texts(r, k->next, &c->values);
		return e ? e : check_values(r, k->next, c);
	}
	e = reader_fail(r, k, "there is no operator '%s'", shown(buf, k->text));
	if (near.best.p)
		problem_remedy(r->err, "Did you mean '%.*s'?", STR_ARG(near.best));
	return e;
}

static int read_condition(struct reader *r, const struct node *n, struct condition *c)
{
	bool attr = false, op = false;
	int e = 0;

	c->at = reader_place(r, n);
	if (n->kind != NODE_MAP)
		return reader_fail(r, n,
				   "a condition is a map such as {attr: job.ref, like: [...]}");
	for (const struct node *k = n->first; !e && k && k->next; k = k->next->next) {
		if (str_is(k->text, "attr")) {
			attr = true;
			e = read_attr(r, k->next, &c->attr);
		} else if (op) {
			e = reader_fail(r, k,
					"a condition has one operator: make a second condition");
		} else {
			op = true;
			e = read_op(r, k, c);
		}
	}
	if (!e && !(attr && op))
		e = reader_fail(r, n, "a condition needs 'attr' and one operator");
	return e;
}

int read_conditions(struct reader *r, const struct node *v, void *out)
{
	struct condition **last = out;

	if (v->kind != NODE_LIST || !v->first)
		return reader_fail(r, v, "'when' is a list of conditions");
	for (const struct node *c = v->first; c; c = c->next) {
		int e;

		*last = arena_alloc(r->model->arena, sizeof(**last));
		if (!*last)
			return -ENOMEM;
		e = read_condition(r, c, *last);
		if (e)
			return e;
		last = &(*last)->next;
	}
	return 0;
}
