/* SPDX-License-Identifier: Apache-2.0 */
/*
 * variables: ${NAME} in globs. Role and binding variables are put in when a set is compiled; those of
 * the session (USER, HOME, SESSION; of a job WORKSPACE and RUNNER_TEMP) stay as marks and are filled in at
 * the decision. An unknown variable makes the glob match nothing: it never becomes the empty text.
 */
#ifndef WHODID_PROFILE_VARIABLES_H
#define WHODID_PROFILE_VARIABLES_H

#include "base/problem.h"
#include "profile/model.h"

/* Marks in an expanded glob; written globs hold no bytes below 0x20. */
enum session_variable {
	SESSION_USER = 1,
	SESSION_HOME = 2,
	SESSION_ID = 3,
	SESSION_WORKSPACE = 4,
	SESSION_RUNNER_TEMP = 5,
	SESSION_VARIABLES
};

struct session_values {
	struct str v[SESSION_VARIABLES]; /* by enum session_variable; p NULL = not known */
};

/* Whether pattern is an absolute, resolved glob with proper variables. 0 or -EINVAL. */
int variables_check_glob(struct str pattern, struct problem *err);

struct scope {
	const struct variable *binding, *role; /* looked up in this order, then the session's */
};

#define EXPANSIONS_MAX 256
struct expansion {
	struct str *v;
	uint32_t n;
	struct str undefined; /* name that nobody defines; p NULL = none */
	bool unseen;	      /* needs a session variable that the sensor does not know yet */
};

/*
 * Puts variables into pattern: the globs that it stands for. 0, -ENOMEM, or -EINVAL with err's text
 * set when variables go in a circle or there are more than EXPANSIONS_MAX globs.
 */
int variables_expand(struct arena *arena, struct str pattern, const struct scope *scope,
		     struct expansion *out, struct problem *err);

/* Fills marks in; special characters in values are escaped. Length, or 0 when a value is not known
 * or the result is too long. */
size_t variables_fill(struct str glob, const struct session_values *values, char *buf, size_t size);
bool variables_has_marks(struct str glob);

#endif
