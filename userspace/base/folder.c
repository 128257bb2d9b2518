/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c: see folder.h. */
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_wanted(struct str name, const char *const *suffixes)
{
	if (name.p[0] == '.')
		return false;
	for (; *suffixes; suffixes++)
		if (str_ends(name, *suffixes))
			return true;
	return false;
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* not by locale */
}

int folder_read(const char *dir, const char *const *suffixes, unsigned max,
		int (*each)(void *ctx, const char *path, struct problem *err), void *ctx,
		struct problem *err)
{
	struct dirent **list = NULL;
	char path[PATH_MAX];
	unsigned found = 0;
	int count = scandir(dir, &list, is_visible, by_bytes), rc = 0;

	if (count < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : problem_at(err, -errno, dir, 0, 0, "cannot be read: %m");
	for (int i = 0; i < count; i++) {
		const char *name = list[i]->d_name;

		if (rc || !is_wanted(str_of(name), suffixes))
			;
		else if (++found > max)
			rc = problem_at(err, -EINVAL, dir, 0, 0, "more than %u files", max);
		else if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
			rc = problem_at(err, -ENAMETOOLONG, dir, 0, 0, "the path is too long");
		else
			rc = each(ctx, path, err);
		free(list[i]);
	}
	free(list);
	return rc;
}
