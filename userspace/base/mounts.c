/* SPDX-License-Identifier: Apache-2.0 */
/* mounts: see the header. */
#include "base/mounts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/number.h"

#define KEEP_NS	 60000000000ull
#define GONE_MAX 4096 /* mounts that are kept after their end */
#define DEEP	 64   /* mounts one above the other */
#define STILL	 UINT64_MAX
#define DELETED	 "//deleted"

/* Whether its own place leads to it. */
enum reach { REACH_UNKNOWN, REACH_YES, REACH_NO };

struct entry {
	uint64_t dev;
	uint64_t since_ns, until_ns; /* it was there from and to, at least; STILL = it is */
	struct str root, point;	     /* of the file system; of the namespace */
	uint32_t id, parent;
	uint32_t reach; /* enum reach */
};

struct mounts {
	uint64_t begin_ns;
	size_t count, now, room; /* entries; those of now come first while it is made */
	struct entry *by_dev;
	struct entry **by_place; /* by parent and point */
	char *text;
	size_t text_len;
};

/* --- the text */

/* Octal escapes of blank, tab, newline, backslash and "#"; in place, so the text only gets shorter. */
static struct str unescape(struct mounts *m, struct str word)
{
	char *out = m->text + m->text_len;
	uint32_t n = 0;

	for (uint32_t i = 0; i < word.n; i++) {
		const char *p = word.p + i;

		if (*p == '\\' && word.n - i > 3 && (p[1] & ~3) == '0' && (p[2] & ~7) == '0' &&
		    (p[3] & ~7) == '0') {
			out[n++] = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			i += 3;
		} else {
			out[n++] = *p;
		}
	}
	m->text_len += n;
	return (struct str){out, n};
}

static struct str next_word(struct str *line)
{
	int64_t blank = str_index(*line, 0, ' ');
	uint32_t n = blank < 0 ? line->n : (uint32_t)blank;
	struct str word = str_sub(*line, 0, n);

	*line = str_sub(*line, n + (blank >= 0), line->n);
	return word;
}

static bool read_number(struct str s, uint32_t *out)
{
	uint64_t value;

	if (number_u64(s, 0, UINT32_MAX, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

/* "8:1" as the kernel has it inside. */
static bool read_device(struct str s, uint64_t *out)
{
	int64_t colon = str_index(s, 0, ':');
	uint32_t major, minor;

	if (colon < 0 || !read_number(str_sub(s, 0, (uint32_t)colon), &major) ||
	    !read_number(str_sub(s, (uint32_t)colon + 1, s.n), &minor) || major > 4095 ||
	    minor > 0xfffff)
		return false;
	*out = (uint64_t)major << 20 | minor;
	return true;
}

static bool is_path(struct str s)
{
	const uint32_t tail = sizeof(DELETED) - 1;

	return str_starts(s, "/") && (s.n < tail || !str_is(str_sub(s, s.n - tail, s.n), DELETED));
}

/* "36 35 8:1 /srv /mnt rw,noatime ...": the rest does not matter. */
static bool read_line(struct mounts *m, struct str line, struct entry *e)
{
	if (!read_number(next_word(&line), &e->id) || !read_number(next_word(&line), &e->parent) ||
	    !read_device(next_word(&line), &e->dev))
		return false;
	e->root = next_word(&line);
	e->point = next_word(&line);
	if (!is_path(e->root) || !is_path(e->point))
		return false;
	e->root = unescape(m, e->root);
	e->point = unescape(m, e->point);
	return true;
}

static void read_lines(struct mounts *m, struct str text, uint64_t end_ns)
{
	while (text.n && m->count < m->room) {
		int64_t newline = str_index(text, 0, '\n');
		uint32_t n = newline < 0 ? text.n : (uint32_t)newline;
		struct entry e = {.since_ns = end_ns, .until_ns = STILL};

		if (read_line(m, str_sub(text, 0, n), &e))
			m->by_dev[m->count++] = e;
		text = str_sub(text, n + (newline >= 0), text.n);
	}
	m->now = m->count;
}

/* --- the table before */

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_str(struct str a, struct str b)
{
	int r = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return r ? r : compare_u64(a.n, b.n);
}

static int compare_devs(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int r = compare_u64(a->dev, b->dev);

	return r ? r : compare_u64(a->id, b->id);
}

static int compare_places(const void *left, const void *right)
{
	const struct entry *a = *(struct entry *const *)left, *b = *(struct entry *const *)right;
	int r = compare_u64(a->parent, b->parent);

	return r ? r : compare_str(a->point, b->point);
}

/* The first entry of that file system, or the end. */
static size_t first_of(const struct mounts *m, uint64_t dev)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->by_dev[middle].dev < dev)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_same(const struct entry *a, const struct entry *b)
{
	return a->id == b->id && a->parent == b->parent && a->dev == b->dev &&
	       str_equal(a->root, b->root) && str_equal(a->point, b->point);
}

/* What is here and was there has been here all the time. Of what is gone: the index, to be kept. */
static bool find_again(struct mounts *m, const struct entry *old)
{
	for (size_t i = first_of(m, old->dev); i < m->now && m->by_dev[i].dev == old->dev; i++) {
		if (old->until_ns != STILL || !is_same(old, &m->by_dev[i]))
			continue;
		m->by_dev[i].since_ns = old->since_ns;
		return true;
	}
	return false;
}

static struct str copy_text(struct mounts *m, struct str s)
{
	char *out = m->text + m->text_len;

	memcpy(out, s.p, s.n);
	m->text_len += s.n;
	return (struct str){out, s.n};
}

static void take_over(struct mounts *m, const struct mounts *before)
{
	size_t gone = 0;

	qsort(m->by_dev, m->count, sizeof(*m->by_dev), compare_devs);
	for (size_t i = 0; i < before->count; i++) {
		const struct entry *old = &before->by_dev[i];
		struct entry *e = &m->by_dev[m->now + gone];
		uint64_t until = old->until_ns == STILL ? before->begin_ns : old->until_ns;

		if (find_again(m, old) || until + KEEP_NS < m->begin_ns || gone == GONE_MAX)
			continue;
		*e = *old;
		e->until_ns = until;
		e->root = copy_text(m, old->root);
		e->point = copy_text(m, old->point);
		gone++;
	}
	m->count += gone;
}

/* --- what lies over what */

static bool was_there(const struct entry *e, uint64_t when_ns)
{
	return e->since_ns <= when_ns && when_ns <= e->until_ns;
}

/* A path, or one above it. */
static bool is_below(struct str top, struct str path)
{
	if (path.n < top.n || memcmp(path.p, top.p, top.n) != 0)
		return false;
	return path.n == top.n || top.n == 1 || path.p[top.n] == '/';
}

/* The first in by_place that is on that parent at exactly that point, or the end. */
static size_t first_at(const struct mounts *m, uint32_t parent, struct str point)
{
	struct entry wanted = {.parent = parent, .point = point};
	const struct entry *key = &wanted;
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_places(&m->by_place[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Another mount on the same parent, at a part of path of which not less than from bytes count. */
static const struct entry *find_on(const struct mounts *m, uint32_t parent, struct str path,
				   uint32_t from, const struct entry *but, uint64_t when_ns)
{
	for (uint32_t n = 1; n <= path.n; n++) {
		struct str part = str_sub(path, 0, n);

		if (n < from || (n > 1 && n < path.n && path.p[n] != '/'))
			continue;
		if (n > 1 && path.p[n - 1] == '/')
			continue;
		for (size_t i = first_at(m, parent, part); i < m->count; i++) {
			const struct entry *e = m->by_place[i];

			if (e->parent != parent || !str_equal(e->point, part))
				break;
			if (e != but && e->id != e->parent && was_there(e, when_ns))
				return e;
		}
	}
	return NULL;
}

static struct entry *find_id(const struct mounts *m, uint32_t id, uint64_t when_ns)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->by_dev[i].id == id && was_there(&m->by_dev[i], when_ns))
			return &m->by_dev[i];
	return NULL;
}

/* Whether the mount's own place leads to it: nothing lies over a part of the way. */
static uint32_t find_reach(const struct mounts *m, struct entry *e, unsigned deep)
{
	uint64_t when = e->until_ns == STILL ? UINT64_MAX : e->until_ns;
	struct entry *up;

	if (e->reach != REACH_UNKNOWN || deep == DEEP)
		return e->reach;
	up = e->parent == e->id ? NULL : find_id(m, e->parent, when);
	if (up &&
	    (!is_below(up->point, e->point) || find_on(m, up->id, e->point, up->point.n, e, when)))
		e->reach = REACH_NO;
	else
		e->reach = up ? find_reach(m, up, deep + 1) : REACH_YES;
	return e->reach;
}

static int index_places(struct mounts *m)
{
	m->by_place = malloc((m->count + 1) * sizeof(struct entry *));
	if (!m->by_place)
		return -ENOMEM;
	qsort(m->by_dev, m->count, sizeof(*m->by_dev), compare_devs);
	for (size_t i = 0; i < m->count; i++)
		m->by_place[i] = &m->by_dev[i];
	qsort(m->by_place, m->count, sizeof(struct entry *), compare_places);
	for (size_t i = 0; i < m->count; i++)
		find_reach(m, &m->by_dev[i], 0);
	return 0;
}

/* --- the interface */

static size_t count_lines(struct str text)
{
	size_t n = 1;

	for (uint32_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

int mounts_read(struct mounts **out, const struct mounts *before, struct str text,
		uint64_t begin_boot_ns, uint64_t end_boot_ns)
{
	struct mounts *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->begin_ns = begin_boot_ns;
	m->room = count_lines(text);
	m->by_dev = malloc((m->room + (before ? before->count : 0)) * sizeof(*m->by_dev));
	m->text = malloc(text.n + (before ? before->text_len : 0) + 1);
	if (m->by_dev && m->text) {
		read_lines(m, text, end_boot_ns);
		if (before)
			take_over(m, before);
	}
	if (!m->by_dev || !m->text || index_places(m)) {
		mounts_free(m);
		return -ENOMEM;
	}
	*out = m;
	return 0;
}

void mounts_free(struct mounts *m)
{
	if (!m)
		return;
	free(m->by_dev);
	free(m->by_place);
	free(m->text);
	free(m);
}

size_t mounts_count(const struct mounts *m)
{
	return m->now;
}

uint64_t mounts_begin_ns(const struct mounts *m)
{
	return m->begin_ns;
}

/* "/srv" of the file system at "/mnt": "/srv/a/b" is "/mnt/a/b". Its length, 0 = too long for out. */
static size_t join(const struct entry *e, struct str path, char *out, size_t size)
{
	struct str rest = str_sub(path, e->root.n == 1 ? 0 : e->root.n, path.n);
	size_t top = e->point.n == 1 ? 0 : e->point.n;

	if (rest.n == 1 && rest.p[0] == '/') /* the top itself */
		rest.n = 0;
	if (top + rest.n == 0)
		return size ? (out[0] = '/', 1) : 0;
	if (top + rest.n > size)
		return 0;
	memcpy(out, e->point.p, top);
	memcpy(out + top, rest.p, rest.n);
	return top + rest.n;
}

struct str mounts_path(const struct mounts *m, uint64_t dev, struct str path, uint64_t when_boot_ns,
		       char *out, size_t size)
{
	const struct entry *best = NULL;
	size_t best_n = SIZE_MAX;

	if (!str_starts(path, "/"))
		return STR_NONE;
	for (size_t i = first_of(m, dev); i < m->count && m->by_dev[i].dev == dev; i++) {
		const struct entry *e = &m->by_dev[i];
		size_t n;

		if (e->reach != REACH_YES || !was_there(e, when_boot_ns) ||
		    !is_below(e->root, path))
			continue;
		n = join(e, path, out, size);
		if (!n || n >= best_n ||
		    find_on(m, e->id, (struct str){out, (uint32_t)n}, e->point.n, NULL,
			    when_boot_ns))
			continue;
		best = e;
		best_n = n;
	}
	return best ? (struct str){out, (uint32_t)join(best, path, out, size)} : STR_NONE;
}

uint32_t mounts_at(const struct mounts *m, struct str path)
{
	const struct entry *at = NULL, *next;

	for (size_t i = 0; i < m->count && !at; i++) {
		const struct entry *e = &m->by_dev[i];

		if (str_is(e->point, "/") && was_there(e, UINT64_MAX) &&
		    (e->parent == e->id || !find_id(m, e->parent, UINT64_MAX)))
			at = e;
	}
	for (unsigned deep = 0; at && deep < DEEP * 4; at = next, deep++) {
		next = find_on(m, at->id, path, at->point.n, NULL, UINT64_MAX);
		if (!next)
			return at->id;
	}
	return 0;
}
