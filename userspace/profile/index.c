/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index: while the path is read from left to right its hash is known for each length; where some
 * prefix has that length, its bucket is looked at.
 */
#include "profile/index.h"

#include <errno.h>

#include "base/glob.h"

#define BRACES_MAX 512 /* globs that one may unfold to; more stay folded */
#define GROUPS_MAX 10  /* each is a level of recursion */
#define HASH_START 0xcbf29ce484222325ull

static uint64_t hash_byte(uint64_t h, char c)
{
	return (h ^ (unsigned char)c) * 0x100000001b3ull;
}

static bool is_special(char c)
{
	return (c > 0 && c < SESSION_VARIABLES) || (c && strchr("*?[]{}\\", c));
}

static uint32_t literal_front(struct str g)
{
	uint32_t i = 0;

	while (i < g.n && !is_special(g.p[i]))
		i++;
	return i;
}

static uint32_t literal_back(struct str g)
{
	uint32_t i = g.n;

	while (i > 0 && !is_special(g.p[i - 1]))
		i--;
	return g.n - i;
}

static void add_grams(struct grams *g, struct str s)
{
	for (uint32_t i = 0; i + 3 <= s.n; i++) {
		uint32_t x = (uint32_t)(uint8_t)s.p[i] << 16 | (uint32_t)(uint8_t)s.p[i + 1] << 8 |
			     (uint8_t)s.p[i + 2];
		uint32_t bit = (x * 2654435761u) >> 24;

		g->bits[bit / 64] |= 1ull << (bit % 64);
	}
}

static bool has_grams(const struct grams *all, const struct grams *some)
{
	uint64_t missing = 0;

	for (unsigned i = 0; i < 4; i++)
		missing |= some->bits[i] & ~all->bits[i];
	return !missing;
}

/*
 * Globs that begin and end alike differ in the middle. None where parts are optional ({}) or not as
 * written. (A slash beside two stars may be shared by both sides, and is there all the same.)
 */
static void add_glob_grams(struct grams *out, struct str g)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < g.n; i++)
		if (strchr("{[\\", g.p[i]))
			return;
	if (g.p[g.n - 1] == '/') /* of a directory the last slash is no sure part */
		g.n--;
	for (uint32_t i = 0; i <= g.n; i++) {
		if (i < g.n && !is_special(g.p[i]))
			continue;
		add_grams(out, str_sub(g, from, i - from));
		from = i + 1;
	}
}

static void classify(struct path_entry *pe)
{
	struct str g = pe->glob;
	uint32_t front = literal_front(g);
	bool tree = g.n > 1 && g.p[g.n - 1] == '/';

	pe->prefix = front;
	if (variables_has_marks(g)) {
		pe->shape = SHAPE_MARKED;
	} else if (front == g.n) {
		pe->shape = tree ? SHAPE_TREE : SHAPE_EXACT;
	} else if (front + 2 == g.n && str_ends(g, "/**")) {
		pe->shape = SHAPE_BELOW;
	} else {
		pe->shape = SHAPE_GLOB;
		pe->suffix = tree ? 0 : literal_back(g);
		add_glob_grams(&pe->grams, g);
	}
	/* "dir/" is for "dir" too, and "a/" + "**" + "/b" for "a/b": the slash is no sure part */
	if (pe->prefix > 1 && g.p[pe->prefix - 1] == '/' && pe->shape != SHAPE_BELOW)
		pe->prefix--;
	if (pe->prefix > PREFIX_MAX)
		pe->prefix = PREFIX_MAX;
	pe->hash = HASH_START;
	for (uint32_t i = 0; i < pe->prefix; i++)
		pe->hash = hash_byte(pe->hash, g.p[i]);
}

static int add_one(struct path_index *idx, struct arena *arena, struct str glob,
		   const struct entry *e)
{
	struct path_entry *pe = arena_alloc(arena, sizeof(*pe));

	if (!pe)
		return -ENOMEM;
	pe->glob = arena_str(arena, glob);
	if (!pe->glob.p)
		return -ENOMEM;
	pe->e = *e;
	classify(pe);
	pe->next = idx->pending;
	idx->pending = pe;
	idx->count++;
	return 0;
}

/* Index of an unescaped c outside of classes, at or after from; g.n when there is none. */
static uint32_t find(struct str g, uint32_t from, const char *any)
{
	uint32_t i = from;

	for (; i < g.n && !strchr(any, g.p[i]); i++) {
		if (g.p[i] == '\\')
			i++;
		else if (g.p[i] == '[')
			while (i < g.n && g.p[i] != ']')
				i++;
	}
	return i < g.n ? i : g.n;
}

static uint32_t unfolded_count(struct str g)
{
	uint32_t total = 1, groups = 0;

	for (uint32_t at = find(g, 0, "{"); at < g.n && total <= BRACES_MAX;) {
		uint32_t parts = 1, end = find(g, at + 1, ",}");

		for (; end < g.n && g.p[end] == ','; end = find(g, end + 1, ",}"))
			parts++;
		total *= parts;
		if (++groups > GROUPS_MAX)
			return BRACES_MAX + 1;
		at = find(g, end, "{");
	}
	return total;
}

static int unfold(struct path_index *idx, struct arena *arena, struct str g, const struct entry *e)
{
	uint32_t open = find(g, 0, "{"), close = find(g, open, "}");
	int fault = 0;

	if (open >= g.n || close >= g.n)
		return add_one(idx, arena, g, e);
	for (uint32_t from = open + 1; !fault && from <= close;) {
		uint32_t to = find(g, from, ",}"), n = 0;
		char buf[GLOB_MAX];

		memcpy(buf, g.p, open);
		n = open;
		memcpy(buf + n, g.p + from, to - from);
		n += to - from;
		memcpy(buf + n, g.p + close + 1, g.n - close - 1);
		n += g.n - close - 1;
		fault = unfold(idx, arena, (struct str){buf, n}, e);
		from = to + 1;
	}
	return fault;
}

int path_index_add(struct path_index *idx, struct arena *arena, struct str glob,
		   const struct entry *e)
{
	if (glob.n > GLOB_MAX || unfolded_count(glob) > BRACES_MAX)
		return add_one(idx, arena, glob, e);
	return unfold(idx, arena, glob, e);
}

static uint32_t bucket_of(const struct path_index *idx, uint64_t hash)
{
	return (uint32_t)(hash ^ hash >> 29) & idx->mask;
}

int path_index_seal(struct path_index *idx, struct arena *arena)
{
	uint32_t size = 16;

	if (!idx->count)
		return 0;
	while (size < idx->count * 2)
		size *= 2;
	idx->buckets = arena_alloc(arena, size * sizeof(*idx->buckets));
	if (!idx->buckets)
		return -ENOMEM;
	idx->mask = size - 1;
	while (idx->pending) {
		struct path_entry *pe = idx->pending;
		uint32_t b = bucket_of(idx, pe->hash);

		idx->pending = pe->next;
		pe->next = idx->buckets[b];
		idx->buckets[b] = pe;
		idx->lengths[pe->prefix / 64] |= 1ull << (pe->prefix % 64);
	}
	return 0;
}

bool glob_matches(struct str glob, const struct act *act, struct str path)
{
	char buf[GLOB_MAX];
	struct str filled = glob;

	if (variables_has_marks(glob)) {
		filled.n = (uint32_t)variables_fill(glob, &act->session, buf, sizeof(buf));
		filled.p = buf;
	}
	return filled.n && glob_match(filled, path);
}

static const struct grams *path_grams(struct path_walk *w)
{
	if (!w->has_grams)
		add_grams(&w->grams, w->path);
	w->has_grams = true;
	return &w->grams;
}

static bool entry_matches(const struct path_entry *pe, struct path_walk *w)
{
	struct str g = pe->glob, path = w->path;

	if (pe->prefix != w->length || pe->hash != w->hash || memcmp(g.p, path.p, pe->prefix) != 0)
		return false;
	switch (pe->shape) {
	case SHAPE_EXACT:
		return path.n == g.n && memcmp(g.p, path.p, g.n) == 0;
	case SHAPE_BELOW:
		return path.n >= g.n - 2 && memcmp(g.p, path.p, g.n - 2) == 0;
	case SHAPE_TREE:
		return path.n >= g.n - 1 && memcmp(g.p, path.p, g.n - 1) == 0 &&
		       (path.n == g.n - 1 || path.p[g.n - 1] == '/');
	case SHAPE_GLOB:
		return has_grams(path_grams(w), &pe->grams) && path.n >= pe->suffix &&
		       memcmp(g.p + g.n - pe->suffix, path.p + path.n - pe->suffix, pe->suffix) ==
			       0 &&
		       glob_match(g, path);
	default:
		return glob_matches(g, w->act, path);
	}
}

void path_walk_begin(struct path_walk *w, const struct path_index *idx, const struct act *act,
		     struct str path)
{
	*w = (struct path_walk){.idx = idx, .act = act, .path = path, .hash = HASH_START};
	w->length = UINT32_MAX; /* one before 0 */
	if (!idx->count || !path.n)
		w->length = PREFIX_MAX;
}

/* Steps to the next length that some prefix has. */
static bool next_length(struct path_walk *w)
{
	while (w->length + 1 <= PREFIX_MAX && (w->length == UINT32_MAX || w->length < w->path.n)) {
		if (++w->length)
			w->hash = hash_byte(w->hash, w->path.p[w->length - 1]);
		if (w->idx->lengths[w->length / 64] >> (w->length % 64) & 1) {
			w->at = w->idx->buckets[bucket_of(w->idx, w->hash)];
			return true;
		}
	}
	return false;
}

const struct path_entry *path_walk_next(struct path_walk *w)
{
	for (;;) {
		while (w->at) {
			const struct path_entry *pe = w->at;

			w->at = pe->next;
			if (entry_matches(pe, w))
				return pe;
		}
		if (!next_length(w))
			return NULL;
	}
}
