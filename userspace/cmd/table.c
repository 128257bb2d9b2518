/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/table.h"

#define GAP	  2  /* blanks between columns */
#define PATH_GOOD 24 /* other columns give room before a path is cut below this */
#define PATH_MIN  10 /* a path is never cut below this */
#define TEXT_MIN  8  /* nor is text wrapped below this */

void table_init(struct table *t, const struct terminal *term, const struct column *columns,
		size_t n, bool headers, bool stream)
{
	*t = (struct table){.term = term, .headers = headers, .stream = stream};
	for (size_t i = 0; i < n && i < TABLE_COLUMNS_MAX; i++) {
		t->columns[i] = columns[i];
		t->widths[i] = (unsigned)text_width(columns[i].title);
		if (stream && columns[i].start > t->widths[i])
			t->widths[i] = columns[i].start;
		t->column_count++;
	}
}

static void forget_rows(struct table *t)
{
	for (size_t i = 0; i < t->rows * t->column_count; i++)
		free(t->cells[i].printable);
	for (size_t i = 0; i < t->rows; i++)
		free(t->notes[i]);
	t->rows = 0;
}

void table_release(struct table *t)
{
	forget_rows(t);
	free(t->cells);
	free(t->notes);
	*t = (struct table){0};
}

static void *need(void *p)
{
	if (!p) {
		fputs("whodid: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static void make_room(struct table *t)
{
	if (t->rows < t->room)
		return;
	t->room = t->room ? t->room * 2 : 16;
	t->cells = need(reallocarray(t->cells, t->room * t->column_count, sizeof(*t->cells)));
	t->notes = need(reallocarray(t->notes, t->room, sizeof(*t->notes)));
}

void table_cell_z(struct table *t, enum color color, const char *printable)
{
	if (t->filled >= t->column_count)
		return;
	make_room(t);
	t->cells[t->rows * t->column_count + t->filled++] =
		(struct table_cell){need(strdup(printable)), color};
}

void table_cell(struct table *t, enum color color, const struct text *printable)
{
	table_cell_z(t, color, text_of(printable));
}

static bool is_shown(const struct table *t, size_t column)
{
	return t->widths[column] > 0;
}

static unsigned total_width(const struct table *t)
{
	unsigned sum = 0;

	for (size_t i = 0; i < t->column_count; i++)
		if (is_shown(t, i))
			sum += t->widths[i] + GAP;
	return sum > GAP ? sum - GAP : 0;
}

/* The least that a column can live with. */
static unsigned least(const struct table *t, size_t column, unsigned floor)
{
	unsigned title = (unsigned)text_width(t->columns[column].title);

	if (t->columns[column].kind == COLUMN_NUMBER || t->widths[column] <= floor)
		return t->widths[column];
	return title > floor ? title : floor;
}

static unsigned least_total(const struct table *t)
{
	unsigned sum = 0;

	for (size_t i = 0; i < t->column_count; i++)
		if (is_shown(t, i))
			sum += (t->columns[i].kind == COLUMN_PATH ? least(t, i, PATH_GOOD)
								  : t->widths[i]) +
			       GAP;
	return sum > GAP ? sum - GAP : 0;
}

static bool drop_one(struct table *t)
{
	size_t worst = t->column_count;

	for (size_t i = 0; i < t->column_count; i++)
		if (is_shown(t, i) && t->columns[i].drop &&
		    (worst == t->column_count || t->columns[i].drop > t->columns[worst].drop))
			worst = i;
	if (worst == t->column_count)
		return false;
	t->widths[worst] = 0;
	return true;
}

/* Takes columns from the widest of a kind until the table fits or all of them are at their least. */
static void shrink(struct table *t, enum column_kind kind, unsigned floor, unsigned limit)
{
	while (total_width(t) > limit) {
		size_t widest = t->column_count;

		for (size_t i = 0; i < t->column_count; i++)
			if (is_shown(t, i) && t->columns[i].kind == kind &&
			    t->widths[i] > least(t, i, floor) &&
			    (widest == t->column_count || t->widths[i] > t->widths[widest]))
				widest = i;
		if (widest == t->column_count)
			return;
		t->widths[widest]--;
	}
}

static void fit(struct table *t)
{
	unsigned limit = t->term->width;

	if (limit == 0)
		return;
	while (total_width(t) > limit && least_total(t) > limit && drop_one(t))
		;
	shrink(t, COLUMN_PATH, PATH_GOOD, limit);
	shrink(t, COLUMN_TEXT, TEXT_MIN, limit);
	shrink(t, COLUMN_PATH, PATH_MIN, limit);
}

static void measure(struct table *t)
{
	for (size_t i = 0; i < t->rows * t->column_count; i++) {
		unsigned w = (unsigned)text_width(t->cells[i].printable);
		size_t column = i % t->column_count;

		if (w > t->widths[column] && is_shown(t, column))
			t->widths[column] = w;
	}
}

static void pad(struct text *line, size_t n)
{
	while (n-- > 0)
		text_add(line, " ", 1);
}

static bool is_last_shown(const struct table *t, size_t column)
{
	for (size_t i = column + 1; i < t->column_count; i++)
		if (is_shown(t, i))
			return false;
	return true;
}

/* Adds one line's part of a cell; *rest moves behind it. blanks are those due before it. */
static void add_part(const struct table *t, struct text *line, size_t column, const char **rest,
		     enum color color, size_t *blanks)
{
	_cleanup_text_ struct text part = {0};
	unsigned width = t->widths[column];
	size_t used;

	if (t->columns[column].kind == COLUMN_PATH && t->term->width) {
		text_add_cut(&part, *rest, width);
		*rest += strlen(*rest);
	} else {
		size_t n = t->term->width ? text_fit_words(*rest, width) : strlen(*rest);

		text_add(&part, *rest, n);
		*rest += n;
		while (**rest == ' ')
			++*rest;
		while (part.n && part.p[part.n - 1] == ' ')
			part.p[--part.n] = '\0';
	}
	used = text_width(text_of(&part));
	if (part.n > 0) {
		pad(line, *blanks);
		*blanks = 0;
		if (t->columns[column].kind == COLUMN_NUMBER && used < width)
			pad(line, width - used);
		terminal_paint(t->term, line, color, part.p);
		if (t->columns[column].kind == COLUMN_NUMBER && used < width)
			used = width;
	}
	if (!is_last_shown(t, column))
		*blanks += (used < width ? width - used : 0) + GAP;
}

static void print_cells(const struct table *t, const struct table_cell *cells)
{
	const char *rest[TABLE_COLUMNS_MAX];
	bool more = true;

	for (size_t i = 0; i < t->column_count; i++)
		rest[i] = cells[i].printable;
	while (more) {
		_cleanup_text_ struct text line = {0};
		size_t blanks = 0;

		more = false;
		for (size_t i = 0; i < t->column_count; i++) {
			if (!is_shown(t, i))
				continue;
			add_part(t, &line, i, &rest[i], cells[i].color, &blanks);
			more = more || *rest[i];
		}
		terminal_line(&line);
	}
}

static void print_note(const struct table *t, const char *note)
{
	size_t indent = 0, width = SIZE_MAX;

	for (size_t i = 0; i < t->note_column; i++)
		indent += is_shown(t, i) ? t->widths[i] + GAP : 0;
	if (t->term->width)
		width = t->term->width > indent + 20 ? t->term->width - indent : 20;
	while (*note) {
		_cleanup_text_ struct text line = {0};
		size_t n = text_fit_words(note, width);

		pad(&line, indent);
		text_add(&line, note, n);
		while (line.n && line.p[line.n - 1] == ' ')
			line.p[--line.n] = '\0';
		terminal_line(&line);
		note += n;
		while (*note == ' ')
			note++;
	}
}

static void print_headers(struct table *t)
{
	struct table_cell cells[TABLE_COLUMNS_MAX];

	if (!t->headers || t->header_done)
		return;
	t->header_done = true;
	for (size_t i = 0; i < t->column_count; i++)
		cells[i] = (struct table_cell){(char *)t->columns[i].title, COLOR_BOLD};
	print_cells(t, cells);
}

static void print_rows(struct table *t)
{
	fit(t);
	print_headers(t);
	for (size_t i = 0; i < t->rows; i++) {
		print_cells(t, t->cells + i * t->column_count);
		if (t->notes[i])
			print_note(t, t->notes[i]);
	}
	forget_rows(t);
}

void table_row(struct table *t, const char *note)
{
	while (t->filled < t->column_count)
		table_cell_z(t, COLOR_NONE, "-");
	t->filled = 0;
	t->notes[t->rows] = note ? need(strdup(note)) : NULL;
	t->rows++;
	if (t->stream) {
		measure(t);
		print_rows(t);
	}
}

void table_end(struct table *t)
{
	measure(t);
	print_rows(t);
}
