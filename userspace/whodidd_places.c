/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places: where the daemon keeps its socket, its store and its settings must be root's alone, from /
 * down. Who can rename a folder on that way could put another one in its place: read the history,
 * forge it, or have root write where he likes.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "whodidd.h"

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* In a sticky folder nobody renames what is another's. */
static bool is_guarded(const struct stat *st)
{
	return !S_ISDIR(st->st_mode) || !(st->st_mode & 022) || (st->st_mode & S_ISVTX);
}

/* 0, -errno, or -EPERM with bad as the part that others can change. What is not there is made by us. */
static int walk(const char *path, char bad[static PATH_MAX])
{
	size_t n = strlen(path);

	if (n >= PATH_MAX)
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= n; i++) {
		struct stat st, target;

		if (path[i] != '/' && path[i] != '\0' && i != 1)
			continue;
		snprintf(bad, PATH_MAX, "%.*s", (int)i, path);
		if (lstat(bad, &st) < 0)
			return errno == ENOENT ? 0 : -errno;
		if (!is_ours(&st))
			return -EPERM;
		if (stat(bad, &target) < 0)
			return -errno;
		if (!is_ours(&target) || !is_guarded(&target))
			return -EPERM;
	}
	return 0;
}

/* The way as it is written, and the way behind its symbolic links. */
static int check(const char *path, struct problem *err)
{
	char bad[PATH_MAX], real[PATH_MAX];
	int rc = walk(path, bad);

	if (!rc && realpath(path, real))
		rc = walk(real, bad);
	if (rc == -EPERM) {
		problem_remedy(err, "Take a folder that only root can change, like one in /run");
		return problem_set(err, -EINVAL, "others than root can change %s", bad);
	}
	return rc ? problem_set(err, rc, "cannot look at %s: %s", bad, strerror(-rc)) : 0;
}

int places_check(const struct daemon *d, struct problem *err)
{
	_cleanup_free_ char *socket_dir = strdup(d->config.api_socket);
	int rc = socket_dir ? 0 : -ENOMEM;

	if (socket_dir)
		strrchr(socket_dir, '/')[0] = '\0';
	if (!rc && d->opt->root)
		rc = check(d->opt->root, err);
	if (!rc && socket_dir && *socket_dir)
		rc = check(socket_dir, err);
	return rc ? rc : check(d->config.store_dir, err);
}
