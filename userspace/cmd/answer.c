/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/answer.h"

#include "cmd/view.h"

#define GAPS_SHOWN 3

void answer_release(struct answer *a)
{
	json_decref(a->row);
	a->row = NULL;
}

bool answer_take(struct answer *a, json_t *row)
{
	uint64_t seq;

	if (!row_is(row, "schema", "whodid.answer/1.0")) {
		a->events++;
		a->acts += row_u64(row, "count", 1);
		seq = row_u64(row, "seq", 0);
		if (seq > a->last_seq)
			a->last_seq = seq;
		return false;
	}
	json_decref(a->row);
	a->row = json_incref(row);
	if (row_true(row, "more"))
		a->cut = true;
	return true;
}

/* The number behind ,"name": of the event itself; a quote inside of a text has a backslash before it. */
static uint64_t skim_number(struct str line, const char *mark, uint64_t absent)
{
	const char *at = memmem(line.p, line.n, mark, strlen(mark));
	uint64_t n = 0;

	if (!at)
		return absent;
	for (at += strlen(mark); at < line.p + line.n && *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	return n;
}

bool answer_skim(struct answer *a, struct str line)
{
	uint64_t seq;

	if (!str_starts(line, "{\"schema\":\"whodid.event/1.") || !str_ends(line, "}"))
		return false;
	a->events++;
	a->acts += skim_number(line, ",\"count\":", 1);
	seq = skim_number(line, ",\"seq\":", 0);
	if (seq > a->last_seq)
		a->last_seq = seq;
	return true;
}

bool answer_is_complete(const struct answer *a)
{
	return a->row && row_true(a->row, "complete");
}

static void say_span(struct text *out, const struct cli *c, const json_t *gap)
{
	int64_t from = row_time(gap, "from"), to = row_time(gap, "to");

	view_time(out, c, from, "%m-%d %H:%M:%S", 0);
	if (to / 1000000000 > from / 1000000000) {
		text_puts(out, " to ");
		view_time(out, c, to, to - from < 86400000000000 ? TIME_CLOCK : TIME_DAY, 0);
	}
}

static void say_gap(struct text *out, const struct cli *c, const json_t *gap)
{
	uint64_t n = row_u64(gap, "events", 0);

	if (row_is(gap, "why", "before_first")) {
		text_puts(out, "nothing is kept before ");
		view_time(out, c, row_time(gap, "to"), TIME_FULL, 0);
		return;
	}
	if (row_is(gap, "why", "not_running") || row_is(gap, "why", "crash")) {
		text_puts(out, "whodidd did not run ");
		say_span(out, c, gap);
		return;
	}
	if (n) {
		text_say_number(out, n);
		text_puts(out, n == 1 ? " event lost " : " events lost ");
	} else {
		text_puts(out, "events missing ");
	}
	say_span(out, c, gap);
	text_puts(out, " (");
	row_say(out, gap, "why");
	text_puts(out, ")");
}

void answer_say_loss(struct text *out, const struct cli *c, const struct answer *a)
{
	const json_t *gaps = row_find(a->row, "gaps");
	size_t n = json_array_size(gaps);

	if (!a->row) {
		text_puts(out, "Not known whether events are missing.");
		return;
	}
	if (answer_is_complete(a)) {
		text_puts(out, "No loss in this period.");
		return;
	}
	if (a->any_start && n == 1 && !row_find(a->row, "damaged") &&
	    row_is(json_array_get(gaps, 0), "why", "before_first")) {
		text_puts(out, "No loss since ");
		view_time(out, c, row_time(json_array_get(gaps, 0), "to"), TIME_FULL, 0);
		text_puts(out, ", where history begins.");
		return;
	}
	text_puts(out, "INCOMPLETE: ");
	for (size_t i = 0; i < n && i < GAPS_SHOWN; i++) {
		text_puts(out, i ? "; " : "");
		say_gap(out, c, json_array_get(gaps, i));
	}
	if (n > GAPS_SHOWN)
		text_printf(out, "; %zu more (whodid loss)", n - GAPS_SHOWN);
	if (row_find(a->row, "damaged"))
		text_puts(out, n ? "; parts of the store are damaged"
				 : "parts of the store are damaged");
	text_puts(out, ".");
}

void answer_say_period(struct text *out, const struct cli *c, const struct answer *a)
{
	int64_t from = c->since_ns ? c->since_ns : row_time(a->row, "oldest_time");

	if (from)
		view_time(out, c, from, TIME_MINUTE, 0);
	else
		text_puts(out, "the start");
	text_puts(out, " to ");
	if (c->until_ns)
		view_time(out, c, c->until_ns, TIME_MINUTE, 0);
	else
		text_puts(out, c->from ? "the end" : "now");
}

void answer_print(const struct cli *c, const struct answer *a, const char *head)
{
	bool table = c->format == FORMAT_TABLE || c->format == FORMAT_WIDE;
	_cleanup_text_ struct text foot = {0};
	const char *rest;

	if (c->quiet)
		return;
	text_puts(&foot, head);
	text_puts(&foot, "  ");
	answer_say_loss(&foot, c, a);
	terminal_flush();
	if (!table) {
		fprintf(stderr, "%s\n", foot.p);
		return;
	}
	for (rest = foot.p; *rest;) {
		_cleanup_text_ struct text line = {0};
		size_t n = c->term.width ? text_fit_words(rest, c->term.width) : strlen(rest);

		text_add(&line, rest, n);
		while (line.n && line.p[line.n - 1] == ' ')
			line.p[--line.n] = '\0';
		terminal_line(&line);
		for (rest += n; *rest == ' ';)
			rest++;
	}
}

int answer_code(const struct cli *c, const struct answer *a)
{
	return c->require_complete && !answer_is_complete(a) ? CODE_INCOMPLETE : CODE_DONE;
}
