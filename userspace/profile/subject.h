/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject: whom a binding or exception is about. All keys of "match" must match (values of one key
 * are alternatives, with * and ?); one matching key of "not" excludes. A key on something that is
 * not known of an identity never matches: nobody falls into a binding by what we do not know.
 */
#ifndef WHODID_PROFILE_SUBJECT_H
#define WHODID_PROFILE_SUBJECT_H

#include "profile/act.h"
#include "profile/users.h"

/* Whether one of the chain matches the identity behind the act. */
bool subjects_match(const struct subject *list, const struct act *a, const struct users *users);
/* The first key that the sensor does not know yet, or NULL. */
const struct match *subjects_unseen(const struct subject *list);
const char *subject_key_name(const struct match *m);

#endif
