/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/printer.h"

#include <strings.h>

#include "cmd/view.h"
#include "event_fields.h"

struct event_column {
	const char *name;
	struct column column;
	const char *field; /* where it is simply one field */
	void (*say)(struct text *out, const struct printer *p, const json_t *row);
	bool wide, base; /* stands in -o wide, in -o table */
};

static void say_time(struct text *out, const struct printer *p, const json_t *row)
{
	const char *mark = view_mark(row);
	bool wide = p->c->format == FORMAT_WIDE;

	view_time(out, p->c, row_time(row, "time"), p->live ? TIME_CLOCK : TIME_DAY, wide ? 3 : 0);
	if (*mark)
		text_printf(out, " %s", mark);
}

static void say_type(struct text *out, const struct printer *p, const json_t *row)
{
	(void)p;
	view_type(out, row);
}

static void say_who(struct text *out, const struct printer *p, const json_t *row)
{
	(void)p;
	view_who(out, row);
}

static void say_what(struct text *out, const struct printer *p, const json_t *row)
{
	(void)p;
	view_what(out, row);
}

static void say_parent(struct text *out, const struct printer *p, const json_t *row)
{
	struct str exe = row_str(row, "process.parent.exe");

	(void)p;
	if (exe.p)
		text_say_name(out, view_base_name(exe));
}

static const struct event_column event_columns[] = {
	{"time", {"TIME", COLUMN_TEXT, 10, 0}, NULL, say_time, true, true},
	{"type", {"TYPE", COLUMN_TEXT, 7, 0}, NULL, say_type, true, true},
	{"who", {"WHO", COLUMN_TEXT, 18, 0}, NULL, say_who, true, true},
	{"via", {"VIA", COLUMN_TEXT, 8, 7}, "identity.via", NULL, true, false},
	{"session", {"SESSION", COLUMN_TEXT, 7, 8}, "identity.session", NULL, true, false},
	{"pid", {"PID", COLUMN_NUMBER, 7, 4}, "process.pid", NULL, true, false},
	{"exe", {"EXE", COLUMN_PATH, 20, 5}, "process.exe", NULL, true, false},
	{"parent", {"PARENT", COLUMN_TEXT, 8, 6}, NULL, say_parent, true, false},
	{"what", {"WHAT", COLUMN_PATH, 24, 0}, NULL, say_what, true, true},
	{"verdict", {"VERDICT", COLUMN_TEXT, 10, 1}, "verdict.value", NULL, true, false},
	{"rule", {"RULE", COLUMN_TEXT, 8, 3}, "verdict.rule", NULL, true, false},
	{"anomaly", {"ANOMALY", COLUMN_TEXT, 7, 2}, "anomaly_id", NULL, true, false},
};

/* A column that is any field of the table: its value is asked for by name. */
static const struct event_column any_field = {"",   {"", COLUMN_PATH, 8, 0}, NULL, NULL, false,
					      false};

static const struct event_column *find_column(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(event_columns); i++)
		if (strlen(event_columns[i].name) == n &&
		    strncasecmp(event_columns[i].name, name, n) == 0)
			return &event_columns[i];
	return NULL;
}

static int add_named_column(struct printer *p, const char *name, size_t n)
{
	const struct event_column *column = find_column(name, n);
	const struct field *f;

	if (p->column_count == TABLE_COLUMNS_MAX)
		return fail(CODE_USAGE, NULL, "--columns: at most %d", TABLE_COLUMNS_MAX);
	if (column) {
		p->columns[p->column_count++] = column;
		return CODE_DONE;
	}
	f = field_find((struct str){name, (uint32_t)n});
	if (!f || (f->use & FIELD_NO_JSON))
		return fail(CODE_USAGE,
			    "Columns: time, type, who, via, session, pid, exe, parent, what, "
			    "verdict, rule, anomaly, and every field of whodid-events(7).",
			    "--columns: there is no column \"%.*s\"", (int)n, name);
	p->columns[p->column_count] = &any_field;
	p->fields[p->column_count++] = strdup(f->name);
	return CODE_DONE;
}

static int choose_columns(struct printer *p)
{
	const char *list = p->c->columns;
	bool wide = p->c->format != FORMAT_TABLE;
	int code = CODE_DONE;

	for (size_t i = 0; !list && i < ARRAY_SIZE(event_columns); i++)
		if (wide ? event_columns[i].wide : event_columns[i].base)
			p->columns[p->column_count++] = &event_columns[i];
	while (list && *list && code == CODE_DONE) {
		size_t n = strcspn(list, ",");

		code = add_named_column(p, list, n);
		list += n + (list[n] == ',');
	}
	return code;
}

static bool is_table(const struct printer *p)
{
	return p->c->format == FORMAT_TABLE || p->c->format == FORMAT_WIDE;
}

static void start_table(struct printer *p)
{
	struct column columns[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < p->column_count; i++) {
		columns[i] = p->columns[i]->column;
		if (p->fields[i]) {
			columns[i].title = p->fields[i];
			columns[i].kind = COLUMN_PATH;
		}
		if (p->columns[i]->say == say_time && !p->live)
			columns[i].start = 16;
		if (p->columns[i]->say == say_who)
			p->table.note_column = i;
	}
	size_t note = p->table.note_column;

	table_init(&p->table, &p->c->term, columns, p->column_count, !p->c->no_headers,
		   p->live || !p->c->term.is_tty);
	p->table.note_column = note;
}

int printer_init(struct printer *p, const struct cli *c, bool live)
{
	int code;

	*p = (struct printer){.c = c, .live = live};
	code = choose_columns(p);
	if (code == CODE_DONE && is_table(p))
		start_table(p);
	return code;
}

void printer_release(struct printer *p)
{
	for (size_t i = 0; i < p->column_count; i++)
		free(p->fields[i]);
	table_release(&p->table);
}

void print_json_line(const struct cli *c, struct str line, const json_t *row)
{
	char *ascii = c->term.is_tty ? json_dumps(row, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	if (ascii)
		terminal_write(ascii, strlen(ascii));
	else
		terminal_write(line.p, line.n);
	terminal_write("\n", 1);
	free(ascii);
}

/* Spreadsheets take these for the start of a formula. */
static bool is_formula(struct str raw)
{
	return raw.n && strchr("=+-@", raw.p[0]) && raw.p[0];
}

void csv_add(struct text *out, struct str raw)
{
	_cleanup_text_ struct text cell = {0};
	bool quote = raw.n && (memchr(raw.p, ',', raw.n) || memchr(raw.p, '"', raw.n));

	if (is_formula(raw))
		text_puts(&cell, "'");
	text_say(&cell, raw);
	if (!quote) {
		text_puts(out, text_of(&cell));
		return;
	}
	text_puts(out, "\"");
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == '"')
			text_puts(out, "\"");
		text_add(out, cell.p + i, 1);
	}
	text_puts(out, "\"");
}

void tsv_add(struct text *out, struct str raw)
{
	if (is_formula(raw))
		text_puts(out, "'");
	text_say(out, raw);
}

/* The column's value as foreign text: what a program wants, so times in UTC and no marks. */
static void raw_value(struct text *raw, const struct printer *p, size_t i, const json_t *row)
{
	const struct event_column *column = p->columns[i];
	const char *field = p->fields[i] ? p->fields[i] : column->field;

	if (column->say == say_time)
		field = "time";
	else if (column->say == say_type)
		field = "type";
	else if (column->say == say_who)
		field = "identity.who";
	else if (column->say == say_parent)
		field = "process.parent.exe";
	if (field)
		row_raw(raw, row, field);
	else if (row_find(row, "file.path"))
		row_raw(raw, row, "file.path");
	else if (row_find(row, "network.dst"))
		view_destination_raw(raw, row);
	else
		row_raw(raw, row, row_find(row, "process.argv") ? "process.argv" : "message");
}

static void print_separated(struct printer *p, const json_t *row)
{
	_cleanup_text_ struct text line = {0};
	bool csv = p->c->format == FORMAT_CSV;

	for (size_t i = 0; i < p->column_count; i++) {
		_cleanup_text_ struct text raw = {0};

		if (i)
			text_puts(&line, csv ? "," : "\t");
		if (row)
			raw_value(&raw, p, i, row);
		else
			text_puts(&raw, p->fields[i] ? p->fields[i] : p->columns[i]->name);
		(csv ? csv_add : tsv_add)(&line, text_str(&raw));
	}
	terminal_line(&line);
}

static void print_row(struct printer *p, const json_t *row)
{
	_cleanup_text_ struct text reason = {0};

	for (size_t i = 0; i < p->column_count; i++) {
		_cleanup_text_ struct text cell = {0};
		const char *field = p->fields[i] ? p->fields[i] : p->columns[i]->field;
		bool marked = p->columns[i]->say == say_time || p->columns[i]->say == say_type;

		if (p->columns[i]->say)
			p->columns[i]->say(&cell, p, row);
		else
			row_say(&cell, row, field);
		table_cell_z(&p->table, marked ? view_color(row) : COLOR_NONE,
			     cell.n ? cell.p : "-");
	}
	if (p->c->format == FORMAT_TABLE)
		view_reason(&reason, row);
	table_row(&p->table, reason.n ? reason.p : NULL);
}

void printer_event(struct printer *p, struct str line, const json_t *row)
{
	_cleanup_text_ struct text out = {0};

	p->printed++;
	switch (p->c->format) {
	case FORMAT_JSON:
		print_json_line(p->c, line, row);
		break;
	case FORMAT_NAME:
		row_say(&out, row, "uid");
		terminal_line(&out);
		break;
	case FORMAT_TEXT:
		view_sentence(&out, p->c, row);
		terminal_line(&out);
		break;
	case FORMAT_CSV:
	case FORMAT_TSV:
		if (!p->header_done && !p->c->no_headers)
			print_separated(p, NULL);
		p->header_done = true;
		print_separated(p, row);
		break;
	default:
		print_row(p, row);
	}
}

void printer_note(struct printer *p, int64_t time_ns, const char *type, const char *who,
		  const char *what, enum color color)
{
	if (!is_table(p))
		return;
	for (size_t i = 0; i < p->column_count; i++) {
		_cleanup_text_ struct text cell = {0};
		const struct event_column *column = p->columns[i];

		if (column->say == say_time)
			view_time(&cell, p->c, time_ns, p->live ? TIME_CLOCK : TIME_DAY, 0);
		else if (column->say == say_type)
			text_puts(&cell, type);
		else if (column->say == say_who)
			text_puts(&cell, who);
		else if (column->say == say_what)
			text_puts(&cell, what);
		table_cell_z(&p->table, column->say == say_type ? color : COLOR_NONE,
			     cell.n ? cell.p : "-");
	}
	table_row(&p->table, NULL);
}

void printer_end(struct printer *p)
{
	if (is_table(p))
		table_end(&p->table);
	terminal_flush();
}
