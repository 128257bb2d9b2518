/* SPDX-License-Identifier: Apache-2.0 */
/* calls: see the header. A ring of fixed size: the oldest call is forgotten first. */
#include "identity/container/calls.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "bpf/event.h"

#define CALLS_MAX  256
#define BUNDLE_MAX 512
#define ID_MAX	   64
#define WORDS_READ 64

struct call {
	uint32_t pid;
	uint64_t start_ns;
	enum call_kind kind;
	uint32_t id_n, exec_id_n, bundle_n;
	char id[ID_MAX], exec_id[ID_MAX], bundle[BUNDLE_MAX];
};

struct calls {
	size_t next;
	struct call ring[CALLS_MAX];
};

/* --- arguments of runc, crun, youki: OPTION... COMMAND OPTION... ID ... */

static bool is_one_of(struct str word, const char *const *list)
{
	for (; *list; list++)
		if (str_is(word, *list))
			return true;
	return false;
}

/* Options that the next word is the value of. */
static bool takes_value(struct str word)
{
	static const char *const options[] = {
		"--root",
		"--log",
		"--log-format",
		"--log-level",
		"--criu",
		"--rootless",
		"--bundle",
		"-b",
		"--pid-file",
		"--process",
		"-p",
		"--cgroup",
		"--user",
		"-u",
		"--env",
		"-e",
		"--cwd",
		"--cap",
		"-c",
		"--console-socket",
		"--cgroup-manager",
		"--preserve-fds",
		"--apparmor",
		"-g",
		"--process-label",
		"--config",
		"--additional-gids",
		NULL,
	};

	return is_one_of(word, options);
}

struct words_of {
	struct str argv;
	uint32_t at;
};

static struct str next_word(struct words_of *w)
{
	int64_t nul = str_index(w->argv, w->at, '\0');
	uint32_t end = nul < 0 ? w->argv.n : (uint32_t)nul;
	struct str word;

	if (w->at >= w->argv.n)
		return STR_NONE;
	word = str_sub(w->argv, w->at, end - w->at);
	w->at = end + 1;
	return word;
}

/* The value of an option, behind "=" or as the next word; absent when word is not that option. */
static struct str option_value(struct words_of *w, struct str word, const char *name)
{
	uint32_t n = (uint32_t)strlen(name);

	if (str_is(word, name))
		return next_word(w);
	if (str_starts(word, name) && word.n > n && word.p[n] == '=')
		return str_sub(word, n + 1, word.n);
	return STR_NONE;
}

static enum call_kind command_kind(struct str word)
{
	if (str_is(word, "create") || str_is(word, "run"))
		return CALL_START;
	return str_is(word, "exec") ? CALL_EXEC : CALL_NONE;
}

static struct str parent_of(struct str path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? str_sub(path, 0, (uint32_t)(slash - path.p)) : STR_NONE;
}

static struct str name_of(struct str path)
{
	struct str dir = parent_of(path);

	return dir.p ? str_sub(path, dir.n + 1, path.n) : path;
}

static bool is_id(struct str s)
{
	for (uint32_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == ID_MAX;
}

/* containerd: "<bundle>/<exec id>.pid"; podman: "<bundle>/<exec id>/exec_pid". */
static void read_pid_file(struct runtime_call *out, struct str path)
{
	struct str dir = parent_of(path), name = name_of(path);

	if (str_is(name, "exec_pid")) {
		name = name_of(dir);
		dir = parent_of(dir);
	} else if (str_ends(name, ".pid")) {
		name = str_sub(name, 0, name.n - 4);
	}
	if (!is_id(name))
		return;
	out->exec_id = name;
	if (!out->bundle.p)
		out->bundle = dir;
}

static struct str read_options(struct runtime_call *out, struct words_of *w)
{
	struct str word, value;

	for (int i = 0; i < WORDS_READ; i++) {
		word = next_word(w);
		if (!str_starts(word, "-"))
			return word;
		value = option_value(w, word, "--bundle");
		if (!value.p)
			value = option_value(w, word, "-b");
		if (value.p) {
			out->bundle = value;
			continue;
		}
		value = option_value(w, word, "--pid-file");
		if (value.p)
			read_pid_file(out, value);
		else if (takes_value(word))
			next_word(w);
	}
	return STR_NONE;
}

bool runtime_call_read(struct runtime_call *out, struct str argv)
{
	struct words_of w = {.argv = argv};
	struct str word;

	*out = (struct runtime_call){0};
	next_word(&w); /* its own name */
	for (int i = 0; i < WORDS_READ; i++) {
		word = next_word(&w);
		if (!str_starts(word, "-"))
			break;
		if (takes_value(word))
			next_word(&w);
	}
	out->kind = command_kind(word);
	if (!out->kind)
		return false;
	out->id = read_options(out, &w);
	if (out->kind == CALL_START)
		out->exec_id = STR_NONE;
	return is_id(out->id);
}

/* --- the table */

struct calls *calls_new(void)
{
	return calloc(1, sizeof(struct calls));
}

void calls_free(struct calls *t)
{
	free(t);
}

static uint32_t copy(char *to, struct str from, size_t max)
{
	if (from.n == 0 || from.n > max)
		return 0;
	memcpy(to, from.p, from.n);
	return from.n;
}

void calls_learn(struct calls *t, const struct event_what *what)
{
	struct runtime_call call;
	struct call *c;

	if (what->uid != 0 || what->euid != 0 || what->task_flags & TASK_IN_JOB ||
	    !runtime_call_read(&call, what->exec.argv))
		return;
	c = &t->ring[t->next++ % CALLS_MAX];
	*c = (struct call){.pid = what->pid, .start_ns = what->start_ns, .kind = call.kind};
	c->id_n = copy(c->id, call.id, sizeof(c->id));
	c->exec_id_n = copy(c->exec_id, call.exec_id, sizeof(c->exec_id));
	c->bundle_n = copy(c->bundle, call.bundle, sizeof(c->bundle));
}

static struct str text(const char *p, uint32_t n)
{
	return n ? (struct str){p, n} : STR_NONE;
}

/* Newest first: a pid and its start are one process, which may have called more than once. */
static const struct call *newest(const struct calls *t, size_t back)
{
	return &t->ring[(t->next - 1 - back) % CALLS_MAX];
}

bool calls_find(const struct calls *t, uint32_t pid, uint64_t start_ns, struct runtime_call *out)
{
	for (size_t i = 0; i < CALLS_MAX && i < t->next; i++) {
		const struct call *c = newest(t, i);

		if (c->pid != pid || c->start_ns != start_ns)
			continue;
		*out = (struct runtime_call){c->kind, text(c->id, c->id_n),
					     text(c->bundle, c->bundle_n),
					     text(c->exec_id, c->exec_id_n)};
		return true;
	}
	return false;
}

struct str calls_bundle(const struct calls *t, struct str id)
{
	for (size_t i = 0; i < CALLS_MAX && i < t->next; i++) {
		const struct call *c = newest(t, i);

		if (c->bundle_n && str_equal(text(c->id, c->id_n), id))
			return text(c->bundle, c->bundle_n);
	}
	return STR_NONE;
}
