/* SPDX-License-Identifier: Apache-2.0 */
/* load: from directories or a text to a set: read everything, then compile, or change nothing. */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/log.h"
#include "profile/reader.h"
#include "profile/set.h"

#define FILES_MAX	4096
#define WARNINGS_LOGGED 20

void profile_free(struct profile_set *p)
{
	if (!p)
		return;
	arena_release(&p->arena);
	free(p->warnings);
	free(p);
}

static void free_set(struct profile_set **p)
{
	profile_free(*p);
}

static struct profile_set *new_set(void)
{
	struct profile_set *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->model.arena = &p->arena;
	p->warnings = calloc(1, sizeof(*p->warnings));
	if (!p->warnings) {
		free(p);
		return NULL;
	}
	return p;
}

static int read_all(struct profile_set *p, struct str text, const char *name, int dir,
		    struct problem *err)
{
	struct reader r = {&p->model, arena_str(&p->arena, str_of(name)).p, dir, err};
	struct node *docs = NULL;
	int e;

	if (!r.file)
		return -ENOMEM;
	e = tree_parse(&p->arena, text, r.file, &docs, err);
	for (const struct node *d = docs; !e && d; d = d->next)
		e = read_document(&r, d);
	return e;
}

/* What a file of profiles is read into. */
struct loading {
	struct profile_set *set;
	int dir; /* index of its folder: rank */
};

static int read_file(void *ctx, const char *path, struct problem *err)
{
	const struct loading *l = ctx;
	_cleanup_free_ char *text = NULL;
	size_t n;
	int e = file_read(path, TREE_BYTES_MAX, &text, &n);

	if (e == -EFBIG)
		return problem_at(err, e, path, 0, 0, "larger than 1 MiB");
	if (e)
		return problem_at(err, e, path, 0, 0, "cannot be read: %s", strerror(-e));
	return read_all(l->set, (struct str){text, (uint32_t)n}, path, l->dir, err);
}

static int read_dir(struct profile_set *p, const char *dir, int index, struct problem *err)
{
	static const char *const suffixes[] = {".yaml", ".yml", ".json", NULL};
	struct loading l = {p, index};

	return folder_read(dir, suffixes, FILES_MAX, read_file, &l, err);
}

static int read_users(struct profile_set *p)
{
	_cleanup_free_ char *passwd = NULL, *group = NULL;
	size_t np = 0, ng = 0;

	/* without these files nobody has a home or a group, and that is all */
	file_read("/etc/passwd", TREE_BYTES_MAX, &passwd, &np);
	file_read("/etc/group", TREE_BYTES_MAX, &group, &ng);
	return users_parse(&p->users, &p->arena, (struct str){passwd, (uint32_t)np},
			   (struct str){group, (uint32_t)ng});
}

static void log_warnings(const struct warnings *w)
{
	for (uint32_t i = 0; i < w->count && i < WARNINGS_LOGGED && i < WARNINGS_MAX; i++) {
		char line[900];

		problem_format(&w->v[i], line, sizeof(line));
		log_warn("%s", line);
	}
	if (w->count > WARNINGS_LOGGED)
		log_warn("profiles: %u more rules match nothing yet", w->count - WARNINGS_LOGGED);
}

/* Compiles what was read, and makes room for decisions. */
static int finish(struct profile_set *p, struct problem *err)
{
	struct profile_counts counts;
	int e = compile_model(&p->model, p->warnings, err);

	if (e)
		return e;
	profile_get_counts(p, &counts);
	p->bindings = arena_alloc(&p->arena, counts.bindings * sizeof(*p->bindings));
	p->exceptions = arena_alloc(&p->arena, counts.exceptions * sizeof(*p->exceptions));
	for (const struct binding *b = p->model.bindings; b; b = b->next)
		p->bindings_ask |= b->when != NULL;
	return p->bindings && p->exceptions ? 0 : -ENOMEM;
}

int profile_load(struct profile_set **out, const char *const *dirs, struct problem *err)
{
	_cleanup_(free_set) struct profile_set *p = new_set();
	int e;

	if (!p)
		return -ENOMEM;
	e = read_users(p);
	for (int i = 0; !e && dirs[i]; i++)
		e = read_dir(p, dirs[i], i, err);
	if (!e)
		e = finish(p, err);
	if (e)
		return e == -ENOMEM ? problem_set(err, e, "out of memory") : e;
	log_warnings(p->warnings);
	*out = TAKE_PTR(p);
	return 0;
}

int profile_parse_with_users(struct profile_set **out, struct str text, const char *name,
			     struct str passwd, struct str group, struct problem *err)
{
	_cleanup_(free_set) struct profile_set *p = new_set();
	int e;

	if (!p)
		return -ENOMEM;
	e = users_parse(&p->users, &p->arena, passwd, group);
	if (!e)
		e = read_all(p, text, name, 0, err);
	if (!e)
		e = finish(p, err);
	if (e)
		return e == -ENOMEM ? problem_set(err, e, "out of memory") : e;
	*out = TAKE_PTR(p);
	return 0;
}

int profile_parse(struct profile_set **out, struct str text, const char *name, struct problem *err)
{
	return profile_parse_with_users(out, text, name, STR_NONE, STR_NONE, err);
}
