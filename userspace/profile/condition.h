/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition: the "when" lists of rules and bindings (ux.md 2.2). Conditions of a list are ANDed,
 * values of one are ORed. An attribute without a value makes its condition false, whatever the
 * operator ("exists: false" excepted).
 */
#ifndef WHODID_PROFILE_CONDITION_H
#define WHODID_PROFILE_CONDITION_H

#include "profile/act.h"

bool conditions_hold(const struct condition *list, struct act *a);
/* The first condition on an attribute that the sensor does not know yet, or NULL. */
const struct condition *conditions_unseen(const struct condition *list);
const char *condition_attr_name(const struct condition *c);

#endif
