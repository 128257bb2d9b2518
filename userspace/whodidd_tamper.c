/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whodidd_tamper: what is the daemon's own on this host, for the stage that sees who reaches for it; and
 * what the daemon notices by itself: steps of the wall clock, times in which it did not run.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "whodidd.h"

#define PAUSE_NS     5000000000ull
#define MOVE_EVERY_S 10

/* As the kernel has it inside, and events with it. 0 when there is nothing. */
static uint64_t device_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev);
}

/* The name as it was set, and what it leads to. */
static void watch(struct daemon *d, enum tamper_kind kind, const char *path)
{
	char real[PATH_MAX];
	uint64_t dev = device_of(path);

	if (!realpath(path, real) || strcmp(real, path) != 0)
		tamper_watch(d->line.tamper, kind, path, dev);
	if (realpath(path, real))
		tamper_watch(d->line.tamper, kind, real, dev);
}

static void watch_settings(struct daemon *d)
{
	static const char *const units[] = {"/etc/systemd/system/whodid.service",
					    "/etc/systemd/system/whodid.service.d",
					    "/etc/systemd/system.control/whodid.service.d",
					    "/run/systemd/system/whodid.service.d",
					    "/run/systemd/system.control/whodid.service.d",
					    "/usr/lib/systemd/system/whodid.service",
					    "/usr/local/lib/systemd/system/whodid.service"};
	char path[PATH_MAX + 32];
	char *slash;

	config_path(path, sizeof(path), d->opt);
	watch(d, TAMPER_SETTINGS, path);
	slash = strrchr(path, '/');
	if (slash)
		snprintf(slash, sizeof(path) - (size_t)(slash - path), "/conf.d");
	watch(d, TAMPER_SETTINGS, path);
	watch(d, TAMPER_SETTINGS, d->config.profiles_dir);
	watch(d, TAMPER_SETTINGS, d->config.profiles_vendor_dir);
	watch(d, TAMPER_SETTINGS, d->config.attest_issuers_dir);
	for (size_t i = 0; i < ARRAY_SIZE(units) && !d->opt->root; i++)
		watch(d, TAMPER_SETTINGS, units[i]);
}

/* The daemon's and the client beside it. */
static void watch_programs(struct daemon *d)
{
	char path[PATH_MAX + 8];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash;

	if (n <= 0)
		return;
	path[n] = '\0';
	watch(d, TAMPER_PROGRAM, path);
	slash = strrchr(path, '/');
	if (slash)
		snprintf(slash, sizeof(path) - (size_t)(slash - path), "/whodid");
	watch(d, TAMPER_PROGRAM, path);
}

/* Something that the daemon noticed, and nobody's act as far as it knows. */
static void put_tamper(struct daemon *d, enum severity severity, const char *what,
		       const char *message)
{
	struct event ev = {0};

	ev.what.type = EVENT_AGENT_TAMPER;
	ev.what.count = 1;
	ev.what.boot_ns = clock_boot_ns();
	ev.what.wall_ns = clock_wall_ns();
	ev.what.login_uid = ev.what.session_id = UINT32_MAX;
	ev.what.tamper = str_of(what);
	ev.what.message = str_of(message);
	ev.verdict.severity = severity;
	pipeline_alarm(&d->line, &ev);
}

/* One line of cgroup(7): "0::/system.slice/whodid.service", "7:cpu,cpuacct:/". False = it is none. */
struct group_line {
	const char *hierarchy, *group; /* "" = version 2 */
};

static bool cut_line(char *line, struct group_line *out)
{
	char *hierarchy = strchr(line, ':'), *group = hierarchy ? strchr(hierarchy + 1, ':') : NULL;

	if (!group)
		return false;
	*group = '\0';
	*out = (struct group_line){hierarchy + 1, group + 1};
	return true;
}

/* The folder of a group, as the kernel names it. False where its hierarchy is not where it usually is. */
static bool group_folder(char out[static PATH_MAX], const struct group_line *g)
{
	const char *name = *g->hierarchy ? g->hierarchy : "unified";
	char path[PATH_MAX];

	if (!strncmp(name, "name=", 5))
		name += 5;
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%.*s%s", (int)strcspn(name, ","), name,
		 g->group);
	if (realpath(path, out))
		return true;
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s", g->group);
	return !*g->hierarchy && realpath(path, out);
}

/* What is done to a group is done to those below it. The topmost has nothing that could be done to it. */
static void watch_group(struct daemon *d, const struct group_line *g)
{
	char dir[PATH_MAX], group[PATH_MAX];
	char *slash;

	snprintf(group, sizeof(group), "%s", g->group);
	for (; group[0] == '/' && group[1]; *slash = '\0') {
		if (group_folder(dir, &(struct group_line){g->hierarchy, group}))
			watch(d, TAMPER_GROUP, dir);
		slash = strrchr(group, '/');
	}
}

static char *read_groups(void)
{
	char *text;
	size_t n;

	return file_read("/proc/self/cgroup", 65536, &text, &n) ? NULL : text;
}

static void watch_groups(struct daemon *d)
{
	_cleanup_free_ char *text = d->groups ? strdup(d->groups) : NULL;
	char *rest, *line = text ? strtok_r(text, "\n", &rest) : NULL;
	struct group_line g;

	for (; line; line = strtok_r(NULL, "\n", &rest))
		if (cut_line(line, &g))
			watch_group(d, &g);
}

/* Whether a line stands in that text of lines. */
static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (; text; text = strchr(text, '\n'), text += text != NULL)
		if (!strncmp(text, line, n) && (text[n] == '\n' || !text[n]))
			return true;
	return false;
}

static void tell_moved(struct daemon *d, const struct group_line *g)
{
	struct event ev = {0};
	char dir[PATH_MAX], message[PATH_MAX + 64];

	if (group_folder(dir, g) && tamper_moved(d->line.tamper, dir, clock_boot_ns(), &ev)) {
		pipeline_alarm(&d->line, &ev);
		return;
	}
	snprintf(message, sizeof(message), "the daemon was moved to another control group: %s%s%s",
		 g->hierarchy, *g->hierarchy ? ":" : "", g->group);
	put_tamper(d, SEVERITY_HIGH, "group", message);
}

/* Reading takes the kernel's lock on all groups, so it is done seldom where nobody was seen to move anybody. */
static bool move_is_likely(struct daemon *d)
{
	bool seen = tamper_may_have_moved(d->line.tamper);

	return seen || d->seconds % MOVE_EVERY_S == 0;
}

void notice_move(struct daemon *d)
{
	char *now = move_is_likely(d) ? read_groups() : NULL;
	_cleanup_free_ char *text = now ? strdup(now) : NULL, *before = NULL;
	struct group_line g;
	char *rest;

	if (!text || (d->groups && !strcmp(now, d->groups))) {
		free(now);
		return;
	}
	before = d->groups;
	d->groups = now;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!has_line(before, line) && cut_line(line, &g))
			tell_moved(d, &g);
	tamper_forget(d->line.tamper, TAMPER_GROUP);
	watch_groups(d);
}

void notice_mounts(struct daemon *d)
{
	const struct mounts *m =
		d->line.decoder.mounts ? mount_watch_table(d->line.decoder.mounts) : NULL;
	const char *message;

	if (!m || mounts_begin_ns(m) == d->mounts_ns)
		return;
	d->mounts_ns = mounts_begin_ns(m);
	while ((message = tamper_hidden(d->line.tamper, m, clock_boot_ns())))
		put_tamper(d, SEVERITY_HIGH, "file", message);
}

/* Field 22 of stat(5); the name in parentheses before it may hold anything. */
static uint64_t own_start_ticks(void)
{
	_cleanup_free_ char *stat = NULL;
	unsigned long long ticks = 0;
	const char *at;
	size_t n;

	if (file_read("/proc/self/stat", 4096, &stat, &n))
		return 0;
	at = strrchr(stat, ')');
	for (int field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at && sscanf(at, "%llu", &ticks) == 1 ? ticks : 0;
}

int start_tamper(struct daemon *d, struct problem *err)
{
	char pins[PATH_MAX];

	if (tamper_new(&d->line.tamper, (uint32_t)getpid(), own_start_ticks()))
		return problem_set(err, -ENOMEM, "out of memory");
	watch(d, TAMPER_STORE, d->config.store_dir);
	watch_settings(d);
	watch_programs(d);
	collect_kept_path(pins, d->config.store_dir);
	watch(d, TAMPER_PINS, pins);
	d->groups = read_groups();
	watch_groups(d);
	tamper_former(d->line.tamper, d->former_pid);
	return 0;
}

void tell_tamper(struct daemon *d, const char *what, const char *fmt, ...)
{
	char message[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	put_tamper(d, SEVERITY_LOW, what, message);
}

/* The clock that stands still while the machine is suspended: that is nobody's doing. */
static uint64_t running_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

void notice_pause(struct daemon *d)
{
	uint64_t now = running_ns(), gap = now - d->turned_ns;
	char since[31];

	if (d->turned_ns && gap > PAUSE_NS) {
		clock_rfc3339(since, clock_wall_ns() - (int64_t)gap);
		tell_tamper(d, "pause", "the daemon did not run for %.1f s, since %s",
			    (double)gap / 1e9, since);
	}
	d->turned_ns = now;
}
