/* SPDX-License-Identifier: Apache-2.0 */
/* reader: maps by table, and the simple kinds of values. */
#include "profile/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/glob.h"
#include "profile/nearest.h"
#include "profile/variables.h"

int reader_fail(struct reader *r, const struct node *at, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return problem_at(r->err, -EINVAL, r->file, at->line, at->column, "%s", text);
}

struct place reader_place(const struct reader *r, const struct node *n)
{
	return (struct place){r->file, n->line, n->column};
}

const char *shown(char out[static SHOWN_MAX], struct str s)
{
	struct str head = str_sub(s, 0, 60);
	bool cut = escape_terminal(head, false, out, SHOWN_MAX - 3) >= SHOWN_MAX - 3;

	if (cut || head.n < s.n)
		strcat(out, "...");
	return out;
}

static const char *kind_name(enum node_kind kind)
{
	static const char *const names[] = {"text", "a list", "a map"};

	return names[kind];
}

static int want(struct reader *r, const struct node *n, enum node_kind kind, const char *what)
{
	if (n->kind == kind)
		return 0;
	return reader_fail(r, n, "%s must be %s, not %s", what, kind_name(kind),
			   kind_name(n->kind));
}

static int unknown_key(struct reader *r, const struct node *k, const struct key *keys,
		       const char *what)
{
	struct nearest near = nearest_to(k->text);
	char buf[SHOWN_MAX];
	int e = reader_fail(r, k, "%s has no key '%s'", what, shown(buf, k->text));

	for (const struct key *i = keys; i->name; i++)
		nearest_consider(&near, str_of(i->name));
	if (near.best.p)
		problem_remedy(r->err, "Did you mean '%.*s'?", STR_ARG(near.best));
	return e;
}

static const struct key *find_key(const struct key *keys, struct str name)
{
	for (const struct key *k = keys; k->name; k++)
		if (str_is(name, k->name))
			return k;
	return NULL;
}

static bool map_has(const struct node *map, const char *name)
{
	for (const struct node *k = map->first; k && k->next; k = k->next->next)
		if (str_is(k->text, name))
			return true;
	return false;
}

int read_map(struct reader *r, const struct node *n, const struct key *keys, const char *what,
	     void *out)
{
	int e = want(r, n, NODE_MAP, what);

	for (const struct node *k = n->first; !e && k && k->next; k = k->next->next) {
		const struct key *key = find_key(keys, k->text);

		if (!key)
			return unknown_key(r, k, keys, what);
		e = key->read(r, k->next, (char *)out + key->offset);
	}
	for (const struct key *k = keys; !e && k->name; k++)
		if (k->required && !map_has(n, k->name))
			e = reader_fail(r, n, "%s needs the key '%s'", what, k->name);
	return e;
}

int read_text(struct reader *r, const struct node *v, void *out)
{
	int e = want(r, v, NODE_SCALAR, "this value");

	if (e)
		return e;
	if (v->text.n == 0)
		return reader_fail(r, v, "an empty value");
	*(struct str *)out = v->text;
	return 0;
}

int read_one_text(struct reader *r, const struct node *v, void *out)
{
	struct text *t = out;
	int e = read_text(r, v, &t->s);

	t->at = reader_place(r, v);
	return e;
}

static int read_chain(struct reader *r, const struct node *first, struct texts *out, read_fn read)
{
	uint32_t n = 0;

	for (const struct node *c = first; c; c = c->next)
		n++;
	out->v = arena_alloc(r->model->arena, n * sizeof(*out->v));
	if (!out->v)
		return -ENOMEM;
	for (const struct node *c = first; c; c = c->next) {
		int e = read(r, c, &out->v[out->n].s);

		if (e)
			return e;
		out->v[out->n++].at = reader_place(r, c);
	}
	return 0;
}

static int read_list(struct reader *r, const struct node *v, struct texts *out, read_fn read)
{
	int e = want(r, v, NODE_LIST, "this value");

	if (!e && !v->first)
		e = reader_fail(r, v, "an empty list");
	return e ? e : read_chain(r, v->first, out, read);
}

int read_texts(struct reader *r, const struct node *v, void *out)
{
	return read_list(r, v, out, read_text);
}

int read_text_or_texts(struct reader *r, const struct node *v, void *out)
{
	struct node alone;

	if (v->kind != NODE_SCALAR)
		return read_texts(r, v, out);
	alone = *v;
	alone.next = NULL;
	return read_chain(r, &alone, out, read_text);
}

static bool is_name(struct str s)
{
	if (s.n == 0 || s.n > 63 || s.p[0] == '.' || s.p[0] == '-' || s.p[s.n - 1] == '.' ||
	    s.p[s.n - 1] == '-')
		return false;
	for (uint32_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
		      s.p[i] == '-' || s.p[i] == '.'))
			return false;
	return true;
}

int read_name(struct reader *r, const struct node *v, void *out)
{
	char buf[SHOWN_MAX];
	int e = read_text(r, v, out);

	if (e || is_name(v->text))
		return e;
	e = reader_fail(r, v, "'%s' is no name", shown(buf, v->text));
	problem_remedy(r->err, "Use at most 63 of a-z 0-9 - . and begin and end with a letter or "
			       "digit");
	return e;
}

int read_names(struct reader *r, const struct node *v, void *out)
{
	return read_list(r, v, out, read_name);
}

int read_bool(struct reader *r, const struct node *v, void *out)
{
	static const char *const words[] = {"false", "true", NULL};
	unsigned i;
	int e = read_word(r, v, words, "this value", &i);

	if (!e)
		*(bool *)out = i == 1;
	return e;
}

int read_severity(struct reader *r, const struct node *v, void *out)
{
	static const char *const words[] = {"info", "low", "medium", "high", "critical", NULL};
	unsigned i;
	int e = read_word(r, v, words, "severity", &i);

	if (!e)
		*(enum severity *)out = (enum severity)(SEVERITY_INFO + i);
	return e;
}

/* A point in time in a file must not depend on when or where the file is read. */
int read_time(struct reader *r, const struct node *v, void *out)
{
	struct str s = v->text;
	char buf[SHOWN_MAX];
	int64_t t;
	int e = want(r, v, NODE_SCALAR, "a time");

	if (e)
		return e;
	/* nanoseconds in 64 bits end in 2262 */
	if (s.n < 20 || memcmp(s.p, "1970", 4) < 0 || memcmp(s.p, "2200", 4) >= 0 ||
	    s.p[4] != '-' || (s.p[10] != 'T' && s.p[10] != ' ') || clock_parse(s, &t)) {
		e = reader_fail(r, v, "'%s' is no time", shown(buf, s));
		problem_remedy(r->err, "Write it like 2026-11-24T01:10:00Z");
		return e;
	}
	*(int64_t *)out = t;
	return 0;
}

int read_glob(struct reader *r, const struct node *v, void *out)
{
	struct problem p = {0};
	char buf[SHOWN_MAX];
	int e = read_text(r, v, out);

	if (e)
		return e;
	e = variables_check_glob(v->text, &p);
	if (!e)
		return 0;
	e = reader_fail(r, v, "path '%s': %s", shown(buf, v->text), p.text);
	if (p.remedy[0])
		problem_remedy(r->err, "%s", p.remedy);
	return e;
}

int read_ignored_text(struct reader *r, const struct node *v, void *out)
{
	struct str unused;

	(void)out;
	return read_text(r, v, &unused);
}

int read_ignored_texts(struct reader *r, const struct node *v, void *out)
{
	int e = want(r, v, NODE_MAP, "this value");

	for (const struct node *k = v->first; !e && k && k->next; k = k->next->next)
		e = read_ignored_text(r, k->next, out);
	return e;
}

int read_word(struct reader *r, const struct node *v, const char *const *words, const char *what,
	      unsigned *index)
{
	struct nearest near = nearest_to(v->text);
	char buf[SHOWN_MAX];
	int e = want(r, v, NODE_SCALAR, what);

	for (unsigned i = 0; !e && words[i]; i++) {
		if (str_is(v->text, words[i])) {
			*index = i;
			return 0;
		}
		nearest_consider(&near, str_of(words[i]));
	}
	if (e)
		return e;
	e = reader_fail(r, v, "%s cannot be '%s'", what, shown(buf, v->text));
	if (near.best.p)
		problem_remedy(r->err, "Did you mean '%.*s'?", STR_ARG(near.best));
	return e;
}
