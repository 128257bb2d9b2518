/* SPDX-License-Identifier: Apache-2.0 */
/* query: history, newest last, with a word on its completeness (ux.md 1.4). */
#include <errno.h>
#include <poll.h>

#include "cmd/answer.h"
#include "cmd/count.h"
#include "cmd/printer.h"
#include "cmd/source.h"
#include "cmd/who_did.h"

#define TERMINAL_LIMIT 50
#define FOLLOW_MS      250

struct query {
	const struct cli *c;
	struct printer printer;
	struct counting *counting;
	struct answer answer;
	bool passes_on; /* JSON goes through as it is */
	json_t *held;	/* lines asked for backwards, to be turned round */
};

static void print_event(struct query *q, struct str line, const json_t *row)
{
	if (q->c->blocks && q->c->format == FORMAT_TABLE)
		print_who_did(q->c, row);
	else
		printer_event(&q->printer, line, row);
}

static int take_line(void *ctx, struct str line)
{
	struct query *q = ctx;
	_cleanup_json_ json_t *row = NULL;

	if (q->passes_on && answer_skim(&q->answer, line)) {
		print_json_line(q->c, line, NULL);
		return 0;
	}
	row = row_parse(line);
	if (!row || answer_take(&q->answer, row))
		return 0;
	if (q->counting)
		count_event(q->counting, row);
	else if (q->held)
		json_array_append(q->held, row);
	else
		print_event(q, line, row);
	return 0;
}

static void print_held(struct query *q)
{
	for (size_t i = json_array_size(q->held); i > 0; i--) {
		json_t *row = json_array_get(q->held, i - 1);
		char *line = json_dumps(row, JSON_COMPACT);

		if (line)
			print_event(q, str_of(line), row);
		free(line);
	}
	json_decref(q->held);
	q->held = NULL;
}

static void print_foot(struct query *q, size_t groups)
{
	const struct cli *c = q->c;
	_cleanup_text_ struct text head = {0};

	if (q->counting)
		text_printf(&head, groups == 1 ? "%zu group, " : "%zu groups, ", groups);
	if (q->counting && c->top && c->top < groups)
		text_printf(&head, "the largest %llu shown, ", (unsigned long long)c->top);
	text_say_number(&head, q->answer.events);
	text_puts(&head, c->blocks ? " answer" : " event");
	text_puts(&head, q->answer.events == 1 ? "" : "s");
	if (q->answer.acts > q->answer.events) {
		text_puts(&head, " (");
		text_say_number(&head, q->answer.acts);
		text_puts(&head, " acts)");
	}
	text_puts(&head, ", ");
	answer_say_period(&head, c, &q->answer);
	if (q->answer.cut)
		text_puts(&head, " (the newest of them; all: -n all)");
	text_puts(&head, ".");
	answer_print(c, &q->answer, head.p);
}

/* Asks again and again behind the last event: nothing is missed and nothing comes twice. */
static int follow(struct query *q, struct events_request *r)
{
	int code = CODE_DONE;

	r->descending = false;
	r->limit = 0;
	while (code == CODE_DONE && !terminal_interrupted()) {
		uint64_t last = q->answer.last_seq;

		r->after_seq = last;
		code = source_events(q->c, r, take_line, q);
		terminal_flush();
		if (q->answer.last_seq == last && !terminal_interrupted())
			poll(NULL, 0, FOLLOW_MS);
	}
	return code;
}

static int ask(struct query *q)
{
	const struct cli *c = q->c;
	struct events_request r = {.filter = text_str(&c->filter),
				   .since_ns = c->since_ns,
				   .until_ns = c->until_ns,
				   .limit = c->limit,
				   .descending = c->reverse};
	int code;

	if (!c->has_limit && c->term.is_tty && !q->counting)
		r.limit = TERMINAL_LIMIT;
	if (r.limit && !c->reverse && !q->counting) {
		r.descending = true;
		q->held = json_array();
	}
	q->passes_on = c->format == FORMAT_JSON && !c->term.is_tty && !q->held && !q->counting;
	code = source_events(c, &r, take_line, q);
	if (q->held)
		print_held(q);
	if (code == CODE_DONE && c->follow)
		code = follow(q, &r);
	return code;
}

static void finish(struct query *q)
{
	if (!q->c->blocks || q->c->format != FORMAT_TABLE)
		printer_end(&q->printer);
	terminal_flush();
}

static int check(const struct cli *c)
{
	if (c->follow && (c->reverse || c->count_by || c->from))
		return fail(CODE_USAGE, NULL,
			    "--follow does not go with --reverse, --count-by or --from");
	if (c->count_by && (c->format == FORMAT_NAME || c->format == FORMAT_TEXT || c->columns))
		return fail(CODE_USAGE, NULL, "--count-by prints a table, JSON, CSV or TSV");
	if (c->top && !c->count_by)
		return fail(CODE_USAGE, NULL, "--top needs --count-by");
	return CODE_DONE;
}

int run_query(struct cli *c)
{
	struct query q = {.c = c};
	size_t groups = 0;
	bool human = c->format == FORMAT_TABLE || c->format == FORMAT_WIDE;
	int code = check(c);

	if (code == CODE_DONE && c->count_by)
		code = count_new(&q.counting, c->count_by);
	if (code)
		return code;
	terminal_catch_interrupt();
	code = printer_init(&q.printer, c, c->follow);
	if (code == CODE_DONE && human && !c->follow && !c->no_pager)
		terminal_pager_start(&c->term);
	if (code == CODE_DONE)
		code = ask(&q);
	if (code == CODE_DONE) {
		if (q.counting)
			groups = count_print(q.counting, c);
		else
			finish(&q);
		if (terminal_interrupted())
			q.answer.cut = true;
		print_foot(&q, groups);
		code = answer_code(c, &q.answer);
	}
	terminal_pager_end();
	printer_release(&q.printer);
	count_free(q.counting);
	answer_release(&q.answer);
	return terminal_interrupted() ? terminal_interrupt_code() : code;
}
