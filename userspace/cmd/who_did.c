/* SPDX-License-Identifier: Apache-2.0 */
/* who_did: `whodid write /path` and its sisters are queries with the product's name as grammar. */
#include "cmd/who_did.h"

#include <pwd.h>

#include "base/number.h"
#include "cmd/block.h"
#include "cmd/options.h"
#include "cmd/source.h"
#include "cmd/view.h"
#include "event.h"

static void add_link(struct text *out, struct str exe, uint64_t pid)
{
	text_puts(out, out->n ? " > " : "");
	text_say_name(out, exe.p ? view_base_name(exe) : STR_LIT("?"));
	if (pid)
		text_printf(out, " %llu", (unsigned long long)pid);
}

/* What an exec event knows: its ancestors are those above the parent, the nearest first. */
void view_chain(struct text *out, const json_t *row)
{
	const json_t *ancestors = row_find(row, "process.ancestors");

	for (size_t i = json_array_size(ancestors); i-- > 0;) {
		const json_t *one = json_array_get(ancestors, i);

		add_link(out, row_str(one, "exe"), row_u64(one, "pid", 0));
	}
	if (row_find(row, "process.parent"))
		add_link(out, row_str(row, "process.parent.exe"),
			 row_u64(row, "process.parent.pid", 0));
	add_link(out, row_str(row, "process.exe"), row_u64(row, "process.pid", 0));
}

static int keep_exec(void *ctx, struct str line)
{
	json_t **out = ctx, *row = row_parse(line);

	if (*out || !row || !row_is(row, "type", "exec"))
		json_decref(row);
	else
		*out = row;
	return 0;
}

/* The process's last exec up to the event, which is where its ancestors stand; NULL = not kept. */
static json_t *find_exec(const struct cli *c, const json_t *row, const char *uid)
{
	struct cli words = {0};
	struct events_request r = {
		.until_ns = row_time(row, "time") + 1, .limit = 1, .descending = true};
	json_t *found = NULL;

	if (!row_find(row, uid) || (c->from && strcmp(c->from, "-") == 0))
		return NULL;
	options_add_filter(&words, "type=exec");
	options_add_word(&words, "process.uid", json_string_value(row_find(row, uid)));
	r.filter = text_str(&words.filter);
	source_events(c, &r, keep_exec, &found);
	text_release(&words.filter);
	return found;
}

/* Only an exec carries all ancestors; for another act they are looked up. */
static void say_chain(struct text *out, const struct cli *c, const json_t *row)
{
	_cleanup_json_ json_t *own = NULL, *parent = NULL;

	if (!row_is(row, "type", "exec"))
		own = find_exec(c, row, "process.uid");
	if (own) {
		view_chain(out, own);
		return;
	}
	if (!row_is(row, "type", "exec")) /* a child that executed nothing by itself */
		parent = find_exec(c, row, "process.parent.uid");
	if (!parent) {
		view_chain(out, row);
		return;
	}
	view_chain(out, parent);
	add_link(out, row_str(row, "process.exe"), row_u64(row, "process.pid", 0));
}

static void say_title(const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text who = {0}, time = {0};

	view_time(&time, c, row_time(row, "time"), TIME_FULL, 0);
	view_who(&who, row);
	if (json_array_size(row_find(row, "identity.via"))) {
		text_puts(&who, " via ");
		row_say(&who, row, "identity.via");
	}
	block_line(&c->term, 0, (unsigned)text_width(time.p) + 3, time.p, who.p);
}

/* "derived, flags handoff": a name that is doubted is not to be read without its doubt; what is sure needs no word. */
static void say_sure(struct text *out, const json_t *row)
{
	int level = assurance_parse(row_str(row, "identity.assurance.who"));
	bool flags = json_array_size(row_find(row, "identity.flags")) > 0;

	if (!flags && (level >= ASSURANCE_RECORDED || row_is(row, "identity.kind", "anon")))
		return;
	row_say(out, row, "identity.assurance.who");
	if (!flags)
		return;
	text_puts(out, out->n ? ", flags " : "flags ");
	row_say(out, row, "identity.flags");
}

static void say_part(const struct cli *c, const char *label, const struct text *value)
{
	if (value->n)
		block_line(&c->term, 2, 8, label, value->p);
}

/* That no profile has a word on it is said by show, not again and again. */
static void say_verdict(struct text *out, const json_t *row)
{
	if (row_is(row, "verdict.value", "unprofiled"))
		return;
	row_say(out, row, "verdict.value");
	if (row_find(row, "verdict.rule")) {
		text_puts(out, " by ");
		row_say(out, row, "verdict.rule");
	}
	if (row_find(row, "verdict.reason")) {
		text_puts(out, ": ");
		row_say(out, row, "verdict.reason");
	}
	if (row_find(row, "anomaly_id")) {
		text_puts(out, ", ");
		row_say(out, row, "anomaly_id");
		text_puts(out, " ");
		row_say(out, row, "verdict.severity");
	}
}

/* "ci:github/acme/app/build, 2026-11-24 09:12:31" of what was executed, where it was seen being written. */
static void say_writer(struct text *out, const struct cli *c, const json_t *row)
{
	if (!row_find(row, "exec.written_by"))
		return;
	text_puts(out, "by ");
	row_say(out, row, "exec.written_by");
	text_puts(out, ", ");
	view_time(out, c, row_time(row, "exec.written_time"), TIME_FULL, 0);
	if (row_find(row, "exec.interpreter_written_by")) {
		text_puts(out, "; its interpreter by ");
		row_say(out, row, "exec.interpreter_written_by");
	}
}

/* "sha256 9a9c..., package grep 3.8-5" */
static void say_content(struct text *out, const json_t *row)
{
	const char *sum =
		row_find(row, "exec.script_sha256") ? "exec.script_sha256" : "exec.sha256";

	if (!row_find(row, sum))
		return;
	text_puts(out, "sha256 ");
	row_say(out, row, sum);
	if (!row_find(row, "exec.package") || row_find(row, "exec.script"))
		return;
	text_puts(out,
		  row_true(row, "exec.package_modified") ? ", not as in package " : ", package ");
	row_say(out, row, "exec.package");
}

/* The host's name for what somebody named otherwise in a container. */
static void say_on_host(struct text *out, const json_t *row)
{
	struct str path = row_str(row, "file.path_on_host");

	if (!path.p)
		path = row_str(row, "exec.path_on_host");
	if (path.p)
		text_say_name(out, path);
}

void print_who_did(const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text what = {0}, with = {0}, chain = {0}, as = {0}, verdict = {0};
	_cleanup_text_ struct text written = {0}, content = {0}, sure = {0}, by = {0},
				   on_host = {0};

	view_type(&what, row);
	text_puts(&what, " ");
	view_what(&what, row);
	if (row_find(row, "process.exe")) {
		text_say_name(&with, row_str(row, "process.exe"));
		text_printf(&with, " (%llu)", (unsigned long long)row_u64(row, "process.pid", 0));
		text_puts(&with, row_find(row, "process.user.name") ? ", user " : ", uid ");
		row_say(&with, row,
			row_find(row, "process.user.name") ? "process.user.name"
							   : "process.user.uid");
	}
	say_on_host(&on_host, row);
	say_content(&content, row);
	say_writer(&written, c, row);
	say_chain(&chain, c, row);
	row_say(&as, row, "identity.as");
	row_say(&by, row, "identity.by");
	say_sure(&sure, row);
	say_verdict(&verdict, row);
	say_title(c, row);
	say_part(c, "sure", &sure);
	say_part(c, "by", &by);
	say_part(c, "what", &what);
	say_part(c, "on host", &on_host);
	say_part(c, "with", &with);
	say_part(c, "file", &content);
	say_part(c, "written", &written);
	say_part(c, "chain", &chain);
	say_part(c, "in", &as);
	say_part(c, "verdict", &verdict);
	_cleanup_text_ struct text id = {0};
	row_say(&id, row, "uid");
	say_part(c, "event", &id);
}

/* A user's number; users are asked for by it, since names can change. */
static int add_user(struct cli *c, const char *user)
{
	char digits[24];
	uint64_t uid;
	const struct passwd *pw;

	if (strcmp(user, "*") == 0)
		return CODE_DONE;
	if (number_u64(str_of(user), 0, UINT32_MAX, &uid)) {
		pw = getpwnam(user); // NOLINT(concurrency-mt-unsafe): one thread
		if (!pw)
			return fail(CODE_FAILED, "Give the number, if the user is gone.",
				    "there is no user \"%s\"", user);
		uid = pw->pw_uid;
	}
	snprintf(digits, sizeof(digits), "%u", (unsigned)uid);
	options_add_word(c, "cred.to_uid", digits);
	return CODE_DONE;
}

/* Scripts are asked for by their name, not by that of their interpreter; renamed files by both names; path is
 * any of a file's names (event_filter.h). */
static const struct {
	const char *verb, *types, *field;
} verbs[] = {
	{"read", "file.read", "path"},
	{"write", "file.write,file.create,file.delete,file.rename,file.chmod,file.link",
	 "path|old_path"},
	{"exec", "exec", "exe|filename|exec.path_in_root|exec.path_on_host"},
	{"connect", "net.connect,net.tls", "dst"},
	{"become", "cred.become", NULL},
	{"login", "session.start", "who"},
};

/* Whether an address can stand for it: 10.0.0.7, 10.0.0.0/8, [::1]:443, *. */
static bool is_address(const char *target)
{
	return strspn(target, "0123456789.:/*") == strlen(target) || *target == '[' ||
	       strchr(target, ':') != strrchr(target, ':');
}

/* A name with or without a port: what was asked of DNS, or said in TLS. */
static void add_name(struct cli *c, const char *target)
{
	_cleanup_text_ struct text name = {0};
	const char *port = strrchr(target, ':');

	for (const char *p = target; *p && p != port; p++) /* as events have them */
		text_printf(&name, "%c", *p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.p[--name.n] = '\0';
	options_add_word(c, "dst.name|tls.server_name", name.p ? name.p : "");
	if (port)
		options_add_word(c, "dst.port", port + 1);
}

static int add_target(struct cli *c, size_t verb, const char *target)
{
	_cleanup_text_ struct text value = {0};

	if (!verbs[verb].field)
		return add_user(c, target);
	/* a unix socket by its path or "@name" */
	if (strcmp(verbs[verb].field, "dst") == 0 && strchr("/@", target[0])) {
		options_add_word(c, "dst.path", target);
		return CODE_DONE;
	}
	if (strcmp(verbs[verb].field, "dst") == 0 && !is_address(target)) {
		add_name(c, target);
		return CODE_DONE;
	}
	if (strcmp(verbs[verb].verb, "exec") == 0 && !strchr(target, '/'))
		text_puts(&value, "*/");
	if (strcmp(verbs[verb].field, "who") == 0)
		text_puts(&value, "human:");
	text_puts(&value, target);
	options_add_word(c, verbs[verb].field, value.p);
	return CODE_DONE;
}

int run_who_did(struct cli *c)
{
	size_t verb = 0;
	int code;

	while (strcmp(verbs[verb].verb, c->command->name) != 0)
		verb++;
	options_add_word(c, "type", verbs[verb].types);
	code = add_target(c, verb, c->arg_count ? c->args[0] : "*");
	for (int i = 1; i < c->arg_count; i++)
		options_add_filter(c, c->args[i]);
	c->blocks = true;
	return code ? code : run_query(c);
}
