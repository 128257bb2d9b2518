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

#define PAUSE_NS 5000000000ull

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

/* What stops or kills all that is in a group, or in one below it. Version 1 has a freezer only. */
static void watch_group(struct daemon *d, const char *mount, const char *group, bool v1)
{
	static const char *const files[] = {"cgroup.freeze", "cgroup.kill"};
	char dir[PATH_MAX], path[PATH_MAX + 32];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", group);
	for (; dir[0] == '/' && dir[1]; *slash = '\0') {
		for (size_t i = 0; i < (v1 ? 1 : ARRAY_SIZE(files)); i++) {
			snprintf(path, sizeof(path), "%s%s/%s", mount, dir,
				 v1 ? "freezer.state" : files[i]);
			if (access(path, F_OK) == 0)
				watch(d, TAMPER_GROUP, path);
		}
		slash = strrchr(dir, '/');
	}
}

/* Lines of cgroup(7): "0::/system.slice/whodid.service", "7:freezer:/". */
static void watch_groups(struct daemon *d)
{
	_cleanup_free_ char *text = NULL;
	char *line, *rest;
	size_t n;

	if (file_read("/proc/self/cgroup", 65536, &text, &n))
		return;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *names = strchr(line, ':'), *group = names ? strchr(names + 1, ':') : NULL;

		if (!group)
			continue;
		*group++ = '\0';
		if (!strcmp(names, ":freezer")) {
			watch_group(d, "/sys/fs/cgroup/freezer", group, true);
		} else if (!names[1]) {
			watch_group(d, "/sys/fs/cgroup", group, false);
			watch_group(d, "/sys/fs/cgroup/unified", group, false);
		}
	}
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
	watch_groups(d);
	tamper_former(d->line.tamper, d->former_pid);
	return 0;
}

void tell_tamper(struct daemon *d, const char *what, const char *fmt, ...)
{
	char message[256];
	struct event ev;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	begin_own_event(&ev, EVENT_AGENT_TAMPER);
	ev.what.tamper = str_of(what);
	ev.what.message = str_of(message);
	ev.verdict.severity = SEVERITY_LOW;
	pipeline_publish(&d->line, &ev);
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
