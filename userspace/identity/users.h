/* SPDX-License-Identifier: Apache-2.0 */
/*
 * users: private to identity. Names of uids from one passwd file, never over NSS, which could ask the
 * network or a program of the watched host.
 */
#ifndef WHODID_IDENTITY_USERS_H
#define WHODID_IDENTITY_USERS_H

#include <time.h>

#include "base/str.h"

struct user {
	uint32_t uid;
	uint32_t line; /* of two lines with one uid the first counts, as for getpwuid(3) */
	struct str name;
};

struct users {
	const char *path;
	char *text;	   /* the file: names point into it */
	struct user *list; /* by uid */
	size_t count;
	uint64_t inode, size;
	struct timespec changed;
};

void users_init(struct users *u, const char *path);
void users_release(struct users *u);
/* Reads the file when it is another one than last time; what cannot be read changes nothing. */
void users_refresh(struct users *u);
/* Absent when the file has no such uid. */
struct str users_name(const struct users *u, uint32_t uid);

#endif
