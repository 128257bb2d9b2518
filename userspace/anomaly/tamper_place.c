/* SPDX-License-Identifier: Apache-2.0 */
/* tamper_place: see the header. */
#include "anomaly/tamper_place.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "bpf/event.h"

void places_add(struct places *p, enum tamper_kind kind, const char *path, uint64_t dev)
{
	char *copy = p->count < TAMPER_PLACES && path[0] == '/' && path[1] ? strdup(path) : NULL;

	if (copy)
		p->all[p->count++] = (struct place){
			.path = copy, .length = (uint32_t)strlen(copy), .kind = kind, .dev = dev};
}

void places_drop(struct places *p, enum tamper_kind kind)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (p->all[i].kind == kind)
			free(p->all[i].path);
		else
			p->all[kept++] = p->all[i];
	}
	p->count = kept;
}

bool places_has(const struct places *p, enum tamper_kind kind, struct str path)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->all[i].kind == kind && str_is(path, p->all[i].path))
			return true;
	return false;
}

/* --- what is at a path */

static bool is_below(struct str top, struct str path)
{
	return path.n >= top.n && memcmp(path.p, top.p, top.n) == 0 &&
	       (path.n == top.n || path.p[top.n] == '/');
}

/* Files of a group, or of one above: those that stop or kill all in it, and those that starve it. */
static enum reach reach_group(struct str file)
{
	static const char *const stops[] = {"cgroup.freeze", "cgroup.kill", "freezer.state"};
	static const char *const limits[] = {"cpu.max",	       "cpu.weight",
					     "cpu.idle",       "cpu.cfs_quota_us",
					     "cpu.shares",     "cpuset.cpus",
					     "memory.max",     "memory.high",
					     "io.max",	       "memory.limit_in_bytes",
					     "pids.max",       "cpu.cfs_period_us",
					     "cpu.weight.nice"};

	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		if (str_is(file, stops[i]))
			return REACH_IT;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (str_is(file, limits[i]))
			return REACH_LIMIT;
	return REACH_NONE;
}

static enum reach reach_at(const struct place *p, struct str path)
{
	if (!is_below((struct str){p->path, p->length}, path))
		return REACH_NONE;
	if (p->kind != TAMPER_GROUP)
		return REACH_IT;
	return reach_group(str_sub(path, p->length + 1, path.n));
}

/*
 * dev: 0, or that of the object where the path is not the host's, and means one of its places only where it
 * lies on the same file system.
 */
static struct reached reach_path(const struct places *all, struct str path, uint64_t dev)
{
	for (size_t i = 0; path.p && i < all->count; i++) {
		const struct place *p = &all->all[i];
		enum reach how = reach_at(p, path);

		if (how && (!dev || !p->dev || dev == p->dev))
			return (struct reached){how, p->kind, path};
	}
	return (struct reached){0};
}

/* --- mounts */

static bool has_flag(const struct event_what *what, const char *word)
{
	struct str flags = what->file.flags;
	uint32_t at = 0;

	while (at < flags.n) {
		int64_t comma = str_index(flags, at, ',');
		uint32_t end = comma < 0 ? flags.n : (uint32_t)comma;

		if (str_is(str_sub(flags, at, end - at), word))
			return true;
		at = end + 1;
	}
	return false;
}

/* Mounts that only get other flags, or tell others of what comes. */
static bool changes_flags(const struct event_what *what)
{
	return has_flag(what, "remount") || has_flag(what, "private") || has_flag(what, "slave") ||
	       has_flag(what, "shared") || has_flag(what, "unbindable");
}

/* A path above a place. Over "/" itself nothing is looked up by who is there already. */
static struct reached reach_above(const struct places *all, struct str path)
{
	for (size_t i = 0; path.n > 1 && i < all->count; i++) {
		const struct place *p = &all->all[i];

		if (p->kind != TAMPER_GROUP && is_below(path, (struct str){p->path, p->length}))
			return (struct reached){REACH_ABOVE, p->kind, path};
	}
	return (struct reached){0};
}

static bool moves_mount(const struct event_what *what)
{
	return str_is(what->file.op, "move_mount") || has_flag(what, "move");
}

/* In another mount namespace nothing of the host's is hidden. */
static struct reached reach_by_mount(const struct places *all, const struct event_what *what)
{
	struct reached r = {0};

	if (what->type != EVENT_FILE_MOUNT || what->file.mnt_ns || changes_flags(what) ||
	    str_is(what->file.op, "pivot_root") || str_is(what->file.op, "mount_setattr"))
		return r;
	r = reach_above(all, what->file.path);
	if (!r.how && moves_mount(what))
		r = reach_above(all, what->file.old_path);
	return r;
}

const struct place *places_hidden(struct places *all, const struct mounts *m)
{
	for (size_t i = 0; i < all->count; i++) {
		struct place *p = &all->all[i];
		uint32_t at = mounts_at(m, (struct str){p->path, p->length});
		bool was = p->hidden;

		if (!p->mount)
			p->mount = at;
		p->hidden = p->kind != TAMPER_GROUP && at != p->mount;
		if (p->hidden && !was)
			return p;
	}
	return NULL;
}

/* --- acts */

/* The text of a symbolic link, and the source of a mount, are no names that something is done to. */
static bool changes_old_path(const struct event_what *what)
{
	return what->type == EVENT_FILE_RENAME || str_is(what->file.op, "link") ||
	       moves_mount(what);
}

struct reached places_reached(const struct places *p, const struct event *ev)
{
	const struct event_what *what = &ev->what;
	bool elsewhere = what->task_flags & TASK_IN_CONTAINER || what->file.mnt_ns;
	uint64_t dev = elsewhere ? what->file.dev : 0;
	struct reached r = reach_path(p, what->file.path_on_host, 0);

	if (!r.how)
		r = reach_path(p, what->file.path, dev);
	if (!r.how && changes_old_path(what))
		r = reach_path(p, what->file.old_path, dev);
	return r.how ? r : reach_by_mount(p, what);
}
