/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile: from the model to what decisions are made with. Includes and variables are resolved,
 * globs indexed; what is wrong between objects is found here, and what can match nothing is noted.
 */
#ifndef WHODID_PROFILE_COMPILE_H
#define WHODID_PROFILE_COMPILE_H

#include "profile/index.h"

#define PATH_VERBS 5 /* VERB_EXEC to VERB_CHMOD, and VERB_CONNECT for what has a name */

struct net_entry {
	struct endpoint endpoint;
	struct entry e;
};
struct word_entry {
	struct str word;
	struct entry e;
};

/* The rules of one role, with its variables put in. */
struct matcher {
	struct path_index paths[PATH_VERBS];
	struct net_entry *nets; /* connect and listen, addresses only */
	uint32_t net_count;
	struct word_entry *words; /* become and the verbs behind it */
	uint32_t word_count;
	bool has_allow;
	uint32_t rule_count;
};

#define WARNINGS_MAX 100
struct warnings {
	struct problem v[WARNINGS_MAX];
	uint32_t count; /* may be more than WARNINGS_MAX: the rest was only counted */
};

/* 0, -ENOMEM, or -EINVAL with the first problem in err. */
int compile_model(struct model *m, struct warnings *warnings, struct problem *err);

#endif
