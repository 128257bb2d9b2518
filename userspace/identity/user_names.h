/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user_names: private to identity. Names of uids from one passwd file, never over NSS, which could ask the
 * network or a program of the watched host.
 */
#ifndef WHODID_IDENTITY_USER_NAMES_H
#define WHODID_IDENTITY_USER_NAMES_H

#include <time.h>

#include "base/str.h"

struct user {
	uint32_t uid;
	uint32_t line; /* of two lines with one uid the first counts, as for getpwuid(3) */
	struct str name;
};

struct user_names {
	const char *path;
	char *text;	   /* the file: names point into it */
	struct user *list; /* by uid */
	size_t count;
	uint64_t inode, size;
	struct timespec changed;
};

void user_names_init(struct user_names *u, const char *path);
void user_names_release(struct user_names *u);
/*
 * Reads the file when it is another one than last time, or had been changed a moment before that;
 * what cannot be read changes nothing.
 */
void user_names_refresh(struct user_names *u);
/* Absent when the file has no such uid. */
struct str user_names_name(const struct user_names *u, uint32_t uid);

#endif
