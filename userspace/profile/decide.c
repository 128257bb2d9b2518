/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide: deny > exception > allow > unexpected. Everything that matches is looked at, and the rule
 * that is named is the most severe, then the first by name: no order of files or rules matters.
 */
#include "base/glob.h"
#include "event_fields.h"
#include "profile/condition.h"
#include "profile/endpoint.h"
#include "profile/object.h"
#include "profile/set.h"
#include "profile/subject.h"

/* What an identity is subject of; the arrays are the set's and have room for all. */
struct subjects {
	struct binding **bindings;
	struct exception **exceptions;
	uint32_t binding_count, exception_count;
	enum mode mode;		/* strictest of all */
	enum mode expect_mode;	/* strictest of those that state an expectation */
	struct binding *expect; /* that whose severity and name an unexpected act gets */
};

struct finding {
	struct rule *rule;
	struct binding *binding;
};

struct findings {
	struct finding deny, allow;
	struct exception *lifted_by; /* an exception that lifted a deny */
	struct rule *lifted;
	struct exception *excepted_by; /* an exception that allows */
	struct rule *excepted;
};

static enum severity deny_severity(const struct rule *r)
{
	return r->severity ? r->severity : SEVERITY_HIGH;
}

static enum severity unexpected_severity(const struct binding *b)
{
	return b->unexpected ? b->unexpected : SEVERITY_MEDIUM;
}

static int compare_names(struct str a, struct str b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Whether x is to be named rather than y. */
static bool is_better(const struct finding *x, const struct finding *y, bool deny)
{
	int c;

	if (!y->rule)
		return true;
	if (deny && deny_severity(x->rule) != deny_severity(y->rule))
		return deny_severity(x->rule) > deny_severity(y->rule);
	c = compare_names(x->rule->name, y->rule->name);
	if (c)
		return c < 0;
	if (x->binding->mode != y->binding->mode)
		return x->binding->mode > y->binding->mode;
	return compare_names(x->binding->name, y->binding->name) < 0;
}

static bool is_live(const struct exception *x, struct act *a)
{
	a->fleeting = true;
	return a->ev->what.wall_ns < x->expires_wall_ns;
}

static bool is_lifted(const struct subjects *s, struct act *a, struct rule *r, struct findings *f)
{
	for (uint32_t i = 0; i < s->exception_count; i++) {
		struct exception *x = s->exceptions[i];

		for (uint32_t k = 0; k < x->overrides.n; k++) {
			if (!str_equal(x->overrides.v[k].s, r->name) || !is_live(x, a))
				continue;
			if (!f->lifted_by || compare_names(x->name, f->lifted_by->name) < 0) {
				f->lifted_by = x;
				f->lifted = r;
			}
			return true;
		}
	}
	return false;
}

/* One object of a rule matches by its text. Exactly one of b and x is given. */
static void consider(const struct subjects *s, struct act *a, const struct entry *e,
		     struct binding *b, struct exception *x, struct findings *f)
{
	struct finding found = {e->rule, b};

	if (!object_holds(e, a))
		return;
	if (x) {
		if (is_live(x, a) &&
		    (!f->excepted || compare_names(e->rule->name, f->excepted->name) < 0)) {
			f->excepted_by = x;
			f->excepted = e->rule;
		}
	} else if (!e->deny) {
		if (is_better(&found, &f->allow, false))
			f->allow = found;
	} else if (!is_lifted(s, a, e->rule, f)) {
		if (is_better(&found, &f->deny, true))
			f->deny = found;
	}
}

/* bit: of an act whose objects are bits, the one that is asked for. */
static bool word_matches(const struct act *a, unsigned bit, const struct word_entry *w)
{
	const char *name = a->verb == VERB_CAPABILITY  ? capability_name(bit)
			   : a->verb == VERB_NAMESPACE ? namespace_name(bit)
						       : NULL;

	if (w->e.object->verb != a->verb)
		return false;
	if (a->verb != VERB_BECOME && str_is(w->word, "any"))
		return true;
	if (name && glob_match_word(w->word, str_of(name)))
		return true;
	for (unsigned i = 0; i < ACT_WORDS_MAX; i++)
		if (a->words[i].n && glob_match_word(w->word, a->words[i]))
			return true;
	return false;
}

/* What is asked for: a path, the name of an address, a bit, or none of them. */
struct asked {
	struct str path, name;
	unsigned bit;
};

/* A name that another server than the host's made up would open every allow rule. */
static bool net_matches(const struct act *a, struct str name, const struct net_entry *n)
{
	const struct endpoint *e = &n->endpoint;

	if (n->e.object->verb != a->verb)
		return false;
	if (!e->name.p)
		return endpoint_matches(e, a->addr, a->port, a->proto);
	return name.n && (n->e.deny || a->names_sure) && endpoint_is_called(e, name) &&
	       endpoint_has_port(e, a->port, a->proto);
}

static void look(const struct subjects *s, struct act *a, struct asked asked,
		 const struct matcher *m, struct binding *b, struct exception *x,
		 struct findings *f)
{
	const struct path_entry *pe;
	struct path_walk w;

	if (a->path_count) {
		path_walk_begin(&w, &m->paths[a->verb - VERB_EXEC], a, asked.path);
		while ((pe = path_walk_next(&w)))
			consider(s, a, &pe->e, b, x, f);
		return;
	}
	for (uint32_t i = 0;
	     (a->verb == VERB_CONNECT || a->verb == VERB_LISTEN) && i < m->net_count; i++)
		if (net_matches(a, asked.name, &m->nets[i]))
			consider(s, a, &m->nets[i].e, b, x, f);
	for (uint32_t i = 0; a->verb >= VERB_DNS && i < m->word_count; i++)
		if (word_matches(a, asked.bit, &m->words[i]))
			consider(s, a, &m->words[i].e, b, x, f);
}

static void look_everywhere(const struct subjects *s, struct act *a, struct asked asked,
			    struct findings *f)
{
	for (uint32_t i = 0; i < s->binding_count; i++)
		for (uint32_t k = 0; k < s->bindings[i]->matcher_count; k++)
			look(s, a, asked, s->bindings[i]->matchers[k], s->bindings[i], NULL, f);
	for (uint32_t i = 0; i < s->exception_count; i++)
		look(s, a, asked, s->exceptions[i]->matcher, NULL, s->exceptions[i], f);
}

static unsigned count_objects(const struct act *a)
{
	if (a->path_count)
		return a->path_count;
	if (a->name_count)
		return a->name_count;
	return a->bits ? (unsigned)__builtin_popcountll(a->bits) : 1;
}

/*
 * Asks for each object of the act. A deny rule on any counts; an allow rule or exception must cover
 * each that decides, and covers none that is not surely known.
 */
static void find_all(const struct subjects *s, struct act *a, struct findings *f, bool *allowed,
		     bool *excepted)
{
	unsigned count = count_objects(a);
	uint64_t bits = a->bits;

	*allowed = *excepted = true;
	for (unsigned i = 0; i < count; i++) {
		bool is_path = a->path_count != 0;
		bool decides = !is_path || a->paths[i].decides;
		bool sure = is_path ? a->paths[i].sure : !a->unsure;
		struct findings one = {
			.deny = f->deny, .lifted = f->lifted, .lifted_by = f->lifted_by};

		struct asked asked = {is_path ? a->paths[i].path : STR_NONE,
				      a->name_count ? a->names[i] : STR_NONE,
				      bits ? (unsigned)__builtin_ctzll(bits) : 64};

		bits &= bits - 1;
		look_everywhere(s, a, asked, &one);
		f->deny = one.deny;
		f->lifted = one.lifted;
		f->lifted_by = one.lifted_by;
		if (!decides)
			continue;
		*allowed &= sure && one.allow.rule;
		*excepted &= sure && (one.allow.rule || one.excepted);
		if (one.allow.rule && is_better(&one.allow, &f->allow, false))
			f->allow = one.allow;
		if (one.excepted && !f->excepted) {
			f->excepted = one.excepted;
			f->excepted_by = one.excepted_by;
		}
	}
	*excepted &= f->excepted != NULL;
}

static bool expects(const struct binding *b)
{
	return b->expects || b->mode == MODE_LEARN;
}

/* The strictest mode counts; of several expectations the most severe names an unexpected act. */
static void summarise(struct subjects *s)
{
	for (uint32_t i = 0; i < s->binding_count; i++) {
		struct binding *b = s->bindings[i], *best = s->expect;

		if (b->mode > s->mode)
			s->mode = b->mode;
		if (!expects(b))
			continue;
		if (b->mode > s->expect_mode)
			s->expect_mode = b->mode;
		if (!best || unexpected_severity(b) > unexpected_severity(best) ||
		    (unexpected_severity(b) == unexpected_severity(best) &&
		     compare_names(b->name, best->name) < 0))
			s->expect = b;
	}
}

static bool binding_applies(const struct profile_set *p, const struct binding *b, struct act *a)
{
	int64_t now = a->ev->what.wall_ns;

	if (!subjects_match(b->subjects, a, &p->users))
		return false;
	if (b->not_before_wall_ns || b->expires_wall_ns)
		a->fleeting = true;
	if (now < b->not_before_wall_ns || (b->expires_wall_ns && now >= b->expires_wall_ns))
		return false;
	return conditions_hold(b->when, a);
}

static void find_subjects(struct profile_set *p, struct act *a, struct subjects *s)
{
	for (struct binding *b = p->model.bindings; b; b = b->next)
		if (binding_applies(p, b, a))
			s->bindings[s->binding_count++] = b;
	for (struct exception *x = p->model.exceptions; x; x = x->next)
		if (subjects_match(x->subjects, a, &p->users))
			s->exceptions[s->exception_count++] = x;
}

static bool recall_subjects(const struct subject_set *c, const struct cache_key *key,
			    struct subjects *s)
{
	if (!cache_key_equal(&c->key, key))
		return false;
	s->binding_count = c->binding_count;
	s->exception_count = c->exception_count;
	memcpy(s->bindings, c->bindings, c->binding_count * sizeof(*c->bindings));
	memcpy(s->exceptions, c->exceptions, c->exception_count * sizeof(*c->exceptions));
	return true;
}

static void keep_subjects(struct subject_set *c, const struct cache_key *key,
			  const struct subjects *s)
{
	if (s->binding_count > SUBJECT_BINDINGS_MAX || s->exception_count > SUBJECT_EXCEPTIONS_MAX)
		return;
	c->key = *key;
	c->binding_count = (uint8_t)s->binding_count;
	c->exception_count = (uint8_t)s->exception_count;
	memcpy(c->bindings, s->bindings, s->binding_count * sizeof(*c->bindings));
	memcpy(c->exceptions, s->exceptions, s->exception_count * sizeof(*c->exceptions));
}

static void get_subjects(struct profile_set *p, struct act *a, const struct cache_key *key,
			 struct subjects *s)
{
	struct subject_set *c = &p->cache.subjects[key->b % SUBJECT_SETS];

	*s = (struct subjects){.bindings = p->bindings, .exceptions = p->exceptions};
	if (p->no_cache || !recall_subjects(c, key, s)) {
		find_subjects(p, a, s);
		if (!a->fleeting && !p->no_cache && !p->bindings_ask)
			keep_subjects(c, key, s);
	}
	summarise(s);
}

static void fill_session(const struct profile_set *p, struct act *a)
{
	static const char *const prefixes[] = {"human:", "cron:", "at:"};

	for (unsigned i = 0; i < 3; i++) {
		struct str name = who_part(a->id->who, prefixes[i]);

		if (name.n) {
			a->session.v[SESSION_USER] = name;
			a->session.v[SESSION_HOME] = users_home(&p->users, name);
		}
	}
	if (a->id->ci.user.n) {
		a->session.v[SESSION_USER] = a->id->ci.user;
		a->session.v[SESSION_HOME] = users_home(&p->users, a->id->ci.user);
	}
	a->session.v[SESSION_ID] = a->id->session;
	a->session.v[SESSION_WORKSPACE] = a->id->ci.workspace;
	a->session.v[SESSION_RUNNER_TEMP] = a->id->ci.temp;
	if (a->verb == VERB_BECOME && !a->words[0].n)
		a->words[0] = users_name(&p->users, a->words[1]);
}

static void decide(struct profile_set *p, struct act *a, const struct cache_key *identity,
		   struct decision *d)
{
	struct findings f = {.lifted = NULL};
	struct subjects s;
	bool allowed, excepted;

	*d = (struct decision){.verdict = VERDICT_UNPROFILED};
	fill_session(p, a);
	get_subjects(p, a, identity, &s);
	if (!s.binding_count)
		return;
	find_all(&s, a, &f, &allowed, &excepted);
	if (f.deny.rule && s.mode > MODE_LEARN)
		*d = (struct decision){f.deny.binding,
				       f.deny.rule,
				       NULL,
				       VERDICT_FORBIDDEN,
				       (uint8_t)deny_severity(f.deny.rule),
				       (uint8_t)s.mode};
	else if (f.lifted)
		*d = (struct decision){s.expect,	 f.lifted, f.lifted_by,
				       VERDICT_EXCEPTED, 0,	   (uint8_t)s.mode};
	else if (!s.expect)
		return;
	else if (s.expect_mode == MODE_LEARN)
		*d = (struct decision){s.expect, NULL, NULL, VERDICT_LEARNING, 0, MODE_LEARN};
	else if (excepted)
		*d = (struct decision){s.expect,	 f.excepted, f.excepted_by,
				       VERDICT_EXCEPTED, 0,	     (uint8_t)s.expect_mode};
	else if (allowed)
		*d = (struct decision){
			f.allow.binding,       f.allow.rule, NULL, VERDICT_EXPECTED, 0,
			(uint8_t)s.expect_mode};
	else
		*d = (struct decision){s.expect,
				       NULL,
				       NULL,
				       VERDICT_UNEXPECTED,
				       (uint8_t)unexpected_severity(s.expect),
				       (uint8_t)s.expect_mode};
}

static void count_hit(uint64_t *hits, int64_t *last, const struct event *ev)
{
	*hits += ev->what.count ? ev->what.count : 1;
	*last = ev->what.wall_ns;
}

static void write_verdict(const struct decision *d, struct event *ev)
{
	struct event_verdict *v = &ev->verdict;

	*v = (struct event_verdict){.value = d->verdict, .severity = d->severity};
	if (d->mode)
		v->mode = str_of(mode_name(d->mode));
	if (d->binding) {
		v->binding = d->binding->name;
		count_hit(&d->binding->hits, &d->binding->last_hit_wall_ns, ev);
	}
	if (d->rule) {
		v->rule = d->rule->name;
		v->reason = d->rule->reason;
		v->attack = d->rule->attack;
		count_hit(&d->rule->hits, &d->rule->last_hit_wall_ns, ev);
	}
	if (d->exception) {
		v->reason = d->exception->reason;
		count_hit(&d->exception->hits, &d->exception->last_hit_wall_ns, ev);
	}
}

void profile_decide(struct profile_set *p, struct event *ev)
{
	struct cache_key identity, all;
	const struct decision *seen;
	struct decision d;
	struct act a;

	if (!act_from_event(&a, ev)) {
		ev->verdict = (struct event_verdict){.value = VERDICT_NONE};
		return;
	}
	cache_make_keys(&p->cache, &a, &identity, &all);
	seen = p->no_cache ? NULL : cache_find(&p->cache, &all);
	if (!seen) {
		decide(p, &a, &identity, &d);
		if (!a.fleeting && !p->no_cache)
			cache_put(&p->cache, &all, &d);
		seen = &d;
	}
	write_verdict(seen, ev);
}
