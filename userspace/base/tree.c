/* SPDX-License-Identifier: Apache-2.0 */
/* tree: libyaml's events put together, with every bound checked where it can be passed. */
#include "base/tree.h"

#include <errno.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/escape.h"

struct anchor {
	struct str name;
	struct node *node; /* NULL while it is still open: an alias to it would be endless */
};

struct builder {
	struct arena *arena;
	const char *file;
	struct problem *err;
	struct node *open[TREE_DEPTH_MAX]; /* containers that have begun and not ended */
	int open_anchor[TREE_DEPTH_MAX];   /* index of its anchor, or -1 */
	unsigned depth;
	struct anchor anchors[TREE_ANCHORS_MAX];
	unsigned anchor_count;
	struct node *first, *last; /* documents */
	uint32_t nodes;
};

static int fail(struct builder *b, const yaml_mark_t *at, const char *text)
{
	return problem_at(b->err, -EINVAL, b->file, (unsigned)at->line + 1,
			  (unsigned)at->column + 1, "%s", text);
}

static struct node *new_node(struct builder *b, enum node_kind kind, const yaml_mark_t *at)
{
	struct node *n = arena_alloc(b->arena, sizeof(*n));

	if (!n)
		return NULL;
	n->kind = kind;
	n->line = (unsigned)at->line + 1;
	n->column = (unsigned)at->column + 1;
	n->weight = 1;
	return n;
}

static bool has_key(const struct node *map, struct str key)
{
	for (const struct node *k = map->first; k && k->next; k = k->next->next)
		if (k->kind == NODE_SCALAR && str_equal(k->text, key))
			return true;
	return false;
}

static unsigned child_count(const struct node *n)
{
	unsigned count = 0;

	for (const struct node *c = n->first; c; c = c->next)
		count++;
	return count;
}

/* In a map, whether the next child is a key. Maps are small (TREE_KEYS_MAX), so counting is cheap. */
static int check_key(struct builder *b, const struct node *map, const struct node *key,
		     const yaml_mark_t *at)
{
	unsigned count = child_count(map);

	if (count % 2)
		return 0;
	if (count / 2 >= TREE_KEYS_MAX)
		return fail(b, at, "a map with more than 256 keys");
	if (key->kind != NODE_SCALAR)
		return fail(b, at, "a key must be plain text");
	if (has_key(map, key->text)) {
		char shown[64];

		escape_terminal(key->text, false, shown, sizeof(shown));
		return problem_at(b->err, -EINVAL, b->file, (unsigned)at->line + 1,
				  (unsigned)at->column + 1, "key '%s' is here twice", shown);
	}
	return 0;
}

/* Hangs a node into the innermost open container, or makes it a document. */
static int add(struct builder *b, struct node *n, const yaml_mark_t *at)
{
	struct node *parent = b->depth ? b->open[b->depth - 1] : NULL;
	struct node **first = parent ? &parent->first : &b->first;
	struct node **last = parent ? &parent->last : &b->last;

	if (++b->nodes > TREE_NODES_MAX)
		return fail(b, at, "too many values in one file");
	if (parent && parent->kind == NODE_MAP) {
		int e = check_key(b, parent, n, at);

		if (e)
			return e;
	}
	if (*last)
		(*last)->next = n;
	else
		*first = n;
	*last = n;
	return 0;
}

static int set_anchor(struct builder *b, const unsigned char *name, struct node *n,
		      const yaml_mark_t *at, int *index)
{
	*index = -1;
	if (!name)
		return 0;
	if (b->anchor_count >= TREE_ANCHORS_MAX)
		return fail(b, at, "more than 64 anchors in one document");
	*index = (int)b->anchor_count++;
	b->anchors[*index].name = arena_str(b->arena, str_of((const char *)name));
	b->anchors[*index].node = n;
	return b->anchors[*index].name.p ? 0 : -ENOMEM;
}

/* The weight of what was just added counts for its parent; growth by aliases ends here. */
static int add_weight(struct builder *b, uint32_t weight, const yaml_mark_t *at)
{
	if (!b->depth)
		return 0;
	b->open[b->depth - 1]->weight += weight;
	if (b->open[b->depth - 1]->weight > TREE_NODES_MAX)
		return fail(b, at, "aliases unfold to too many values");
	return 0;
}

static int on_scalar(struct builder *b, const yaml_event_t *ev)
{
	struct node *n = new_node(b, NODE_SCALAR, &ev->start_mark);
	struct str text = {(const char *)ev->data.scalar.value, (uint32_t)ev->data.scalar.length};
	int unused, e;

	if (!n)
		return -ENOMEM;
	if (text.n && memchr(text.p, 0, text.n))
		return fail(b, &ev->start_mark, "a NUL byte in a value");
	/* a document of nothing but comments is an empty plain scalar */
	if (!b->depth && text.n == 0)
		return 0;
	n->text = arena_str(b->arena, text);
	if (!n->text.p)
		return -ENOMEM;
	e = set_anchor(b, ev->data.scalar.anchor, n, &ev->start_mark, &unused);
	if (!e)
		e = add(b, n, &ev->start_mark);
	return e ? e : add_weight(b, 1, &ev->start_mark);
}

static int on_open(struct builder *b, const yaml_event_t *ev, enum node_kind kind,
		   const unsigned char *anchor)
{
	struct node *n = new_node(b, kind, &ev->start_mark);
	int e;

	if (!n)
		return -ENOMEM;
	if (b->depth >= TREE_DEPTH_MAX)
		return fail(b, &ev->start_mark, "nested deeper than 24 levels");
	e = set_anchor(b, anchor, NULL, &ev->start_mark, &b->open_anchor[b->depth]);
	if (!e)
		e = add(b, n, &ev->start_mark);
	if (!e)
		b->open[b->depth++] = n;
	return e;
}

static int on_close(struct builder *b, const yaml_event_t *ev)
{
	struct node *n;

	if (!b->depth) /* libyaml closes only what it opened */
		return fail(b, &ev->start_mark, "closes what was not opened");
	n = b->open[--b->depth];
	if (b->open_anchor[b->depth] >= 0)
		b->anchors[b->open_anchor[b->depth]].node = n;
	return add_weight(b, n->weight, &ev->start_mark);
}

static int on_alias(struct builder *b, const yaml_event_t *ev)
{
	struct str name = str_of((const char *)ev->data.alias.anchor);
	struct node *copy, *target = NULL;
	int e;

	/* from the newest: an anchor may be given again */
	for (unsigned i = b->anchor_count; i-- > 0 && !target;) {
		if (!str_equal(b->anchors[i].name, name))
			continue;
		target = b->anchors[i].node;
		if (!target)
			return fail(b, &ev->start_mark, "an alias inside of its own anchor");
	}
	if (!target)
		return fail(b, &ev->start_mark, "an alias without an anchor");
	copy = new_node(b, target->kind, &ev->start_mark);
	if (!copy)
		return -ENOMEM;
	copy->text = target->text;
	copy->first = target->first;
	copy->last = target->last;
	copy->weight = target->weight;
	e = add(b, copy, &ev->start_mark);
	return e ? e : add_weight(b, copy->weight, &ev->start_mark);
}

static int on_event(struct builder *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(b, ev);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(b, ev, NODE_LIST, ev->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_open(b, ev, NODE_MAP, ev->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(b, ev);
	case YAML_ALIAS_EVENT:
		return on_alias(b, ev);
	case YAML_DOCUMENT_START_EVENT:
		b->anchor_count = 0;
		return 0;
	default:
		return 0;
	}
}

static int parser_problem(struct builder *b, const yaml_parser_t *parser)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return fail(b, &parser->problem_mark, parser->problem ? parser->problem : "not YAML");
}

static int build(struct builder *b, yaml_parser_t *parser)
{
	bool done = false;
	int e = 0;

	while (!done && !e) {
		yaml_event_t ev;

		if (!yaml_parser_parse(parser, &ev))
			return parser_problem(b, parser);
		e = on_event(b, &ev);
		done = ev.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	return e;
}

int tree_parse(struct arena *arena, struct str text, const char *file, struct node **out,
	       struct problem *err)
{
	_cleanup_(yaml_parser_delete) yaml_parser_t parser = {0};
	struct builder b = {.arena = arena, .file = file, .err = err};
	int e;

	if (text.n > TREE_BYTES_MAX)
		return problem_at(err, -EFBIG, file, 0, 0, "larger than 1 MiB");
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
	e = build(&b, &parser);
	if (e)
		return e;
	*out = b.first;
	return 0;
}
