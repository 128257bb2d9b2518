/* SPDX-License-Identifier: Apache-2.0 */
/* object: what one object of a rule asks beyond its text. */
#ifndef WHODID_PROFILE_OBJECT_H
#define WHODID_PROFILE_OBJECT_H

#include "profile/index.h"

/* Whether that holds for the act, and the conditions of the rule too. */
bool object_holds(const struct entry *e, struct act *a);
/* Name of the package of an exec's program; absent when not known, or when its content is another. */
struct str object_package(const struct event_what *what);

#endif
