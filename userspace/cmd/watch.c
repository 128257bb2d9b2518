/* SPDX-License-Identifier: Apache-2.0 */
/* watch: events as they happen (ux.md 1.4). */
#include "cmd/watch.h"

#include <signal.h>

#include "base/clock.h"
#include "cmd/ask.h"
#include "cmd/printer.h"
#include "cmd/source.h"
#include "cmd/view.h"

struct watch {
	const struct cli *c;
	struct printer printer;
	struct folding folding;
	bool folds;
	bool passes_on; /* JSON goes through as it is */
	uint64_t shown, folded, missed;
};

static int64_t now_second(void)
{
	return (int64_t)(clock_boot_ns() / 1000000000u);
}

static void print_folded(struct watch *w)
{
	struct folding *f = &w->folding;

	for (size_t i = 0; i < f->group_count; i++) {
		const struct fold_group *g = &f->groups[i];
		_cleanup_text_ struct text what = {0};

		text_say_number(&what, g->count);
		text_printf(&what, " x %s%s%s", g->type, *g->where ? " " : "", g->where);
		printer_note(&w->printer, clock_wall_ns(), "(folded)", g->who, what.p, COLOR_DIM);
	}
	if (f->others) {
		_cleanup_text_ struct text what = {0};

		text_say_number(&what, f->others);
		text_puts(&what, " x others");
		printer_note(&w->printer, clock_wall_ns(), "(folded)", "-", what.p, COLOR_DIM);
	}
	fold_clear(f, now_second());
}

static void on_tick(void *ctx)
{
	struct watch *w = ctx;

	if (fold_is_due(&w->folding, now_second()))
		print_folded(w);
	terminal_flush();
}

static void take_gap(struct watch *w, struct str line, const json_t *row)
{
	_cleanup_text_ struct text what = {0};
	uint64_t n = row_u64(row, "lost", 0);

	w->missed += n;
	if (w->c->format == FORMAT_JSON) {
		print_json_line(w->c, line, row);
		return;
	}
	text_say_number(&what, n);
	text_puts(&what, " events not shown: this reader is too slow (the store has them)");
	printer_note(&w->printer, clock_wall_ns(), "gap", "-", what.p, COLOR_YELLOW);
}

/* Not 0 when as many were shown as were asked for. */
static int count_shown(struct watch *w)
{
	w->shown++;
	if (w->c->from)
		terminal_flush();
	return w->c->has_limit && w->c->limit && w->shown >= w->c->limit;
}

/*
 * The marked lines of its events name an anomaly already. One that rests on an oddity of the identity has
 * no such lines, so its opening is shown; what a person did to an anomaly is always news.
 */
static bool is_repetition(const struct watch *w, const json_t *row)
{
	if (w->c->format != FORMAT_TABLE || w->c->all || w->c->filter.n ||
	    !row_is(row, "type", "anomaly"))
		return false;
	return row_is(row, "anomaly.change", "updated") ||
	       (row_is(row, "anomaly.change", "opened") &&
		!row_is(row, "anomaly.kind", "identity"));
}

static int take_line(void *ctx, struct str line)
{
	struct watch *w = ctx;
	_cleanup_json_ json_t *row = NULL;

	if (w->passes_on && str_starts(line, "{\"schema\":\"whodid.event/1.")) {
		print_json_line(w->c, line, NULL);
		return count_shown(w);
	}
	row = row_parse(line);
	if (!row)
		return 0;
	if (row_is(row, "schema", "whodid.gap/1.0")) {
		take_gap(w, line, row);
		return 0;
	}
	if (row_is(row, "schema", "whodid.answer/1.0"))
		return 0;
	if (is_repetition(w, row))
		return 0;
	if (fold_is_due(&w->folding, now_second()))
		print_folded(w);
	if (w->folds && fold_take(&w->folding, now_second(), row)) {
		w->folded++;
		return 0;
	}
	printer_event(&w->printer, line, row);
	return count_shown(w);
}

static int from_daemon(struct watch *w)
{
	const struct cli *c = w->c;
	_cleanup_text_ struct text path = {0};
	struct http_request r = {.line = take_line, .ctx = w, .endless = true, .tick = on_tick};

	text_puts(&path, "/api/v1/stream");
	if (!c->all)
		http_add_query(&path, "notable", STR_LIT("1"));
	if (c->filter.n)
		http_add_query(&path, "q", text_str(&c->filter));
	r.path = path.p;
	if (c->for_ns)
		r.until_ns = (int64_t)(clock_boot_ns() + c->for_ns);
	return http_get(c, &r);
}

static int from_file(struct watch *w)
{
	struct events_request r = {.filter = text_str(&w->c->filter), .notable = !w->c->all};

	return source_events(w->c, &r, take_line, w);
}

/* What the daemon counted in between; absent numbers when it does not answer. */
struct totals {
	uint64_t seen, lost;
	bool known;
};

static struct totals ask_totals(const struct cli *c)
{
	_cleanup_json_ json_t *s = NULL;
	struct totals t = {0};

	if (c->from || ask_object(c, "/api/v1/status", true, &s))
		return t;
	return (struct totals){row_u64(s, "events.total", 0), row_u64(s, "loss.total", 0), true};
}

static void say_summary(const struct watch *w, const struct totals *before, uint64_t took_ns)
{
	struct totals after = ask_totals(w->c);
	_cleanup_text_ struct text t = {0};

	text_printf(&t, "%llu s: ", (unsigned long long)((took_ns + 500000000u) / 1000000000u));
	if (before->known && after.known && after.seen >= before->seen) {
		text_say_number(&t, after.seen - before->seen);
		text_puts(&t, " events seen, ");
	}
	text_say_number(&t, w->shown);
	text_puts(&t, " shown, ");
	if (before->known && after.known && after.lost >= before->lost) {
		text_say_number(&t, after.lost - before->lost);
		text_puts(&t, " lost.");
	} else {
		text_puts(&t, "loss not known.");
	}
	if (w->folded) {
		text_puts(&t, "  ");
		text_say_number(&t, w->folded);
		text_puts(&t, " folded.");
	}
	if (w->missed) {
		text_puts(&t, "  ");
		text_say_number(&t, w->missed);
		text_puts(&t, " not shown: too slow a reader.");
	}
	if (!w->c->all)
		text_puts(&t, "  All of them: whodid watch --all");
	talk(w->c, "%s", t.p);
}

int run_watch(struct cli *c)
{
	struct watch w = {.c = c};
	struct totals before;
	uint64_t began;
	int code = printer_init(&w.printer, c, true);

	if (code)
		return code;
	w.folds = c->term.is_tty && (c->format == FORMAT_TABLE || c->format == FORMAT_WIDE);
	w.passes_on = c->format == FORMAT_JSON && !c->term.is_tty;
	terminal_catch_interrupt();
	before = ask_totals(c);
	began = clock_boot_ns();
	code = c->from ? from_file(&w) : from_daemon(&w);
	if (code == CODE_DONE) {
		print_folded(&w);
		printer_end(&w.printer);
		say_summary(&w, &before, clock_boot_ns() - began);
	}
	fold_clear(&w.folding, 0);
	printer_release(&w.printer);
	return terminal_interrupted() ? terminal_interrupt_code() : code;
}
