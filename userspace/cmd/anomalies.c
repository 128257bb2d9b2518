/* SPDX-License-Identifier: Apache-2.0 */
/* anomalies: the list, open ones first, and one in full. */
#include "base/clock.h"
#include "base/glob.h"
#include "base/number.h"
#include "cmd/ask.h"
#include "cmd/block.h"
#include "cmd/detail.h"
#include "cmd/source.h"
#include "cmd/table.h"
#include "cmd/view.h"

struct listing {
	const struct cli *c;
	json_t *rows;
	const char *id; /* only this one; NULL = all */
};

static enum color severity_color(const json_t *row)
{
	if (row_is(row, "severity", "critical") || row_is(row, "severity", "high"))
		return COLOR_RED;
	return row_is(row, "severity", "medium") ? COLOR_YELLOW : COLOR_NONE;
}

static const char *severity_short(const json_t *row)
{
	static const char *const words[][2] = {{"critical", "crit"},
					       {"high", "high"},
					       {"medium", "med"},
					       {"low", "low"},
					       {"info", "info"}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (row_is(row, "severity", words[i][0]))
			return words[i][1];
	return "-";
}

static int keep(void *ctx, struct str line)
{
	struct listing *l = ctx;
	_cleanup_json_ json_t *row = row_parse(line);

	if (!row || !row_find(row, "id") || (l->id && !row_is(row, "id", l->id)))
		return 0;
	if (l->c->since_ns && row_time(row, "last_time") < l->c->since_ns)
		return 0;
	json_array_append(l->rows, row);
	return 0;
}

/* The words --who and --severity of the command line were gathered as filter words. */
static bool matches_word(const json_t *row, struct str word)
{
	int64_t eq = str_index(word, 0, '=');
	struct str name = str_sub(word, 0, eq < 0 ? word.n : (uint32_t)eq), value;

	if (eq < 0)
		return false;
	value = str_sub(word, (uint32_t)eq + 1, word.n);
	if (str_is(name, "who"))
		return glob_match_word(value, row_str(row, "who"));
	for (uint32_t at = 0; at <= value.n;) { /* severity=high,critical */
		int64_t comma = str_index(value, at, ',');
		uint32_t end = comma < 0 ? value.n : (uint32_t)comma;

		if (str_equal(str_sub(value, at, end - at), row_str(row, "severity")))
			return true;
		at = end + 1;
	}
	return false;
}

static bool is_wanted(const struct cli *c, const json_t *row)
{
	struct str words = text_str(&c->filter);

	for (uint32_t at = 0; at < words.n;) {
		int64_t blank = str_index(words, at, ' ');
		uint32_t end = blank < 0 ? words.n : (uint32_t)blank;

		if (!matches_word(row, str_sub(words, at, end - at)))
			return false;
		at = end + 1;
	}
	return true;
}

static void say_age(struct text *out, const json_t *row)
{
	int64_t last = row_time(row, "last_time"), now = clock_wall_ns();

	if (last && now > last)
		text_say_duration(out, (uint64_t)(now - last) / 1000000000 * 1000000000);
	else
		text_puts(out, "-");
}

/* "self_moved: exec /bin/sh": of an odd identity the oddity is the news, not the act that showed it. */
static void say_oddity(struct text *cell, const json_t *row)
{
	const json_t *reason = json_array_get(row_find(row, "reasons"), 0);

	if (row_is(row, "kind", "identity") && row_find(reason, "rule")) {
		text_clear(cell);
		row_say(cell, reason, "rule");
		text_puts(cell, ": ");
		row_say(cell, row, "what");
	} else if (!cell->n) {
		row_say(cell, row, "title");
	}
}

static void add_row(const struct cli *c, struct table *t, const json_t *row)
{
	bool wide = c->format == FORMAT_WIDE;
	static const char *const narrow[] = {"state", "who", "what", "events"};
	static const char *const broad[] = {"state", "who",  "session", "kind",
					    "what",  "rule", "events"};
	const char *const *paths = wide ? broad : narrow;
	size_t n = wide ? ARRAY_SIZE(broad) : ARRAY_SIZE(narrow);
	_cleanup_text_ struct text id = {0}, age = {0}, first = {0};

	row_say(&id, row, "id");
	table_cell(t, COLOR_BOLD, &id);
	table_cell_z(t, severity_color(row), severity_short(row));
	say_age(&age, row);
	table_cell(t, COLOR_NONE, &age);
	if (wide) {
		view_time(&first, c, row_time(row, "first_time"), TIME_DAY, 0);
		table_cell(t, COLOR_NONE, &first);
	}
	for (size_t i = 0; i < n; i++) {
		_cleanup_text_ struct text cell = {0};

		row_say(&cell, row, paths[i]);
		if (strcmp(paths[i], "what") == 0)
			say_oddity(&cell, row);
		table_cell_z(t, COLOR_NONE, cell.n ? cell.p : "-");
	}
	table_row(t, NULL);
}

static void print_table(const struct cli *c, const json_t *rows)
{
	static const struct column narrow[] = {
		{"ID", COLUMN_TEXT, 6, 0},	{"SEV", COLUMN_TEXT, 4, 0},
		{"AGE", COLUMN_TEXT, 4, 3},	{"STATE", COLUMN_TEXT, 5, 1},
		{"WHO", COLUMN_TEXT, 18, 0},	{"WHAT", COLUMN_PATH, 24, 0},
		{"EVENTS", COLUMN_NUMBER, 6, 2}};
	static const struct column broad[] = {
		{"ID", COLUMN_TEXT, 6, 0},	{"SEV", COLUMN_TEXT, 4, 0},
		{"AGE", COLUMN_TEXT, 4, 3},	{"FIRST", COLUMN_TEXT, 14, 5},
		{"STATE", COLUMN_TEXT, 5, 1},	{"WHO", COLUMN_TEXT, 18, 0},
		{"SESSION", COLUMN_TEXT, 7, 7}, {"KIND", COLUMN_TEXT, 9, 4},
		{"WHAT", COLUMN_PATH, 24, 0},	{"RULE", COLUMN_TEXT, 10, 6},
		{"EVENTS", COLUMN_NUMBER, 6, 2}};
	bool wide = c->format == FORMAT_WIDE;
	struct table t;
	const json_t *row;
	size_t i;

	table_init(&t, &c->term, wide ? broad : narrow,
		   wide ? ARRAY_SIZE(broad) : ARRAY_SIZE(narrow), !c->no_headers, false);
	json_array_foreach (rows, i, row)
		add_row(c, &t, row);
	table_end(&t);
	table_release(&t);
}

static void print_foot(const struct cli *c, size_t n)
{
	_cleanup_text_ struct text foot = {0};
	bool open = !c->state || strcmp(c->state, "open") == 0;

	if (c->quiet)
		return;
	text_printf(&foot, "%zu %s.", n, open ? "open" : n == 1 ? "anomaly" : "anomalies");
	text_puts(&foot, n ? "  Show one: whodid anomalies show ID" : "");
	text_puts(&foot, open ? "  All: --state all" : "");
	block_text(&c->term, foot.p);
}

/* The worst first; what is equally bad stays in its order, the newest first. */
static json_t *sorted(const json_t *rows)
{
	static const char *const order[] = {"critical", "high", "medium", "low", "info"};
	json_t *out = json_array(), *row;
	size_t i;

	for (size_t k = 0; k < ARRAY_SIZE(order); k++)
		json_array_foreach (rows, i, row)
			if (row_is(row, "severity", order[k]))
				json_array_append(out, row);
	json_array_foreach (rows, i, row)
		if (!row_find(row, "severity"))
			json_array_append(out, row);
	return out;
}

static int list(struct cli *c)
{
	struct listing l = {.c = c, .rows = json_array()};
	_cleanup_json_ json_t *rows = l.rows, *wanted = json_array();
	int code = source_anomalies(c, c->state ? c->state : "open", keep, &l);
	json_t *row;
	size_t i;

	if (code)
		return code;
	json_array_foreach (rows, i, row)
		if (is_wanted(c, row))
			json_array_append(wanted, row);
	if (c->format == FORMAT_TABLE || c->format == FORMAT_WIDE) {
		_cleanup_json_ json_t *worst_first = sorted(wanted);

		if (json_array_size(wanted))
			print_table(c, worst_first);
		print_foot(c, json_array_size(wanted));
	}
	json_array_foreach (wanted, i, row) {
		_cleanup_text_ struct text name = {0};

		if (c->format == FORMAT_JSON)
			print_json_row(c, row);
		row_say(&name, row, "id");
		if (c->format == FORMAT_NAME)
			terminal_line(&name);
	}
	return c->exit_code && json_array_size(wanted) ? CODE_NO : CODE_DONE;
}

/* --- one */

static void print_reasons(const struct cli *c, const json_t *reasons)
{
	const json_t *r;
	size_t i;

	if (json_array_size(reasons))
		block_text(&c->term, "Why it is an anomaly");
	json_array_foreach (reasons, i, r) {
		_cleanup_text_ struct text t = {0};
		bool forbidden = row_is(r, "verdict", "forbidden");

		text_puts(&t, forbidden ? "X " : "! ");
		row_say(&t, r, row_find(r, "verdict") ? "verdict" : "kind");
		text_puts(&t, " ");
		row_say(&t, r, "what");
		if (row_find(r, "rule")) {
			text_puts(&t, " by ");
			row_say(&t, r, "rule");
		}
		if (row_find(r, "reason")) {
			text_puts(&t, ": ");
			row_say(&t, r, "reason");
		}
		if (row_find(r, "attack")) {
			text_puts(&t, " (");
			row_say(&t, r, "attack");
			text_puts(&t, ")");
		}
		if (row_find(r, "event")) {
			text_puts(&t, "  ");
			row_say(&t, r, "event");
		}
		block_line(&c->term, 2, 0, "", t.p);
	}
}

static void print_fields(const struct cli *c, const json_t *row)
{
	static const char *const shown[] = {"id",	 "severity", "state",	 "who",
					    "title",	 "reasons",  "schema",	 "first_time",
					    "last_time", "what",     "who_kind", "dedup_key"};
	const json_t *member;
	const char *name;

	json_object_foreach ((json_t *)row, name, member) {
		_cleanup_text_ struct text label = {0}, value = {0};
		bool skip = json_is_object(member) || json_is_null(member);

		for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
			skip = skip || strcmp(name, shown[i]) == 0;
		if (skip)
			continue;
		text_say(&label, str_of(name));
		row_say(&value, row, name);
		block_line(&c->term, 2, 12, label.p, text_of(&value));
	}
}

static void print_command(const struct cli *c, const char *command, struct str word,
			  const char *why)
{
	_cleanup_text_ struct text line = {0};

	text_puts(&line, command);
	text_say(&line, word);
	block_line(&c->term, 2, 41, line.p, why);
}

static void print_next(const struct cli *c, const json_t *row)
{
	const json_t *first = json_array_get(row_find(row, "reasons"), 0);
	struct str id = row_str(row, "id"), event = row_str(first, "event");

	block_text(&c->term, "Do next");
	print_command(c, "whodid tree ", id, "what ran");
	print_command(c, "whodid query anomaly=", id, "its events");
	if (event.p)
		print_command(c, "whodid show ", event, "the first of them in full");
	if (row_find(row, "session"))
		print_command(c, "whodid query session=", row_str(row, "session"),
			      "all that this session did");
}

static void print_anomaly(const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text title = {0}, happened = {0};

	row_say(&title, row, "id");
	text_puts(&title, "  ");
	row_say(&title, row, "severity");
	text_puts(&title, "  ");
	row_say(&title, row, "state");
	text_puts(&title, "  ");
	row_say(&title, row, "who");
	text_puts(&title, ", ");
	view_time(&title, c, row_time(row, "first_time"), TIME_FULL, 0);
	if (row_time(row, "last_time") / 1000000000 != row_time(row, "first_time") / 1000000000) {
		text_puts(&title, " to ");
		view_time(&title, c, row_time(row, "last_time"),
			  row_time(row, "last_time") - row_time(row, "first_time") < 86400000000000
				  ? TIME_CLOCK
				  : TIME_FULL,
			  0);
	}
	block_text(&c->term, title.p);
	terminal_line(&(struct text){0});
	block_text(&c->term, "What happened");
	row_say(&happened, row, row_find(row, "title") ? "title" : "what");
	block_line(&c->term, 2, 0, "", text_of(&happened));
	print_reasons(c, row_find(row, "reasons"));
	block_text(&c->term, "Facts");
	print_fields(c, row);
	block_text(&c->term, "Was it blocked?  No: whodid watches and does not block.");
	print_next(c, row);
}

static int ask_anomaly(struct cli *c, const char *id, json_t **out)
{
	struct listing l = {.c = c, .id = id};
	_cleanup_json_ json_t *rows = NULL;
	_cleanup_text_ struct text path = {0};
	int code;

	if (!c->from) {
		text_puts(&path, "/api/v1/anomalies");
		http_add_segment(&path, id);
		return ask_object(c, path.p, false, out);
	}
	l.rows = rows = json_array();
	code = source_anomalies(c, "all", keep, &l);
	if (code == CODE_DONE && !json_array_size(rows))
		return fail(CODE_FAILED, NULL, "there is no anomaly %s in %s", id, c->from);
	if (code == CODE_DONE)
		*out = json_incref(json_array_get(rows, 0));
	return code;
}

int show_anomaly(struct cli *c, const char *id)
{
	_cleanup_json_ json_t *row = NULL;
	uint64_t n;
	int code;

	if (strncmp(id, "A-", 2) != 0 || number_u64(str_of(id + 2), 1, UINT64_MAX, &n))
		return fail(CODE_USAGE, NULL, "\"%s\" is no anomaly: they are called A-1, A-2, ...",
			    id);
	code = ask_anomaly(c, id, &row);
	if (code)
		return code;
	if (c->format == FORMAT_JSON)
		print_json_row(c, row);
	else
		print_anomaly(c, row);
	return CODE_DONE;
}

int run_anomalies(struct cli *c)
{
	const char *what = c->arg_count ? c->args[0] : "list";
	int code = CODE_DONE;

	if (strcmp(what, "list") == 0 && c->arg_count <= 1)
		return list(c);
	if (strcmp(what, "show") != 0 || c->arg_count < 2)
		return fail(CODE_USAGE, NULL, "usage: whodid anomalies [list | show ID...]");
	for (int i = 1; i < c->arg_count && code == CODE_DONE; i++)
		code = show_anomaly(c, c->args[i]);
	return code;
}
