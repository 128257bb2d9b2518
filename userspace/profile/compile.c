/* SPDX-License-Identifier: Apache-2.0 */
/* compile: roles to matchers, bindings to lists of matchers. */
#include "profile/compile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/glob.h"
#include "profile/condition.h"
#include "profile/nearest.h"
#include "profile/subject.h"

#define INCLUDE_DEPTH_MAX 16
#define OBJECTS_MAX	  500000
#define CLOSURE_MAX	  256 /* roles of one binding, included ones counted */

struct compiler {
	struct model *m;
	uint32_t objects;	   /* compiled so far, variables and braces unfolded */
	struct warnings *warnings; /* NULL = not wanted: the role is bound nowhere */
	struct problem *err;
};

static void warn(struct compiler *c, const struct place *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void warn(struct compiler *c, const struct place *at, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	if (!c->warnings)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c->warnings->count < WARNINGS_MAX)
		problem_at(&c->warnings->v[c->warnings->count], 0, at->file, at->line, at->column,
			   "%s", text);
	c->warnings->count++;
}

static int fail(struct compiler *c, const struct place *at, const char *text)
{
	return problem_at(c->err, -EINVAL, at->file, at->line, at->column, "%s", text);
}

/* A glob's expansions, each checked again: a value may make nonsense of it. */
static int expand(struct compiler *c, const struct object *o, struct str glob,
		  const struct scope *scope, struct expansion *out)
{
	struct problem p = {0};
	int e = variables_expand(c->m->arena, glob, scope, out, &p);

	for (uint32_t i = 0; !e && i < out->n; i++)
		e = glob_check(out->v[i], &p);
	if (e == -EINVAL)
		return fail(c, &o->at, p.text);
	if (!e && out->undefined.p)
		warn(c, &o->at, "${%.*s} is defined nowhere: this matches nothing (WD021)",
		     STR_ARG(out->undefined));
	else if (!e && out->unseen)
		warn(c, &o->at, "%s",
		     "it names a variable of the session that is not known yet: matches nothing");
	return e;
}

static int expand_by(struct compiler *c, const struct object *o, const struct scope *scope,
		     struct globs *by)
{
	struct str glob = o->verb == VERB_EXEC ? o->parent : o->exe;
	struct expansion x = {0};
	int e;

	if (!glob.p)
		return 0;
	e = expand(c, o, glob, scope, &x);
	/* without expansion it must match nothing: an empty list, and not "any" */
	by->v = x.v ? x.v : arena_alloc(c->m->arena, sizeof(*by->v));
	by->n = x.n;
	return e ? e : by->v ? 0 : -ENOMEM;
}

static int add_path(struct compiler *c, struct matcher *m, const struct scope *scope,
		    const struct entry *e)
{
	struct path_index *idx = &m->paths[e->object->verb - VERB_EXEC];
	struct expansion x = {0};
	int fault = expand(c, e->object, e->object->text, scope, &x);

	for (uint32_t i = 0; !fault && i < x.n; i++) {
		uint32_t before = idx->count;

		fault = path_index_add(idx, c->m->arena, x.v[i], e);
		c->objects += idx->count - before;
		if (!fault && c->objects > OBJECTS_MAX)
			fault = fail(c, &e->object->at,
				     "all rules together make more than 500000 paths");
	}
	return fault;
}

/* What the sensor cannot see yet matches nothing; better said than guessed. */
static bool is_unseen(struct compiler *c, const struct object *o)
{
	if (o->unseen)
		warn(c, &o->at, "%s", "owner is not known by the sensor yet: matches nothing");
	else if (o->verb == VERB_LISTEN && o->endpoint.name.p)
		warn(c, &o->at, "%s",
		     "who listens has an address and no name: matches nothing (WD015)");
	else
		return false;
	return true;
}

static int add_object(struct compiler *c, struct matcher *m, const struct scope *scope,
		      struct entry *e)
{
	const struct object *o = e->object;
	int fault;

	if (++c->objects > OBJECTS_MAX)
		return fail(c, &o->at, "more than 500000 objects in all rules together");
	if (is_unseen(c, o))
		return 0;
	fault = expand_by(c, o, scope, &e->by);
	if (fault)
		return fault;
	if (o->verb <= VERB_CHMOD || o->named)
		return add_path(c, m, scope, e);
	if (o->verb == VERB_CONNECT || o->verb == VERB_LISTEN)
		m->nets[m->net_count++] = (struct net_entry){o->endpoint, *e};
	else if (o->verb >= VERB_DNS)
		m->words[m->word_count++] = (struct word_entry){o->text, *e};
	return 0;
}

static int add_rules(struct compiler *c, struct matcher *m, const struct scope *scope,
		     struct rule *rules, bool deny)
{
	int fault = 0;

	for (struct rule *r = rules; !fault && r; r = r->next) {
		const struct condition *unseen = conditions_unseen(r->when);

		m->rule_count++;
		m->has_allow |= !deny;
		if (unseen)
			warn(c, &unseen->at,
			     "%s is not known by the sensor yet: this rule matches nothing",
			     condition_attr_name(unseen));
		for (const struct object *o = r->objects; !fault && o; o = o->next) {
			struct entry e = {.object = o, .rule = r, .deny = deny};

			fault = add_object(c, m, scope, &e);
		}
	}
	return fault;
}

static uint32_t count_objects(const struct rule *r, enum verb verb)
{
	uint32_t n = 0;

	for (; r; r = r->next)
		for (const struct object *o = r->objects; o; o = o->next)
			n += o->verb == verb;
	return n;
}

/* Objects that are plain words: become and what stands behind it. */
static uint32_t count_words(const struct rule *r)
{
	uint32_t n = 0;

	for (unsigned verb = VERB_DNS; verb < VERB_COUNT; verb++)
		n += count_objects(r, (enum verb)verb);
	return n;
}

static int compile_rules(struct compiler *c, struct rule *allow, struct rule *deny,
			 const struct scope *scope, struct matcher **out)
{
	struct arena *arena = c->m->arena;
	struct matcher *m = arena_alloc(arena, sizeof(*m));
	uint32_t nets = count_objects(allow, VERB_CONNECT) + count_objects(deny, VERB_CONNECT) +
			count_objects(allow, VERB_LISTEN) + count_objects(deny, VERB_LISTEN);
	uint32_t words = count_words(allow) + count_words(deny);
	int e;

	if (!m)
		return -ENOMEM;
	m->nets = arena_alloc(arena, nets * sizeof(*m->nets));
	m->words = arena_alloc(arena, words * sizeof(*m->words));
	if (!m->nets || !m->words)
		return -ENOMEM;
	e = add_rules(c, m, scope, allow, false);
	if (!e)
		e = add_rules(c, m, scope, deny, true);
	for (unsigned i = 0; !e && i < PATH_VERBS; i++)
		e = path_index_seal(&m->paths[i], arena);
	if (!e)
		*out = m;
	return e;
}

static struct role *find_role(struct model *m, struct str name)
{
	for (struct role *r = m->roles; r; r = r->next)
		if (str_equal(r->name, name))
			return r;
	return NULL;
}

static int unknown_role(struct compiler *c, const struct text *name)
{
	struct nearest near = nearest_to(name->s);
	int e = problem_at(c->err, -EINVAL, name->at.file, name->at.line, name->at.column,
			   "there is no role '%.*s' (WD010)", STR_ARG(name->s));

	for (const struct role *r = c->m->roles; r; r = r->next)
		nearest_consider(&near, r->name);
	if (near.best.p)
		problem_remedy(c->err, "Did you mean '%.*s'?", STR_ARG(near.best));
	return e;
}

enum { MARK_NONE, MARK_OPEN, MARK_DONE };

struct closure {
	struct role *v[CLOSURE_MAX];
	uint32_t n;
};

/* The roles named and all that they include, each once. */
static int close_over(struct compiler *c, const struct texts *names, struct closure *out,
		      unsigned depth)
{
	for (uint32_t i = 0; i < names->n; i++) {
		const struct text *name = &names->v[i];
		struct role *r = find_role(c->m, name->s);
		int e;

		if (!r)
			return unknown_role(c, name);
		if (r->mark == MARK_OPEN)
			return problem_at(c->err, -EINVAL, name->at.file, name->at.line,
					  name->at.column,
					  "role '%.*s' includes itself, over others or directly",
					  STR_ARG(r->name));
		if (r->mark == MARK_DONE)
			continue;
		if (depth >= INCLUDE_DEPTH_MAX)
			return fail(c, &name->at, "roles are included deeper than 16 levels");
		if (out->n >= CLOSURE_MAX)
			return fail(c, &name->at, "more than 256 roles in one binding");
		r->mark = MARK_OPEN;
		out->v[out->n++] = r;
		e = close_over(c, &r->include, out, depth + 1);
		if (e)
			return e;
		r->mark = MARK_DONE;
	}
	return 0;
}

static void clear_marks(struct model *m)
{
	for (struct role *r = m->roles; r; r = r->next)
		r->mark = MARK_NONE;
}

/* A binding with variables of its own has matchers of its own; others share the role's. */
static int matcher_for(struct compiler *c, struct role *r, const struct binding *b,
		       struct matcher **out)
{
	struct scope scope = {b ? b->variables : NULL, r->variables};
	int e;

	if (scope.binding)
		return compile_rules(c, r->allow, r->deny, &scope, out);
	if (!r->matcher) {
		e = compile_rules(c, r->allow, r->deny, &scope, &r->matcher);
		if (e)
			return e;
	}
	*out = r->matcher;
	return 0;
}

static int compile_binding(struct compiler *c, struct binding *b)
{
	struct closure roles = {.n = 0};
	const struct match *unseen = subjects_unseen(b->subjects);
	const struct condition *when = conditions_unseen(b->when);
	int e;

	if (unseen)
		warn(c, &unseen->at,
		     "'%s' is not known by the sensor yet: this subject matches nobody",
		     subject_key_name(unseen));
	if (when)
		warn(c, &when->at, "%s is not known by the sensor yet: this binding matches nobody",
		     condition_attr_name(when));
	clear_marks(c->m);
	e = close_over(c, &b->roles, &roles, 0);
	if (e)
		return e;
	b->matchers = arena_alloc(c->m->arena, roles.n * sizeof(*b->matchers));
	if (!b->matchers)
		return -ENOMEM;
	for (uint32_t i = 0; !e && i < roles.n; i++) {
		e = matcher_for(c, roles.v[i], b, &b->matchers[b->matcher_count]);
		if (!e)
			b->expects |= b->matchers[b->matcher_count++]->has_allow;
	}
	return e;
}

static const struct rule *find_rule(const struct model *m, struct str name)
{
	for (const struct role *r = m->roles; r; r = r->next)
		for (const struct rule *d = r->deny; d; d = d->next)
			if (str_equal(d->name, name))
				return d;
	return NULL;
}

static int unknown_override(struct compiler *c, const struct text *t)
{
	struct nearest near = nearest_to(t->s);
	int e = fail(c, &t->at, "'overrides' names a deny rule that does not exist");

	for (const struct role *r = c->m->roles; r; r = r->next)
		for (const struct rule *d = r->deny; d; d = d->next)
			nearest_consider(&near, d->name);
	if (near.best.p)
		problem_remedy(c->err, "Did you mean '%.*s'?", STR_ARG(near.best));
	return e;
}

static int compile_exception(struct compiler *c, struct exception *x)
{
	struct scope scope = {NULL, NULL};
	const struct match *unseen = subjects_unseen(x->subjects);

	if (unseen)
		warn(c, &unseen->at,
		     "'%s' is not known by the sensor yet: this subject matches nobody",
		     subject_key_name(unseen));
	for (uint32_t i = 0; i < x->overrides.n; i++)
		if (!find_rule(c->m, x->overrides.v[i].s))
			return unknown_override(c, &x->overrides.v[i]);
	return compile_rules(c, x->allow, NULL, &scope, &x->matcher);
}

/* A role that no binding uses is compiled too: what is wrong in it is wrong. */
static int compile_role(struct compiler *c, struct role *r)
{
	struct closure roles = {.n = 0};
	struct text name = {r->name, r->at};
	struct texts one = {&name, 1};
	struct matcher *unused;
	int e;

	clear_marks(c->m);
	e = close_over(c, &one, &roles, 0);
	return e ? e : matcher_for(c, r, NULL, &unused);
}

int compile_model(struct model *m, struct warnings *warnings, struct problem *err)
{
	struct compiler c = {.m = m, .warnings = warnings, .err = err};
	int e = 0;

	for (struct binding *b = m->bindings; !e && b; b = b->next)
		e = compile_binding(&c, b);
	for (struct exception *x = m->exceptions; !e && x; x = x->next)
		e = compile_exception(&c, x);
	c.warnings = NULL;
	for (struct role *r = m->roles; !e && r; r = r->next)
		e = compile_role(&c, r);
	return e;
}
