/* SPDX-License-Identifier: Apache-2.0 */
/* subject: kinds and keys, each a table row. */
#include "profile/subject.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "profile/nearest.h"
#include "profile/reader.h"

static const char *const kind_names[] = {
	"CIJob", "User", "Service", "KubernetesServiceAccount", "Container", "Any", NULL,
};

static bool is_kind(enum subject_kind kind, const struct identity *id)
{
	switch (kind) {
	case SUBJECT_CI_JOB:
		return str_starts(id->who, "ci:");
	case SUBJECT_USER:
		return str_starts(id->who, "human:");
	case SUBJECT_SERVICE:
		return str_starts(id->who, "unit:");
	case SUBJECT_K8S:
		return str_starts(id->who, "sa:");
	case SUBJECT_CONTAINER:
		return id->container_id.n || str_starts(id->who, "ctr:");
	case SUBJECT_ANY:
		return true;
	default:
		return false;
	}
}

enum part { PART_WHOLE, PART_FIRST, PART_MIDDLE, PART_LAST };

/* first/middle/of/any/length/last */
static struct str part_of(struct str s, enum part part)
{
	int64_t first = str_index(s, 0, '/'), last = first;

	if (part == PART_WHOLE || first < 0)
		return part == PART_WHOLE ? s : STR_NONE;
	for (uint32_t i = (uint32_t)first; i < s.n; i++)
		if (s.p[i] == '/')
			last = i;
	if (part == PART_FIRST)
		return str_sub(s, 0, (uint32_t)first);
	if (part == PART_LAST)
		return str_sub(s, (uint32_t)last + 1, s.n);
	return last > first ? str_sub(s, (uint32_t)first + 1, (uint32_t)(last - first - 1))
			    : STR_NONE;
}

enum source {
	FROM_NOTHING, /* part of the language, not known by the sensor yet */
	FROM_WHO,     /* a part of who behind its prefix */
	FROM_JOB,     /* a text of struct identity; where it has no job, the part of who */
	FROM_FIELD,   /* a text of struct identity */
	FROM_USER,    /* name of the acting account */
	FROM_LOGIN,   /* how the session began: ssh, console */
	FROM_VIA,     /* any edge */
	FROM_GROUP,   /* groups of the person */
	FROM_LEVEL,   /* at least this assurance */
};

#define ON(kind) (1u << SUBJECT_##kind)
#define ON_ALL	 (~0u)

static const struct subject_key {
	const char *name;
	unsigned kinds;
	enum source source;
	const char *prefix; /* of who */
	enum part part;
	size_t offset; /* in struct identity */
} keys[] = {
	{"who", ON_ALL, FROM_FIELD, NULL, PART_WHOLE, offsetof(struct identity, who)},
	{"as", ON_ALL, FROM_FIELD, NULL, PART_WHOLE, offsetof(struct identity, as)},
	{"person", ON_ALL, FROM_FIELD, NULL, PART_WHOLE, offsetof(struct identity, person)},
	{"session", ON_ALL, FROM_FIELD, NULL, PART_WHOLE, offsetof(struct identity, session)},
	{"via", ON_ALL, FROM_VIA, NULL, PART_WHOLE, 0},
	{"assurance", ON_ALL, FROM_LEVEL, NULL, PART_WHOLE, 0},
	{"user", ON(USER), FROM_WHO, "human:", PART_WHOLE, 0},
	{"user", ~ON(USER), FROM_USER, NULL, PART_WHOLE, 0},
	{"login", ON_ALL, FROM_LOGIN, NULL, PART_WHOLE, 0},
	{"group", ON(USER), FROM_GROUP, NULL, PART_WHOLE, 0},
	{"unit", ON_ALL, FROM_FIELD, NULL, PART_WHOLE, offsetof(struct identity, unit)},
	{"provider", ON(CI_JOB), FROM_JOB, "ci:", PART_FIRST,
	 offsetof(struct identity, ci.provider)},
	{"repository", ON(CI_JOB), FROM_JOB, "ci:", PART_MIDDLE,
	 offsetof(struct identity, ci.repository)},
	{"job", ON(CI_JOB), FROM_JOB, "ci:", PART_LAST, offsetof(struct identity, ci.job)},
	{"workflow", ON(CI_JOB), FROM_FIELD, NULL, PART_WHOLE,
	 offsetof(struct identity, ci.workflow)},
	{"ref", ON(CI_JOB), FROM_FIELD, NULL, PART_WHOLE, offsetof(struct identity, ci.ref)},
	{"event", ON(CI_JOB), FROM_FIELD, NULL, PART_WHOLE, offsetof(struct identity, ci.event)},
	{"actor", ON(CI_JOB), FROM_FIELD, NULL, PART_WHOLE, offsetof(struct identity, ci.actor)},
	{"environment", ON(CI_JOB), FROM_NOTHING, NULL, PART_WHOLE, 0},
	{"fork", ON(CI_JOB), FROM_NOTHING, NULL, PART_WHOLE, 0},
	{"runner", ON(CI_JOB), FROM_FIELD, NULL, PART_WHOLE, offsetof(struct identity, ci.runner)},
	{"namespace", ON(K8S), FROM_WHO, "sa:", PART_FIRST, 0},
	{"name", ON(K8S), FROM_WHO, "sa:", PART_LAST, 0},
	{"image", ON(CONTAINER), FROM_WHO, "ctr:", PART_WHOLE, 0},
	{"name", ON(CONTAINER), FROM_NOTHING, NULL, PART_WHOLE, 0},
	{"id", ON(CONTAINER), FROM_FIELD, NULL, PART_WHOLE,
	 offsetof(struct identity, container_id)},
	{"runtime", ON(CONTAINER), FROM_FIELD, NULL, PART_WHOLE,
	 offsetof(struct identity, container_runtime)},
};

/* The outermost edge tells how somebody came in. */
static struct str login_of(const struct identity *id)
{
	int64_t end = -1;

	for (uint32_t i = 0; i < id->via.n && end < 0; i++)
		if (id->via.p[i] == ',' || id->via.p[i] == ':')
			end = i;
	return str_sub(id->via, 0, end < 0 ? id->via.n : (uint32_t)end);
}

static struct str field_of(const struct subject_key *k, const struct act *a)
{
	return *(const struct str *)((const char *)a->id + k->offset);
}

static struct str value_of(const struct subject_key *k, const struct act *a)
{
	switch (k->source) {
	case FROM_WHO:
		return part_of(who_part(a->id->who, k->prefix), k->part);
	case FROM_JOB:
		if (!a->id->ci.provider.p)
			return part_of(who_part(a->id->who, k->prefix), k->part);
		return field_of(k, a);
	case FROM_FIELD:
		return field_of(k, a);
	case FROM_USER:
		return a->ev->who.user_name;
	case FROM_LOGIN:
		return login_of(a->id);
	default:
		return STR_NONE;
	}
}

static bool value_matches(const struct subject_key *k, struct str wanted, const struct act *a,
			  const struct users *users)
{
	struct str v;

	switch (k->source) {
	case FROM_VIA:
		return comma_list_has(a->id->via, wanted);
	case FROM_LEVEL:
		return (int)a->id->who_level >= assurance_parse(wanted);
	case FROM_GROUP:
		return users_in_group(users, who_part(a->id->who, "human:"), wanted);
	default:
		v = value_of(k, a);
		return v.n && glob_match_word(wanted, v);
	}
}

static bool key_matches(const struct match *m, const struct act *a, const struct users *users)
{
	for (uint32_t i = 0; i < m->values.n; i++)
		if (value_matches(&keys[m->key], m->values.v[i].s, a, users))
			return true;
	return false;
}

static bool matches(const struct subject *s, const struct act *a, const struct users *users)
{
	if (!is_kind(s->kind, a->id))
		return false;
	for (const struct match *m = s->match; m; m = m->next)
		if (!key_matches(m, a, users))
			return false;
	for (const struct match *m = s->excluded; m; m = m->next)
		if (key_matches(m, a, users))
			return false;
	return true;
}

bool subjects_match(const struct subject *list, const struct act *a, const struct users *users)
{
	for (; list; list = list->next)
		if (matches(list, a, users))
			return true;
	return false;
}

const struct match *subjects_unseen(const struct subject *list)
{
	for (; list; list = list->next) {
		for (const struct match *m = list->match; m; m = m->next)
			if (keys[m->key].source == FROM_NOTHING)
				return m;
		for (const struct match *m = list->excluded; m; m = m->next)
			if (keys[m->key].source == FROM_NOTHING)
				return m;
	}
	return NULL;
}

const char *subject_key_name(const struct match *m)
{
	return keys[m->key].name;
}

static int unknown_key(struct reader *r, const struct node *k, enum subject_kind kind)
{
	struct nearest near = nearest_to(k->text);
	char buf[SHOWN_MAX];
	int e = reader_fail(r, k, "a subject of kind %s has no key '%s'", kind_names[kind - 1],
			    shown(buf, k->text));

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].kinds >> kind & 1)
			nearest_consider(&near, str_of(keys[i].name));
	if (near.best.p)
		problem_remedy(r->err, "Did you mean '%.*s'?", STR_ARG(near.best));
	return e;
}

static int read_key(struct reader *r, const struct node *k, enum subject_kind kind,
		    struct match *out)
{
	char buf[SHOWN_MAX];
	size_t i = 0;
	int e;

	while (i < ARRAY_SIZE(keys) &&
	       !((keys[i].kinds >> kind & 1) && str_is(k->text, keys[i].name)))
		i++;
	if (i == ARRAY_SIZE(keys))
		return unknown_key(r, k, kind);
	out->at = reader_place(r, k);
	out->key = (uint8_t)i;
	e = read_text_or_texts(r, k->next, &out->values);
	for (uint32_t v = 0; !e && keys[i].source == FROM_LEVEL && v < out->values.n; v++)
		if (assurance_parse(out->values.v[v].s) < 0) {
			e = reader_fail(r, k->next, "there is no assurance '%s'",
					shown(buf, out->values.v[v].s));
			problem_remedy(r->err,
				       "unknown, claimed, derived, recorded, kernel or attested");
		}
	return e;
}

static int read_keys(struct reader *r, const struct node *v, enum subject_kind kind,
		     struct match **last)
{
	if (v->kind != NODE_MAP || !v->first)
		return reader_fail(r, v, "'match' and 'not' are maps of what must be so");
	for (const struct node *k = v->first; k && k->next; k = k->next->next) {
		int e;

		*last = arena_alloc(r->model->arena, sizeof(**last));
		if (!*last)
			return -ENOMEM;
		e = read_key(r, k, kind, *last);
		if (e)
			return e;
		last = &(*last)->next;
	}
	return 0;
}

struct raw_subject {
	const struct node *kind, *match, *excluded;
};

static int keep_node(struct reader *r, const struct node *v, void *out)
{
	(void)r;
	*(const struct node **)out = v;
	return 0;
}

static int read_subject(struct reader *r, const struct node *n, struct subject *s)
{
	static const struct key table[] = {
		{"kind", keep_node, offsetof(struct raw_subject, kind), true},
		{"match", keep_node, offsetof(struct raw_subject, match), false},
		{"not", keep_node, offsetof(struct raw_subject, excluded), false},
		{NULL, NULL, 0, false},
	};
	struct raw_subject raw = {NULL, NULL, NULL};
	unsigned i;
	int e = read_map(r, n, table, "a subject", &raw);

	if (!e)
		e = read_word(r, raw.kind, kind_names, "kind of subject", &i);
	if (e)
		return e;
	s->at = reader_place(r, n);
	s->kind = (enum subject_kind)(i + 1);
	if (raw.match)
		e = read_keys(r, raw.match, s->kind, &s->match);
	if (!e && raw.excluded)
		e = read_keys(r, raw.excluded, s->kind, &s->excluded);
	return e;
}

int read_subjects(struct reader *r, const struct node *v, void *out)
{
	struct subject **last = out;

	if (v->kind != NODE_LIST || !v->first)
		return reader_fail(r, v, "'subjects' is a list of {kind: ..., match: {...}}");
	for (const struct node *c = v->first; c; c = c->next) {
		int e;

		*last = arena_alloc(r->model->arena, sizeof(**last));
		if (!*last)
			return -ENOMEM;
		e = read_subject(r, c, *last);
		if (e)
			return e;
		last = &(*last)->next;
	}
	return 0;
}
