/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runners: agents by the names of units, and by what runs: the executable and its arguments, as /proc
 * has them now. Good enough to advise somebody, not to decide anything.
 */
#include "cmd/runners.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "bpf/event.h"
#include "identity/identity.h"

#define FOUND_MAX      16
#define LINE_MAX_BYTES 9000

/* Said once, however many processes a runner has. */
struct search {
	const json_t *status;
	runner_fn fn;
	void *ctx;
	char *lines[FOUND_MAX];
	size_t count;
};

static void say_unit(struct search *s, const char *name)
{
	static const char *const units[] = {"actions.runner.",	"vsts.agent.",	   "gitlab-runner",
					    "jenkins",		"buildkite-agent", "circleci",
					    "teamcity",		"act_runner",	   "drone-runner",
					    "woodpecker-agent", "forgejo-runner"};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		_cleanup_text_ struct text t = {0};

		if (strncmp(name, units[i], strlen(units[i])) != 0)
			continue;
		text_puts(&t, "runner found: ");
		text_say_name(&t, str_of(name));
		s->fn(s->ctx, true, NULL, t.p);
	}
}

static void search_units(struct search *s, const char *path)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	const struct dirent *e;

	while (dir && (e = readdir(dir)))
		say_unit(s, e->d_name);
}

static bool is_new(struct search *s, const char *line)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->lines[i], line) == 0)
			return false;
	if (s->count == FOUND_MAX)
		return false;
	s->lines[s->count] = strdup(line);
	return s->lines[s->count] && ++s->count;
}

/* The settings in force name that system and path, with a unit or without. */
static bool is_set(const json_t *status, const char *system, const char *exe)
{
	const json_t *list = row_find(status, "identity.ci_supervisors"), *item;
	size_t i, n = strlen(system);

	json_array_foreach (list, i, item) {
		const char *row = json_string_value(item), *path = row ? strchr(row, '=') : NULL;

		if (path && strncmp(row, system, n) == 0 && strcspn(row, "@=") == n &&
		    strcmp(path + 1, exe) == 0)
			return true;
	}
	return false;
}

/* "@actions.runner.acme.service": the unit of the process, when it is in one. */
static void add_unit(struct text *out, const char *pid)
{
	_cleanup_free_ char *text = NULL;
	struct cgroup_name name;
	char path[300], *line, *next;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
	if (file_read(path, 1u << 20, &text, &size))
		return;
	for (line = text; line && *line; line = next) {
		char *colon = strchr(line, ':');

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!colon ||
		    (strncmp(colon, "::", 2) != 0 && strncmp(colon, ":name=systemd:", 14) != 0))
			continue;
		cgroup_name_parse(&name, str_of(strchr(colon + 1, ':') + 1));
		if (!name.unit.n)
			continue;
		text_puts(out, "@");
		text_say_name(out, name.unit);
		return;
	}
}

/* Java starts its children through a helper, which has to be named as well. */
static void add_helper(struct text *list, const char *system, const char *exe)
{
	char path[LINE_MAX_BYTES];
	size_t n = strlen(exe);

	if (n < 9 || strcmp(exe + n - 9, "/bin/java") != 0)
		return;
	snprintf(path, sizeof(path), "%.*s/lib/jspawnhelper", (int)(n - 9), exe);
	if (access(path, F_OK) == 0) {
		text_printf(list, ", %s=", system);
		text_say_name(list, str_of(path));
	}
}

static void say_runner(struct search *s, const char *pid, const char *system, const char *running,
		       const char *exe)
{
	bool known = is_set(s->status, system, exe);
	_cleanup_text_ struct text t = {0}, remedy = {0};
	char line[LINE_MAX_BYTES];

	snprintf(line, sizeof(line), "%s=%s", system, exe);
	if (!is_new(s, line))
		return;
	text_printf(&t, "a runner of %s is running (", system);
	text_say_name(&t, str_of(running));
	text_puts(&t, known ? "), its jobs are known by name" : "), its jobs have no names");
	text_puts(&remedy, "Add to whodid.yaml and restart whodidd: identity.ci_supervisors: [");
	text_puts(&remedy, system);
	add_unit(&remedy, pid);
	text_puts(&remedy, "=");
	text_say_name(&remedy, str_of(exe));
	add_helper(&remedy, system, exe);
	text_puts(&remedy, "]");
	s->fn(s->ctx, known, remedy.p, t.p);
}

/* Listeners start the program beside them that starts the steps; some agents start themselves. */
static const struct {
	const char *name, *system, *worker;
} listeners[] = {
	{"Runner.Listener", "github", "Runner.Worker"},
	{"Agent.Listener", "azure", "Agent.Worker"},
	{"buildkite-agent", "buildkite", "buildkite-agent"},
};

static void look_at(struct search *s, const char *pid, const char *exe, struct str argv)
{
	const char *base = strrchr(exe, '/') + 1, *system;
	char worker[4400];

	for (size_t i = 0; i < ARRAY_SIZE(listeners); i++) {
		if (strcmp(base, listeners[i].name) != 0)
			continue;
		snprintf(worker, sizeof(worker), "%.*s%s", (int)(base - exe), exe,
			 listeners[i].worker);
		say_runner(s, pid, listeners[i].system, exe, worker);
		return;
	}
	system = identity_ci_runner(str_of(exe), argv);
	if (system)
		say_runner(s, pid, system, exe, exe);
}

static void search_processes(struct search *s)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	const struct dirent *e;

	while (proc && (e = readdir(proc))) {
		_cleanup_free_ char *argv = NULL;
		char path[300], exe[4096];
		size_t size = 0;
		ssize_t n;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/exe", e->d_name);
		n = readlink(path, exe, sizeof(exe) - 1);
		if (n <= 0 || exe[0] != '/')
			continue;
		exe[n] = '\0';
		snprintf(path, sizeof(path), "/proc/%s/cmdline", e->d_name);
		if (file_read(path, 1u << 20, &argv, &size) == 0 && size)
			look_at(s, e->d_name, exe, (struct str){argv, (uint32_t)size - 1});
	}
}

void doctor_runners(const json_t *status, runner_fn fn, void *ctx)
{
	struct search s = {.status = status, .fn = fn, .ctx = ctx};

	search_units(&s, "/etc/systemd/system");
	search_units(&s, "/usr/lib/systemd/system");
	search_processes(&s);
	for (size_t i = 0; i < s.count; i++)
		free(s.lines[i]);
}
