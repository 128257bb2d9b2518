/* SPDX-License-Identifier: Apache-2.0 */
/* variables: checking, expanding at compile time, filling in at the decision. */
#include "profile/variables.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "profile/reader.h"

#define DEPTH_MAX 12 /* variables within variables */

static const struct session_name {
	const char *name;
	char mark; /* 0 = part of the language, not known by the sensor yet */
} session_names[] = {
	{"USER", SESSION_USER},
	{"HOME", SESSION_HOME},
	{"SESSION", SESSION_ID},
	{"WORKSPACE", SESSION_WORKSPACE},
	{"RUNNER_TEMP", SESSION_RUNNER_TEMP},
	{"TMPDIR", 0},
	{"CACHE", 0},
	{"RUNTIME_DIR", 0},
};

/* The name in "${NAME}" at the start of s; n 0 when it is no variable. */
static struct str name_at(struct str s)
{
	int64_t end;

	if (!str_starts(s, "${"))
		return STR_NONE;
	end = str_index(s, 2, '}');
	if (end < 3 || s.p[2] < 'A' || s.p[2] > 'Z')
		return STR_NONE;
	for (int64_t i = 2; i < end; i++)
		if (!((s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
		      s.p[i] == '_'))
			return STR_NONE;
	return str_sub(s, 2, (uint32_t)(end - 2));
}

static int never_matches(struct str p, struct problem *err)
{
	static const char *const odd[] = {"//", "/../", "/./"};

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		if (memmem(p.p, p.n, odd[i], strlen(odd[i])))
			return problem_set(err, -EINVAL,
					   "'%s' can never match a resolved path (WD020)", odd[i]);
	if (str_ends(p, "/..") || str_ends(p, "/."))
		return problem_set(err, -EINVAL,
				   "'.' and '..' can never match a resolved path (WD020)");
	return 0;
}

int variables_check_glob(struct str pattern, struct problem *err)
{
	char plain[GLOB_MAX + 1];
	uint32_t n = 0;

	if (pattern.n == 0 || pattern.n > GLOB_MAX)
		return problem_set(err, -EINVAL, "empty or longer than 4096 bytes");
	if (pattern.p[0] != '/' && !name_at(pattern).n) {
		problem_set(err, -EINVAL, "not absolute: it can never match (WD020)");
		problem_remedy(err, "Begin with '/' or a variable such as ${HOME}");
		return -EINVAL;
	}
	for (uint32_t i = 0; i < pattern.n; i++) {
		struct str rest = str_sub(pattern, i, pattern.n), name = name_at(rest);

		if ((unsigned char)pattern.p[i] < 0x20)
			return problem_set(err, -EINVAL, "a control character");
		if (pattern.p[i] == '$' && !name.n && !str_starts(rest, "$$")) {
			problem_set(err, -EINVAL, "'$' begins no variable");
			problem_remedy(err,
				       "A variable is ${NAME} in capitals; a dollar sign is $$");
			return -EINVAL;
		}
		plain[n++] = pattern.p[i] == '$' ? 'x' : pattern.p[i];
		i += name.n ? name.n + 2 : pattern.p[i] == '$';
	}
	if (never_matches((struct str){plain, n}, err))
		return -EINVAL;
	return glob_check((struct str){plain, n}, err);
}

/* What is still to be read: the rest of a value, then the rest of what it stands in. */
struct rest {
	struct str text;
	const struct rest *next;
};

struct expander {
	struct arena *arena;
	const struct scope *scope;
	struct expansion *out;
	struct problem *err;
	char buf[GLOB_MAX + 1];
};

static const struct variable *find(const struct variable *v, struct str name)
{
	for (; v; v = v->next)
		if (str_equal(v->name, name))
			return v;
	return NULL;
}

static int finish(struct expander *x, uint32_t n)
{
	struct expansion *out = x->out;

	if (n == 0 || n > GLOB_MAX)
		return problem_set(x->err, -EINVAL, "with its variables longer than 4096 bytes");
	if (out->n >= EXPANSIONS_MAX)
		return problem_set(x->err, -EINVAL, "its variables make more than 256 paths of it");
	if ((out->n & (out->n - 1)) == 0) { /* 0 or a power of two: full */
		struct str *more = arena_alloc(x->arena, (out->n ? out->n * 2 : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		if (out->n)
			memcpy(more, out->v, out->n * sizeof(*more));
		out->v = more;
	}
	out->v[out->n] = arena_str(x->arena, (struct str){x->buf, n});
	return out->v[out->n++].p ? 0 : -ENOMEM;
}

static int expand(struct expander *x, uint32_t n, const struct rest *rest, unsigned depth);

/* Not the role's and not the binding's: the session's, or nobody's. */
static int put_session(struct expander *x, uint32_t n, struct str name, const struct rest *rest,
		       unsigned depth)
{
	for (size_t i = 0; i < ARRAY_SIZE(session_names); i++) {
		if (!str_is(name, session_names[i].name))
			continue;
		if (!session_names[i].mark) {
			x->out->unseen = true;
			return 0;
		}
		if (n >= GLOB_MAX)
			return finish(x, GLOB_MAX + 1);
		x->buf[n] = session_names[i].mark;
		return expand(x, n + 1, rest, depth);
	}
	x->out->undefined = name;
	return 0;
}

static int put_variable(struct expander *x, uint32_t n, struct str name, const struct rest *rest,
			unsigned depth)
{
	const struct variable *v = find(x->scope->binding, name);
	int e = 0;

	if (!v)
		v = find(x->scope->role, name);
	if (!v)
		return put_session(x, n, name, rest, depth);
	if (depth >= DEPTH_MAX)
		return problem_set(x->err, -EINVAL, "variable '%.*s' is defined by itself",
				   STR_ARG(name));
	for (uint32_t i = 0; i < v->values.n && !e; i++) {
		struct rest value = {v->values.v[i].s, rest};

		e = expand(x, n, &value, depth + 1);
	}
	return e;
}

static int expand(struct expander *x, uint32_t n, const struct rest *rest, unsigned depth)
{
	struct str t = rest->text;

	for (uint32_t i = 0; i < t.n; i++) {
		struct str tail = str_sub(t, i, t.n), name = name_at(tail);

		if (name.n) {
			struct rest after = {str_sub(tail, name.n + 3, tail.n), rest->next};

			return put_variable(x, n, name, &after, depth);
		}
		if (n >= GLOB_MAX)
			return finish(x, GLOB_MAX + 1);
		x->buf[n++] = t.p[i];
		i += t.p[i] == '$'; /* "$$" is a dollar sign */
	}
	return rest->next ? expand(x, n, rest->next, depth) : finish(x, n);
}

int variables_expand(struct arena *arena, struct str pattern, const struct scope *scope,
		     struct expansion *out, struct problem *err)
{
	struct expander x = {.arena = arena, .scope = scope, .out = out, .err = err};
	struct rest rest = {pattern, NULL};

	return expand(&x, 0, &rest, 0);
}

bool variables_has_marks(struct str glob)
{
	for (uint32_t i = 0; i < glob.n; i++)
		if (glob.p[i] > 0 && glob.p[i] < SESSION_VARIABLES)
			return true;
	return false;
}

size_t variables_fill(struct str glob, const struct session_values *values, char *buf, size_t size)
{
	size_t n = 0;

	for (uint32_t i = 0; i < glob.n; i++) {
		unsigned char c = (unsigned char)glob.p[i];
		struct str v = {&glob.p[i], 1};
		bool mark = c > 0 && c < SESSION_VARIABLES;

		if (mark)
			v = values->v[c];
		if (!v.p || !v.n)
			return 0;
		for (uint32_t k = 0; k < v.n; k++) {
			if (n + 2 > size)
				return 0;
			if (mark && memchr("*?[]{},\\", v.p[k], 8))
				buf[n++] = '\\';
			buf[n++] = v.p[k];
		}
	}
	return n;
}
