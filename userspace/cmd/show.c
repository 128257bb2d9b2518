/* SPDX-License-Identifier: Apache-2.0 */
/* show: one event in full, every field of it, and the commands that go further. */
#include "base/number.h"
#include "cmd/detail.h"
#include "cmd/ask.h"
#include "cmd/block.h"
#include "cmd/source.h"
#include "cmd/view.h"
#include "cmd/who_did.h"

#define LABEL 11

static void say_value(struct text *out, const json_t *value, const char *name)
{
	const char *separator = strcmp(name, "argv") == 0 ? " " : ", ";
	const json_t *item;
	size_t i;

	if (!json_is_array(value)) {
		_cleanup_text_ struct text raw = {0};

		row_raw_value(&raw, value, separator);
		text_say_name(out, text_str(&raw));
		return;
	}
	json_array_foreach (value, i, item) {
		text_puts(out, i ? separator : "");
		say_value(out, item, "");
	}
}

/* Adds "name value" for each field below value. */
static void say_fields(struct text *out, const json_t *value, const char *prefix)
{
	const char *name;
	const json_t *member;

	json_object_foreach ((json_t *)value, name, member) {
		_cleanup_text_ struct text label = {0};

		text_puts(&label, prefix);
		text_say(&label, str_of(name));
		if (json_is_object(member)) {
			text_puts(&label, ".");
			say_fields(out, member, label.p);
			continue;
		}
		if (strcmp(name, "ancestors") == 0)
			continue; /* the chain shows them */
		text_printf(out, "%s%s ", out->n ? "   " : "", label.p);
		say_value(out, member, name);
	}
}

static void print_group(const struct cli *c, const char *name, const json_t *group)
{
	_cleanup_text_ struct text title = {0}, value = {0};

	text_say(&title, str_of(name));
	if (title.n && title.p[0] >= 'a' && title.p[0] <= 'z')
		title.p[0] = (char)(title.p[0] - 32);
	if (json_is_object(group))
		say_fields(&value, group, "");
	else
		say_value(&value, group, name);
	block_line(&c->term, 0, LABEL, title.p, text_of(&value));
}

static void print_title(const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text title = {0}, type = {0};

	view_type(&type, row);
	terminal_paint(&c->term, &title, COLOR_BOLD, type.p);
	text_puts(&title, "  ");
	view_time(&title, c, row_time(row, "time"), TIME_FULL, 9);
	if (row_find(row, "verdict.value")) {
		_cleanup_text_ struct text verdict = {0};

		row_say(&verdict, row, "verdict.value");
		text_puts(&title, "   ");
		terminal_paint(&c->term, &title, view_color(row), text_of(&verdict));
	}
	if (row_find(row, "anomaly_id")) {
		text_puts(&title, "   ");
		row_say(&title, row, "anomaly_id");
	}
	terminal_line(&title);
}

static void print_next(const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text id = {0}, tree = {0}, query = {0};

	text_puts(&id, "whodid id ");
	row_say(&id, row, "uid");
	block_line(&c->term, 0, LABEL, "Next", id.p);
	if (row_find(row, "process.uid")) {
		text_puts(&tree, "whodid tree ");
		row_say(&tree, row, "process.uid");
		block_line(&c->term, 0, LABEL, "", tree.p);
		text_puts(&query, "whodid query process.uid=");
		row_say(&query, row, "process.uid");
		block_line(&c->term, 0, LABEL, "", query.p);
	}
}

static void print_event(const struct cli *c, const json_t *row)
{
	static const char *const in_title[] = {"schema", "type", "time", "anomaly_id"};
	_cleanup_text_ struct text chain = {0}, what = {0};
	const json_t *member;
	const char *name;

	print_title(c, row);
	view_what(&what, row);
	block_line(&c->term, 0, LABEL, "What", text_of(&what));
	json_object_foreach ((json_t *)row, name, member) {
		bool skip = false;

		for (size_t i = 0; i < ARRAY_SIZE(in_title); i++)
			skip = skip || strcmp(name, in_title[i]) == 0;
		if (!skip)
			print_group(c, name, member);
	}
	if (row_find(row, "process.exe")) {
		view_chain(&chain, row);
		block_line(&c->term, 0, LABEL, "Chain", chain.p);
	}
	print_next(c, row);
}

struct one {
	json_t *row;
};

static int keep_first(void *ctx, struct str line)
{
	struct one *one = ctx;
	json_t *row = row_parse(line);

	if (!row || row_is(row, "schema", "whodid.answer/1.0") || one->row) {
		json_decref(row);
		return 0;
	}
	one->row = row;
	return 1;
}

int find_event(const struct cli *c, const char *id, json_t **out)
{
	struct one one = {0};
	_cleanup_text_ struct text word = {0};
	struct events_request r = {.limit = 1};
	uint64_t seq;
	int code;

	if (!c->from) {
		text_puts(&word, "/api/v1/events");
		http_add_segment(&word, id);
		return ask_object(c, word.p, false, out);
	}
	if (number_u64(str_of(id), 1, UINT64_MAX, &seq) && strlen(id) != 26)
		return fail(CODE_USAGE, NULL, "that is no event's id: %s", id);
	text_printf(&word, "%s=%s", strlen(id) == 26 ? "uid" : "seq", id);
	r.filter = text_str(&word);
	code = source_events(c, &r, keep_first, &one);
	if (code == CODE_DONE && !one.row)
		return fail(CODE_FAILED, NULL, "no event %s is kept in %s", id, c->from);
	*out = one.row;
	return code;
}

int run_show(struct cli *c)
{
	_cleanup_json_ json_t *row = NULL;
	int code;

	if (strncmp(c->args[0], "A-", 2) == 0)
		return show_anomaly(c, c->args[0]);
	code = find_event(c, c->args[0], &row);
	if (code)
		return code;
	if (c->format == FORMAT_JSON)
		print_json_row(c, row);
	else
		print_event(c, row);
	return CODE_DONE;
}
