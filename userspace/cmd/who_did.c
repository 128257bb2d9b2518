/* SPDX-License-Identifier: Apache-2.0 */
/* who_did: `whodid write /path` and its sisters are queries with the product's name as grammar. */
#include "cmd/who_did.h"

#include <pwd.h>

#include "base/number.h"
#include "cmd/block.h"
#include "cmd/options.h"
#include "cmd/view.h"

static void add_link(struct text *out, struct str exe, uint64_t pid)
{
	text_puts(out, out->n ? " > " : "");
	text_say_name(out, exe.p ? view_base_name(exe) : STR_LIT("?"));
	if (pid)
		text_printf(out, " %llu", (unsigned long long)pid);
}

void view_chain(struct text *out, const json_t *row)
{
	const json_t *ancestors = row_find(row, "process.ancestors");

	for (size_t i = json_array_size(ancestors); i-- > 0;) {
		const json_t *one = json_array_get(ancestors, i);

		add_link(out, row_str(one, "exe"), row_u64(one, "pid", 0));
	}
	if (!json_array_size(ancestors) && row_find(row, "process.parent"))
		add_link(out, row_str(row, "process.parent.exe"),
			 row_u64(row, "process.parent.pid", 0));
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

static void say_part(const struct cli *c, const char *label, const struct text *value)
{
	if (value->n)
		block_line(&c->term, 2, 8, label, value->p);
}

static void say_verdict(struct text *out, const json_t *row)
{
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

void print_who_did(const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text what = {0}, with = {0}, chain = {0}, as = {0}, verdict = {0};

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
	view_chain(&chain, row);
	row_say(&as, row, "identity.as");
	say_verdict(&verdict, row);
	say_title(c, row);
	say_part(c, "what", &what);
	say_part(c, "with", &with);
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

static const struct {
	const char *verb, *types, *field;
} verbs[] = {
	{"read", "file.read", "path"},
	{"write", "file.write,file.create,file.delete,file.rename,file.chmod,file.link", "path"},
	{"exec", "exec", "exe"},
	{"connect", "net.connect", "dst"},
	{"become", "cred.become", NULL},
	{"login", "session.start", "who"},
};

static int add_target(struct cli *c, size_t verb, const char *target)
{
	_cleanup_text_ struct text value = {0};

	if (!verbs[verb].field)
		return add_user(c, target);
	if (strcmp(verbs[verb].field, "exe") == 0 && !strchr(target, '/'))
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
	code = add_target(c, verb, c->args[0]);
	for (int i = 1; i < c->arg_count; i++)
		options_add_filter(c, c->args[i]);
	c->blocks = true;
	return code ? code : run_query(c);
}
