/* SPDX-License-Identifier: Apache-2.0 */
/* id: whose is it, and why we think so: each fact, its source and its trust. */
#include "cmd/detail.h"
#include "cmd/ask.h"
#include "cmd/block.h"
#include "cmd/source.h"
#include "cmd/table.h"
#include "cmd/view.h"

static void print_title(const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text t = {0};

	if (row_find(row, "process.pid"))
		row_say(&t, row, "process.pid");
	else
		row_say(&t, row, row_find(row, "key") ? "key" : "identity.boundary");
	if (row_find(row, "process.exe")) {
		text_puts(&t, " ");
		text_say_name(&t, row_str(row, "process.exe"));
	}
	text_puts(&t, " belongs to ");
	view_who(&t, row);
	if (row_find(row, "identity.assurance.who")) {
		text_puts(&t, " (");
		row_say(&t, row, "identity.assurance.who");
		text_puts(&t, ")");
	}
	block_text(&c->term, t.p);
}

static void print_layer(const struct cli *c, const char *label, const json_t *row, const char *path,
			const char *level)
{
	_cleanup_text_ struct text t = {0};

	row_say(&t, row, path);
	if (!t.n)
		return;
	if (row_find(row, level)) {
		text_puts(&t, " (");
		row_say(&t, row, level);
		text_puts(&t, ")");
	}
	block_line(&c->term, 2, 9, label, t.p);
}

static void print_layers(const struct cli *c, const json_t *row)
{
	print_layer(c, "via", row, "identity.via", "identity.assurance.via");
	print_layer(c, "as", row, "identity.as", "identity.assurance.as");
	print_layer(c, "person", row, "identity.person", "");
	print_layer(c, "session", row, "identity.session", "");
	print_layer(c, "flags", row, "identity.flags", "");
	print_layer(c, "because", row, "identity.reason", "");
	print_layer(c, "by", row, "identity.by", "");
	print_layer(c, "form", row, "identity.form", "");
}

static void print_facts(const struct cli *c, const json_t *facts)
{
	static const struct column columns[] = {{"SOURCE", COLUMN_TEXT, 8, 0},
						{"FACT", COLUMN_TEXT, 20, 0},
						{"TRUST", COLUMN_TEXT, 10, 0}};
	static const char *const paths[] = {"source", "fact", "trust"};
	struct table t;
	const json_t *fact;
	size_t i;

	if (!json_array_size(facts))
		return;
	terminal_line(&(struct text){0});
	table_init(&t, &c->term, columns, ARRAY_SIZE(columns), !c->no_headers, false);
	json_array_foreach (facts, i, fact) {
		for (size_t k = 0; k < ARRAY_SIZE(paths); k++) {
			_cleanup_text_ struct text cell = {0};

			row_say(&cell, fact, paths[k]);
			table_cell(&t, COLOR_NONE, &cell);
		}
		table_row(&t, NULL);
	}
	table_end(&t);
	table_release(&t);
}

static void print_boundaries(const struct cli *c, const json_t *list)
{
	const json_t *b;
	size_t i;

	if (json_array_size(list))
		terminal_line(&(struct text){0});
	json_array_foreach (list, i, b) {
		_cleanup_text_ struct text t = {0};

		row_say(&t, b, "id");
		text_puts(&t, " ");
		row_say(&t, b, "kind");
		if (row_find(b, "opener_exe_role")) {
			text_puts(&t, " by ");
			row_say(&t, b, "opener_exe_role");
		}
		if (row_find(b, "exe")) {
			text_puts(&t, ", ");
			text_say_name(&t, row_str(b, "exe"));
		}
		if (row_find(b, "cgroup")) {
			text_puts(&t, ", cgroup ");
			text_say_name(&t, row_str(b, "cgroup"));
		}
		block_line(&c->term, 0, 12, i ? "" : "Boundaries", t.p);
	}
}

static void add_fact(json_t *facts, const char *source, const char *fact, const json_t *row,
		     const char *level)
{
	struct str trust = row_str(row, level);

	json_array_append_new(facts, json_pack("{s:s, s:s, s:s%}", "source", source, "fact", fact,
					       "trust", trust.p ? trust.p : "unknown",
					       trust.p ? (size_t)trust.n : strlen("unknown")));
}

/* Of a stored event only what was recorded with it can be said. */
static int explain_event(const struct cli *c, json_t **out)
{
	_cleanup_json_ json_t *event = NULL, *facts = json_array();
	static const char *const layers[] = {"who", "via", "as"};
	int code = find_event(c, c->args[0], &event);

	if (code)
		return code;
	for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
		_cleanup_text_ struct text fact = {0};
		char path[64], level[64];

		snprintf(path, sizeof(path), "identity.%s", layers[i]);
		snprintf(level, sizeof(level), "identity.assurance.%s", layers[i]);
		if (!row_find(event, path))
			continue;
		text_printf(&fact, "%s ", layers[i]);
		row_raw(&fact, event, path);
		add_fact(facts, "event", fact.p, event, level);
	}
	json_object_set_new(event, "facts", TAKE_PTR(facts));
	*out = TAKE_PTR(event);
	return CODE_DONE;
}

int run_id(struct cli *c)
{
	_cleanup_json_ json_t *row = NULL;
	_cleanup_text_ struct text path = {0};
	int code;

	text_puts(&path, "/api/v1/identity");
	http_add_segment(&path, c->args[0]);
	code = c->from ? explain_event(c, &row) : ask_object(c, path.p, false, &row);
	if (code)
		return code;
	if (c->format == FORMAT_JSON) {
		print_json_row(c, row);
		return CODE_DONE;
	}
	print_title(c, row);
	print_layers(c, row);
	print_facts(c, row_find(row, "facts"));
	print_boundaries(c, row_find(row, "boundaries"));
	return CODE_DONE;
}
