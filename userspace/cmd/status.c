/* SPDX-License-Identifier: Apache-2.0 */
/* status: is it running, is it complete, what is open (ux.md 1.4). */
#include "base/clock.h"
#include "cmd/answer.h"
#include "cmd/ask.h"
#include "cmd/block.h"
#include "cmd/source.h"
#include "cmd/view.h"

#define LABEL 11

static void line(const struct cli *c, const char *label, const struct text *value)
{
	block_line(&c->term, 0, LABEL, label, text_of(value));
}

static int note_answer(void *ctx, struct str text)
{
	struct answer *a = ctx;
	_cleanup_json_ json_t *row = row_parse(text);

	if (row)
		answer_take(a, row);
	return 0;
}

/* Events lost since then, by the store's own list of gaps. */
static uint64_t lost_since(const struct cli *c, uint64_t ago_s)
{
	_cleanup_answer_ struct answer a = {0};
	_cleanup_text_ struct text path = {0};
	char time[31];
	struct http_request r = {.line = note_answer, .ctx = &a, .quiet = true};

	clock_rfc3339(time, clock_wall_ns() - (int64_t)ago_s * 1000000000);
	text_puts(&path, "/api/v1/events?limit=1&q=type%3Dloss");
	http_add_query(&path, "since", str_of(time));
	r.path = path.p;
	http_get(c, &r);
	return row_u64(a.row, "lost", 0);
}

static size_t hooks_attached(const json_t *status, size_t *all)
{
	const json_t *hooks = row_find(status, "hooks"), *hook;
	size_t i, n = 0;

	json_array_foreach (hooks, i, hook)
		n += row_true(hook, "attached");
	*all = json_array_size(hooks);
	return n;
}

static void say_sensor(const struct cli *c, const json_t *s)
{
	_cleanup_text_ struct text v = {0};
	size_t all, attached = hooks_attached(s, &all);

	text_puts(&v, "running ");
	text_say_duration(&v, row_u64(s, "uptime_ms", 0) * 1000000);
	text_printf(&v, ", %zu of %zu programs attached, ", attached, all);
	row_say(&v, s, "rung");
	line(c, "Sensor", &v);
}

/* "lsm: delete, rename; tracepoint: open": what each rung tells, the better ones first. */
static void say_hooks(const struct cli *c, const json_t *s)
{
	static const char *const rungs[] = {"lsm", "fentry", "tracepoint"};
	const json_t *classes = row_find(s, "classes"), *class;
	_cleanup_text_ struct text v = {0};
	size_t i;

	for (size_t r = 0; r < ARRAY_SIZE(rungs); r++) {
		const char *before = v.n ? "; " : "";

		json_array_foreach (classes, i, class) {
			if (!str_is(row_str(class, "rung"), rungs[r]))
				continue;
			if (before[0] != ',')
				text_printf(&v, "%s%s: ", before, rungs[r]);
			else
				text_puts(&v, before);
			before = ", ";
			row_say(&v, class, "class");
		}
	}
	if (v.n)
		line(c, "Hooks", &v);
}

/* "ok 3 s ago", or what is blind and for how long. */
static void say_self_test(const struct cli *c, const json_t *s)
{
	const json_t *classes = row_find(s, "self_test.classes"), *class;
	_cleanup_text_ struct text v = {0};
	size_t i;

	if (!row_find(s, "self_test"))
		return;
	json_array_foreach (classes, i, class) {
		if (!row_is(class, "state", "blind"))
			continue;
		text_puts(&v, v.n ? "; " : "BLIND: ");
		row_say(&v, class, "name");
		text_puts(&v, " (");
		row_say(&v, class, "what");
		text_puts(&v, ") for ");
		text_say_duration(&v, row_u64(class, "blind_ms", 0) * 1000000);
	}
	if (!v.n) {
		text_puts(&v, "ok ");
		text_say_duration(&v, row_u64(s, "self_test.age_ms", 0) * 1000000);
		text_puts(&v, " ago");
	}
	line(c, "Self-test", &v);
}

static void say_events(const struct cli *c, const json_t *s)
{
	_cleanup_text_ struct text v = {0};

	text_say_number(&v, row_u64(s, "rate_per_s", 0));
	text_puts(&v, "/s now, ");
	text_say_number(&v, row_u64(s, "events.total", 0));
	text_puts(&v, " since start");
	line(c, "Events", &v);
}

static void say_loss(const struct cli *c, const json_t *s, uint64_t last_hour)
{
	_cleanup_text_ struct text v = {0}, kinds = {0};

	text_say_number(&v, last_hour);
	text_puts(&v, " in the last hour, ");
	text_say_number(&v, row_u64(s, "loss.total", 0));
	text_puts(&v, " since start");
	view_counts(&kinds, row_find(s, "loss.by_type"));
	if (kinds.n)
		text_printf(&v, " (%s)", kinds.p);
	if (last_hour || row_u64(s, "loss.total", 0))
		text_puts(&v, "  -> whodid loss");
	line(c, "Loss", &v);
}

static void say_identity(const struct cli *c, const json_t *s)
{
	_cleanup_text_ struct text v = {0};
	uint64_t events = row_u64(s, "identity.events", 0);
	uint64_t attributed = row_u64(s, "identity.attributed", 0);

	if (events)
		text_printf(&v,
			    "%.1f %% attributed: ", 100.0 * (double)attributed / (double)events);
	text_say_number(&v, row_u64(s, "identity.boundaries", 0));
	text_puts(&v, " boundaries, ");
	text_say_number(&v, row_u64(s, "identity.processes", 0));
	text_puts(&v, " processes known");
	if (events && attributed * 100 < events * 99)
		text_puts(&v, "  -> whodid query who=anon:* --count-by who");
	line(c, "Identity", &v);
}

/* "1,204 questions, 1,198 answers (3 unanswered, 2 unasked)": what is not zero of the rest. */
static void say_names(const struct cli *c, const json_t *s)
{
	static const char *const words[] = {"unanswered", "unasked", "unowned",
					    "malformed",  "broken",  "forgotten"};
	_cleanup_text_ struct text v = {0}, rest = {0};

	if (!row_find(s, "names.on")) /* another version's daemon, which does not say */
		return;
	if (!row_true(s, "names.on")) {
		text_puts(&v, "off (sensor.names)");
		line(c, "Names", &v);
		return;
	}
	text_say_number(&v, row_u64(s, "names.questions", 0));
	text_puts(&v, " questions, ");
	text_say_number(&v, row_u64(s, "names.answers", 0));
	text_puts(&v, " answers");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char path[32];
		uint64_t n;

		snprintf(path, sizeof(path), "names.%s", words[i]);
		n = row_u64(s, path, 0);
		if (!n)
			continue;
		text_puts(&rest, rest.n ? ", " : "");
		text_say_number(&rest, n);
		text_printf(&rest, " %s", words[i]);
	}
	if (rest.n)
		text_printf(&v, " (%s)", rest.p);
	line(c, "Names", &v);
}

static void say_profiles(const struct cli *c, const json_t *s)
{
	static const char *const modes[] = {"enforce", "audit", "learn"};
	_cleanup_text_ struct text v = {0};
	const char *comma = ": ";

	text_printf(&v, "%llu roles, %llu bindings",
		    (unsigned long long)row_u64(s, "profiles.roles", 0),
		    (unsigned long long)row_u64(s, "profiles.bindings", 0));
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		char path[32];
		uint64_t n;

		snprintf(path, sizeof(path), "profiles.%s", modes[i]);
		n = row_u64(s, path, 0);
		if (n) {
			text_printf(&v, "%s%llu %s", comma, (unsigned long long)n, modes[i]);
			comma = ", ";
		}
	}
	line(c, "Profiles", &v);
}

/* "1 critical, 2 high": number first, the worst first. */
static void view_severities(struct text *out, const json_t *counts)
{
	static const char *const words[] = {"critical", "high", "medium", "low", "info"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		uint64_t n = row_u64(counts, words[i], 0);

		if (!n)
			continue;
		text_puts(out, out->n ? ", " : "");
		text_say_number(out, n);
		text_printf(out, " %s", words[i]);
	}
}

static void say_anomalies(const struct cli *c, const json_t *s)
{
	_cleanup_text_ struct text v = {0};

	view_severities(&v, row_find(s, "anomalies.open"));
	if (v.n)
		text_puts(&v, " open  -> whodid anomalies");
	else
		text_puts(&v, "none open");
	line(c, "Anomalies", &v);
}

static void say_store(const struct cli *c, const json_t *s)
{
	_cleanup_text_ struct text v = {0};
	int64_t oldest = row_time(s, "store.oldest_time");

	if (!row_find(s, "store")) {
		text_puts(&v, "none");
	} else {
		text_say_bytes(&v, row_u64(s, "store.bytes", 0));
		text_puts(&v, " of ");
		text_say_bytes(&v, row_u64(s, "store.max_bytes", 0));
		text_puts(&v, ", ");
		text_say_number(&v, row_u64(s, "store.events", 0));
		text_puts(&v, " events (equal ones in one), oldest ");
		view_time(&v, c, oldest, TIME_MINUTE, 0);
		if (row_find(s, "store.error")) {
			text_puts(&v, ", FAILING: ");
			row_say(&v, s, "store.error");
		}
	}
	line(c, "Store", &v);
}

static void say_daemon(const struct cli *c, const json_t *s)
{
	_cleanup_text_ struct text v = {0};

	text_say_bytes(&v, row_u64(s, "process.rss_bytes", 0));
	text_puts(&v, " of memory, ");
	text_say_duration(&v, row_u64(s, "process.cpu_ms", 0) * 1000000);
	text_puts(&v, " of CPU time, ");
	text_printf(&v, "%llu watching", (unsigned long long)row_u64(s, "viewers", 0));
	line(c, "Daemon", &v);
}

static void say_title(const struct cli *c, const json_t *s)
{
	_cleanup_text_ struct text v = {0};

	text_puts(&v, "whodid ");
	row_say(&v, s, "version");
	text_puts(&v, " on ");
	row_say(&v, s, "host.name");
	text_puts(&v, "   ");
	if (row_find(s, "host.os")) {
		row_say(&v, s, "host.os");
		text_puts(&v, ", ");
	}
	text_puts(&v, "Linux ");
	row_say(&v, s, "host.kernel");
	block_text(&c->term, v.p);
	terminal_line(&(struct text){0});
}

static void say_warnings(const struct cli *c, const json_t *s)
{
	const json_t *list = row_find(s, "warnings"), *item;
	size_t i;

	if (json_array_size(list))
		terminal_line(&(struct text){0});
	json_array_foreach (list, i, item) {
		_cleanup_text_ struct text v = {0};

		text_say(&v, str_of(json_string_value(item)));
		block_line(&c->term, 0, 2, "!", text_of(&v));
	}
}

static bool is_degraded(const json_t *s, uint64_t last_hour)
{
	size_t all, attached = hooks_attached(s, &all);

	return last_hour > 0 || attached < all || row_u64(s, "self_test.blind", 0) ||
	       row_find(s, "store.error") != NULL;
}

static int show_status(struct cli *c, json_t **out)
{
	uint64_t last_hour;
	int code = ask_object(c, "/api/v1/status", false, out);
	const json_t *s = *out;

	if (code)
		return code;
	last_hour = lost_since(c, 3600);
	if (c->format == FORMAT_JSON) {
		print_json_row(c, s);
	} else if (!c->quiet) {
		say_title(c, s);
		say_sensor(c, s);
		say_hooks(c, s);
		say_self_test(c, s);
		say_events(c, s);
		say_loss(c, s, last_hour);
		say_identity(c, s);
		say_names(c, s);
		say_profiles(c, s);
		say_anomalies(c, s);
		say_store(c, s);
		say_daemon(c, s);
		say_warnings(c, s);
	}
	return c->exit_code && is_degraded(s, last_hour) ? CODE_NO : CODE_DONE;
}

int run_status(struct cli *c)
{
	_cleanup_json_ json_t *s = NULL;

	if (c->from)
		return fail(CODE_USAGE, "Of a copied store: whodid query --from PATH",
			    "status is about a running daemon, so --from does not go with it");
	return show_status(c, &s);
}

static void say_hint(const struct cli *c, const char *command, const char *why)
{
	block_line(&c->term, 2, 30, command, why);
}

int run_overview(struct cli *c)
{
	_cleanup_json_ json_t *s = NULL;
	int code = show_status(c, &s);

	if (c->format == FORMAT_JSON || c->quiet)
		return code;
	terminal_line(&(struct text){0});
	block_text(&c->term, "Try next:");
	say_hint(c, "whodid watch", "what is notable, live; --all for everything");
	say_hint(c, "whodid query -S 1h", "what happened");
	say_hint(c, "whodid write /etc/passwd", "who wrote that?");
	say_hint(c, "whodid id PID", "whose is that process, and why we think so");
	say_hint(c, "whodid anomalies", "what needs a look");
	say_hint(c, "whodid help", "all commands");
	return code;
}
