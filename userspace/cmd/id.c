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

static void add_fact(json_t *facts, const char *source, struct str fact, struct str trust)
{
	json_array_append_new(facts,
			      json_pack("{s:s, s:s%, s:s%}", "source", source, "fact", fact.p,
					(size_t)fact.n, "trust", trust.p, (size_t)trust.n));
}

#define OF_WHO	"identity.assurance.who"
#define OF_NAME "network.dst.name_source"

/* What an event itself says of the identity: the source of each, and the field or words of its trust. */
static const struct {
	const char *source, *words, *path, *trust;
} stored[] = {
	{"none", "", "identity.reason", OF_WHO},
	{"token", "its issuer is ", "identity.attested.issuer", "signed"},
	{"token", "its subject is ", "identity.attested.subject", "signed"},
	{"event", "who ", "identity.who", OF_WHO},
	{"kernel", "login session ", "identity.session", OF_WHO},
	{"sshd", "let in by ", "identity.login.method", "recorded"},
	{"sshd", "came from ", "identity.login.ip", "recorded"},
	{"sshd", "the key was ", "identity.login.key_fingerprint", "recorded"},
	{"sshd", "its certificate has id ", "identity.login.cert_id", "recorded"},
	{"sshd", "signed by ", "identity.login.ca_fingerprint", "recorded"},
	{"supervisor", "repository ", "identity.ci.repository", OF_WHO},
	{"supervisor", "job ", "identity.ci.job", OF_WHO},
	{"supervisor", "run ", "identity.ci.run_id", OF_WHO},
	{"supervisor", "step ", "identity.ci.step", OF_WHO},
	/* by a request it would be surer than by a crontab: which it was is not recorded */
	{"event", "by ", "identity.by", "derived"},
	{"event", "via ", "identity.via", "identity.assurance.via"},
	{"event", "as ", "identity.as", "identity.assurance.as"},
	{"kernel", "cgroup ", "identity.cgroup", "identity.assurance.as"},
	{"engine", "the container is called ", "identity.container.name", "recorded"},
	{"engine", "made of image ", "identity.container.image", "recorded"},
	{"engine", "pod ", "identity.k8s.pod", "recorded"},
	{"kernel", "started by ", "process.parent.exe", "kernel"},
	{"kernel", "what it executes was opened for writing last by ", "exec.written_by", "kernel"},
	{"kernel", "nobody is named as its writer: ", "exec.writer_unknown", "unknown"},
	{"packet", "asked a name server for ", "dns.name", "as it was sent"},
	{"packet", "who answered ", "dns.answers", "that server's word"},
	{"packet", "the address was given for ", "network.dst.name", OF_NAME},
	{"path", "its source is the ", "file.path_source", "another thread may have changed it"},
	{"flag", "", "identity.flags", "lowers the level where it is a doubt"},
};

/* A token makes who sure, and nothing of what the supervisor says beside it. */
static struct str trust_of(const json_t *event, size_t i)
{
	struct str trust = str_of(stored[i].trust);

	if (str_starts(trust, "identity.") || str_is(trust, OF_NAME))
		trust = row_str(event, stored[i].trust);
	if (str_is(trust, "attested") && !strcmp(stored[i].source, "supervisor"))
		return STR_LIT("recorded");
	return trust.p ? trust : STR_LIT("unknown");
}

/* Its boundary is somebody else's than who is told. */
static bool is_shared_ring(const json_t *event)
{
	return str_is(row_str(event, "identity.who"), "anon:shared-ring");
}

/* Of an event from before this daemon only what was recorded with it can be said, and of one by a shared ring. */
static void explain_event(json_t *event)
{
	json_t *facts = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(stored); i++) {
		_cleanup_text_ struct text fact = {0};

		if (!row_find(event, stored[i].path))
			continue;
		text_puts(&fact, stored[i].words);
		row_raw(&fact, event, stored[i].path);
		add_fact(facts, stored[i].source, text_str(&fact), trust_of(event, i));
	}
	add_fact(
		facts, "store",
		str_of(is_shared_ring(event)
			       ? "this is what was recorded with the event; its boundary is the ring's maker's"
			       : "this is what was recorded with the event; who opened its boundary is not "
				 "known any more"),
		STR_LIT("as it was when it was recorded"));
	json_object_set_new(event, "facts", facts);
}

static bool is_event(const char *key)
{
	return strlen(key) == 26;
}

/* The daemon knows how a boundary began until it forgets it; the event says less, for as long as it is kept. */
static int explain(const struct cli *c, json_t **out)
{
	_cleanup_text_ struct text path = {0};
	bool event = is_event(c->args[0]);
	int code;

	text_puts(&path, "/api/v1/identity");
	http_add_segment(&path, c->args[0]);
	if (!c->from) {
		code = ask_object(c, path.p, event, out);
		if (event && code != CODE_DONE && code != CODE_FAILED)
			code = ask_object(c, path.p, false, out); /* says why not */
		if (!event || code != CODE_FAILED)
			return code;
	}
	code = find_event(c, c->args[0], out);
	if (code)
		return code;
	if (!row_find(*out, "identity"))
		return fail(CODE_FAILED, NULL, "that event was done by nobody");
	explain_event(*out);
	return CODE_DONE;
}

int run_id(struct cli *c)
{
	_cleanup_json_ json_t *row = NULL;
	int code = explain(c, &row);

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
