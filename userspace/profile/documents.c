/* SPDX-License-Identifier: Apache-2.0 */
/* documents: Role, RoleBinding, Exception and ProfileTest, and their place in the model. */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "profile/nearest.h"
#include "profile/reader.h"

#define API_VERSION "whodid.dev/v1alpha1"

const char *mode_name(enum mode mode)
{
	static const char *const names[] = {"none", "learn", "audit", "enforce"};

	return names[mode];
}

int read_variables(struct reader *r, const struct node *v, void *out)
{
	struct variable **head = out;

	if (v->kind != NODE_MAP)
		return reader_fail(r, v, "'variables' is a map of names and lists of paths");
	for (const struct node *k = v->first; k && k->next; k = k->next->next) {
		struct variable *var = arena_alloc(r->model->arena, sizeof(*var));
		char buf[SHOWN_MAX];
		int e;

		if (!var)
			return -ENOMEM;
		for (uint32_t i = 0; i < k->text.n; i++) {
			char c = k->text.p[i];

			if (!((c >= 'A' && c <= 'Z') ||
			      (i && ((c >= '0' && c <= '9') || c == '_'))))
				return reader_fail(
					r, k, "'%s' is no name of a variable: capitals, digits, _",
					shown(buf, k->text));
		}
		var->at = reader_place(r, k);
		var->name = k->text;
		e = read_texts(r, k->next, &var->values);
		for (const struct node *g = k->next->first; !e && g; g = g->next)
			e = read_glob(r, g, &(struct str){0});
		if (e)
			return e;
		var->next = *head;
		*head = var;
	}
	return 0;
}

static int check_rule_ids(struct reader *r, const struct node *n, const struct rule *a,
			  const struct rule *rest)
{
	for (; a; a = a->next, rest = a ? a->next : NULL)
		for (const struct rule *b = rest; b; b = b->next)
			if (str_equal(a->id, b->id)) {
				/* chains are in reverse: the one further on stands earlier in the file */
				struct node at = *n;

				at.line = a->at.line;
				at.column = a->at.column;
				return reader_fail(
					r, &at,
					"rule id '%.*s' is here twice (WD014), first in line %u",
					STR_ARG(a->id), b->at.line);
			}
	return 0;
}

/* "role/id", and no id twice in a role: neither in one list nor across both. */
static int name_rules(struct reader *r, const struct node *n, struct str owner, struct rule *allow,
		      struct rule *deny)
{
	struct rule *chains[] = {allow, deny};
	int e = check_rule_ids(r, n, allow, allow ? allow->next : NULL);

	if (!e)
		e = check_rule_ids(r, n, deny, deny ? deny->next : NULL);
	for (struct rule *a = allow; !e && a; a = a->next)
		for (struct rule *d = deny; !e && d; d = d->next)
			if (str_equal(a->id, d->id))
				e = reader_fail(r, n,
						"rule id '%.*s' is both in allow and deny (WD014)",
						STR_ARG(a->id));
	for (unsigned i = 0; !e && i < 2; i++)
		for (struct rule *rule = chains[i]; rule; rule = rule->next) {
			char name[160];
			int len = snprintf(name, sizeof(name), "%.*s/%.*s", STR_ARG(owner),
					   STR_ARG(rule->id));

			rule->name = arena_str(r->model->arena, (struct str){name, (uint32_t)len});
			if (!rule->name.p)
				return -ENOMEM;
		}
	return e;
}

/* The head that all four kinds of objects begin with; chains of all four are walked through it. */
struct object_head {
	void *next;
	struct place at;
	int dir;
	struct str name;
} __attribute__((may_alias));
typedef struct object_head *object_link __attribute__((may_alias));
#define HEAD_IS_SAME(type)                                                                        \
	_Static_assert(offsetof(struct type, next) == offsetof(struct object_head, next) &&       \
			       offsetof(struct type, at) == offsetof(struct object_head, at) &&   \
			       offsetof(struct type, dir) == offsetof(struct object_head, dir) && \
			       offsetof(struct type, name) == offsetof(struct object_head, name), \
		       "all objects begin alike")
HEAD_IS_SAME(role);
HEAD_IS_SAME(binding);
HEAD_IS_SAME(exception);
HEAD_IS_SAME(profile_test);

/* Puts an object into its chain; one of the same name from an earlier directory goes. */
static int insert(struct reader *r, const char *kind, void *chain, void *object)
{
	struct object_head *new = object;
	object_link *at = chain;

	for (; *at; at = (object_link *)&(*at)->next) {
		if (!str_equal((*at)->name, new->name))
			continue;
		if ((*at)->dir == new->dir)
			return problem_at(r->err, -EINVAL, new->at.file, new->at.line,
					  new->at.column,
					  "%s '%.*s' is here twice (WD014), first at %s:%u", kind,
					  STR_ARG(new->name), (*at)->at.file, (*at)->at.line);
		*at = (*at)->next;
		break;
	}
	new->next = *(object_link *)chain;
	*(object_link *)chain = new;
	return 0;
}

static int read_role(struct reader *r, const struct node *spec, struct object_head *head)
{
	static const struct key keys[] = {
		{"include", read_names, offsetof(struct role, include), false},
		{"variables", read_variables, offsetof(struct role, variables), false},
		{"allow", read_rules, offsetof(struct role, allow), false},
		{"deny", read_rules, offsetof(struct role, deny), false},
		{NULL, NULL, 0, false},
	};
	struct role *role = (struct role *)head;
	int e = read_map(r, spec, keys, "the spec of a Role", role);

	return e ? e : name_rules(r, spec, role->name, role->allow, role->deny);
}

static int read_mode(struct reader *r, const struct node *v, void *out)
{
	static const char *const words[] = {"learn", "audit", "enforce", NULL};
	unsigned i;
	int e = read_word(r, v, words, "mode", &i);

	if (!e)
		*(enum mode *)out = (enum mode)(MODE_LEARN + i);
	return e;
}

static int read_unexpected(struct reader *r, const struct node *v, void *out)
{
	static const struct key keys[] = {
		{"severity", read_severity, 0, true},
		{NULL, NULL, 0, false},
	};

	return read_map(r, v, keys, "'unexpected'", out);
}

static int check_duration(struct reader *r, const struct node *v, void *out)
{
	struct str s;
	uint64_t ns;
	int e = read_text(r, v, &s);

	(void)out;
	if (e || !number_duration_ns(s, &ns))
		return e;
	return reader_fail(r, v, "a duration is a number and s, m, h, d or w");
}

static int check_number(struct reader *r, const struct node *v, void *out)
{
	struct str s;
	uint64_t n;
	int e = read_text(r, v, &s);

	(void)out;
	if (e || !number_u64(s, 1, 1000000000, &n))
		return e;
	return reader_fail(r, v, "this value must be a number from 1 on");
}

static int check_severity(struct reader *r, const struct node *v, void *out)
{
	enum severity s;

	(void)out;
	return read_severity(r, v, &s);
}

static int check_bool(struct reader *r, const struct node *v, void *out)
{
	bool b;

	(void)out;
	return read_bool(r, v, &b);
}

static int check_fuse(struct reader *r, const struct node *v, void *out)
{
	static const struct key keys[] = {
		{"blocks", check_number, 0, true},
		{"per", check_duration, 0, true},
		{NULL, NULL, 0, false},
	};

	return read_map(r, v, keys, "'fuse'", out);
}

static int check_enforce_word(struct reader *r, const struct node *v, void *out)
{
	static const char *const words[] = {"audit", "block", NULL};
	unsigned i;

	(void)out;
	return read_word(r, v, words, "unexpected", &i);
}

/* Blocking is not done yet: what is said about it is checked, so that files stay right. */
static int check_enforce(struct reader *r, const struct node *v, void *out)
{
	static const struct key keys[] = {
		{"unexpected", check_enforce_word, 0, false},
		{"fuse", check_fuse, 0, false},
		{NULL, NULL, 0, false},
	};

	return read_map(r, v, keys, "'enforce'", out);
}

static int check_learning(struct reader *r, const struct node *v, void *out)
{
	static const struct key keys[] = {
		{"minRuns", check_number, 0, false},
		{"for", check_duration, 0, false},
		{NULL, NULL, 0, false},
	};

	return read_map(r, v, keys, "'learning'", out);
}

static int check_announce(struct reader *r, const struct node *v, void *out)
{
	static const struct key keys[] = {
		{"start", check_severity, 0, false},
		{"end", check_severity, 0, false},
		{"report", check_bool, 0, false},
		{NULL, NULL, 0, false},
	};

	return read_map(r, v, keys, "'announce'", out);
}

static int read_binding(struct reader *r, const struct node *spec, struct object_head *head)
{
	static const struct key keys[] = {
		{"mode", read_mode, offsetof(struct binding, mode), true},
		{"roles", read_names, offsetof(struct binding, roles), true},
		{"subjects", read_subjects, offsetof(struct binding, subjects), true},
		{"variables", read_variables, offsetof(struct binding, variables), false},
		{"when", read_conditions, offsetof(struct binding, when), false},
		{"notBefore", read_time, offsetof(struct binding, not_before_wall_ns), false},
		{"expires", read_time, offsetof(struct binding, expires_wall_ns), false},
		{"unexpected", read_unexpected, offsetof(struct binding, unexpected), false},
		{"enforce", check_enforce, 0, false},
		{"learning", check_learning, 0, false},
		{"announce", check_announce, 0, false},
		{NULL, NULL, 0, false},
	};

	return read_map(r, spec, keys, "the spec of a RoleBinding", head);
}

static int read_overrides(struct reader *r, const struct node *v, void *out)
{
	struct texts *list = out;
	int e = read_texts(r, v, list);

	for (uint32_t i = 0; !e && i < list->n; i++)
		if (str_index(list->v[i].s, 0, '/') < 1) {
			e = reader_fail(r, v, "'overrides' takes rules as role/rule-id");
			problem_remedy(r->err, "Such as gha-build/cloud-metadata");
		}
	return e;
}

static int read_reason(struct reader *r, const struct node *v, void *out)
{
	int e = read_text(r, v, out);

	if (!e && v->text.n < 8)
		e = reader_fail(r, v, "a reason has at least 8 characters");
	return e;
}

static int read_exception(struct reader *r, const struct node *spec, struct object_head *head)
{
	static const struct key keys[] = {
		{"subjects", read_subjects, offsetof(struct exception, subjects), true},
		{"allow", read_rules, offsetof(struct exception, allow), false},
		{"overrides", read_overrides, offsetof(struct exception, overrides), false},
		{"reason", read_reason, offsetof(struct exception, reason), true},
		{"ticket", read_text, offsetof(struct exception, ticket), false},
		{"approvedBy", read_text, offsetof(struct exception, approved_by), true},
		{"expires", read_time, offsetof(struct exception, expires_wall_ns), true},
		{NULL, NULL, 0, false},
	};
	struct exception *x = (struct exception *)head;
	int e = read_map(r, spec, keys, "the spec of an Exception", x);

	if (!e && !x->allow && !x->overrides.n)
		e = reader_fail(r, spec, "an Exception needs 'allow' or 'overrides'");
	return e ? e : name_rules(r, spec, x->name, x->allow, NULL);
}

static int check_verdict(struct reader *r, const struct node *v, void *out)
{
	static const char *const words[] = {"expected", "unexpected", "forbidden",
					    "excepted", "unprofiled", NULL};
	unsigned i;

	(void)out;
	return read_word(r, v, words, "expect", &i);
}

static int read_cases(struct reader *r, const struct node *v, void *out)
{
	static const struct key keys[] = {
		{"name", read_ignored_text, 0, true},  {"given", read_ignored_texts, 0, false},
		{"do", read_ignored_texts, 0, true},   {"expect", check_verdict, 0, true},
		{"rule", read_ignored_text, 0, false}, {NULL, NULL, 0, false},
	};
	uint32_t *count = out;

	if (v->kind != NODE_LIST || !v->first)
		return reader_fail(r, v, "'cases' is a list");
	for (const struct node *c = v->first; c; c = c->next, ++*count) {
		int e = read_map(r, c, keys, "a case", out); /* checked, not kept */

		if (e)
			return e;
	}
	return 0;
}

static int read_test(struct reader *r, const struct node *spec, struct object_head *head)
{
	static const struct key keys[] = {
		{"binding", read_one_text, offsetof(struct profile_test, binding), true},
		{"cases", read_cases, offsetof(struct profile_test, cases), true},
		{NULL, NULL, 0, false},
	};

	return read_map(r, spec, keys, "the spec of a ProfileTest", head);
}

static const struct object_kind {
	const char *name;
	size_t size;
	size_t chain; /* in struct model */
	int (*read)(struct reader *r, const struct node *spec, struct object_head *head);
} object_kinds[] = {
	{"Role", sizeof(struct role), offsetof(struct model, roles), read_role},
	{"RoleBinding", sizeof(struct binding), offsetof(struct model, bindings), read_binding},
	{"Exception", sizeof(struct exception), offsetof(struct model, exceptions), read_exception},
	{"ProfileTest", sizeof(struct profile_test), offsetof(struct model, tests), read_test},
};

struct raw_document {
	const struct node *kind, *metadata, *spec;
};

static int keep_node(struct reader *r, const struct node *v, void *out)
{
	(void)r;
	*(const struct node **)out = v;
	return 0;
}

static int check_version(struct reader *r, const struct node *v, void *out)
{
	char buf[SHOWN_MAX];
	int e;

	(void)out;
	if (v->kind == NODE_SCALAR && str_is(v->text, API_VERSION))
		return 0;
	e = reader_fail(r, v, "apiVersion '%s' is not known here", shown(buf, v->text));
	problem_remedy(r->err, "This version reads " API_VERSION);
	return e;
}

static int read_metadata(struct reader *r, const struct node *v, struct object_head *head)
{
	static const struct key keys[] = {
		{"name", read_name, offsetof(struct object_head, name), true},
		{"labels", read_ignored_texts, 0, false},
		{"annotations", read_ignored_texts, 0, false},
		{NULL, NULL, 0, false},
	};

	return read_map(r, v, keys, "metadata", head);
}

int read_document(struct reader *r, const struct node *doc)
{
	static const char *const kinds[] = {"Role", "RoleBinding", "Exception", "ProfileTest",
					    NULL};
	static const struct key keys[] = {
		{"apiVersion", check_version, 0, true},
		{"kind", keep_node, offsetof(struct raw_document, kind), true},
		{"metadata", keep_node, offsetof(struct raw_document, metadata), true},
		{"spec", keep_node, offsetof(struct raw_document, spec), true},
		{NULL, NULL, 0, false},
	};
	struct raw_document raw = {NULL, NULL, NULL};
	struct object_head *head;
	unsigned i;
	int e = read_map(r, doc, keys, "a document", &raw);

	if (!e)
		e = read_word(r, raw.kind, kinds, "kind", &i);
	if (e)
		return e;
	head = arena_alloc(r->model->arena, object_kinds[i].size);
	if (!head)
		return -ENOMEM;
	head->at = reader_place(r, doc);
	head->dir = r->dir;
	e = read_metadata(r, raw.metadata, head);
	if (!e)
		e = object_kinds[i].read(r, raw.spec, head);
	return e ? e : insert(r, kinds[i], (char *)r->model + object_kinds[i].chain, head);
}
