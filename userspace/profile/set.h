/* SPDX-License-Identifier: Apache-2.0 */
/* set: what a profile set consists of, for the files of this folder. */
#ifndef WHODID_PROFILE_SET_H
#define WHODID_PROFILE_SET_H

#include "profile/cache.h"
#include "profile/compile.h"
#include "profile/profile.h"
#include "profile/users.h"

struct profile_set {
	struct arena arena;
	struct model model;
	struct users users;
	struct warnings *warnings;
	struct cache cache;
	bool no_cache;	   /* tests compare */
	bool bindings_ask; /* a binding's "when" may ask about the program, which is no part of the
			    * identity: subjects are found anew for each decision */
	struct binding **bindings; /* room for all, for one decision */
	struct exception **exceptions;
};

/* profile_parse() with the texts of the account files; both may be absent. */
int profile_parse_with_users(struct profile_set **out, struct str text, const char *name,
			     struct str passwd, struct str group, struct problem *err);

#endif
