/* SPDX-License-Identifier: Apache-2.0 */
/*
 * users: what the local account files say of people: homes and groups, for ${HOME} and
 * "group". Read as files when a set is loaded, never over NSS: a decision must not wait for a network.
 */
#ifndef WHODID_PROFILE_USERS_H
#define WHODID_PROFILE_USERS_H

#include "base/arena.h"

struct users {
	struct user *v;
	uint32_t n;
	struct str groups; /* text of the group file */
};

/* Takes what can be used of the texts; lines that make no sense are skipped. 0 or -ENOMEM. */
int users_parse(struct users *u, struct arena *arena, struct str passwd, struct str group);
/* p NULL = not known. */
struct str users_home(const struct users *u, struct str name);
struct str users_name(const struct users *u, struct str uid);
bool users_in_group(const struct users *u, struct str name, struct str group);

#endif
