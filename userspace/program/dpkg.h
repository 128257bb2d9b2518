/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dpkg: private to program. Which Debian package a file is from, by dpkg's own lists of names
 * (info/NAME.list) and checksums (info/NAME.md5sums). Names are kept as hashes; a name that two
 * packages have is nobody's.
 */
#ifndef WHODID_PROGRAM_DPKG_H
#define WHODID_PROGRAM_DPKG_H

#include <sys/stat.h>

#include "base/str.h"

struct dpkg_package {
	char *name;    /* as its list is called: "coreutils", "libc6:amd64" */
	char *version; /* NULL = dpkg does not say that it is installed */
};

struct dpkg {
	char dir[512];
	struct dpkg_package *packages;
	uint32_t count;
	uint64_t *hashes; /* open addressing: 0 = free */
	uint32_t *owners;
	uint32_t mask, used;
	struct stat seen; /* dir/status when it was read */
	int64_t read_ns;
	uint32_t generation; /* counts readings */
};

/* The database of the system whose root is there. Reads nothing yet. */
void dpkg_init(struct dpkg *d, const char *root);
void dpkg_release(struct dpkg *d);
/* Reads the database when it changed, at most every two seconds. */
void dpkg_refresh(struct dpkg *d);

/* The package with a file of that absolute name, or NULL. */
const struct dpkg_package *dpkg_find(const struct dpkg *d, struct str path);
/* Whether the package's checksum of the file is this one: 1, 0, or -1 when it has none of it. */
int dpkg_check(const struct dpkg *d, const struct dpkg_package *p, struct str path,
	       const char *md5);

#endif
