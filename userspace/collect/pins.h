/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pins: the folder in bpffs whose names keep maps, programs and links in the kernel while no daemon
 * runs. One folder for each store, locked by the daemon that uses it. Private to this folder.
 */
#ifndef WHODID_COLLECT_PINS_H
#define WHODID_COLLECT_PINS_H

#include <limits.h>

#include "base/str.h"

struct pins {
	int dir_fd; /* locked; -1 = not open */
	char path[PATH_MAX];
};

/* Where the pins of the daemon with that store are. */
void pins_path(char out[static PATH_MAX], const char *store_dir);
/*
 * Opens and locks the folder, made where make says so. 0 or -errno: -ENOENT it is not there, -EBUSY a
 * daemon uses it, -ENODEV there is no bpffs and none can be mounted, -EPERM it is not ours alone.
 */
int pins_open(struct pins *p, const char *path, bool make);
/* A descriptor of what is pinned under that name ('.' is written '_'), or -errno. */
int pins_get(const struct pins *p, const char *kind, const char *name);
int pins_put(const struct pins *p, const char *kind, const char *name, int fd);
/* Path of that name. */
void pins_name(char out[static PATH_MAX], const struct pins *p, const char *kind, const char *name);
/* Takes all names away: what nobody holds leaves the kernel. */
void pins_clear(const struct pins *p);
/* Unlocks; removes the folder too where it is empty. */
void pins_close(struct pins *p);
/*
 * Calls fn for each folder of another store that no daemon uses; true from fn = it is to be removed, with
 * what it holds.
 */
void pins_each_other(const struct pins *own, bool (*fn)(const struct pins *other));

#endif
