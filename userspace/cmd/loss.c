/* SPDX-License-Identifier: Apache-2.0 */
/* loss: when, where and how many events are missing. */
#include "cmd/answer.h"
#include "cmd/ask.h"
#include "cmd/block.h"
#include "cmd/source.h"
#include "cmd/table.h"
#include "cmd/view.h"

struct losses {
	struct answer answer;
	json_t *events; /* of type loss: they know the types */
};

static int keep(void *ctx, struct str line)
{
	struct losses *l = ctx;
	_cleanup_json_ json_t *row = row_parse(line);

	if (row && !answer_take(&l->answer, row))
		json_array_append(l->events, row);
	return 0;
}

/* What kinds were lost in that gap, when an event tells. */
static void say_types(struct text *out, const json_t *events, const json_t *gap)
{
	int64_t from = row_time(gap, "from"), to = row_time(gap, "to");
	const json_t *ev;
	size_t i;

	json_array_foreach (events, i, ev) {
		if (row_time(ev, "loss.from_time") > to || row_time(ev, "loss.to_time") < from)
			continue;
		view_counts(out, row_find(ev, "loss.by_type"));
		return;
	}
}

static void say_span(struct text *out, const struct cli *c, const json_t *gap)
{
	int64_t from = row_time(gap, "from"), to = row_time(gap, "to");

	view_time(out, c, from, TIME_DAY, 0);
	text_puts(out, " - ");
	view_time(out, c, to, to - from < 86400000000000 ? TIME_CLOCK : TIME_DAY, 0);
}

static void print_gap(const struct cli *c, struct table *t, const struct losses *l,
		      const json_t *gap)
{
	_cleanup_text_ struct text span = {0}, why = {0}, lost = {0}, types = {0};

	if (row_is(gap, "why", "before_first"))
		text_puts(&span, "before "), view_time(&span, c, row_time(gap, "to"), TIME_FULL, 0);
	else
		say_span(&span, c, gap);
	table_cell(t, COLOR_NONE, &span);
	row_say(&why, gap, "why");
	table_cell(t, COLOR_NONE, &why);
	if (row_find(gap, "events"))
		text_say_number(&lost, row_u64(gap, "events", 0));
	table_cell_z(t, COLOR_NONE, lost.n && strcmp(lost.p, "0") != 0 ? lost.p : "?");
	say_types(&types, l->events, gap);
	table_cell_z(t, COLOR_NONE, types.n ? types.p : "-");
	table_row(t, NULL);
}

static void print_table(const struct cli *c, const struct losses *l)
{
	static const struct column columns[] = {{"TIME", COLUMN_TEXT, 25, 0},
						{"STAGE", COLUMN_TEXT, 11, 0},
						{"LOST", COLUMN_NUMBER, 6, 0},
						{"TYPES", COLUMN_TEXT, 10, 0}};
	const json_t *gaps = row_find(l->answer.row, "gaps"), *gap;
	struct table t;
	size_t i;

	if (!json_array_size(gaps))
		return;
	table_init(&t, &c->term, columns, ARRAY_SIZE(columns), !c->no_headers, false);
	json_array_foreach (gaps, i, gap)
		print_gap(c, &t, l, gap);
	table_end(&t);
	table_release(&t);
}

static void print_foot(const struct cli *c, const struct losses *l)
{
	_cleanup_text_ struct text foot = {0};
	const json_t *gaps = row_find(l->answer.row, "gaps"), *gap;
	bool full = false;
	size_t i;

	if (c->quiet)
		return;
	text_printf(&foot, "%zu gap%s, ", json_array_size(gaps),
		    json_array_size(gaps) == 1 ? "" : "s");
	text_say_number(&foot, row_u64(l->answer.row, "lost", 0));
	text_puts(&foot, " events known to be lost, ");
	answer_say_period(&foot, c, &l->answer);
	text_puts(&foot, ".");
	block_text(&c->term, foot.p);
	json_array_foreach (gaps, i, gap)
		full = full || row_is(gap, "why", "ring_buffer");
	if (full)
		block_text(&c->term, "The buffer was full: raise sensor.ring_kib in "
				     "/etc/whodid/whodid.yaml.");
}

int run_loss(struct cli *c)
{
	struct losses l = {.events = json_array()};
	_cleanup_json_ json_t *events = l.events;
	struct events_request r = {
		.filter = STR_LIT("type=loss"), .since_ns = c->since_ns, .until_ns = c->until_ns};
	int code = source_events(c, &r, keep, &l);

	(void)events;
	if (code == CODE_DONE && !l.answer.row)
		code = fail(CODE_FAILED, "Give a store: --from DIR",
			    "%s does not say whether events are missing",
			    c->from ? c->from : "this");
	if (code == CODE_DONE && c->format == FORMAT_JSON)
		print_json_row(c, l.answer.row);
	else if (code == CODE_DONE) {
		print_table(c, &l);
		print_foot(c, &l);
	}
	if (code == CODE_DONE && c->exit_code && !answer_is_complete(&l.answer))
		code = CODE_NO;
	answer_release(&l.answer);
	return code;
}
