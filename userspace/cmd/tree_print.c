/* SPDX-License-Identifier: Apache-2.0 */
/* tree_print: processes as a tree of lines, as JSON, or as names. */
#include "base/clock.h"
#include "cmd/ask.h"
#include "cmd/block.h"
#include "cmd/tree.h"
#include "cmd/view.h"

#define SAME_SHOWN 3   /* brothers with one program, before the rest is folded */
#define DEPTH_MAX  512 /* deeper ones are left out, said in the foot */

static void say_name(struct text *out, const struct node *n)
{
	struct str exe = row_str(n->row, "process.exe");

	text_say_name(out, exe.p ? view_base_name(exe) : STR_LIT("?"));
	text_printf(out, " %llu", (unsigned long long)n->pid);
}

/* Its arguments, or its path. */
static void say_detail(struct text *out, const struct node *n)
{
	const json_t *argv = row_find(n->row, "process.argv");

	if (json_array_size(argv) > 0)
		row_say(out, n->row, "process.argv");
	else
		row_say(out, n->row, "process.exe");
}

static void print_columns(const struct tree *t, const char *left, const char *detail,
			  int64_t time_ns, enum color color)
{
	_cleanup_text_ struct text line = {0}, cut = {0}, time = {0};
	size_t width = t->c->term.width, used = text_width(left), start = 36, room;

	if (width && width < 80)
		start = width * 9 / 20;
	if (width && used + 12 > width) {
		_cleanup_text_ struct text shorter = {0};

		text_add_cut(&shorter, left, width);
		terminal_line(&shorter);
		return;
	}
	text_puts(&line, left);
	do
		text_puts(&line, " ");
	while (++used < start);
	view_time(&time, t->c, time_ns, TIME_CLOCK, 0);
	room = width > used + 10 ? width - used - 10 : 0;
	text_add_cut(&cut, detail, width ? room : SIZE_MAX);
	terminal_paint(&t->c->term, &line, color, text_of(&cut));
	used += text_width(text_of(&cut));
	if (time_ns && (!width || used + 10 <= width)) {
		for (; width && used + 8 < width; used++)
			text_puts(&line, " ");
		text_printf(&line, "%s%s", width ? "" : "  ", time.p);
	}
	while (line.n && line.p[line.n - 1] == ' ')
		line.p[--line.n] = '\0';
	terminal_line(&line);
}

static const char *branch(bool last)
{
	if (text_is_ascii())
		return last ? "`- " : "|- ";
	return last ? "└─ " : "├─ ";
}

static const char *trunk(bool last)
{
	if (last)
		return "   ";
	return text_is_ascii() ? "|  " : "│  ";
}

static void print_note(const struct tree *t, const json_t *note, bool children)
{
	_cleanup_text_ struct text left = {0}, detail = {0};

	text_printf(&left, "%s%s", text_of(&t->prefix), children ? trunk(false) : "   ");
	text_printf(&detail, "%s ", *view_mark(note) ? view_mark(note) : "-");
	view_type(&detail, note);
	text_puts(&detail, " ");
	view_what(&detail, note);
	print_columns(t, left.p, detail.p, row_time(note, "time"), view_color(note));
}

static void print_process(struct tree *t, const struct node *n, const char *lead)
{
	_cleanup_text_ struct text left = {0}, detail = {0};

	text_puts(&left, lead);
	say_name(&left, n);
	say_detail(&detail, n);
	print_columns(t, left.p, text_of(&detail), n->first_ns, COLOR_NONE);
	t->shown++;
}

static bool same_program(const struct node *a, const struct node *b)
{
	return str_equal(view_base_name(row_str(a->row, "process.exe")),
			 view_base_name(row_str(b->row, "process.exe")));
}

static bool is_quiet(const struct node *n)
{
	return !n->marked && !n->marked_below && json_array_size(n->notes) == 0;
}

static size_t count_below(const struct tree *t, size_t root)
{
	const struct forest *f = &t->forest;
	size_t n = 0;

	for (size_t at = root; at != NO_NODE; at = forest_next(f, root, at))
		n++;
	return n;
}

/* How many quiet brothers of the same program stand before it. */
static size_t same_before(const struct tree *t, size_t node)
{
	const struct node *n = &t->forest.nodes[node];
	size_t count = 0;

	if (n->parent == NO_NODE)
		return 0;
	for (size_t i = t->forest.nodes[n->parent].first_child; i != node && i != NO_NODE;
	     i = t->forest.nodes[i].next_sibling)
		if (t->forest.nodes[i].wanted && is_quiet(&t->forest.nodes[i]) &&
		    same_program(&t->forest.nodes[i], n) && ++count >= SAME_SHOWN)
			break;
	return count;
}

static bool is_folded(const struct tree *t, size_t node)
{
	return !t->c->all && is_quiet(&t->forest.nodes[node]) && same_before(t, node) >= SAME_SHOWN;
}

/* The next child that is shown, from at on. */
static size_t next_shown(struct tree *t, size_t at, size_t *folded)
{
	for (; at != NO_NODE; at = t->forest.nodes[at].next_sibling) {
		if (!t->forest.nodes[at].wanted)
			continue;
		if (!is_folded(t, at))
			return at;
		*folded += count_below(t, at);
	}
	return NO_NODE;
}

static void print_node(struct tree *t, size_t at, unsigned depth, const char *lead);

static void print_children(struct tree *t, const struct node *n, unsigned depth)
{
	size_t folded = 0, at = next_shown(t, n->first_child, &folded), length = t->prefix.n;

	while (at != NO_NODE) {
		size_t next = next_shown(t, t->forest.nodes[at].next_sibling, &folded);
		bool last = next == NO_NODE && folded == 0;
		_cleanup_text_ struct text lead = {0};

		text_printf(&lead, "%s%s", text_of(&t->prefix), branch(last));
		text_puts(&t->prefix, trunk(last));
		print_node(t, at, depth + 1, lead.p);
		t->prefix.n = length;
		t->prefix.p[length] = '\0';
		at = next;
	}
	if (folded) {
		_cleanup_text_ struct text line = {0};

		text_printf(&line, "%s%s(%zu more, expected)", text_of(&t->prefix), branch(true),
			    folded);
		terminal_line(&line);
		t->folded += folded;
	}
}

static void print_node(struct tree *t, size_t at, unsigned depth, const char *lead)
{
	const struct node *n = &t->forest.nodes[at];
	size_t ignored = 0, i;
	const json_t *note;
	bool deep = depth >= DEPTH_MAX || (t->c->depth && depth >= t->c->depth);

	print_process(t, n, lead);
	json_array_foreach (n->notes, i, note)
		print_note(t, note, !deep && next_shown(t, n->first_child, &ignored) != NO_NODE);
	if (!deep)
		print_children(t, n, depth);
	else if (n->first_child != NO_NODE)
		t->too_deep += count_below(t, at) - 1;
}

static void print_root_title(struct tree *t, const struct node *n)
{
	_cleanup_text_ struct text who = {0}, via = {0};

	view_who(&who, n->row);
	if (json_array_size(row_find(n->row, "identity.via"))) {
		text_puts(&via, "via ");
		row_say(&via, n->row, "identity.via");
	}
	if (text_width(who.p) + 20 > t->c->term.width && t->c->term.width)
		block_text(&t->c->term, who.p);
	else
		block_line(&t->c->term, 0, (unsigned)text_width(who.p) + 1, who.p, text_of(&via));
}

static bool is_root(const struct tree *t, size_t i)
{
	const struct node *n = &t->forest.nodes[i];

	return n->wanted && (n->parent == NO_NODE || !t->forest.nodes[n->parent].wanted);
}

static void print_json(struct tree *t)
{
	for (size_t i = 0; i < t->forest.count; i++) {
		const struct node *n = &t->forest.nodes[i];
		_cleanup_json_ json_t *row = NULL;
		char time[31];

		if (!n->wanted)
			continue;
		row = json_pack("{s:s, s:I}", "uid", n->uid, "pid", (json_int_t)n->pid);
		json_object_set(row, "process", (json_t *)row_find(n->row, "process"));
		json_object_set(row, "identity", (json_t *)row_find(n->row, "identity"));
		clock_rfc3339(time, n->first_ns);
		json_object_set_new(row, "start_time", json_string(time));
		clock_rfc3339(time, n->end_ns);
		if (n->end_ns)
			json_object_set_new(row, "end_time", json_string(time));
		if (json_array_size(n->notes))
			json_object_set(row, "events", n->notes);
		print_json_row(t->c, row);
	}
}

static void print_names(struct tree *t)
{
	for (size_t i = 0; i < t->forest.count; i++) {
		_cleanup_text_ struct text line = {0};

		text_puts(&line, t->forest.nodes[i].uid);
		if (t->forest.nodes[i].wanted)
			terminal_line(&line);
	}
}

static void print_tree(struct tree *t)
{
	_cleanup_text_ struct text foot = {0}, who = {0};

	for (size_t i = 0; i < t->forest.count; i++) {
		_cleanup_text_ struct text now = {0};

		if (!is_root(t, i))
			continue;
		view_who(&now, t->forest.nodes[i].row);
		if (strcmp(text_of(&now), text_of(&who)) != 0)
			print_root_title(t, &t->forest.nodes[i]);
		text_clear(&who);
		text_puts(&who, text_of(&now));
		print_node(t, i, 0, "");
	}
	if (t->c->quiet)
		return;
	text_printf(&foot, "%zu process%s shown", t->shown, t->shown == 1 ? "" : "es");
	if (t->folded)
		text_printf(&foot, ", %zu expected folded (--all)", t->folded);
	if (t->too_deep)
		text_printf(&foot, ", %zu deeper (--depth)", t->too_deep);
	text_puts(&foot, ".");
	if (t->answer.row)
		answer_print(t->c, &t->answer, foot.p);
	else
		terminal_line(&foot);
}

void tree_print(struct tree *t)
{
	if (t->c->format == FORMAT_JSON) {
		print_json(t);
	} else if (t->c->format == FORMAT_NAME) {
		print_names(t);
	} else {
		if (!t->c->no_pager)
			terminal_pager_start(&t->c->term);
		print_tree(t);
		terminal_pager_end();
	}
}
