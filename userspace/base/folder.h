/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h: the settings that lie in a folder, a file each, are read in an order that all hosts share. */
#ifndef WHODID_BASE_FOLDER_H
#define WHODID_BASE_FOLDER_H

#include "base/problem.h"
#include "base/str.h"

/*
 * Calls each(ctx, path, err) for every file whose name ends like one of suffixes (NULL ends the list), in
 * the byte order of names, whatever the locale; names with a dot in front are left out. Ends with the
 * first that is not 0. A folder that is not there is an empty one.
 * 0, what each() returned, or -errno, with err set: unreadable, more than max files, a path too long.
 */
int folder_read(const char *dir, const char *const *suffixes, unsigned max,
		int (*each)(void *ctx, const char *path, struct problem *err), void *ctx,
		struct problem *err);

#endif
