/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sessions: who logged in, from where, with which key, and what became of it. Starts come from the
 * history, what still runs from the daemon, what was done from the events that carry the session.
 * A session's number is unique in one boot, so it goes with the beginning of the boot's id.
 */
#include "cmd/answer.h"
#include "cmd/ask.h"
#include "cmd/block.h"
#include "cmd/options.h"
#include "cmd/source.h"
#include "cmd/table.h"
#include "cmd/view.h"

#define NEWEST	  50 /* on a terminal */
#define ID_MAX	  32
#define BOOT_TAG  8
#define LABEL	  11
#define PEOPLE	  "sshd,login,service_manager"
#define NOT_KNOWN "-"

struct sessions {
	const struct cli *c;
	json_t *rows; /* one object each, oldest first */
	json_t *last; /* the one counted last, borrowed: events of one session come together */
	struct answer answer, counted;
	const char *id; /* only this one; NULL = all */
	bool newest_first;
};

static void copy_text(json_t *to, const char *name, const json_t *row, const char *path)
{
	const json_t *value = row_find(row, path);

	if (value)
		json_object_set(to, name, (json_t *)value);
}

static void add_number(json_t *row, const char *name, uint64_t n)
{
	uint64_t sum = row_u64(row, name, 0) + n;

	json_object_set_new(row, name, json_integer((json_int_t)sum));
}

/* The boot that a row of events or processes is from: its first digits are in every process's uid. */
static struct str boot_of(const json_t *row)
{
	struct str boot = row_str(row, "host.boot_id");

	return str_sub(boot.p ? boot : row_str(row, "process.uid"), 0, BOOT_TAG);
}

static json_t *find_session(const struct sessions *s, struct str id, struct str boot)
{
	json_t *row;
	size_t i;

	json_array_foreach (s->rows, i, row)
		if (str_equal(row_str(row, "id"), id) && str_equal(row_str(row, "boot"), boot))
			return row;
	return NULL;
}

/* From the identity in an event or a process. */
static json_t *new_session(struct sessions *s, const json_t *from)
{
	static const char *const copied[] = {"who",    "kind", "via",	"as",
					     "person", "by",   "flags", "login"};
	struct str boot = boot_of(from);
	json_t *row = json_object();

	json_object_set_new(row, "schema", json_string("whodid.session/1.0"));
	copy_text(row, "id", from, "identity.session");
	json_object_set_new(row, "boot", json_stringn(boot.p ? boot.p : "", boot.n));
	for (size_t i = 0; i < ARRAY_SIZE(copied); i++) {
		char path[32];

		snprintf(path, sizeof(path), "identity.%s", copied[i]);
		copy_text(row, copied[i], from, path);
	}
	if (s->newest_first)
		json_array_insert_new(s->rows, 0, row);
	else
		json_array_append_new(s->rows, row);
	return row;
}

static int take_start(void *ctx, struct str line)
{
	struct sessions *s = ctx;
	_cleanup_json_ json_t *row = row_parse(line);
	json_t *session;

	if (!row || answer_take(&s->answer, row) || !row_str(row, "identity.session").n ||
	    find_session(s, row_str(row, "identity.session"), boot_of(row)))
		return 0;
	session = new_session(s, row);
	copy_text(session, "start_time", row, "time");
	copy_text(session, "last_time", row, "time");
	copy_text(session, "opened_by", row, "crossing.role");
	copy_text(session, "opener_pid", row, "crossing.opener_pid");
	copy_text(session, "start_event", row, "uid");
	return 0;
}

static int ask_starts(struct sessions *s)
{
	const struct cli *c = s->c;
	_cleanup_text_ struct text filter = {0};
	struct events_request r = {
		.since_ns = c->since_ns, .until_ns = c->until_ns, .limit = c->limit};

	text_puts(&filter, "type=session.start");
	if (!c->all && !s->id)
		text_puts(&filter, " crossing.role=" PEOPLE);
	if (s->id)
		text_printf(&filter, " session=%s", s->id);
	if (c->filter.n)
		text_printf(&filter, " %s", c->filter.p);
	if (!c->has_limit && c->term.is_tty)
		r.limit = NEWEST;
	r.filter = text_str(&filter);
	s->newest_first = r.descending = r.limit != 0;
	return source_events(c, &r, take_start, s);
}

/* What runs now; also of sessions that began before there was a history of them. */
static int take_process(void *ctx, struct str line)
{
	struct sessions *s = ctx;
	_cleanup_json_ json_t *row = row_parse(line);
	struct str id = row_str(row, "identity.session");
	bool person = row_is(row, "identity.kind", "human");
	json_t *session;

	if (!id.n || !row_true(row, "process.alive") || (s->id && !str_is(id, s->id)))
		return 0;
	session = find_session(s, id, boot_of(row));
	if (!session && (s->c->filter.n || s->c->since_ns || s->c->until_ns || s->newest_first ||
			 !(s->c->all || s->id || person)))
		return 0;
	if (!session)
		session = new_session(s, row);
	add_number(session, "live", 1);
	if (row_u64(row, "process.pid", 0) == row_u64(session, "opener_pid", 0))
		json_object_set_new(session, "login_live", json_true());
	return 0;
}

static void ask_live(struct sessions *s)
{
	struct http_request r = {
		.path = "/api/v1/processes", .line = take_process, .ctx = s, .quiet = true};
	json_t *row;
	size_t i;

	if (s->c->from || http_get(s->c, &r) != CODE_DONE)
		return;
	json_array_foreach (s->rows, i, row) {
		add_number(row, "live", 0); /* known to be none */
		if (row_find(row, "opener_pid") && !row_find(row, "login_live"))
			json_object_set_new(row, "login_live", json_false());
	}
}

static void add_anomaly(json_t *session, struct str id)
{
	json_t *list = json_object_get(session, "anomalies"), *one;
	size_t i;

	if (!list) {
		list = json_array();
		json_object_set_new(session, "anomalies", list);
	}
	json_array_foreach (list, i, one)
		if (str_equal(str_of(json_string_value(one)), id))
			return;
	json_array_append_new(list, json_stringn(id.p, id.n));
}

static int take_event(void *ctx, struct str line)
{
	struct sessions *s = ctx;
	_cleanup_json_ json_t *row = row_parse(line);
	struct str id = row_str(row, "identity.session"), boot;

	if (!row || answer_take(&s->counted, row) || row_is(row, "type", "anomaly"))
		return 0;
	boot = boot_of(row);
	if (!s->last || !str_equal(row_str(s->last, "id"), id) ||
	    !str_equal(row_str(s->last, "boot"), boot))
		s->last = find_session(s, id, boot);
	if (!s->last)
		return 0;
	add_number(s->last, "events", 1);
	add_number(s->last, "acts", row_u64(row, "count", 1));
	if (row_is(row, "type", "exec"))
		add_number(s->last, "execs", 1);
	if (row_is(row, "type", "session.end")) {
		copy_text(s->last, "end_time", row, "time");
		copy_text(s->last, "login_end_time", row, "session.login_end_time");
	}
	if (row_str(row, "anomaly_id").n)
		add_anomaly(s->last, row_str(row, "anomaly_id"));
	copy_text(s->last, "last_time", row, "time");
	return 0;
}

static int ask_counts(struct sessions *s)
{
	_cleanup_text_ struct text filter = {0};
	struct events_request r = {.until_ns = s->c->until_ns};
	const json_t *row;
	size_t i;

	json_array_foreach (s->rows, i, row) {
		text_puts(&filter, i ? "," : "session=");
		text_add(&filter, row_str(row, "id").p, row_str(row, "id").n);
		if (i == 0)
			r.since_ns = row_time(row, "start_time"); /* the oldest, or 0 = all */
	}
	if (!filter.n)
		return CODE_DONE;
	r.filter = text_str(&filter);
	return source_events(s->c, &r, take_event, s);
}

/* --- a list */

static void say_key(struct text *out, const json_t *row)
{
	row_say(out, row,
		row_str(row, "login.cert_id").n ? "login.cert_id" : "login.key_fingerprint");
}

static void say_time(struct text *out, const struct cli *c, const json_t *row, const char *name,
		     const char *form)
{
	if (row_find(row, name))
		view_time(out, c, row_time(row, name), form, 0);
}

static void add_cell(struct table *t, struct text *cell)
{
	table_cell_z(t, COLOR_NONE, cell->n ? cell->p : NOT_KNOWN);
	text_clear(cell);
}

static void say_count(struct text *out, const json_t *row, const char *name)
{
	if (row_find(row, name))
		text_say_number(out, row_u64(row, name, 0));
}

static void add_row(const struct cli *c, struct table *t, const json_t *row)
{
	static const char *const counts[] = {"live", "execs", "events"};
	_cleanup_text_ struct text cell = {0};

	row_say(&cell, row, "id");
	add_cell(t, &cell);
	say_time(&cell, c, row, "start_time", TIME_DAY);
	add_cell(t, &cell);
	say_time(&cell, c, row, "end_time", TIME_DAY);
	add_cell(t, &cell);
	row_say(&cell, row, "who");
	add_cell(t, &cell);
	row_say(&cell, row, "via");
	add_cell(t, &cell);
	row_say(&cell, row, "login.ip");
	add_cell(t, &cell);
	say_key(&cell, row);
	add_cell(t, &cell);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		say_count(&cell, row, counts[i]);
		add_cell(t, &cell);
	}
	row_say(&cell, row, "anomalies");
	add_cell(t, &cell);
	table_row(t, NULL);
}

static void print_table(const struct sessions *s)
{
	static const struct column columns[] = {
		{"SESSION", COLUMN_TEXT, 7, 0},	 {"START", COLUMN_TEXT, 14, 0},
		{"END", COLUMN_TEXT, 14, 6},	 {"WHO", COLUMN_TEXT, 14, 0},
		{"VIA", COLUMN_TEXT, 4, 5},	 {"FROM", COLUMN_TEXT, 9, 0},
		{"KEY", COLUMN_PATH, 16, 0},	 {"LIVE", COLUMN_NUMBER, 4, 2},
		{"EXECS", COLUMN_NUMBER, 5, 3},	 {"EVENTS", COLUMN_NUMBER, 6, 4},
		{"ANOMALIES", COLUMN_TEXT, 4, 1}};
	struct table t;
	const json_t *row;
	size_t i;

	table_init(&t, &s->c->term, columns, ARRAY_SIZE(columns), !s->c->no_headers, false);
	json_array_foreach (s->rows, i, row)
		add_row(s->c, &t, row);
	table_end(&t);
	table_release(&t);
}

static void print_foot(const struct sessions *s)
{
	_cleanup_text_ struct text head = {0};
	size_t n = json_array_size(s->rows);

	text_printf(&head, n == 1 ? "%zu session, " : "%zu sessions, ", n);
	answer_say_period(&head, s->c, &s->answer);
	text_puts(&head, n ? ".  One in full: whodid sessions show ID." : ".");
	answer_print(s->c, &s->answer, head.p);
}

static int list(struct sessions *s)
{
	const struct cli *c = s->c;
	bool human = c->format == FORMAT_TABLE || c->format == FORMAT_WIDE;
	int code = ask_starts(s);
	const json_t *row;
	size_t i;

	ask_live(s);
	if (code == CODE_DONE && c->format != FORMAT_NAME)
		code = ask_counts(s);
	if (code)
		return code;
	if (human && json_array_size(s->rows))
		print_table(s);
	json_array_foreach (s->rows, i, row) {
		_cleanup_text_ struct text name = {0};

		if (c->format == FORMAT_JSON)
			print_json_row(c, row);
		row_say(&name, row, "id");
		if (c->format == FORMAT_NAME)
			terminal_line(&name);
	}
	print_foot(s);
	return answer_code(c, &s->answer);
}

/* --- one */

static void print_line(const struct cli *c, const char *label, const struct text *value)
{
	if (value->n)
		block_line(&c->term, 0, LABEL, label, value->p);
}

static void print_field(const struct cli *c, const char *label, const json_t *row, const char *path)
{
	_cleanup_text_ struct text value = {0};

	row_say(&value, row, path);
	print_line(c, label, &value);
}

static void print_login(const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text from = {0}, key = {0}, cert = {0};

	row_say(&from, row, "login.ip");
	if (row_find(row, "login.port"))
		text_printf(&from, " port %llu", (unsigned long long)row_u64(row, "login.port", 0));
	if (row_find(row, "login.method")) {
		text_puts(&from, from.n ? " by " : "by ");
		row_say(&from, row, "login.method");
	}
	print_line(c, "From", &from);
	print_field(c, "Asked by", row, "by");
	row_say(&key, row, "login.key_type");
	if (row_find(row, "login.key_fingerprint")) {
		text_puts(&key, " ");
		row_say(&key, row, "login.key_fingerprint");
	}
	print_line(c, "Key", &key);
	if (!row_find(row, "login.ca_fingerprint"))
		return;
	text_puts(&cert, "\"");
	row_say(&cert, row, "login.cert_id");
	text_puts(&cert, "\" serial ");
	row_say(&cert, row, "login.cert_serial");
	text_puts(&cert, ", signed by ");
	row_say(&cert, row, "login.ca_fingerprint");
	print_line(c, "Certificate", &cert);
}

static void print_session(const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text time = {0}, login = {0}, did = {0}, next = {0};
	struct str id = row_str(row, "id");

	print_field(c, "Session", row, "id");
	print_field(c, "Who", row, "who");
	print_field(c, "Via", row, "via");
	print_login(c, row);
	print_field(c, "Flags", row, "flags");
	if (row_find(row, "start_time")) {
		say_time(&time, c, row, "start_time", TIME_FULL);
		text_puts(&time, " to ");
		say_time(&time, c, row, row_find(row, "end_time") ? "end_time" : "last_time",
			 TIME_FULL);
	} else {
		text_puts(&time, "began before the history does");
	}
	if (row_u64(row, "live", 0))
		text_printf(&time, ", %llu running now",
			    (unsigned long long)row_u64(row, "live", 0));
	if (row_u64(row, "live", 0) && json_is_false(row_find(row, "login_live")))
		text_puts(&time, ", after its login has ended");
	print_line(c, "Time", &time);
	say_time(&login, c, row, "login_end_time", TIME_FULL);
	print_line(c, "Login ended", &login);
	text_say_number(&did, row_u64(row, "execs", 0));
	text_puts(&did, " programs, ");
	text_say_number(&did, row_u64(row, "events", 0));
	text_puts(&did, " events");
	print_line(c, "Did", &did);
	print_field(c, "Anomalies", row, "anomalies");
	text_puts(&next, "whodid tree ");
	text_say(&next, id);
	block_line(&c->term, 2, 36, next.p, "what ran");
	text_clear(&next);
	text_puts(&next, "whodid query session=");
	text_say(&next, id);
	block_line(&c->term, 2, 36, next.p, "its events");
}

static bool is_session_id(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n <= ID_MAX &&
	       strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == n;
}

/* Of those with that number the newest: other boots have their own. */
static int show(struct sessions *s)
{
	const struct cli *c = s->c;
	const json_t *row;
	size_t n;
	int code;

	if (!is_session_id(s->id))
		return fail(CODE_USAGE, "Sessions are numbered: whodid sessions",
			    "\"%s\" is no session", s->id);
	code = ask_starts(s);
	if (code)
		return code;
	ask_live(s);
	code = ask_counts(s);
	n = json_array_size(s->rows);
	if (code == CODE_DONE && n == 0)
		return fail(CODE_FAILED, "All of them: whodid sessions --all",
			    "no session %s is known", s->id);
	if (code)
		return code;
	row = json_array_get(s->rows, n - 1);
	if (c->format == FORMAT_JSON)
		print_json_row(c, row);
	else
		print_session(c, row);
	return CODE_DONE;
}

int run_sessions(struct cli *c)
{
	struct sessions s = {.c = c};
	const char *what = c->arg_count ? c->args[0] : "list";
	int code;

	if (strcmp(what, "show") == 0 && c->arg_count == 2)
		s.id = c->args[1];
	else if (strcmp(what, "list") != 0)
		return fail(CODE_USAGE, NULL,
			    "usage: whodid sessions [list [FILTER...] | show ID]");
	if (c->from && strcmp(c->from, "-") == 0)
		return fail(CODE_USAGE, "Give a file or a store.",
			    "sessions reads what it is given twice, which standard input is not");
	for (int i = 1; !s.id && i < c->arg_count; i++)
		options_add_filter(c, c->args[i]);
	s.rows = json_array();
	code = s.id ? show(&s) : list(&s);
	terminal_flush();
	json_decref(s.rows);
	answer_release(&s.answer);
	answer_release(&s.counted);
	return code;
}
