/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_watch: the mounts of a namespace as they are now (mounts.h), read anew by a thread of its own
 * whenever the kernel says that they have changed. All but start and stop are for one thread, which
 * neither reads nor waits: it takes what is there, and asks the kernel whether that still holds.
 */
#ifndef WHODID_BASE_MOUNT_WATCH_H
#define WHODID_BASE_MOUNT_WATCH_H

#include "base/mounts.h"

struct mount_watch;

/* path: a mountinfo of /proc; it has been read once when this returns. 0 or -errno. */
int mount_watch_start(struct mount_watch **out, const char *path);
/* NULL is none. */
void mount_watch_stop(struct mount_watch *w);

/* The newest table. Valid until the next call. */
const struct mounts *mount_watch_table(struct mount_watch *w);

/*
 * As mounts_path(), of a time that is over. Absent, too, while the kernel says that something has changed
 * since and the thread has not read it yet. w NULL = nothing is known.
 */
struct str mount_watch_path(struct mount_watch *w, uint64_t dev, struct str path,
			    uint64_t when_boot_ns, char *out, size_t size);

#endif
