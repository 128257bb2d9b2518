/* SPDX-License-Identifier: Apache-2.0 */
/* condition: attributes and operators, each a table row. */
#include "profile/condition.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "base/number.h"
#include "profile/attribute.h"
#include "profile/endpoint.h"
#include "profile/nearest.h"
#include "profile/reader.h"

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
	const struct op *op = &ops[c->op];
	struct values got;

	attribute_get(c->attr, a, &got);
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
	while (list && attribute_is_seen(list->attr))
		list = list->next;
	return list;
}

const char *condition_attr_name(const struct condition *c)
{
	return attribute_name(c->attr);
}

static int read_attr(struct reader *r, const struct node *v, uint8_t *out)
{
	const char *names[ATTRIBUTES_MAX + 1] = {NULL};
	unsigned i;
	int e;

	for (i = 0; i < ATTRIBUTES_MAX && attribute_name(i); i++)
		names[i] = attribute_name(i);
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
