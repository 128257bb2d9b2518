/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching is by simulation of the pattern as an automaton whose state is a position in the pattern:
 * the set of live positions is a bit set, so that hostile patterns and paths cost at most
 * pattern * path steps and no recursion happens on input. {a,b} is an epsilon branch.
 * Patterns of stars only, which is most of them, are walked first by going back to the last star; that
 * is many times faster, and what takes too many steps is left to the automaton.
 */
#include "base/glob.h"

#include <errno.h>

#define WORD_BITS 64
#define WORDS	  ((GLOB_MAX + 2 + WORD_BITS - 1) / WORD_BITS)

static int check_class(struct str p, uint32_t at, uint32_t *end, struct problem *err)
{
	uint32_t i = at + 1;

	if (i < p.n && (p.p[i] == '!' || p.p[i] == '^'))
		i++;
	if (i < p.n && p.p[i] == ']')
		return problem_at(err, -EINVAL, NULL, 0, at + 1, "empty character class in glob");
	for (; i < p.n && p.p[i] != ']'; i++)
		if (p.p[i] == '/')
			return problem_at(err, -EINVAL, NULL, 0, i + 1,
					  "'/' in a character class never matches");
	if (i >= p.n)
		return problem_at(err, -EINVAL, NULL, 0, at + 1, "'[' without ']' in glob");
	*end = i;
	return 0;
}

int glob_check(struct str p, struct problem *err)
{
	uint32_t brace = 0;
	bool in_brace = false;

	if (p.n == 0 || p.n > GLOB_MAX)
		return problem_at(err, -EINVAL, NULL, 0, 1, "glob is %s",
				  p.n ? "longer than 4096 bytes" : "empty");
	for (uint32_t i = 0; i < p.n; i++) {
		int e = 0;

		if (p.p[i] == '[')
			e = check_class(p, i, &i, err);
		else if (p.p[i] == '{' && in_brace)
			e = problem_at(err, -EINVAL, NULL, 0, i + 1, "'{' inside '{...}' in glob");
		else if (p.p[i] == '{')
			in_brace = true, brace = i;
		else if (p.p[i] == '}' && !in_brace)
			e = problem_at(err, -EINVAL, NULL, 0, i + 1, "'}' without '{' in glob");
		else if (p.p[i] == '}')
			in_brace = false;
		else if (p.p[i] == '\\' && ++i >= p.n)
			e = problem_at(err, -EINVAL, NULL, 0, p.n, "glob ends in a backslash");
		else if (p.p[i] == '\0')
			e = problem_at(err, -EINVAL, NULL, 0, i + 1, "NUL byte in glob");
		if (e)
			return e;
	}
	if (in_brace)
		return problem_at(err, -EINVAL, NULL, 0, brace + 1, "'{' without '}' in glob");
	return 0;
}

struct states {
	uint64_t bits[WORDS];
};

static bool has(const struct states *s, uint32_t at)
{
	return s->bits[at / WORD_BITS] >> (at % WORD_BITS) & 1;
}

static void set(struct states *s, uint32_t at)
{
	s->bits[at / WORD_BITS] |= 1ull << (at % WORD_BITS);
}

static bool is_deep_star(struct str p, uint32_t at)
{
	return at + 1 < p.n && p.p[at] == '*' && p.p[at + 1] == '*';
}

/* Slash, two stars, slash: also stands for one slash, no segment in between. */
static bool is_whole_segments(struct str p, uint32_t at)
{
	return is_deep_star(p, at) && at > 0 && p.p[at - 1] == '/' && at + 2 < p.n &&
	       p.p[at + 2] == '/';
}

/* Where the alternative that begins or goes on at at ends: index of ',' or '}'. */
static uint32_t alternative_end(struct str p, uint32_t at)
{
	while (at < p.n && p.p[at] != ',' && p.p[at] != '}') {
		if (p.p[at] == '\\')
			at++;
		else if (p.p[at] == '[')
			while (at < p.n && p.p[at] != ']')
				at++;
		at++;
	}
	return at;
}

static bool inside_brace(struct str p, uint32_t at)
{
	bool in = false;

	for (uint32_t i = 0; i < at; i++) {
		if (p.p[i] == '\\')
			i++;
		else if (p.p[i] == '[')
			while (i < p.n && p.p[i] != ']')
				i++;
		else if (p.p[i] == '{')
			in = true;
		else if (p.p[i] == '}')
			in = false;
	}
	return in;
}

static uint32_t brace_end(struct str p, uint32_t at)
{
	while (at < p.n && p.p[at] == ',')
		at = alternative_end(p, at + 1);
	return at;
}

static void close_over(struct str p, struct states *s, uint32_t at);

static void open_brace(struct str p, struct states *s, uint32_t at)
{
	for (;;) {
		close_over(p, s, at + 1);
		at = alternative_end(p, at + 1);
		if (at >= p.n || p.p[at] == '}')
			return;
	}
}

/* Puts at and everything reachable without input into the set. Depth is bounded: braces do
 * not nest, and each position is entered once. */
static void close_over(struct str p, struct states *s, uint32_t at)
{
	for (;;) {
		if (at > p.n || has(s, at))
			return;
		set(s, at);
		if (at == p.n)
			return;
		if (p.p[at] == '*') {
			if (is_whole_segments(p, at))
				close_over(p, s, at + 3);
			at += is_deep_star(p, at) ? 2 : 1;
		} else if (p.p[at] == '{') {
			open_brace(p, s, at);
			return;
		} else if ((p.p[at] == ',' && inside_brace(p, at)) || p.p[at] == '}') {
			at = brace_end(p, at) + 1;
		} else {
			return;
		}
	}
}

static bool in_class(struct str p, uint32_t at, unsigned char c, uint32_t *end)
{
	uint32_t i = at + 1;
	bool negated = i < p.n && (p.p[i] == '!' || p.p[i] == '^'), hit = false;

	if (negated)
		i++;
	for (; i < p.n && p.p[i] != ']'; i++) {
		unsigned char low = (unsigned char)p.p[i], high = low;

		if (i + 2 < p.n && p.p[i + 1] == '-' && p.p[i + 2] != ']') {
			high = (unsigned char)p.p[i + 2];
			i += 2;
		}
		hit |= c >= low && c <= high;
	}
	*end = i;
	return hit != negated && c != '/';
}

/* One live position eats one byte. */
static void step(struct str p, uint32_t at, unsigned char c, struct states *next)
{
	uint32_t end;

	switch (p.p[at]) {
	case '*':
		if (c == '/' && !is_deep_star(p, at))
			break;
		set(next,
		    at); /* not close_over(): the short cut for no segment is taken on entry only */
		close_over(p, next, at + (is_deep_star(p, at) ? 2 : 1));
		break;
	case '?':
		if (c != '/')
			close_over(p, next, at + 1);
		break;
	case '[':
		if (in_class(p, at, c, &end))
			close_over(p, next, end + 1);
		break;
	case '\\':
		if (at + 1 < p.n && (unsigned char)p.p[at + 1] == c)
			close_over(p, next, at + 2);
		break;
	case '{':
	case '}':
		break;
	default:
		if ((unsigned char)p.p[at] == c && !(c == ',' && inside_brace(p, at)))
			close_over(p, next, at + 1);
	}
}

static bool advance(struct str p, const struct states *now, struct states *next, unsigned char c)
{
	uint32_t words = (p.n + WORD_BITS) / WORD_BITS;
	uint64_t any = 0;

	memset(next->bits, 0, words * sizeof(uint64_t));
	for (uint32_t w = 0; w < words; w++) {
		for (uint64_t left = now->bits[w]; left; left &= left - 1) {
			uint32_t at = w * WORD_BITS + (uint32_t)__builtin_ctzll(left);

			if (at < p.n)
				step(p, at, c, next);
		}
	}
	for (uint32_t w = 0; w < words; w++)
		any |= next->bits[w];
	return any != 0;
}

/* Where a walk is, and where it goes back to. */
struct walk {
	uint32_t at, in; /* in the pattern, in the path */
	uint32_t star,
		star_in; /* behind the last '*', and what it has eaten up to; NOWHERE = none */
	uint32_t deep, deep_in; /* the same of the last two stars */
	bool whole;		/* these stand for whole segments */
};

#define NOWHERE UINT32_MAX

/* Only the last star has to be tried again: what lies before it is matched as early as possible. */
static bool walk_back(struct walk *w, struct str path)
{
	const char *slash;

	if (w->star != NOWHERE && w->star_in < path.n && path.p[w->star_in] != '/') {
		w->at = w->star;
		w->in = ++w->star_in;
		return true;
	}
	if (w->deep == NOWHERE || w->deep_in >= path.n)
		return false;
	slash = path.p + w->deep_in;
	if (w->whole)
		slash = memchr(slash, '/', path.n - w->deep_in);
	if (!slash)
		return false;
	w->at = w->deep;
	w->in = w->deep_in = (uint32_t)(slash - path.p) + 1;
	w->star = NOWHERE;
	return true;
}

static void walk_star(struct walk *w, struct str p)
{
	if (is_deep_star(p, w->at)) {
		w->whole = is_whole_segments(p, w->at);
		w->deep = w->at += w->whole ? 3 : 2;
		w->deep_in = w->in;
		w->star = NOWHERE;
	} else {
		w->star = ++w->at;
		w->star_in = w->in;
	}
}

/* 1 = matches, 0 = does not, -1 = not known after so many steps. */
static int walk(struct str p, struct str path, uint32_t from, bool tree)
{
	struct walk w = {.at = from, .in = from, .star = NOWHERE, .deep = NOWHERE};

	for (uint32_t steps = 4 * (p.n + path.n); steps; steps--) {
		bool more = w.in < path.n;

		if (w.at == p.n && (!more || (tree && path.p[w.in] == '/')))
			return 1;
		if (w.at < p.n && p.p[w.at] == '*') {
			walk_star(&w, p);
		} else if (w.at < p.n && more &&
			   (p.p[w.at] == path.p[w.in] ||
			    (p.p[w.at] == '?' && path.p[w.in] != '/'))) {
			w.at++;
			w.in++;
		} else if (!walk_back(&w, path)) {
			return 0;
		}
	}
	return -1;
}

static bool has_only_stars(struct str p, uint32_t from)
{
	for (uint32_t i = from; i < p.n; i++)
		if (memchr("[{}\\", p.p[i], 4))
			return false;
	return true;
}

/* A leading part without special characters: compared at once. */
static uint32_t literal_prefix(struct str p)
{
	uint32_t i = 0;

	while (i < p.n && !memchr("*?[{\\", p.p[i], 5))
		i++;
	return i;
}

/*
 * A trailing '/' means the directory and all below: the rest of the pattern may end where a '/' of the
 * path stands, or where the path ends.
 */
bool glob_match(struct str p, struct str path)
{
	struct states sets[2];
	bool tree = p.n > 1 && p.p[p.n - 1] == '/';
	uint32_t n = tree ? p.n - 1 : p.n;
	struct str q = str_sub(p, 0, n);
	uint32_t prefix = literal_prefix(q);
	unsigned now = 0;

	if (n == 0 || n > GLOB_MAX || path.n < prefix || memcmp(p.p, path.p, prefix) != 0)
		return false;
	if (prefix == n)
		return path.n == n || (tree && path.p[n] == '/');
	if (has_only_stars(q, prefix)) {
		int known = walk(q, path, prefix, tree);

		if (known >= 0)
			return known;
	}
	memset(sets[0].bits, 0, (n + WORD_BITS) / WORD_BITS * sizeof(uint64_t));
	close_over(q, &sets[0], prefix);
	for (uint32_t i = prefix; i < path.n; i++, now ^= 1) {
		if (tree && path.p[i] == '/' && has(&sets[now], n))
			return true;
		if (!advance(q, &sets[now], &sets[now ^ 1], (unsigned char)path.p[i]))
			return false;
	}
	return has(&sets[now], n);
}

bool glob_match_word(struct str p, struct str text)
{
	uint32_t pi = 0, ti = 0, star = UINT32_MAX, mark = 0;

	while (ti < text.n) {
		if (pi < p.n && p.p[pi] == '*') {
			star = pi++;
			mark = ti;
		} else if (pi < p.n && (p.p[pi] == '?' || p.p[pi] == text.p[ti])) {
			pi++;
			ti++;
		} else if (star != UINT32_MAX) {
			pi = star + 1;
			ti = ++mark;
		} else {
			return false;
		}
	}
	while (pi < p.n && p.p[pi] == '*')
		pi++;
	return pi == p.n;
}
