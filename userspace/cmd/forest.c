/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/forest.h"

#include "cmd/view.h"

void forest_init(struct forest *f)
{
	*f = (struct forest){.by_uid = json_object(), .noted = json_object()};
}

void forest_release(struct forest *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->nodes[i].uid);
		json_decref(f->nodes[i].row);
		json_decref(f->nodes[i].notes);
	}
	free(f->nodes);
	json_decref(f->by_uid);
	json_decref(f->noted);
}

size_t forest_find_uid(const struct forest *f, struct str uid)
{
	char key[64];
	const json_t *j;

	if (!uid.p || uid.n >= sizeof(key))
		return NO_NODE;
	memcpy(key, uid.p, uid.n);
	key[uid.n] = '\0';
	j = json_object_get(f->by_uid, key);
	return j ? (size_t)json_integer_value(j) : NO_NODE;
}

size_t forest_find_pid(const struct forest *f, uint64_t pid)
{
	size_t best = NO_NODE;

	for (size_t i = 0; i < f->count; i++)
		if (f->nodes[i].pid == pid &&
		    (best == NO_NODE || f->nodes[i].first_ns >= f->nodes[best].first_ns))
			best = i;
	return best;
}

static struct node *new_node(struct forest *f, struct str uid, const json_t *row)
{
	struct node *n;

	if (f->count == f->room) {
		f->room = f->room ? f->room * 2 : 256;
		n = reallocarray(f->nodes, f->room, sizeof(*n));
		if (!n)
			exit(fail(CODE_FAILED, "Ask for a shorter period.", "out of memory"));
		f->nodes = n;
	}
	n = &f->nodes[f->count];
	*n = (struct node){.uid = strndup(uid.p, uid.n),
			   .row = json_incref((json_t *)row),
			   .notes = json_array(),
			   .parent = NO_NODE,
			   .first_child = NO_NODE,
			   .last_child = NO_NODE,
			   .next_sibling = NO_NODE};
	json_object_set_new(f->by_uid, n->uid, json_integer((json_int_t)f->count));
	f->count++;
	return n;
}

static void learn(struct node *n, const json_t *row)
{
	int64_t time = row_time(row, "time"), start = row_time(row, "process.start_time");

	n->pid = row_u64(row, "process.pid", n->pid);
	if (start && (!n->first_ns || start < n->first_ns))
		n->first_ns = start;
	if (time && (!n->first_ns || time < n->first_ns))
		n->first_ns = time;
	if (row_is(row, "type", "exit"))
		n->end_ns = time;
	if (row_true(row, "process.alive"))
		n->alive = true;
	/* an exec says most, a later one is what it is now; anything is better than a bare exit */
	if (row_is(row, "type", "exec") ||
	    (!row_is(n->row, "type", "exec") && row_find(row, "process.exe") &&
	     !row_find(n->row, "process.exe"))) {
		json_decref(n->row);
		n->row = json_incref((json_t *)row);
	}
}

/* Several questions can have the same event in their answers. */
static bool is_new(struct forest *f, const json_t *row)
{
	const char *uid = json_string_value(row_find(row, "uid"));

	if (!uid)
		return true;
	if (json_object_get(f->noted, uid))
		return false;
	json_object_set_new(f->noted, uid, json_true());
	return true;
}

void forest_add(struct forest *f, const json_t *row, bool is_note)
{
	struct str uid = row_str(row, "process.uid");
	size_t at = forest_find_uid(f, uid);
	struct node *n;

	if (!uid.p || uid.n >= 64)
		return;
	n = at == NO_NODE ? new_node(f, uid, row) : &f->nodes[at];
	learn(n, row);
	if (!is_note || !is_new(f, row))
		return;
	json_array_append(n->notes, (json_t *)row);
	n->marked = n->marked || *view_mark(row);
}

static int by_seq(const void *a, const void *b)
{
	uint64_t x = row_u64(*(json_t *const *)a, "seq", 0);
	uint64_t y = row_u64(*(json_t *const *)b, "seq", 0);

	return x < y ? -1 : x > y;
}

static void sort_notes(struct node *n)
{
	size_t count = json_array_size(n->notes), i;
	_cleanup_free_ json_t **rows = calloc(count + 1, sizeof(json_t *));
	json_t *row;

	if (!rows || count < 2)
		return;
	json_array_foreach (n->notes, i, row)
		rows[i] = json_incref(row);
	qsort(rows, count, sizeof(json_t *), by_seq);
	json_array_clear(n->notes);
	for (i = 0; i < count; i++)
		json_array_append_new(n->notes, rows[i]);
}

static int by_start(const void *a, const void *b, void *ctx)
{
	const struct node *nodes = ctx;
	const struct node *x = &nodes[*(const size_t *)a], *y = &nodes[*(const size_t *)b];

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* A parent that started later than its child, or a circle, is a lie: the link is left out. */
static bool may_link(const struct forest *f, size_t child, size_t parent)
{
	size_t steps = 0;

	if (parent == NO_NODE)
		return false;
	for (size_t at = parent; at != NO_NODE; at = f->nodes[at].parent)
		if (at == child || ++steps > f->count)
			return false;
	return true;
}

static void append_child(struct forest *f, size_t child, size_t parent)
{
	struct node *p = &f->nodes[parent];

	f->nodes[child].parent = parent;
	if (p->last_child == NO_NODE)
		p->first_child = child;
	else
		f->nodes[p->last_child].next_sibling = child;
	p->last_child = child;
}

static void mark_above(struct forest *f, size_t at)
{
	while ((at = f->nodes[at].parent) != NO_NODE && !f->nodes[at].marked_below)
		f->nodes[at].marked_below = true;
}

void forest_link(struct forest *f)
{
	_cleanup_free_ size_t *order = calloc(f->count + 1, sizeof(*order));

	if (!order)
		exit(fail(CODE_FAILED, NULL, "out of memory"));
	for (size_t i = 0; i < f->count; i++)
		order[i] = i;
	qsort_r(order, f->count, sizeof(*order), by_start, f->nodes);
	for (size_t i = 0; i < f->count; i++) {
		size_t child = order[i];
		size_t parent =
			forest_find_uid(f, row_str(f->nodes[child].row, "process.parent.uid"));

		if (may_link(f, child, parent))
			append_child(f, child, parent);
	}
	for (size_t i = 0; i < f->count; i++) {
		sort_notes(&f->nodes[i]);
		if (f->nodes[i].marked)
			mark_above(f, i);
	}
}

size_t forest_next(const struct forest *f, size_t root, size_t at)
{
	if (f->nodes[at].first_child != NO_NODE)
		return f->nodes[at].first_child;
	while (at != root && f->nodes[at].next_sibling == NO_NODE)
		at = f->nodes[at].parent;
	return at == root ? NO_NODE : f->nodes[at].next_sibling;
}

void forest_want(struct forest *f, size_t root)
{
	for (size_t at = root; at != NO_NODE; at = forest_next(f, root, at))
		f->nodes[at].wanted = true;
}
