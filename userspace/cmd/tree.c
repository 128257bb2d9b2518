/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree: processes with verdicts. It reads history, so those that have ended appear; without an argument
 * it shows what runs now. What is expected and repeats is folded, --all unfolds it.
 */
#include <sys/mman.h>

#include "base/clock.h"
#include "base/number.h"
#include "cmd/ask.h"
#include "cmd/options.h"
#include "cmd/source.h"
#include "cmd/tree.h"
#include "cmd/view.h"

#define DEFAULT_NS 86400000000000ll

static int take_line(void *ctx, struct str line)
{
	struct tree *t = ctx;
	_cleanup_json_ json_t *row = row_parse(line);
	struct str uid;

	if (!row || answer_take(&t->answer, row))
		return 0;
	forest_add(&t->forest, row, t->notes);
	uid = row_str(row, "process.uid");
	if (t->want && uid.p)
		json_object_set_new(t->wanted, json_string_value(row_find(row, "process.uid")),
				    json_true());
	return 0;
}

/* Loads events of those types that match one more word. */
static int load(struct tree *t, const char *words, const char *name, const char *value, bool notes,
		bool want)
{
	struct cli with = {0};
	struct events_request r = {.since_ns = t->c->since_ns, .until_ns = t->c->until_ns};
	int code;

	if (words)
		options_add_filter(&with, words);
	if (name)
		options_add_word(&with, name, value);
	r.filter = text_str(&with.filter);
	t->notes = notes;
	t->want = want;
	code = source_events(t->c, &r, take_line, t);
	text_release(&with.filter);
	return code;
}

static int load_history(struct tree *t, const char *name, const char *value)
{
	bool want = name != NULL;
	int code = load(t, "type=exec,exit", name, value, false, want);

	if (code == CODE_DONE)
		code = load(t, "verdict=unexpected,forbidden", name, value, true, want);
	if (code == CODE_DONE && t->c->files)
		code = load(t, "type=file", name, value, true, want);
	if (code == CODE_DONE && t->c->net)
		code = load(t, "type=net", name, value, true, want);
	return code;
}

static int load_running(struct tree *t)
{
	struct http_request r = {.path = "/api/v1/processes", .line = take_line, .ctx = t};

	t->notes = t->want = false;
	return t->c->from ? CODE_DONE : http_get(t->c, &r);
}

/* --- who is asked for */

static bool is_process_uid(const char *z)
{
	unsigned pid;
	unsigned long long start;
	int end = 0;

	return sscanf(z, "%*8[0-9a-f].%u.%llu%n", &pid, &start, &end) == 2 && end &&
	       (size_t)end == strlen(z);
}

static int want_node(struct tree *t, size_t node, const char *what)
{
	if (node == NO_NODE)
		return fail(CODE_FAILED, "Look further back: -S 7d, or -S boot",
			    "no process %s is known in this period", what);
	forest_want(&t->forest, node);
	return CODE_DONE;
}

static void want_loaded(struct tree *t)
{
	const char *uid;
	const json_t *unused;

	json_object_foreach (t->wanted, uid, unused) {
		size_t node = forest_find_uid(&t->forest, str_of(uid));

		if (node != NO_NODE)
			forest_want(&t->forest, node);
	}
}

static void want_running(struct tree *t)
{
	for (size_t i = 0; i < t->forest.count; i++)
		if (t->c->from || t->c->all || t->forest.nodes[i].alive)
			t->forest.nodes[i].wanted = true;
}

/* A number is a process, or, where none with a program has it, a login session. */
static int want_number(struct tree *t, uint64_t pid, const char *arg)
{
	size_t node = forest_find_pid(&t->forest, pid);
	bool found = false;

	if (node != NO_NODE && row_find(t->forest.nodes[node].row, "process.exe"))
		return want_node(t, node, arg);
	for (size_t i = 0; i < t->forest.count; i++)
		if (row_is(t->forest.nodes[i].row, "identity.session", arg)) {
			forest_want(&t->forest, i);
			found = true;
		}
	return found ? CODE_DONE : want_node(t, node, arg);
}

/* A word as session=55, an identity, or the name of a session. */
static int load_by_word(struct tree *t, const char *arg)
{
	const char *eq = strchr(arg, '=');
	char name[64];

	if (!eq || (size_t)(eq - arg) >= sizeof(name))
		return load_history(t, strchr(arg, ':') ? "who" : "session", arg);
	memcpy(name, arg, (size_t)(eq - arg));
	name[eq - arg] = '\0';
	return load_history(t, name, eq + 1);
}

static int choose(struct tree *t)
{
	const char *arg = t->c->arg_count ? t->c->args[0] : NULL;
	bool by_uid = arg && is_process_uid(arg);
	uint64_t pid = 0;
	int code;

	if (!arg) {
		code = t->c->from ? load_history(t, NULL, NULL) : load_running(t);
		forest_link(&t->forest);
		want_running(t);
		return code;
	}
	if (by_uid || number_u64(str_of(arg), 1, UINT32_MAX, &pid) == 0) {
		code = load_running(t);
		if (code == CODE_DONE)
			code = load_history(t, NULL, NULL);
		forest_link(&t->forest);
		if (code)
			return code;
		return by_uid ? want_node(t, forest_find_uid(&t->forest, str_of(arg)), arg)
			      : want_number(t, pid, arg);
	}
	if (strncmp(arg, "A-", 2) == 0) {
		code = load(t, NULL, "anomaly", arg, true, true);
		if (code == CODE_DONE)
			code = load_history(t, NULL, NULL);
	} else {
		code = load_by_word(t, arg);
	}
	forest_link(&t->forest);
	want_loaded(t);
	return code;
}

/* Standard input can be read only once, and a tree asks several questions: it goes to memory. */
static int keep_input(struct cli *c, char path[static 32])
{
	char buf[65536];
	ssize_t n;
	int fd;

	if (!c->from || strcmp(c->from, "-") != 0)
		return CODE_DONE;
	fd = memfd_create("whodid-events", MFD_CLOEXEC);
	while (fd >= 0 && (n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			return fail(CODE_FAILED, NULL, "cannot keep what was read");
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	c->from = path;
	return CODE_DONE;
}

int run_tree(struct cli *c)
{
	char input[32];
	struct tree t = {.c = c, .wanted = json_object()};
	int code;

	t.answer.any_start = !c->since_ns;
	if (!c->since_ns && !c->from)
		c->since_ns = clock_wall_ns() - DEFAULT_NS;
	forest_init(&t.forest);
	code = keep_input(c, input);
	if (code == CODE_DONE)
		code = choose(&t);
	if (code == CODE_DONE)
		tree_print(&t);
	forest_release(&t.forest);
	answer_release(&t.answer);
	json_decref(t.wanted);
	text_release(&t.prefix);
	return code;
}
