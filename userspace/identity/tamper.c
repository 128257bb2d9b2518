/* SPDX-License-Identifier: Apache-2.0 */
/* tamper: see the header. */
#include "identity/tamper.h"

#include "base/cleanup.h"
#include "base/glob.h"
#include "bpf/event.h"

#define ROWS_MAX 64 /* bits of tampered_rows; no host has more kinds of supervisors */

/* The executable in "github=/path" or "github@unit=/path". */
static struct str path_of_row(const char *row)
{
	const char *path = strchr(row, '=');

	return path ? str_of(path + 1) : STR_NONE;
}

static struct str directory_of(struct str path)
{
	uint32_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return str_sub(path, 0, n ? n - 1 : 0);
}

/* What GitHub's runner is started from: its root is above bin/, and work lies there too. */
static bool is_of_runner(struct str exe, struct str path)
{
	static const char *const parts[] = {"/bin/*", "/externals/*", "/.env", "/.path",
					    "/run*.sh"};
	struct str bin = directory_of(exe), root = directory_of(bin);

	if (!str_ends(bin, "/bin") || path.n <= root.n || memcmp(path.p, root.p, root.n) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (glob_match_word(str_of(parts[i]), str_sub(path, root.n, path.n)))
			return true;
	return false;
}

static bool is_file_of(const char *row, struct str path)
{
	struct str exe = path_of_row(row);

	if (!path.n || !exe.n)
		return false;
	return str_equal(path, exe) ||
	       (str_starts(str_of(row), "github") && is_of_runner(exe, path));
}

/* Rows of the settings whose files lie at path, as bits. */
static uint64_t rows_with_file(const struct identity_table *t, struct str path)
{
	uint64_t rows = 0;

	for (unsigned i = 0; t->ci_supervisors && t->ci_supervisors[i] && i < ROWS_MAX; i++)
		if (is_file_of(t->ci_supervisors[i], path))
			rows |= 1ull << i;
	return rows;
}

static uint64_t rows_with_exe(const struct identity_table *t, struct str exe)
{
	uint64_t rows = 0;

	for (unsigned i = 0; t->ci_supervisors && t->ci_supervisors[i] && i < ROWS_MAX; i++)
		if (exe.n && str_equal(path_of_row(t->ci_supervisors[i]), exe))
			rows |= 1ull << i;
	return rows;
}

static bool learn_file(struct identity_table *t, const struct event_what *what)
{
	uint64_t rows = rows_with_file(t, what->file.path);

	if (what->type == EVENT_FILE_RENAME || what->type == EVENT_FILE_LINK)
		rows |= rows_with_file(t, what->file.old_path);
	if (what->outcome == OUTCOME_OK && (rows & ~t->tampered_rows)) {
		t->tampered_rows |= rows;
		keep_tampered(t);
	}
	return rows != 0;
}

/* Reading its memory tells secrets and changes nothing. */
static bool learn_reach(struct identity_table *t, const struct event_what *what)
{
	struct process *p = processes_find(&t->processes, what->target.pid, what->target.start_ns);

	if (!p || !rows_with_exe(t, interned_str(p->exe)))
		return false;
	if (what->outcome == OUTCOME_OK && what->target.op != PTRACE_OP_READ)
		p->tampered = true;
	return true;
}

bool tamper_learn(struct identity_table *t, const struct event_what *what)
{
	if (!t->ci_supervisors || !(what->task_flags & TASK_IN_JOB) ||
	    what->task_flags & TASK_IN_CONTAINER)
		return false;
	switch (what->type) {
	case EVENT_FILE_WRITE:
	case EVENT_FILE_CREATE:
	case EVENT_FILE_DELETE:
	case EVENT_FILE_RENAME:
	case EVENT_FILE_CHMOD:
	case EVENT_FILE_LINK:
		return learn_file(t, what);
	case EVENT_PTRACE:
		return learn_reach(t, what);
	default:
		return false;
	}
}

bool tamper_suspects(const struct identity_table *t, const struct process *supervisor)
{
	return supervisor->tampered ||
	       (t->tampered_rows & rows_with_exe(t, interned_str(supervisor->exe)));
}
