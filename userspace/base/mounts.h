/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts: where a file system's files are on the host: the table of a mount namespace as
 * /proc/PID/mountinfo told it (proc(5)), and what it told before. A table is made once and then only
 * read. Pure: who reads that file, and when, is mount_watch.h.
 */
#ifndef WHODID_BASE_MOUNTS_H
#define WHODID_BASE_MOUNTS_H

#include "base/str.h"

struct mounts;

/*
 * Reads a whole mountinfo, which was true at some moment between the two times. A line that is none is
 * left out. before (NULL = none) is the table read last: what is still there keeps its time, and what is
 * gone is known for another minute, for acts that are heard of late. 0 or -ENOMEM.
 */
int mounts_read(struct mounts **out, const struct mounts *before, struct str text,
		uint64_t begin_boot_ns, uint64_t end_boot_ns);
void mounts_free(struct mounts *m);

/* Mounts of now. */
size_t mounts_count(const struct mounts *m);
/* When reading it began: until then nothing is missing. */
uint64_t mounts_begin_ns(const struct mounts *m);

/*
 * The name that a file had there at that time, by its file system (as event.what.file.dev) and its path
 * from the top of that. Of several names the shortest. Absent: mounted nowhere then, or not known to be
 * (a device number is given to the next file system as soon as one is gone, so what was not yet in the
 * table is not guessed); or something else is mounted over it. Writes to out; also absent when that is
 * too small.
 */
struct str mounts_path(const struct mounts *m, uint64_t dev, struct str path, uint64_t when_boot_ns,
		       char *out, size_t size);

/* Number of the mount that a path of the namespace is on now; 0 = none. Links are not followed. */
uint32_t mounts_at(const struct mounts *m, struct str path);

#endif
