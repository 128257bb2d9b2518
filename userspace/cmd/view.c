/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/view.h"

#include <time.h>

void view_time(struct text *out, const struct cli *c, int64_t ns, const char *form, unsigned digits)
{
	time_t s = (time_t)(ns / 1000000000);
	char buf[64], fraction[16];
	struct tm tm;

	if (ns <= 0 || !(c->utc ? gmtime_r(&s, &tm) : localtime_r(&s, &tm))) {
		text_puts(out, "-");
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	strftime(buf, sizeof(buf), form, &tm);
#pragma GCC diagnostic pop
	text_puts(out, buf);
	if (digits) {
		snprintf(fraction, sizeof(fraction), "%09u", (unsigned)(ns % 1000000000));
		text_printf(out, ".%.*s", (int)digits, fraction);
	}
}

const char *view_mark(const json_t *row)
{
	if (row_is(row, "verdict.value", "forbidden"))
		return "X";
	if (row_is(row, "verdict.value", "unexpected") || row_is(row, "type", "loss"))
		return "!";
	if (row_is(row, "type", "agent.tamper") || row_is(row, "type", "agent.blind"))
		return row_is(row, "verdict.severity", "high") ? "X" : "!";
	return "";
}

enum color view_color(const json_t *row)
{
	const char *mark = view_mark(row);

	return *mark == 'X' ? COLOR_RED : *mark == '!' ? COLOR_YELLOW : COLOR_NONE;
}

void view_type(struct text *out, const json_t *row)
{
	struct str type = row_str(row, "type");
	int64_t dot = str_index(type, 0, '.');

	if (str_is(type, "session.start"))
		type = row_is(row, "identity.kind", "human") ? STR_LIT("login")
							     : STR_LIT("session");
	else if (str_is(type, "session.end"))
		type = row_is(row, "identity.kind", "human") ? STR_LIT("logout") : STR_LIT("end");
	else if (str_is(type, "agent.tamper"))
		type = STR_LIT("tamper");
	else if (str_is(type, "agent.blind"))
		type = STR_LIT("blind");
	else if (str_starts(type, "agent.") || str_starts(type, "profile."))
		type = str_sub(type, 0, (uint32_t)dot);
	else if (dot >= 0)
		type = str_sub(type, (uint32_t)dot + 1, type.n);
	text_say(out, type.p ? type : STR_LIT("-"));
}

void view_who(struct text *out, const json_t *row)
{
	struct str who = row_str(row, "identity.who");

	if (who.p)
		text_say_name(out, who);
	else
		text_puts(out, "-");
}

struct str view_base_name(struct str path)
{
	for (uint32_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/' && i < path.n)
			return str_sub(path, i, path.n);
	return path;
}

/* The arguments behind the first one, of a script behind its name: the kernel puts its interpreter before. */
static void say_arguments(struct text *out, const json_t *row, struct str script)
{
	const json_t *argv = row_find(row, "process.argv"), *item;
	size_t i, start = 1;

	json_array_foreach (argv, i, item)
		if (script.p && i > 0 && i < 3 && json_is_string(item) &&
		    str_is(script, json_string_value(item))) {
			start = i + 1;
			break;
		}
	json_array_foreach (argv, i, item) {
		if (i < start || !json_is_string(item))
			continue;
		text_puts(out, " ");
		text_say_name(out, (struct str){json_string_value(item),
						(uint32_t)json_string_length(item)});
	}
}

static void say_exec(struct text *out, const json_t *row)
{
	struct str script = row_str(row, "process.filename"), exe = row_str(row, "process.exe");

	bool absolute = script.p && script.n && script.p[0] == '/';

	text_say_name(out, absolute ? script : exe.p ? exe : STR_LIT("?"));
	say_arguments(out, row, absolute ? script : STR_NONE);
}

static void say_exit(struct text *out, const json_t *row)
{
	struct str signal = row_str(row, "process.exit_signal"), exe = row_str(row, "process.exe");
	const json_t *ms = row_find(row, "process.duration_ms");

	text_say_name(out, exe.p ? exe : STR_LIT("?"));
	if (signal.p) {
		text_puts(out, " killed by ");
		text_say(out, signal);
	} else {
		text_printf(out, " code %llu",
			    (unsigned long long)row_u64(row, "process.exit_code", 0));
	}
	if (json_is_number(ms)) {
		text_puts(out, " after ");
		text_say_duration(out, (uint64_t)(json_number_value(ms) * 1e6));
	}
}

/* "tmpfs on /mnt (tmpfs)", "umount /mnt" */
static void say_mount(struct text *out, const json_t *row)
{
	struct str path = row_str(row, "file.path"), op = row_str(row, "file.op");
	struct str type = row_str(row, "file.fs_type");
	bool source = str_is(op, "mount") || str_is(op, "move_mount");

	if (source && row_find(row, "file.old_path")) {
		text_say_name(out, row_str(row, "file.old_path"));
		text_puts(out, " on ");
	} else {
		text_say(out, op);
		text_puts(out, " ");
	}
	text_say_name(out, path.p ? path : STR_LIT("?"));
	if (!type.n)
		return;
	text_puts(out, " (");
	text_say(out, type);
	text_puts(out, ")");
}

static void say_file(struct text *out, const json_t *row)
{
	struct str path = row_str(row, "file.path"), old = row_str(row, "file.old_path");
	struct str op = row_str(row, "file.op");

	if (old.p) {
		text_say_name(out, old);
		text_puts(out, " -> ");
	}
	text_say_name(out, path.p ? path : STR_LIT("?"));
	if (op.p && str_is(op, "chmod")) {
		text_puts(out, " to ");
		row_say(out, row, "file.mode");
	}
	if (row_find(row, "file.xattr")) {
		text_puts(out, str_is(op, "setxattr") ? " set " : " without ");
		row_say(out, row, "file.xattr");
	}
	if (op.p && str_is(op, "chown")) {
		text_puts(out, " to ");
		row_say(out, row, "file.new_uid");
		text_puts(out, ":");
		row_say(out, row, "file.new_gid");
	}
}

static void say_become(struct text *out, const json_t *row)
{
	uint64_t uid = row_u64(row, "cred.to_uid", UINT64_MAX);

	if (uid == 0)
		text_puts(out, "root");
	else if (uid == row_u64(row, "process.user.uid", 0) && row_find(row, "process.user.name"))
		row_say(out, row, "process.user.name");
	else if (uid != UINT64_MAX)
		text_printf(out, "uid %llu", (unsigned long long)uid);
	text_puts(out, ", by ");
	row_say(out, row, row_find(row, "cred.via") ? "cred.via" : "cred.op");
}

static void say_capability(struct text *out, const json_t *row)
{
	row_say(out, row, "cred.gained");
}

static void say_namespace(struct text *out, const json_t *row)
{
	row_say(out, row, "namespace.op");
	text_puts(out, " ");
	row_say(out, row, "namespace.kinds");
}

/* " from 10.0.0.7, key SHA256:...", or the id of a certificate */
static void say_login(struct text *out, const json_t *row)
{
	bool cert = row_str(row, "identity.login.cert_id").n != 0;

	if (row_find(row, "identity.login.ip")) {
		text_puts(out, " from ");
		row_say(out, row, "identity.login.ip");
	}
	if (row_find(row, "identity.login.key_fingerprint")) {
		text_puts(out, cert ? ", certificate " : ", key ");
		row_say(out, row,
			cert ? "identity.login.cert_id" : "identity.login.key_fingerprint");
	}
}

static void say_session(struct text *out, const json_t *row)
{
	struct str session = row_str(row, "identity.session"), via = row_str(row, "cred.via");

	text_puts(out, "session ");
	text_say(out, session.p ? session : STR_LIT("started"));
	if (via.p) {
		text_puts(out, ", by ");
		text_say(out, via);
	}
	say_login(out, row);
}

static void say_session_end(struct text *out, const json_t *row)
{
	const json_t *ms = row_find(row, "session.duration_ms");
	int64_t login = row_time(row, "session.login_end_time"), end = row_time(row, "time");

	text_puts(out, "session ");
	row_say(out, row, "identity.session");
	if (ms) {
		text_puts(out, " after ");
		text_say_duration(out, (uint64_t)(json_number_value(ms) * 1e6));
	}
	if (!login || end - login < 1000000000)
		return;
	text_puts(out, ", ");
	text_say_duration(out, (uint64_t)(end - login));
	text_puts(out, " after its login");
}

void view_counts(struct text *out, const json_t *counts)
{
	const char *name, *dot, *comma = "";
	const json_t *value;

	json_object_foreach ((json_t *)counts, name, value) {
		if (!json_is_integer(value) || json_integer_value(value) == 0)
			continue;
		dot = strrchr(name, '.');
		text_puts(out, comma);
		text_say(out, str_of(dot ? dot + 1 : name));
		text_puts(out, " ");
		text_say_number(out, (uint64_t)json_integer_value(value));
		comma = ", ";
	}
}

static void say_loss(struct text *out, const json_t *row)
{
	_cleanup_text_ struct text counts = {0};
	uint64_t n = row_u64(row, "loss.events", 0);

	text_say_number(out, n);
	text_puts(out, n == 1 ? " event lost (" : " events lost (");
	row_say(out, row, "loss.stage");
	text_puts(out, ")");
	view_counts(&counts, row_find(row, "loss.by_type"));
	if (counts.n)
		text_printf(out, ": %s", counts.p);
}

static void say_anomaly(struct text *out, const json_t *row)
{
	row_say(out, row, "anomaly.id");
	text_puts(out, " ");
	row_say(out, row,
		row_is(row, "anomaly.change", "state") ? "anomaly.state" : "anomaly.change");
	if (row_find(row, "anomaly.severity")) {
		text_puts(out, ", ");
		row_say(out, row, "anomaly.severity");
	}
}

/* "/usr/sbin/cron (pid 812, unit:cron.service)" */
static void say_process(struct text *out, const json_t *row)
{
	struct str exe = row_str(row, "target.exe"), who = row_str(row, "target.who");
	uint64_t pid = row_u64(row, "target.pid", 0);

	text_say_name(out, exe.p ? exe : STR_LIT("?"));
	if (!pid && !who.p)
		return;
	text_puts(out, " (");
	if (pid)
		text_printf(out, "pid %llu%s", (unsigned long long)pid, who.p ? ", " : "");
	if (who.p)
		text_say_name(out, who);
	text_puts(out, ")");
}

static void say_ptrace(struct text *out, const json_t *row)
{
	row_say(out, row, "ptrace.op");
	text_puts(out, " ");
	say_process(out, row);
}

static void say_signal(struct text *out, const json_t *row)
{
	row_say(out, row, "signal.name");
	text_puts(out, " to ");
	say_process(out, row);
}

static void say_load(struct text *out, const json_t *row)
{
	struct str name = row_str(row, "load.name"), path = row_str(row, "load.path");

	if (row_find(row, "load.type")) {
		row_say(out, row, "load.type");
		text_puts(out, " ");
	}
	text_say_name(out, name.n ? name : path.n ? path : STR_LIT("?"));
	if (name.n && path.n) {
		text_puts(out, " from ");
		text_say_name(out, path);
	}
}

static void say_log_line(struct text *out, const json_t *row)
{
	text_puts(out, "told the log ");
	text_say_name(out, row_str(row, "auth_log.text"));
}

static const struct {
	const char *type;
	void (*say)(struct text *out, const json_t *row);
} sayings[] = {
	{"auth_log", say_log_line},
	{"exec", say_exec},
	{"exit", say_exit},
	{"net.connect", view_say_connect},
	{"net.listen", view_say_connect},
	{"net.accept", view_say_ends},
	{"net.close", view_say_close},
	{"net.socket", view_say_socket},
	{"net.dns", view_say_dns},
	{"net.tls", view_say_tls},
	{"cred.become", say_become},
	{"session.start", say_session},
	{"session.end", say_session_end},
	{"file.mount", say_mount},
	{"module.load", say_load},
	{"bpf.load", say_load},
	{"cred.capability", say_capability},
	{"namespace", say_namespace},
	{"ptrace", say_ptrace},
	{"signal", say_signal},
	{"loss", say_loss},
	{"anomaly", say_anomaly},
};

void view_what(struct text *out, const json_t *row)
{
	struct str type = row_str(row, "type"), error = row_str(row, "errno");
	uint64_t count = row_u64(row, "count", 1);

	if (count > 1) {
		text_say_number(out, count);
		text_puts(out, " x ");
	}
	if (str_starts(type, "file.") && !str_is(type, "file.mount")) {
		say_file(out, row);
	} else if (str_is(type, "fork")) {
		text_puts(out, "child ");
		row_say(out, row, "child.pid");
	} else {
		bool said = false;

		for (size_t i = 0; i < ARRAY_SIZE(sayings) && !said; i++) {
			said = str_is(type, sayings[i].type);
			if (said)
				sayings[i].say(out, row);
		}
		if (!said)
			row_say(out, row, "message");
	}
	if (error.p || row_is(row, "outcome", "blocked")) {
		text_puts(out, row_is(row, "outcome", "blocked") ? " (blocked" : " (failed: ");
		text_say(out, row_is(row, "outcome", "blocked") ? STR_NONE : error);
		text_puts(out, ")");
	}
}

static void add_anomaly(struct text *out, const json_t *row)
{
	if (!row_find(row, "anomaly_id"))
		return;
	text_puts(out, "  ");
	row_say(out, row, "anomaly_id");
}

void view_reason(struct text *out, const json_t *row)
{
	struct str reason = row_str(row, "verdict.reason"),
		   binding = row_str(row, "verdict.binding");
	const char *mark = view_mark(row);

	if (row_is(row, "type", "loss"))
		return;
	if (row_is(row, "type", "anomaly")) {
		row_say(out, row,
			row_find(row, "anomaly.title") ? "anomaly.title" : "anomaly.what");
		return;
	}
	if (*mark == 'X') {
		text_puts(out, "forbidden by ");
		row_say(out, row, "verdict.rule");
		if (reason.p) {
			text_puts(out, ": ");
			text_say(out, str_sub(reason, 0, reason.n - str_ends(reason, ".")));
		}
		if (row_find(row, "verdict.attack")) {
			text_puts(out, ", ");
			row_say(out, row, "verdict.attack");
		}
	} else if (*mark == '!') {
		text_puts(out, "unexpected: ");
		if (reason.p) {
			text_say(out, reason);
		} else {
			text_puts(out, "no rule allows it");
			text_puts(out, binding.p ? ", binding " : "");
			text_say(out, binding);
		}
	} else if (!row_find(row, "anomaly_id")) {
		return;
	} else {
		text_puts(out, "part of");
	}
	add_anomaly(out, row);
}
